package ui

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
)

// A bucket's policy and the trail's settings that were set right are put back to the
// byte from the history, and that is undone again; the ledger has every direction.
func TestAChangeIsUndoneFromTheHistory(t *testing.T) {
	account, err := demo.New(demo.Options{Seed: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	l := openOn(t, account.Session(), 120, 40)
	s, ctx := l.env.session, t.Context()
	role, err := provision.Mender(ctx, s.Account, s.Settings, func() (string, error) { return s.Phone().Code(ctx, nil) })
	if err != nil {
		t.Fatal(err)
	}
	data, trail := new("111122223333-claria-records"), new("claria-trail")
	typed := "{ \"Statement\": [\n {\"Sid\":\"AccountantReads\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"}," +
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

	l.until("Log files are validated")
	l.press("r")
	fix := func(id string) {
		l.handle(goToMsg{compliancePane, showControl{ID: id}})
		l.until("set it right (1 change, can be undone)")
		l.press("f")
		l.until("Undo    Press u in the history, or run claria setup")
		l.confirm()
	}
	fix("CT-03")
	l.codes()
	l.until("CT-03 is fixed, and the account shows it.")
	mended := settings()
	fix("S3-09") // no second code within the hour
	l.until("S3-09 is fixed, and the account shows it.")

	l.undo(2, "~ data bucket 111122223333-claria-records")
	l.sees("The account becomes less safe. After it, ", "✗ S3-09", "undoes change ")
	l.confirm()
	l.until("is undone; looking at the account again.")
	if got := policy(); got != typed {
		t.Errorf("the policy came back as %q, want %q", got, typed)
	}
	l.undo(3, "~ trail claria-trail")
	l.sees("✗ CT-03")
	l.confirm()
	l.until("is undone; looking at the account again.")
	if got := settings(); got != drifted {
		t.Errorf("the trail came back as %s, want %s", got, drifted)
	}
	// The undo is a change as any other.
	l.undo(4, "~ trail claria-trail: undoes change ")
	l.sees("No control fails that does not fail now.")
	l.confirm()
	l.until("is undone; looking at the account again.")
	if got := settings(); got != mended {
		t.Errorf("after undoing the undo: %s, want %s", got, mended)
	}
	lines, err := l.env.watch.book.Ledger(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	l.when("the ledger has all of it", func() bool { all, err := lines.Changes(); return err == nil && len(all) == 5 })
	changes, err := lines.Changes()
	if err != nil || len(changes) != 5 || changes[0].Step.Undoes != changes[1].ID || changes[1].Step.Undoes == "" || changes[1].UndoneBy != changes[0].ID {
		t.Errorf("%v: the ledger has %+v", err, changes)
	}
	if chain, ok := lines.Chain().Value(); !ok || len(chain.Problems) > 0 {
		t.Errorf("%+v", chain)
	}
}

// when goes on until the condition holds.
func (l *live) when(what string, holds func() bool) {
	l.t.Helper()
	limit := time.After(20 * time.Second)
	for !holds() {
		select {
		case msg := <-l.messages:
			l.handle(msg)
		case <-limit:
			l.t.Fatalf("never: %s\n%s", what, l.text())
		}
	}
}

// undo plans the undoing of the newest of so many changes that the text is of. A
// change's line is written beside the screen.
func (l *live) undo(changes int, text string) {
	l.t.Helper()
	lines, err := l.env.watch.book.Ledger(l.t.Context(), l.env.session)
	if err != nil {
		l.t.Fatal(err)
	}
	l.when("the changes are in the ledger", func() bool { all, err := lines.Changes(); return err == nil && len(all) == changes })
	l.press("u")
	l.until("History")
	l.press("g")
	history, _ := l.dialogs[len(l.dialogs)-1].(*timeline)
	for range history.list.Len() {
		if row, _ := history.list.Selected(); row.change != nil && strings.Contains(row.text, text) && row.whyNot() == "" {
			break
		}
		l.press("down")
	}
	l.press("u")
	l.until("Undo change ")
}

// What was recorded before undo, and a key that was deleted, say why they stay.
func TestTheHistorySaysWhatCannotBeUndone(t *testing.T) {
	step := provision.Step{
		ID: "versioning", Op: provision.Change, Resource: "data bucket", Summary: "every version is kept", Before: "Suspended", After: "Enabled", Risk: provision.Reversible,
	}
	key := provision.Step{ID: "root-key", Op: provision.Delete, Resource: "root access key", Summary: "deleted", Risk: provision.Irreversible}
	rows := pastRows([]ledger.Entry{
		{Schema: 2, Sequence: 9, Kind: ledger.Apply, At: noon, Note: "A plan was carried out.", Steps: []provision.Step{key}},
		{Schema: 1, Sequence: 8, Kind: ledger.Apply, At: noon.Add(-time.Hour), Note: "A plan was carried out.", Steps: []provision.Step{step}},
	}, catalogue.Core, noon)
	s := newScreen(t, 80, 24)
	s.show(compliancePane)
	c, _ := s.tabs[3].pane.(*compliance)
	s.run(open(newHistory(c, rows)))
	s.keys("down")
	s.sees("9.1 - root access key: deleted", "Change 9.1 cannot be undone: what was deleted cannot be restored.")
	s.keys("u")
	s.sees("what was deleted cannot be restored")
	s.keys("down", "down")
	s.sees("8.1 ~ data bucket: every version is kept", "Change 8.1 cannot be undone: it was recorded before undo")
	s.keys("u")
	if len(s.dialogs) != 1 {
		t.Error("the history is gone, as if something were undone")
	}
}
