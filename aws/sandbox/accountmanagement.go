package sandbox

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// accountState is what AWS stores about the account: whom to contact, and which regions
// can be used.
type accountState struct {
	Contacts map[string]contactOnWire `json:"contacts,omitempty"` // SECURITY, BILLING, OPERATIONS
	// Enabled are the opt-in regions that were enabled.
	Enabled []string `json:"enabled,omitempty"`
}

type contactOnWire struct {
	Type  string `json:"AlternateContactType"`
	Name  string
	Title string
	Email string `json:"EmailAddress"`
	Phone string `json:"PhoneNumber"`
}

func (a *Account) settings() *accountState { return stateOf[accountState](a, "account") }

// alwaysOn and optIn are the regions of the commercial partition: those that are always
// enabled, and those that start disabled (Account Management reference guide, "Enable or
// disable AWS Regions in your account").
func alwaysOn() []string {
	return []string{
		"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
		"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
	}
}

func optIn() []string {
	return []string{
		"af-south-1", "ap-east-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-7", "ca-west-1",
		"eu-central-2", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1", "mx-central-1",
	}
}

// switchedOff reports whether a region is not enabled in the account. Such a region does
// not know the account's credentials: it answers as for a key that does not exist (IAM
// user guide, "Managing AWS STS in an AWS Region"; AWS General Reference, "Specify which
// AWS Regions your account can use").
func (a *Account) switchedOff(region string) bool {
	if !slices.Contains(optIn(), region) {
		return false
	}
	off := true
	a.view(func() { off = !slices.Contains(a.settings().Enabled, region) })
	return off
}

func accountService() *service {
	row := func(name string, write bool, serve func(*call) error) path {
		return path{http.MethodPost, "/" + lowerFirst(name), &operation{name: name, write: write, serve: serve}}
	}
	return &service{
		name: "account", protocol: restJSON, global: true,
		route: byPath([]path{
			row("GetAlternateContact", false, (*call).getAlternateContact),
			row("PutAlternateContact", true, (*call).putAlternateContact),
			row("DeleteAlternateContact", true, (*call).deleteAlternateContact),
			row("GetContactInformation", false, (*call).getContactInformation),
			row("ListRegions", false, (*call).listRegions),
			row("EnableRegion", true, func(c *call) error { return c.switchRegion(true) }),
			row("DisableRegion", true, func(c *call) error { return c.switchRegion(false) }),
		}),
		state: func() any { return &accountState{} },
	}
}

func (c *call) authorizeAccount(keys map[string][]string) error {
	return c.authorize("account:"+c.op.name, "arn:aws:account::"+c.account.id+":account", keys)
}

// contact reads the request about one alternate contact and authorises it.
func (c *call) contact() (contactOnWire, error) {
	var in struct {
		contactOnWire
		AccountId string
	}
	if err := c.inputNoted(&in); err != nil {
		return in.contactOnWire, err
	}
	if err := c.authorizeAccount(map[string][]string{"account:AlternateContactTypes": {in.Type}}); err != nil {
		return in.contactOnWire, err
	}
	if in.AccountId != "" { // only an organisation's management account can name another account
		return in.contactOnWire, fail(http.StatusForbidden, "AccessDeniedException", "The account is not a member of an organization.")
	}
	if !slices.Contains([]string{"BILLING", "OPERATIONS", "SECURITY"}, in.Type) {
		return in.contactOnWire, validation("AlternateContactType must be BILLING, OPERATIONS or SECURITY")
	}
	return in.contactOnWire, nil
}

func noContact() error {
	return fail(http.StatusNotFound, "ResourceNotFoundException", "No contact of the inputted alternate contact type found.")
}

func (c *call) getAlternateContact() error {
	in, err := c.contact()
	if err != nil {
		return err
	}
	var have contactOnWire
	var ok bool
	c.account.view(func() { have, ok = c.account.settings().Contacts[in.Type] })
	if !ok {
		return noContact()
	}
	return c.json(http.StatusOK, map[string]any{"AlternateContact": have})
}

// The patterns of PutAlternateContact's input.
var (
	contactEmail = regexp.MustCompile(`^[\s]*[\w+=.#!&-]+@[\w.-]+\.[\w]+[\s]*$`)
	contactPhone = regexp.MustCompile(`^[\s0-9()+-]{1,25}$`)
)

func (c *call) putAlternateContact() error {
	in, err := c.contact()
	if err != nil {
		return err
	}
	switch {
	case in.Name == "" || len(in.Name) > 64:
		return validation("Name must have 1 to 64 characters")
	case in.Title == "" || len(in.Title) > 50:
		return validation("Title must have 1 to 50 characters")
	case !contactEmail.MatchString(in.Email):
		return validation("EmailAddress is not an e-mail address")
	case !contactPhone.MatchString(in.Phone):
		return validation("PhoneNumber is not a phone number")
	}
	_ = c.account.update("account", func() error {
		s := c.account.settings()
		if s.Contacts == nil {
			s.Contacts = map[string]contactOnWire{}
		}
		s.Contacts[in.Type] = in
		return nil
	})
	return c.empty(http.StatusOK)
}

func (c *call) deleteAlternateContact() error {
	in, err := c.contact()
	if err != nil {
		return err
	}
	err = c.account.update("account", func() error {
		s := c.account.settings()
		if _, ok := s.Contacts[in.Type]; !ok {
			return noContact()
		}
		delete(s.Contacts, in.Type)
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

// getContactInformation answers with the contact that every account has: the person who
// opened it.
func (c *call) getContactInformation() error {
	if err := c.authorizeAccount(nil); err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{"ContactInformation": map[string]string{
		"FullName": "Practice Owner", "PhoneNumber": "+1 555 0100", "AddressLine1": "1 Example Street",
		"City": "Springfield", "StateOrRegion": "IL", "PostalCode": "62701", "CountryCode": "US",
	}})
}

type regionOnWire struct {
	RegionName      string
	RegionOptStatus string
}

func (c *call) listRegions() error {
	var in struct {
		MaxResults              int
		NextToken               string
		RegionOptStatusContains []string
	}
	if err := c.input(&in); err != nil {
		return err
	}
	if err := c.authorizeAccount(nil); err != nil {
		return err
	}
	if in.MaxResults < 0 || in.MaxResults > 50 {
		return validation("MaxResults must be between 1 and 50")
	}
	if in.MaxResults == 0 {
		in.MaxResults = 50
	}
	var all []regionOnWire
	for _, name := range alwaysOn() {
		all = append(all, regionOnWire{name, "ENABLED_BY_DEFAULT"})
	}
	c.account.view(func() {
		for _, name := range optIn() {
			status := "DISABLED"
			if slices.Contains(c.account.settings().Enabled, name) {
				status = "ENABLED"
			}
			all = append(all, regionOnWire{name, status})
		}
	})
	if wanted := in.RegionOptStatusContains; len(wanted) > 0 {
		all = slices.DeleteFunc(all, func(r regionOnWire) bool { return !slices.Contains(wanted, r.RegionOptStatus) })
	}
	slices.SortFunc(all, func(a, b regionOnWire) int { return strings.Compare(a.RegionName, b.RegionName) })
	page, next, err := pageOf(all, in.NextToken, in.MaxResults)
	if err != nil {
		return validation("NextToken is not valid")
	}
	return c.json(http.StatusOK, struct {
		Regions   []regionOnWire
		NextToken string `json:",omitempty"`
	}{nonNil(page), next})
}

func (c *call) switchRegion(on bool) error {
	var in struct{ RegionName string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorizeAccount(map[string][]string{"account:TargetRegion": {in.RegionName}}); err != nil {
		return err
	}
	if !slices.Contains(optIn(), in.RegionName) {
		return validation("The region cannot be enabled or disabled")
	}
	// AWS takes minutes to hours for this and reports ENABLING or DISABLING until then.
	_ = c.account.update("account", func() error {
		s := c.account.settings()
		s.Enabled = slices.DeleteFunc(s.Enabled, func(name string) bool { return name == in.RegionName })
		if on {
			s.Enabled = append(s.Enabled, in.RegionName)
		}
		return nil
	})
	return c.empty(http.StatusOK)
}
