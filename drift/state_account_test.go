package drift

import (
	"time"

	"claria/provision/state"
)

const ourOrganization = "arn:aws:organizations::444455556666:organization/o-1"

// goodPlace fills in what only an account itself can say about Place.
func goodPlace(s *state.State) {
	contact := func(name string) state.Reading[state.Contact] {
		return state.Known(state.Contact{Name: name, Title: "Owner", Email: name + "@example.com", Phone: "+1 555 0100"})
	}
	s.Organization = state.Known(ourOrganization)
	s.AccountSettings.OptOut = state.Known(state.OptOut{Default: "optOut"})
	s.AccountSettings.Security, s.AccountSettings.Billing, s.AccountSettings.Operations = contact("security"), contact("billing"), contact("operations")
	s.AccountSettings.Primary = state.Known(state.Primary{Name: "Ada Owner", Phone: "+1 555 0100", City: "Springfield", Country: "US"})
	s.AccountSettings.Budgets = state.Known([]state.Budget{{Name: "claria-spending", Type: "COST", Limit: "40", Unit: "USD", Period: "MONTHLY", Notifications: 2}})
	s.AccountSettings.Regions = state.Known([]state.Region{{Name: "us-east-1", Status: "ENABLED_BY_DEFAULT"}, {Name: "eu-west-1", Status: "ENABLED_BY_DEFAULT"}, {Name: "me-south-1", Status: "DISABLED"}})
	var grounds []state.RegionContents
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		grounds = append(grounds, state.RegionContents{
			Region:      region,
			Workloads:   []state.Workload{{Kind: "EC2 instances", Count: state.Known(0)}, {Kind: "Lambda functions", Count: state.Known(0)}},
			DefaultVPCs: state.Known([]string{}), OpenGroups: state.Known([]string{}),
			EncryptDisks: state.Known(true), BlockSnapshots: state.Known("block-all-sharing"),
			PublicDocuments: state.Known([]string{}), Secrets: state.Known([]state.Secret{{Name: "mail", Rotates: true}}),
		})
	}
	s.AccountSettings.RegionContents = state.Known(grounds)
}

// goodMachine returns a workstation in good order.
func goodMachine() *state.Machine {
	return &state.Machine{
		System: "linux", Disk: state.Known(state.Disk{Encrypted: true, Device: "/dev/mapper/root", By: "LUKS"}),
		Lock: state.Known(state.Lock{On: true, After: 5 * time.Minute}), OwnLock: 10 * time.Minute,
		Updates:  state.Known(state.Updates{Checked: now.AddDate(0, 0, -1), Installed: now.AddDate(0, 0, -6), By: "apt"}),
		Firewall: state.Known(state.Firewall{On: true, By: "ufw"}),
		Secrets:  state.Known([]string{}), Loose: state.Known([]string{}), Leaks: state.Known([]string{}),
		CoreDumps: state.Known(false), Swap: state.Known(state.Swap{Areas: 1}),
		Build:  state.Known(state.Build{Version: "v1.2.3", Revision: "0123456789ab", SHA256: "ab12ab12ab12ab12"}),
		Ledger: state.Known(state.Chain{Lines: 12}),
	}
}
