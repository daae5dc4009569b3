package provision_test

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// asked are settings that ask for every account setting that is free but needs an input.
func asked() state.Settings {
	s := settings()
	s.Contact = &state.Contact{Name: "Ada Owner", Title: "Security official", Email: "security@example.com", Phone: "+1 555 0100"}
	s.Alerts, s.Budget, s.Strict = "alerts@example.com", 40, true
	return s
}

// accountControls are the controls that the resources of AccountSettings satisfy.
func accountControls() []string { return []string{"ACC-01", "ACC-06", "NET-03"} }

func ec2(ctx context.Context, account *aws.Account, region, operation string, form url.Values) error {
	service := aws.Service{Name: "ec2", Host: "ec2.{region}.amazonaws.com", Wording: aws.Query, Version: "2016-11-15"}
	return aws.Ask(ctx, account, service, aws.Request{Operation: operation, Region: region, Values: form}, nil)
}

func ssm(ctx context.Context, account *aws.Account, operation string, in any) error {
	service := aws.Service{Name: "ssm", Host: "ssm.{region}.amazonaws.com", Wording: aws.JSON11, Target: "AmazonSSM"}
	return aws.Ask(ctx, account, service, aws.Request{Operation: operation, In: in}, nil)
}

// shareDocument adds one more thing to read: a public document of the account.
func shareDocument(ctx context.Context, root *aws.Account) error {
	if err := ssm(ctx, root, "CreateDocument", map[string]string{"Name": "restart", "Content": "{}"}); err != nil {
		return err
	}
	return ssm(ctx, root, "ModifyDocumentPermission", map[string]any{
		"Name": "restart", "PermissionType": "Share", "AccountIdsToAdd": []string{"all"},
	})
}

// mendAccount plans and applies what was asked for.
func (p *practice) mendAccount() provision.Plan {
	p.t.Helper()
	state, err := provision.Observe(p.t.Context(), p.as(state.AdminUser), asked())
	if err != nil {
		p.t.Fatal(err)
	}
	plan := provision.MakePlan(state, provision.Desired(asked()), asked()).Only(accountControls()...)
	for _, step := range done(p.apply(p.mender(), plan, p.approval())) {
		if step.ID == "security-contact" {
			p.thereAndBack(p.root(), step, asked())
		}
	}
	return plan
}

// What the settings ask for is planned, created, and then as it should be. What they do
// not ask for is not planned.
func TestWhatIsAskedOfTheAccountIsMade(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	p.settle()
	admin := p.as(state.AdminUser)
	if plan := p.plan(admin).Only(accountControls()...); !plan.Empty() {
		t.Errorf("planned without being asked: %v", ids(plan))
	}
	plan := p.mendAccount()
	if want := []string{
		"policy/claria-auditor-wide", "policy/claria-admin", "policy/claria-provisioner-wide", "security-contact", "budget", "disk-defaults",
	}; !slices.Equal(ids(plan), want) {
		t.Fatalf("steps %v, want %v", ids(plan), want)
	}
	for _, s := range plan.Steps {
		if s.Undo == "" || s.Before == s.After {
			t.Errorf("step does not say what changes: %+v", s)
		}
	}
	if again := p.mendAccount(); !again.Empty() {
		t.Errorf("planned again: %v", ids(again))
	}
	state := p.observeAll(admin)
	if contact, ok := state.AccountSettings.Security.Value(); !ok || contact != *asked().Contact {
		t.Errorf("the contact is %+v", state.AccountSettings.Security)
	}
	if budgets, _ := state.AccountSettings.Budgets.Value(); len(budgets) != 1 || budgets[0].Notifications != 2 || budgets[0].Limit != "40" ||
		budgets[0].Unit != "USD" {
		t.Errorf("the budgets are %+v", budgets)
	}
	// Somebody else's change is reverted, and the step shows the contact that was there.
	other := aws.Service{Name: "account", Host: "account.us-east-1.amazonaws.com", Region: "us-east-1", Wording: aws.RESTJSON}
	contact := map[string]string{
		"AlternateContactType": "SECURITY", "Name": "Somebody", "Title": "x", "EmailAddress": "x@example.org", "PhoneNumber": "1",
	}
	if err := aws.Ask(t.Context(), p.root(), other, aws.Request{
		Operation: "PutAlternateContact", Path: "/putAlternateContact", In: contact,
	}, nil); err != nil {
		t.Fatal(err)
	}
	if err := ec2(t.Context(), p.root(), "eu-west-3", "DisableSnapshotBlockPublicAccess", nil); err != nil {
		t.Fatal(err)
	}
	plan = p.mendAccount()
	if !slices.Equal(ids(plan), []string{"security-contact", "disk-defaults"}) || !strings.Contains(plan.Steps[0].Undo, "x@example.org") ||
		!strings.Contains(plan.Steps[1].Before, "eu-west-3") || strings.Contains(plan.Steps[1].Before, "us-east-1") {
		t.Errorf("after the change: %+v", plan.Steps)
	}
}

// A scan finds what runs in any region, and knows where nothing runs.
func TestEveryRegionIsLookedAt(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	if err := ec2(t.Context(), root, "sa-east-1", "RunInstances", url.Values{
		"ImageId": {"ami-0123456789abcdef0"}, "MinCount": {"1"}, "MaxCount": {"1"},
	}); err != nil {
		t.Fatal(err)
	}
	if err := shareDocument(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	grounds, ok := p.observeAll(p.as(state.AuditorUser)).AccountSettings.RegionContents.Value()
	if !ok || len(grounds) != 17 {
		t.Fatalf("%d regions", len(grounds))
	}
	for _, g := range grounds {
		for _, w := range g.Workloads {
			n, known := w.Count.Value()
			want := 0
			if g.Region == "sa-east-1" && w.Kind == "EC2 instances" {
				want = 1
			}
			if !known || n != want {
				problem, _ := w.Count.Problem()
				t.Errorf("%s in %s: %d, want %d (%s)", w.Kind, g.Region, n, want, problem)
			}
		}
		public, _ := g.PublicDocuments.Value()
		if shared := g.Region == settings().Region; shared != (len(public) == 1) {
			t.Errorf("public documents in %s: %v", g.Region, public)
		}
		// AWS creates these in every region (Amazon VPC user guide, "Default VPCs").
		vpcs, _ := g.DefaultVPCs.Value()
		groups, _ := g.OpenGroups.Value()
		encrypted, known := g.EncryptDisks.Value()
		block, _ := g.BlockSnapshots.Value()
		if len(vpcs) != 1 || len(groups) != 1 || encrypted || !known || block != "unblocked" || !g.Secrets.Known() {
			t.Errorf("%s is not as AWS makes it: networks %v, groups %v, disks %v, snapshots %q", g.Region, vpcs, groups, g.EncryptDisks, block)
		}
	}
}

// An organisation's opt-out policy applies to a service by name, or else by its default.
func TestOptOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy string
		want   bool
	}{
		{`{"services":{"default":{"opt_out_policy":"optOut"}}}`, true},
		{`{"services":{"default":{"opt_out_policy":"optIn"},"transcribe":{"opt_out_policy":"optOut"}}}`, true},
		{`{"services":{"default":{"opt_out_policy":"optOut"},"transcribe":{"opt_out_policy":"optIn"}}}`, false},
		{`{"services":{"lex":{"opt_out_policy":"optOut"}}}`, false},
		{`{"services":{}}`, false},
		{`{}`, false},
	} {
		out, err := state.ParseOptOut(c.policy)
		if err != nil || out.Out("transcribe") != c.want {
			t.Errorf("%s: %v, %v, want %v", c.policy, out.Out("transcribe"), err, c.want)
		}
		text, err := json.Marshal(state.Known(out))
		var again state.Reading[state.OptOut]
		if err != nil || json.Unmarshal(text, &again) != nil {
			t.Errorf("%s does not survive a snapshot: %v", c.policy, err)
		}
	}
	if _, err := state.ParseOptOut("<html>"); err == nil {
		t.Error("a page was taken for a policy")
	}
}
