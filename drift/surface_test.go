package drift

import (
	"testing"

	"claria/provision"
)

func TestTheAttackSurface(t *testing.T) {
	t.Parallel()
	ground := func(change func(*provision.Ground)) func(*provision.State) {
		return func(s *provision.State) {
			edit(&s.Place.Grounds, func(all []provision.Ground) []provision.Ground { change(&all[0]); return all })
		}
	}
	noRegions := func(s *provision.State) {
		s.Place.Grounds = provision.Unknown[[]provision.Ground](denied("account:ListRegions"))
	}
	judgeCases(t, []placeCase{
		{id: "NET-01", name: "nothing", want: Pass, says: "none in 2 regions"},
		{id: "NET-01", name: "a machine", state: ground(func(g *provision.Ground) { g.Workloads[0].Count = provision.Known(2) }), want: Fail, says: "EC2 instances in eu-west-1: at least 2"},
		{id: "NET-01", name: "one list unread", state: ground(func(g *provision.Ground) {
			g.Workloads[1].Count = provision.Unknown[int](denied("lambda:ListFunctions"))
		}), want: Unknown, says: "lambda:ListFunctions: this identity is not allowed to do it in eu-west-1"},
		{id: "NET-01", name: "not looked at", state: ground(func(g *provision.Ground) { g.Workloads = nil }), want: Unknown, says: "eu-west-1 was not looked at"},
		{id: "NET-01", name: "no regions", state: noRegions, want: Unknown, says: "account:ListRegions"},

		{id: "NET-02", name: "deleted", want: Pass, says: "no default network in 2 regions"},
		{id: "NET-02", name: "closed", state: ground(func(g *provision.Ground) { g.DefaultVPCs = provision.Known([]string{"vpc-1"}) }), want: Pass, says: "1 default network, each with a closed"},
		{id: "NET-02", name: "open", state: ground(func(g *provision.Ground) { g.OpenGroups = provision.Known([]string{"sg-1"}) }), want: Fail, says: "sg-1 in eu-west-1"},
		{id: "NET-02", name: "unread", state: ground(func(g *provision.Ground) {
			g.OpenGroups = provision.Unknown[[]string](denied("ec2:DescribeSecurityGroups"))
		}), want: Unknown, says: "ec2:DescribeSecurityGroups"},

		{id: "NET-03", name: "on", want: Pass, says: "on in 2 regions"},
		{id: "NET-03", name: "disks", state: ground(func(g *provision.Ground) { g.EncryptDisks = provision.Known(false) }), want: Fail, says: "not encrypted by default in eu-west-1"},
		{id: "NET-03", name: "snapshots", state: ground(func(g *provision.Ground) { g.BlockSnapshots = provision.Known("unblocked") }), want: Fail, says: "snapshots unblocked in eu-west-1"},
		{id: "NET-03", name: "new snapshots only", state: ground(func(g *provision.Ground) { g.BlockSnapshots = provision.Known("block-new-sharing") }), want: Fail, says: "block-new-sharing"},
		{id: "NET-03", name: "unread", state: ground(func(g *provision.Ground) {
			g.EncryptDisks = provision.Unknown[bool](denied("ec2:GetEbsEncryptionByDefault"))
		}), want: Unknown, says: "ec2:GetEbsEncryptionByDefault"},

		{id: "NET-04", name: "rotated", want: Pass, says: "2 secrets, all rotated"},
		{id: "NET-04", name: "nothing there", state: func(s *provision.State) {
			edit(&s.Place.Grounds, func(all []provision.Ground) []provision.Ground {
				for i := range all {
					all[i].Secrets = provision.Known([]provision.Secret{})
				}
				return all
			})
		}, want: NotApplicable, says: "no public document and no secret in 2 regions"},
		{id: "NET-04", name: "shared", state: ground(func(g *provision.Ground) { g.PublicDocuments = provision.Known([]string{"restart"}) }), want: Fail, says: "everybody may run the Systems Manager document restart"},
		{id: "NET-04", name: "never rotated", state: ground(func(g *provision.Ground) { g.Secrets = provision.Known([]provision.Secret{{Name: "mail"}}) }), want: Fail, says: "never rotated"},
		{id: "NET-04", name: "unread", state: ground(func(g *provision.Ground) {
			g.Secrets = provision.Unknown[[]provision.Secret](denied("secretsmanager:ListSecrets"))
		}), want: Unknown, says: "secretsmanager:ListSecrets"},
	})
}
