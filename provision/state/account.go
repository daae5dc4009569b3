package state

import (
	"encoding/json"
	"slices"
)

// AccountSettings are the settings of the account as a whole: contacts, regions, opt-out,
// budgets, and what runs in each region.
type AccountSettings struct {
	// OptOut is the organisation's effective policy on whether AWS may use content to
	// improve its AI services; absent: there is no such policy.
	OptOut Reading[OptOut] `json:"opt_out"`

	// The account's alternate contacts; absent: not set.
	Security   Reading[Contact] `json:"security_contact"`
	Billing    Reading[Contact] `json:"billing_contact"`
	Operations Reading[Contact] `json:"operations_contact"`
	// Primary is the account's primary contact.
	Primary Reading[Primary] `json:"primary_contact"`

	Regions Reading[[]Region] `json:"regions"`
	Budgets Reading[[]Budget] `json:"budgets"`

	// RegionContents are the enabled regions with what is in each.
	RegionContents Reading[[]RegionContents] `json:"region_contents"`
}

// OptOut is an effective AI services opt-out policy.
type OptOut struct {
	Default  string            `json:"default"` // optOut, optIn; empty: not set
	Services map[string]string `json:"services,omitempty"`
}

// Out reports whether the policy opts a service out.
func (o OptOut) Out(service string) bool {
	if own, ok := o.Services[service]; ok {
		return own == "optOut"
	}
	return o.Default == "optOut"
}

// ParseOptOut reads an effective policy: {"services": {"default": {"opt_out_policy": "optOut"}, …}}
// (AWS Organizations user guide, "AI services opt-out policy syntax and examples").
func ParseOptOut(document string) (OptOut, error) {
	var policy struct {
		Services map[string]struct {
			Policy string `json:"opt_out_policy"`
		} `json:"services"`
	}
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		return OptOut{}, err
	}
	out := OptOut{Services: map[string]string{}}
	for name, service := range policy.Services {
		if name == "default" {
			out.Default = service.Policy
		} else {
			out.Services[name] = service.Policy
		}
	}
	return out, nil
}

// Primary is the account's primary contact, reduced to what a control needs.
type Primary struct {
	Name    string `json:"name"`
	Company string `json:"company,omitempty"`
	Phone   string `json:"phone"`
	City    string `json:"city"`
	Country string `json:"country"` // ISO 3166, two letters
}

// Region is a region and whether it is enabled.
type Region struct {
	Name   string `json:"name"`
	Status string `json:"status"` // ENABLED, ENABLED_BY_DEFAULT, DISABLED, ENABLING, DISABLING
}

// On reports whether the region is enabled or being enabled.
func (r Region) On() bool { return r.Status != "DISABLED" && r.Status != "DISABLING" }

// Optional reports whether somebody enabled the region; the others are always enabled.
func (r Region) Optional() bool { return r.Status == "ENABLED" || r.Status == "ENABLING" }

// Budget is a spending limit and how many notifications it sends.
type Budget struct {
	Name          string `json:"name"`
	Type          string `json:"type"` // COST, USAGE, …
	Limit         string `json:"limit"`
	Unit          string `json:"unit"` // USD
	Period        string `json:"period"`
	Notifications int    `json:"notifications"`
}

// RegionContents is what runs in one enabled region, and the region's defaults. A list
// that is known and empty means none.
type RegionContents struct {
	Region    string     `json:"region"`
	Workloads []Workload `json:"workloads"`

	DefaultVPCs    Reading[[]string] `json:"default_vpcs"` // ids of the default networks
	OpenGroups     Reading[[]string] `json:"open_groups"`  // ids of default security groups that allow any traffic
	EncryptDisks   Reading[bool]     `json:"encrypt_disks"`
	BlockSnapshots Reading[string]   `json:"block_snapshots"` // block-all-sharing, block-new-sharing, unblocked
	// PublicDocuments are the account's SSM documents that everybody may run.
	PublicDocuments Reading[[]string] `json:"public_documents"`
	Secrets         Reading[[]Secret] `json:"secrets"` // of Secrets Manager
}

// Workload is how many resources of one kind there are.
type Workload struct {
	Kind  string       `json:"kind"` // "EC2 instances"
	Count Reading[int] `json:"count"`
}

// Secret is a secret in Secrets Manager. Its value is never read.
type Secret struct {
	Name    string `json:"name"`
	Rotates bool   `json:"rotates"`
}

// On are the names of the enabled regions.
func On(regions []Region) []string {
	var names []string
	for _, r := range regions {
		if r.On() {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	return names
}
