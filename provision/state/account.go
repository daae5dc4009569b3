package state

import (
	"encoding/json"
	"slices"
)

// AccountSettings is the account itself: its contacts, regions, organisation, spending, and what else runs in it.
type AccountSettings struct {
	// OptOut says whether AWS may use content of its AI services to improve them,
	// by the organisation's policy in effect here; absent: there is no such policy.
	OptOut Reading[OptOut] `json:"opt_out"`

	// The contacts that AWS reaches out to; absent: not set.
	Security   Reading[Contact] `json:"security_contact"`
	Billing    Reading[Contact] `json:"billing_contact"`
	Operations Reading[Contact] `json:"operations_contact"`
	// Primary is the account's owner as AWS has it on file.
	Primary Reading[Primary] `json:"primary_contact"`

	Regions Reading[[]Region] `json:"regions"`
	Budgets Reading[[]Budget] `json:"budgets"`

	// Grounds are the regions that can be used, each with what is in it.
	RegionContents Reading[[]RegionContents] `json:"region_contents"`
}

// OptOut is the AI services opt-out policy in effect: whether content of the
// services may be used to improve them.
type OptOut struct {
	Default  string            `json:"default"` // optOut, optIn; empty: not said
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

// Primary is the account's primary contact, as far as a control needs it.
type Primary struct {
	Name    string `json:"name"`
	Company string `json:"company,omitempty"`
	Phone   string `json:"phone"`
	City    string `json:"city"`
	Country string `json:"country"` // ISO 3166, two letters
}

// Region is one region and whether it can be used.
type Region struct {
	Name   string `json:"name"`
	Status string `json:"status"` // ENABLED, ENABLED_BY_DEFAULT, DISABLED, ENABLING, DISABLING
}

// On reports whether the region can be used, or is about to be.
func (r Region) On() bool { return r.Status != "DISABLED" && r.Status != "DISABLING" }

// Optional reports whether somebody chose to enable the region; the others cannot
// be disabled.
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

// RegionContents is one enabled region: what runs in it, and its defaults. A list that is
// known and empty says that there is none.
type RegionContents struct {
	Region    string     `json:"region"`
	Workloads []Workload `json:"workloads"`

	DefaultVPCs    Reading[[]string] `json:"default_vpcs"` // ids of the default networks
	OpenGroups     Reading[[]string] `json:"open_groups"`  // ids of default security groups that let anything through
	EncryptDisks   Reading[bool]     `json:"encrypt_disks"`
	BlockSnapshots Reading[string]   `json:"block_snapshots"` // block-all-sharing, block-new-sharing, unblocked
	// PublicDocuments are the account's own SSM documents that everybody may run.
	PublicDocuments Reading[[]string] `json:"public_documents"`
	Secrets         Reading[[]Secret] `json:"secrets"` // of Secrets Manager
}

// Workload is how many there are of one kind of thing that computes or stores.
type Workload struct {
	Kind  string       `json:"kind"` // "EC2 instances"
	Count Reading[int] `json:"count"`
}

// Secret is one secret of Secrets Manager; its value is never read.
type Secret struct {
	Name    string `json:"name"`
	Rotates bool   `json:"rotates"`
}

// On are the names of the regions that can be used.
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
