package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"unicode"
)

func accountOperations() []*operation {
	return []*operation{
		reads("GetAccountSummary", onAccount, getAccountSummary),
		reads("GetAccountPasswordPolicy", onAccount, getAccountPasswordPolicy),
		writes("UpdateAccountPasswordPolicy", onAccount, updateAccountPasswordPolicy),
		writes("DeleteAccountPasswordPolicy", onAccount, deleteAccountPasswordPolicy),
		reads("GetAccountAuthorizationDetails", onAccount, getAccountAuthorizationDetails),
		reads("SimulatePrincipalPolicy", onSimulated, simulatePrincipalPolicy),
		// The demo account never has any of these.
		reads("ListAccountAliases", onAccount, nothing[struct {
			AccountAliases struct{}
			pageEnd
		}]),
		reads("ListSAMLProviders", onAll("saml-provider/"), nothing[struct{ SAMLProviderList struct{} }]),
		reads("ListOpenIDConnectProviders", onAll("oidc-provider/"), nothing[struct{ OpenIDConnectProviderList struct{} }]),
		reads("ListServerCertificates", onAll("server-certificate/"), nothing[struct {
			ServerCertificateMetadataList struct{}
			pageEnd
		}]),
		reads("ListServiceSpecificCredentials", onUser, ofUser[struct {
			ServiceSpecificCredentials struct{}
			pageEnd
		}]),
		reads("ListSSHPublicKeys", onUser, ofUser[struct {
			SSHPublicKeys struct{}
			pageEnd
		}]),
		reads("ListSigningCertificates", onUser, ofUser[struct {
			Certificates struct{}
			pageEnd
		}]),
		reads("ListInstanceProfiles", onAll("instance-profile/"), nothing[struct {
			InstanceProfiles struct{}
			pageEnd
		}]),
	}
}

// ofUser is an empty list for a user, who must exist.
func ofUser[T any](c *call, s *iamState) (any, error) {
	if _, err := c.keyOwner(s); err != nil {
		return nil, err
	}
	return nothing[T](c, s)
}

type summaryEntry struct {
	Key   string `xml:"key"`
	Value int    `xml:"value"`
}

func getAccountSummary(_ *call, s *iamState) (any, error) {
	versions := 0
	for _, p := range s.Policies {
		versions += len(p.Versions)
	}
	inUse := 0
	for _, d := range s.Devices {
		inUse += yes(d.User != "")
	}
	// Quotas: the defaults of
	// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
	return struct {
		SummaryMap []summaryEntry `xml:"SummaryMap>entry"`
	}{[]summaryEntry{
		{"AccessKeysPerUserQuota", keysPerUser},
		{"AccountAccessKeysPresent", yes(len(s.keysOf("")) > 0)},
		{"AccountMFAEnabled", yes(len(s.devicesOf("")) > 0)},
		{"AccountPasswordPresent", 1},
		{"AccountSigningCertificatesPresent", 0},
		{"AssumeRolePolicySizeQuota", 2048},
		{"AttachedPoliciesPerGroupQuota", groupKind.quota},
		{"AttachedPoliciesPerRoleQuota", roleKind.quota},
		{"AttachedPoliciesPerUserQuota", userKind.quota},
		{"GlobalEndpointTokenVersion", 1},
		{"GroupPolicySizeQuota", groupKind.limit},
		{"Groups", len(s.Groups)},
		{"GroupsPerUserQuota", 10},
		{"GroupsQuota", 300},
		{"InstanceProfiles", 0},
		{"InstanceProfilesQuota", 1000},
		{"MFADevices", len(s.Devices)},
		{"MFADevicesInUse", inUse},
		{"Policies", len(s.Policies)},
		{"PoliciesQuota", 1500},
		{"PolicySizeQuota", policyLimit},
		{"PolicyVersionsInUse", versions},
		{"PolicyVersionsInUseQuota", 10000},
		{"Providers", len(s.Providers)},
		{"RolePolicySizeQuota", roleKind.limit},
		{"Roles", len(s.Roles)},
		{"RolesQuota", 1000},
		{"ServerCertificates", 0},
		{"ServerCertificatesQuota", 20},
		{"SigningCertificatesPerUserQuota", 2},
		{"UserPolicySizeQuota", userKind.limit},
		{"Users", len(s.Users)},
		{"UsersQuota", 5000},
		{"VersionsPerPolicyQuota", versionsPerPolicy},
	}}, nil
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

func noPasswordPolicy(c *call) error {
	return noSuch("The Password Policy with domain name %s cannot be found.", c.account.id)
}

func getAccountPasswordPolicy(c *call, s *iamState) (any, error) {
	p := s.Password
	if p == nil {
		return nil, noPasswordPolicy(c)
	}
	type passwordXML struct {
		MinimumPasswordLength      int
		RequireSymbols             bool
		RequireNumbers             bool
		RequireUppercaseCharacters bool
		RequireLowercaseCharacters bool
		AllowUsersToChangePassword bool
		ExpirePasswords            bool
		MaxPasswordAge             int   `xml:",omitempty"`
		PasswordReusePrevention    int   `xml:",omitempty"`
		HardExpiry                 *bool `xml:",omitempty"`
	}
	x := passwordXML{
		p.MinimumLength, p.Symbols, p.Numbers, p.Upper, p.Lower, p.MayChange, p.MaxAge > 0, p.MaxAge, p.Reuse, nil,
	}
	if p.HardExpirySet {
		x.HardExpiry = new(p.HardExpiry)
	}
	return struct{ PasswordPolicy passwordXML }{x}, nil
}

// updateAccountPasswordPolicy replaces the whole policy: settings that the request leaves
// out return to their defaults.
func updateAccountPasswordPolicy(c *call, s *iamState) (any, error) {
	p := &passwordPolicy{MinimumLength: 6}
	for _, number := range []struct {
		name     string
		low, top int
		into     *int
	}{
		{"MinimumPasswordLength", 6, 128, &p.MinimumLength},
		{"MaxPasswordAge", 1, 1095, &p.MaxAge},
		{"PasswordReusePrevention", 1, 24, &p.Reuse},
	} {
		text := c.form.Get(number.name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < number.low || n > number.top {
			return nil, invalid(
				"1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must have value between %d and %d", text,
				lowerFirst(number.name), number.low, number.top)
		}
		*number.into = n
	}
	for name, into := range map[string]*bool{
		"RequireSymbols": &p.Symbols, "RequireNumbers": &p.Numbers, "RequireUppercaseCharacters": &p.Upper,
		"RequireLowercaseCharacters": &p.Lower, "AllowUsersToChangePassword": &p.MayChange, "HardExpiry": &p.HardExpiry,
	} {
		*into = c.form.Get(name) == "true"
	}
	p.HardExpirySet = c.form.Has("HardExpiry")
	s.Password = p
	return nil, nil
}

func deleteAccountPasswordPolicy(c *call, s *iamState) (any, error) {
	if s.Password == nil {
		return nil, noPasswordPolicy(c)
	}
	s.Password = nil
	return nil, nil
}

// checkPassword checks a new password against the account's policy. Without a policy AWS
// requires eight characters of three classes.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
func (s *iamState) checkPassword(password string) error {
	upper, lower := strings.ContainsFunc(password, unicode.IsUpper), strings.ContainsFunc(password, unicode.IsLower)
	number := strings.ContainsFunc(password, unicode.IsDigit)
	symbol := strings.ContainsAny(password, "!@#$%^&*()_+-=[]{}|'")
	bad := func(what string) error {
		return fail(http.StatusBadRequest, "PasswordPolicyViolation", "Password should "+what)
	}
	p := s.Password
	if p == nil {
		if len(password) < 8 || yes(upper)+yes(lower)+yes(number)+yes(symbol) < 3 {
			return bad("have a minimum length of 8 and three kinds of characters")
		}
		return nil
	}
	switch {
	case len(password) < p.MinimumLength:
		return bad("have a minimum length of " + strconv.Itoa(p.MinimumLength))
	case p.Upper && !upper:
		return bad("have at least one uppercase letter")
	case p.Lower && !lower:
		return bad("have at least one lowercase letter")
	case p.Numbers && !number:
		return bad("have at least one number")
	case p.Symbols && !symbol:
		return bad("have at least one symbol")
	}
	return nil
}
