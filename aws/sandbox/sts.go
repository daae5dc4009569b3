package sandbox

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"claria/aws/policy"
)

func stsService() *service {
	operations := byName(
		&operation{name: "GetCallerIdentity", serve: getCallerIdentity},
		// AssumeRole creates a credential but changes nothing in the account; CloudTrail
		// records it as read-only.
		&operation{name: "AssumeRole", serve: assumeRole},
		&operation{name: "GetSessionToken", serve: getSessionToken},
		&operation{name: "GetAccessKeyInfo", serve: getAccessKeyInfo},
	)
	return &service{
		name: "sts", protocol: queryProtocol, xmlns: "https://sts.amazonaws.com/doc/2011-06-15/",
		route: func(c *call) *operation { return operations[c.form.Get("Action")] },
		// A role's own policy, for STS, is its trust policy.
		resourcePolicy: func(a *Account, resource string) *policy.Document {
			for _, r := range a.iamAt(a.now()).Roles {
				if r.arn(a.id, roleKind) == resource {
					if d, err := a.policies.Parse(r.Trust); err == nil {
						return &d
					}
				}
			}
			return nil
		},
	}
}

func getCallerIdentity(c *call) error {
	if err := c.allow("sts:GetCallerIdentity", "*"); err != nil {
		return err
	}
	return c.result(struct {
		Arn, UserId, Account string
	}{c.caller.ARN, c.caller.UserID, c.caller.Account})
}

func getAccessKeyInfo(c *call) error {
	if err := c.authorize("sts:GetAccessKeyInfo", "*", nil); err != nil {
		return err
	}
	id := c.form.Get("AccessKeyId")
	found := false
	c.account.view(func() {
		s := c.account.iam()
		found = s.Keys[id] != nil || s.Sessions[id] != nil
	})
	if !found {
		return invalid("Invalid type for parameter AccessKeyId, value: %s", id)
	}
	return c.result(struct{ Account string }{c.account.id})
}

type credentialsXML struct {
	AccessKeyId     string
	SecretAccessKey string
	SessionToken    string
	Expiration      string
}

func (one *session) xml() credentialsXML {
	return credentialsXML{one.ID, one.Secret, one.Token, iamTime(one.Expires)}
}

// newSession makes a temporary credential and drops long-expired ones. Call it under update.
func (s *iamState) newSession(now time.Time, life time.Duration) *session {
	maps.DeleteFunc(s.Sessions, func(_ string, old *session) bool { return now.Sub(old.Expires) > 24*time.Hour })
	one := &session{
		ID: newID("ASIA"), Secret: newSecret(), Token: base64.StdEncoding.EncodeToString(randomBytes(192)), Issued: now, Expires: now.Add(life),
	}
	s.Sessions[one.ID] = one
	return one
}

// duration reads DurationSeconds.
func (c *call) duration(otherwise, low, top int) (int, error) {
	text := c.form.Get("DurationSeconds")
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > top {
		return 0, invalid(
			"1 validation error detected: Value '%s' at 'durationSeconds' failed to satisfy constraint: Member must have value between %d and %d",
			text, low, top)
	}
	return n, nil
}

// proveMFA checks SerialNumber and TokenCode, when they are given, against the caller's own
// device, and reports whether they were given.
func (c *call) proveMFA() (bool, error) {
	serial, code := c.form.Get("SerialNumber"), c.form.Get("TokenCode")
	if serial == "" && code == "" {
		return false, nil
	}
	if serial == "" || code == "" {
		return false, invalid("Both SerialNumber and TokenCode must be given.")
	}
	err := c.account.update("iam", func() error {
		s := c.account.iam()
		d := s.Devices[serial]
		own := d != nil && slices.Contains(s.devicesOf(c.caller.user), d) && c.caller.role == ""
		if !own {
			return fail(http.StatusForbidden,
				"AccessDenied",
				"MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your "+
					"MFA serial number is valid and associated with this user.")
		}
		if !d.accept(code, c.now) {
			return fail(http.StatusForbidden, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
		}
		return nil
	})
	return err == nil, err
}

func getSessionToken(c *call) error {
	if err := c.allow("sts:GetSessionToken", "*"); err != nil {
		return err
	}
	if !c.caller.issued.IsZero() {
		return fail(http.StatusForbidden, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	}
	otherwise, top := 43200, 129600
	if c.caller.root() {
		otherwise, top = 3600, 3600
	}
	seconds, err := c.duration(otherwise, shortestSession, top)
	if err != nil {
		return err
	}
	mfa, err := c.proveMFA()
	if err != nil {
		return err
	}
	var out credentialsXML
	if err := c.account.update("iam", func() error {
		one := c.account.iam().newSession(c.now, time.Duration(seconds)*time.Second)
		one.User, one.MFA = strings.ToLower(c.caller.user), mfa
		out = one.xml()
		return nil
	}); err != nil {
		return err
	}
	return c.result(struct{ Credentials credentialsXML }{out})
}

func assumeRole(c *call) error {
	arn, name := c.form.Get("RoleArn"), c.form.Get("RoleSessionName")
	if err := checkName("roleSessionName", name, 64); err != nil || len(name) < 2 {
		return invalid(
			"1 validation error detected: Value '%s' at 'roleSessionName' failed to satisfy "+
				"constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*", name)
	}
	c.note("roleArn", arn)
	c.note("roleSessionName", name)
	c.touch(arn, "AWS::IAM::Role")
	if c.caller.root() {
		return fail(http.StatusForbidden, "AccessDenied", "Roles may not be assumed by root accounts.")
	}
	var role iamRole
	var found bool
	c.account.view(func() {
		for _, r := range c.account.iamAt(c.now).Roles {
			if r.arn(c.account.id, roleKind) == arn {
				role, found = *r, true
				role.Tags = maps.Clone(r.Tags)
			}
		}
	})
	if !found {
		return c.denied("sts:AssumeRole", arn, "")
	}
	most := role.MaxSession
	chained := c.caller.role != ""
	if chained {
		most = min(most, defaultSession) // role chaining: one hour at most
	}
	seconds, err := c.duration(defaultSession, shortestSession, longestSession)
	if err != nil {
		return err
	}
	policies, err := c.sessionPolicies()
	if err != nil {
		return err
	}
	tags := c.tags()
	if err := c.authorizeAssume(arn, name, tags); err != nil {
		return err
	}
	if seconds > most {
		if chained {
			return invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
		}
		return invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	all := role.Tags
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	var out credentialsXML
	if err := c.account.update("iam", func() error {
		one := c.account.iam().newSession(c.now, time.Duration(seconds)*time.Second)
		one.Role, one.RoleID, one.Name = strings.ToLower(role.Name), role.ID, name
		one.Policies, one.Tags = policies, all
		out = one.xml()
		return nil
	}); err != nil {
		return err
	}
	type assumed struct {
		AssumedRoleId string
		Arn           string
	}
	user := assumed{role.ID + ":" + name, "arn:aws:sts::" + c.account.id + ":assumed-role/" + role.Name + "/" + name}
	c.respond("assumedRoleUser", map[string]any{"assumedRoleId": user.AssumedRoleId, "arn": user.Arn})
	c.respond("credentials", map[string]any{"accessKeyId": out.AccessKeyId, "expiration": out.Expiration})
	return c.result(struct {
		Credentials     credentialsXML
		AssumedRoleUser assumed
	}{out, user})
}

// authorizeAssume evaluates the trust policy and the caller's policies, including MFA and
// tags.
func (c *call) authorizeAssume(arn, name string, tags map[string]string) error {
	mfa, err := c.proveMFA()
	if err != nil {
		return err
	}
	keys := map[string][]string{"sts:RoleSessionName": {name}}
	if id := c.form.Get("ExternalId"); id != "" {
		keys["sts:ExternalId"] = []string{id}
	}
	if mfa {
		keys["aws:MultiFactorAuthPresent"], keys["aws:MultiFactorAuthAge"] = []string{"true"}, []string{"0"}
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		keys["aws:RequestTag/"+key] = []string{tags[key]}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], key)
	}
	if err := c.authorize("sts:AssumeRole", arn, keys); err != nil {
		return err
	}
	if len(tags) > 0 {
		return c.authorize("sts:TagSession", arn, keys)
	}
	return nil
}

// sessionPolicies are the request's own policy and the managed ones it names.
func (c *call) sessionPolicies() ([]string, error) {
	var out []string
	if text := c.form.Get("Policy"); text != "" {
		if err := checkIdentityPolicy(text); err != nil {
			return nil, err
		}
		if len(text) > 2048 {
			return nil, fail(http.StatusBadRequest, "PackedPolicyTooLarge",
				"Packed policy consumes more than 100% of allotted space, please use smaller policy.")
		}
		out = append(out, text)
	}
	for i := 1; c.form.Has("PolicyArns.member." + strconv.Itoa(i) + ".arn"); i++ {
		arn := c.form.Get("PolicyArns.member." + strconv.Itoa(i) + ".arn")
		document := ""
		c.account.view(func() { document = c.account.iam().document(arn) })
		if document == "" {
			return nil, noSuch("Policy %s was not found.", arn)
		}
		out = append(out, document)
	}
	return out, nil
}
