package drift

import (
	"strings"
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

// Whatever lets somebody in beside set-up's own statements fails S3-21, in plain words, and
// what the practice keeps is shown as waived.
func TestWhoIsLetIn(t *testing.T) {
	t.Parallel()
	const objects = `"Action": "s3:GetObject", "Resource": "arn:aws:s3:::111122223333-claria-records/*"`
	point := func(p state.Reading[string]) func(*state.State) {
		return func(s *state.State) {
			s.Inventory.AccessPoints = state.Known([]state.AccessPoint{{Name: "lab", Buckets: []string{s.DataBucket.Name}, Policy: p}})
		}
	}
	added := func(text string) func(*state.State) {
		return func(s *state.State) { addPolicy(&s.DataBucket, text) }
	}
	finance := `{"Sid": "Finance", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/finance"}, ` + objects + `}`
	for name, c := range map[string]struct {
		change func(*state.State)
		keep   []string
		want   catalogue.Status
		says   string
	}{
		"only set-up's own": {func(*state.State) {}, nil, catalogue.Pass, ""},
		"a user of the account": {
			added(finance), nil, catalogue.Fail,
			"statement “Finance” of the records bucket's policy lets user finance of account 111122223333 do s3:GetObject",
		},
		"the auditor": {
			added(`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/claria-auditor"}, ` + objects + `}`), nil,
			catalogue.Fail, "lets user claria-auditor",
		},
		"CloudFront, for this account": {added(`{"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, ` + objects +
			`, "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}`), nil, catalogue.Fail, "the service cloudfront.amazonaws.com"},
		"everyone through a network": {added(`{"Effect": "Allow", "Principal": "*", ` + objects +
			`, "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}`), nil, catalogue.Fail, "lets everyone do s3:GetObject where aws:SourceVpce"},
		"one that takes set-up's name": {
			added(`{"Sid": "ClariaTrailWrites", "Effect": "Allow", "Principal": {"AWS": "444455556666"}, ` + objects + `}`), nil,
			catalogue.Fail, "lets account 444455556666",
		},
		"a Deny of somebody else": {added(`{"Sid": "Mine", "Effect": "Deny", "Principal": {"AWS": "444455556666"}, ` + objects + `}`), nil, catalogue.Pass, ""},
		"the audit bucket": {func(s *state.State) {
			addPolicy(&s.AuditBucket, `{"Sid": "Logs", "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "*"}`)
		}, nil, catalogue.Fail, "of the audit bucket's policy lets the service delivery.logs"},
		"a reader through an access point": {
			point(state.Known(statement(`{"Sid": "Lab", "Effect": "Allow", "Principal": {"AWS": "444455556666"},
			"Action": "s3:GetObject", "Resource": "arn:aws:s3:us-east-1:111122223333:accesspoint/lab/object/*"}`))), nil, catalogue.Fail,
			"statement “Lab” of the policy of access point lab lets account 444455556666",
		},
		"an access point without a policy": {point(state.Absent[string]()), nil, catalogue.Pass, ""},
		"a multi-region access point": {func(s *state.State) {
			s.Inventory.MultiRegion = state.Known([]state.AccessPoint{{Name: "far", Buckets: []string{s.DataBucket.Name}}})
		}, nil, catalogue.Unknown, "does not read its policy"},
		"an access grant": {func(s *state.State) {
			s.Inventory.AccessGrants = state.Known([]state.AccessGrant{{ID: "g1", Scope: "s3://*", Permission: "READ", Grantee: "arn:aws:iam::111122223333:role/x"}})
		}, nil, catalogue.Fail, "the access grant g1 gives arn:aws:iam::111122223333:role/x READ on s3://*"},
		"one that is kept": {added(finance), []string{"Finance"}, catalogue.Waived, "kept by claria.toml, under [bucket]: statement “Finance”"},
		"one kept, one not": {func(s *state.State) {
			addPolicy(&s.DataBucket, finance)
			addPolicy(&s.DataBucket, strings.ReplaceAll(finance, "Finance", "Other"))
		}, []string{"Finance"}, catalogue.Fail, "“Other”"},
		"a public one cannot be kept": {added(`{"Sid": "Open", "Effect": "Allow", "Principal": "*", ` + objects + `}`), []string{"Open"}, catalogue.Fail, "everyone"},
	} {
		s := good()
		c.change(&s)
		declared := settings()
		declared.Keep = c.keep
		f := judgeKnowing(t, catalogue.Core, s, declared, facts())["S3-21"]
		shows("S3-21", f.Status)
		if f.Status != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s (%s)", name, f.Status, f.Reason)
		}
	}
}
