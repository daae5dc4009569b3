package compliance

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/provision"
	"claria/session/demo"
	"claria/ui/kit"
	"claria/ui/uitest"
)

// A bucket's policy and the trail's settings that were set right are put back to the
// byte from the history, and that is undone again; the ledger has every direction.
func TestAChangeIsUndoneFromTheHistory(t *testing.T) {
	uitest.Bubble(testAChangeIsUndoneFromTheHistory)(t)
}

func testAChangeIsUndoneFromTheHistory(t *testing.T) {
	account, err := demo.New(demo.Options{Seed: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	l := screens.On(t, account.Session(), 120, 40)
	s, ctx := l.Env.Session, t.Context()
	role, err := provision.AsProvisioner(ctx, s.Account, s.Settings, func() (string, error) { return s.Phone().Code(ctx, nil) })
	if err != nil {
		t.Fatal(err)
	}
	data, trail := new("111122223333-claria-records"), new("claria-trail")
	typed := "{ \"Statement\": [\n {\"Sid\":\"NoAccountant\",\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"444455556666\"}," +
		"\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::111122223333-claria-records/reports/*\"}],\t\"Version\":\"2012-10-17\" }"
	if _, err := aws.S3(role).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: data, Policy: &typed}); err != nil {
		t.Fatal(err)
	}
	policy := func() string {
		out, err := aws.S3(role).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: data})
		if err != nil {
			t.Fatal(err)
		}
		return *out.Policy
	}
	settings := func() string {
		out, err := aws.CloudTrail(role).GetTrail(ctx, &cloudtrail.GetTrailInput{Name: trail})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(out.Trail)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	drifted := settings()

	l.Until(" ok  ")
	l.Press("r")
	fix := func(id string) {
		l.Handle(kit.GoToMsg{Pane: kit.CompliancePane, What: kit.ShowControl{ID: id}})
		l.Until("fix it (1 change, can be undone)")
		l.Press("f")
		l.Until("Undo    Press u in the history, or run claria setup")
		l.Confirm()
	}
	fix("CT-03")
	l.Codes()
	l.Until("CT-03 is fixed. A scan has confirmed it.")
	mended := settings()
	fix("S3-09") // no second code within the hour
	l.Until("S3-09 is fixed. A scan has confirmed it.")

	undo(l, 2, "~ data bucket 111122223333-claria-records")
	l.Sees("The account becomes less safe. ", "✗ S3-09", "undoes change ")
	for range 60 { // below, exactly what is written
		l.Press("down")
	}
	l.Sees(`{ "Statement": [`)
	l.Confirm()
	l.Until("is undone. Scanning the account again.")
	if got := policy(); got != typed {
		t.Errorf("the policy came back as %q, want %q", got, typed)
	}
	undo(l, 3, "~ trail claria-trail")
	l.Sees("✗ CT-03")
	l.Confirm()
	l.Until("is undone. Scanning the account again.")
	if got := settings(); got != drifted {
		t.Errorf("the trail came back as %s, want %s", got, drifted)
	}
	// The undo is a change as any other.
	undo(l, 4, "~ trail claria-trail: undoes change ")
	l.Sees("No other control will fail.")
	l.Confirm()
	l.Until("is undone. Scanning the account again.")
	if got := settings(); got != mended {
		t.Errorf("after undoing the undo: %s, want %s", got, mended)
	}
	lines, err := l.Env.Scans.Watch.Ledger(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	l.Await("has all of it in the ledger", func() bool { all, err := lines.Changes(); return err == nil && len(all) == 5 })
	changes, err := lines.Changes()
	if err != nil || len(changes) != 5 || changes[0].Step.Undoes != changes[1].ID || changes[1].Step.Undoes == "" || changes[1].UndoneBy != changes[0].ID {
		t.Errorf("%v: the ledger has %+v", err, changes)
	}
	if chain, ok := lines.Chain().Value(); !ok || len(chain.Problems) > 0 {
		t.Errorf("%+v", chain)
	}
}

// What was recorded before undo, and a key that was deleted, say why they stay.
func TestTheHistorySaysWhatCannotBeUndone(t *testing.T) {
	uitest.Bubble(testTheHistorySaysWhatCannotBeUndone)(t)
}

func testTheHistorySaysWhatCannotBeUndone(t *testing.T) {
	step := provision.Step{
		ID: "versioning", Op: provision.Change, Resource: "data bucket", Summary: "every version is kept", Before: "Suspended", After: "Enabled", Risk: provision.Reversible,
	}
	key := provision.Step{ID: "root-key", Op: provision.Delete, Resource: "root access key", Summary: "deleted", Risk: provision.Irreversible}
	rows := pastRows([]ledger.Entry{
		{Schema: 2, Sequence: 9, Kind: ledger.Apply, At: uitest.Noon, Note: "A plan was carried out.", Steps: []provision.Step{key}},
		{Schema: 1, Sequence: 8, Kind: ledger.Apply, At: uitest.Noon.Add(-time.Hour), Note: "A plan was carried out.", Steps: []provision.Step{step}},
	}, catalogue.Core, uitest.Noon)
	s := sampled.New(t, 80, 24)
	s.Show(kit.CompliancePane)
	c, _ := s.Tab(kit.CompliancePane).(*Pane)
	s.Run(kit.Open(newHistory(c, rows)))
	s.Keys("down")
	s.Sees("9.1 - root access key: deleted", "Change 9.1 cannot be undone: what was deleted cannot be restored.")
	s.Keys("u")
	s.Sees("what was deleted cannot be restored")
	s.Keys("down", "down")
	s.Sees("8.1 ~ data bucket: every version is kept", "Change 8.1 cannot be undone: it was recorded before undo")
	s.Keys("u")
	if !s.Asks() {
		t.Error("the history is gone, as if something were undone")
	}
}

// undo plans the undoing of the newest of so many changes that the text is of. A
// change's line is written beside the screen.
func undo(l *uitest.Live, changes int, text string) {
	l.T.Helper()
	lines, err := l.Env.Scans.Watch.Ledger(l.T.Context(), l.Env.Session)
	if err != nil {
		l.T.Fatal(err)
	}
	l.Await("has the changes in the ledger", func() bool { all, err := lines.Changes(); return err == nil && len(all) == changes })
	l.Press("u")
	l.Until("History")
	l.Press("g")
	history, _ := l.Frame.Dialog().(*timeline)
	for range history.list.Len() {
		if row, _ := history.list.Selected(); row.change != nil && strings.Contains(row.text, text) && row.whyNot() == "" {
			break
		}
		l.Press("down")
	}
	l.Press("u")
	l.Until("Undo change ")
}
