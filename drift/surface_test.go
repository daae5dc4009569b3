package drift

import (
	"testing"

	"claria/drift/catalogue"
	"claria/provision/state"
)

func TestTheAttackSurface(t *testing.T) {
	t.Parallel()
	ground := func(change func(*state.RegionContents)) func(*state.State) {
		return func(s *state.State) {
			edit(&s.AccountSettings.RegionContents, func(all []state.RegionContents) []state.RegionContents { change(&all[0]); return all })
		}
	}
	noRegions := func(s *state.State) {
		s.AccountSettings.RegionContents = state.Unknown[[]state.RegionContents](denied("account:ListRegions"))
	}
	judgeCases(t, []placeCase{
		{id: "NET-01", name: "nothing", want: catalogue.Pass, says: "none in 2 regions"},
		{id: "NET-01", name: "a machine", state: ground(func(g *state.RegionContents) { g.Workloads[0].Count = state.Known(2) }), want: catalogue.Fail, says: "EC2 instances in eu-west-1: at least 2"},
		{id: "NET-01", name: "one list unread", state: ground(func(g *state.RegionContents) {
			g.Workloads[1].Count = state.Unknown[int](denied("lambda:ListFunctions"))
		}), want: catalogue.Unknown, says: "lambda:ListFunctions: this identity is not allowed to do it in eu-west-1"},
		{id: "NET-01", name: "not read", state: ground(func(g *state.RegionContents) { g.Workloads = nil }), want: catalogue.Unknown, says: "eu-west-1 was not read"},
		{id: "NET-01", name: "no regions", state: noRegions, want: catalogue.Unknown, says: "account:ListRegions"},

		{id: "NET-02", name: "deleted", want: catalogue.Pass, says: "no default network in 2 regions"},
		{id: "NET-02", name: "closed", state: ground(func(g *state.RegionContents) { g.DefaultVPCs = state.Known([]string{"vpc-1"}) }), want: catalogue.Pass, says: "1 default network, each with a closed"},
		{id: "NET-02", name: "open", state: ground(func(g *state.RegionContents) { g.OpenGroups = state.Known([]string{"sg-1"}) }), want: catalogue.Fail, says: "sg-1 in eu-west-1"},
		{id: "NET-02", name: "unread", state: ground(func(g *state.RegionContents) {
			g.OpenGroups = state.Unknown[[]string](denied("ec2:DescribeSecurityGroups"))
		}), want: catalogue.Unknown, says: "ec2:DescribeSecurityGroups"},

		{id: "NET-03", name: "on", want: catalogue.Pass, says: "on in 2 regions"},
		{id: "NET-03", name: "disks", state: ground(func(g *state.RegionContents) { g.EncryptDisks = state.Known(false) }), want: catalogue.Fail, says: "not encrypted by default in eu-west-1"},
		{id: "NET-03", name: "snapshots", state: ground(func(g *state.RegionContents) { g.BlockSnapshots = state.Known("unblocked") }), want: catalogue.Fail, says: "snapshots unblocked in eu-west-1"},
		{id: "NET-03", name: "new snapshots only", state: ground(func(g *state.RegionContents) { g.BlockSnapshots = state.Known("block-new-sharing") }), want: catalogue.Fail, says: "block-new-sharing"},
		{id: "NET-03", name: "unread", state: ground(func(g *state.RegionContents) {
			g.EncryptDisks = state.Unknown[bool](denied("ec2:GetEbsEncryptionByDefault"))
		}), want: catalogue.Unknown, says: "ec2:GetEbsEncryptionByDefault"},

		{id: "NET-04", name: "rotated", want: catalogue.Pass, says: "2 secrets, all rotated"},
		{id: "NET-04", name: "nothing there", state: func(s *state.State) {
			edit(&s.AccountSettings.RegionContents, func(all []state.RegionContents) []state.RegionContents {
				for i := range all {
					all[i].Secrets = state.Known([]state.Secret{})
				}
				return all
			})
		}, want: catalogue.NotApplicable, says: "no public document and no secret in 2 regions"},
		{id: "NET-04", name: "shared", state: ground(func(g *state.RegionContents) { g.PublicDocuments = state.Known([]string{"restart"}) }), want: catalogue.Fail, says: "everyone may run the Systems Manager document restart"},
		{id: "NET-04", name: "never rotated", state: ground(func(g *state.RegionContents) { g.Secrets = state.Known([]state.Secret{{Name: "mail"}}) }), want: catalogue.Fail, says: "never rotated"},
		{id: "NET-04", name: "unread", state: ground(func(g *state.RegionContents) {
			g.Secrets = state.Unknown[[]state.Secret](denied("secretsmanager:ListSecrets"))
		}), want: catalogue.Unknown, says: "secretsmanager:ListSecrets"},
	})
}
