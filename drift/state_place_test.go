package drift

import (
	"time"

	"claria/provision"
)

const ourOrganization = "arn:aws:organizations::444455556666:organization/o-1"

// goodPlace is what only an account itself can say of Place.
func goodPlace(s *provision.State) {
	contact := func(name string) provision.Reading[provision.Contact] {
		return provision.Known(provision.Contact{Name: name, Title: "Owner", Email: name + "@example.com", Phone: "+1 555 0100"})
	}
	s.Organization = provision.Known(ourOrganization)
	s.Place.OptOut = provision.Known(provision.OptOut{Default: "optOut"})
	s.Place.Security, s.Place.Billing, s.Place.Operations = contact("security"), contact("billing"), contact("operations")
	s.Place.Primary = provision.Known(provision.Primary{Name: "Ada Owner", Phone: "+1 555 0100", City: "Springfield", Country: "US"})
	s.Place.Budgets = provision.Known([]provision.Budget{{Name: "claria-spending", Type: "COST", Limit: "40", Unit: "USD", Period: "MONTHLY", Notifications: 2}})
	s.Place.Regions = provision.Known([]provision.Region{{Name: "us-east-1", Status: "ENABLED_BY_DEFAULT"}, {Name: "eu-west-1", Status: "ENABLED_BY_DEFAULT"}, {Name: "me-south-1", Status: "DISABLED"}})
	var grounds []provision.Ground
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		grounds = append(grounds, provision.Ground{
			Region:      region,
			Workloads:   []provision.Workload{{Kind: "EC2 instances", Count: provision.Known(0)}, {Kind: "Lambda functions", Count: provision.Known(0)}},
			DefaultVPCs: provision.Known([]string{}), OpenGroups: provision.Known([]string{}),
			EncryptDisks: provision.Known(true), BlockSnapshots: provision.Known("block-all-sharing"),
			PublicDocuments: provision.Known([]string{}), Secrets: provision.Known([]provision.Secret{{Name: "mail", Rotates: true}}),
		})
	}
	s.Place.Grounds = provision.Known(grounds)
}

// goodMachine is a workstation that is as it should be.
func goodMachine() *Machine {
	return &Machine{
		System: "linux", Disk: provision.Known(Disk{Encrypted: true, Device: "/dev/mapper/root", By: "LUKS"}),
		Lock: provision.Known(Lock{On: true, After: 5 * time.Minute}), OwnLock: 10 * time.Minute,
		Updates:  provision.Known(Updates{Checked: now.AddDate(0, 0, -1), Installed: now.AddDate(0, 0, -6), By: "apt"}),
		Firewall: provision.Known(Firewall{On: true, By: "ufw"}),
		Secrets:  provision.Known([]string{}), Loose: provision.Known([]string{}), Leaks: provision.Known([]string{}),
		CoreDumps: provision.Known(false), Swap: provision.Known(Swap{Areas: 1}),
		Build:  provision.Known(Build{Version: "v1.2.3", Revision: "0123456789ab", SHA256: "ab12ab12ab12ab12"}),
		Ledger: provision.Known(Chain{Lines: 12}),
	}
}
