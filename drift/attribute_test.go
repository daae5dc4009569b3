package drift

import (
	"testing"
	"time"

	"claria/audit"
	"claria/aws"
	"claria/drift/catalogue"
	"claria/provision/state"
)

// drifting returns a report with one finding, and the trail that goes with it.
func drifting(at time.Time, status catalogue.Status, observed string) Report {
	return Report{Account: account, Set: catalogue.Core, Started: at, Controls: []Finding{{ID: "S3-11", Family: catalogue.FamilyStorage, Status: status, Observed: observed}}}
}

func event(at time.Time, name, resource string) audit.Event {
	return audit.Event{At: at, Name: name, Source: "s3.amazonaws.com", Actor: "user bob", Address: "203.0.113.9", Resources: []string{resource}}
}

func told(events ...audit.Event) audit.Look {
	return audit.Look{Writes: state.Known(events), Complete: true}
}

// TestDriftIsPutDownToTheRightCall checks which calls count: newest first, about the
// resource, since the previous check, and only those that succeeded.
func TestDriftIsPutDownToTheRightCall(t *testing.T) {
	t.Parallel()
	data := good().DataBucket.Name
	before := drifting(now, catalogue.Pass, "versioning enabled")
	failed := event(now.Add(4*time.Minute), "PutBucketVersioning", data)
	failed.Error = "AccessDenied"
	for name, c := range map[string]struct {
		events []audit.Event
		want   time.Time // of the event; zero: none
	}{
		"the newest that fits":      {[]audit.Event{event(now.Add(3*time.Minute), "PutBucketVersioning", data), event(now.Add(time.Minute), "PutBucketVersioning", data)}, now.Add(3 * time.Minute)},
		"another bucket's":          {[]audit.Event{event(now.Add(time.Minute), "PutBucketVersioning", "another-bucket")}, time.Time{}},
		"another setting":           {[]audit.Event{event(now.Add(time.Minute), "PutBucketPolicy", data)}, time.Time{}},
		"one that was refused":      {[]audit.Event{failed, event(now.Add(2*time.Minute), "PutBucketVersioning", data)}, now.Add(2 * time.Minute)},
		"one before the last look":  {[]audit.Event{event(now.Add(-2*time.Minute), "PutBucketVersioning", data)}, time.Time{}},
		"one during the last look":  {[]audit.Event{event(now.Add(-20*time.Second), "PutBucketVersioning", data)}, now.Add(-20 * time.Second)},
		"a trail that tells nobody": {nil, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			after := drifting(now.Add(5*time.Minute), catalogue.Fail, "versioning suspended")
			attribute(&before, &after, good(), told(c.events...))
			d := after.Controls[0].Drift
			if d == nil || !d.Since.Equal(now) || d.Before != "versioning enabled" || d.After != "versioning suspended" {
				t.Fatalf("the drift is %+v", d)
			}
			if (d.Event == nil) != c.want.IsZero() || d.Event != nil && !d.Event.At.Equal(c.want) {
				t.Errorf("put down to %+v", d.Event)
			}
		})
	}
}

// TestDriftIsRememberedUntilItIsWell checks that a drift keeps its start time from
// check to check, is looked up again while CloudTrail is late, and ends.
func TestDriftIsRememberedUntilItIsWell(t *testing.T) {
	t.Parallel()
	data := good().DataBucket.Name
	first := drifting(now, catalogue.Pass, "enabled")
	second := drifting(now.Add(5*time.Minute), catalogue.Fail, "suspended")
	attribute(&first, &second, good(), told())
	third := drifting(now.Add(10*time.Minute), catalogue.Fail, "suspended")
	attribute(&second, &third, good(), told(event(now.Add(3*time.Minute), "PutBucketVersioning", data)))
	d := third.Controls[0].Drift
	if d == nil || !d.Since.Equal(now) || d.Before != "enabled" || d.Event == nil || d.Event.Actor != "user bob" {
		t.Fatalf("after the trail caught up: %+v", d)
	}
	fourth := drifting(now.Add(15*time.Minute), catalogue.Fail, "never enabled")
	attribute(&third, &fourth, good(), told(event(now.Add(12*time.Minute), "PutBucketVersioning", data)))
	if d := fourth.Controls[0].Drift; !d.Since.Equal(now) || d.Before != "enabled" || d.After != "never enabled" || !d.Event.At.Equal(now.Add(12*time.Minute)) {
		t.Errorf("worse still: %+v", d)
	}
	fifth := drifting(now.Add(20*time.Minute), catalogue.Pass, "enabled")
	attribute(&fourth, &fifth, good(), told(event(now.Add(12*time.Minute), "PutBucketVersioning", data)))
	if d := fifth.Controls[0].Drift; d != nil {
		t.Errorf("well again: %+v", d)
	}
}

// TestTheFirstLookNamesTheNewestChange checks that a failing control is attributed to
// someone even without an earlier check, and that nothing is made up otherwise.
func TestTheFirstLookNamesTheNewestChange(t *testing.T) {
	t.Parallel()
	report := drifting(now, catalogue.Fail, "suspended")
	attribute(nil, &report, good(), told(event(now.AddDate(0, 0, -3), "PutBucketVersioning", good().DataBucket.Name)))
	if d := report.Controls[0].Drift; d == nil || !d.Since.IsZero() || d.Event == nil {
		t.Errorf("with an event: %+v", d)
	}
	report = drifting(now, catalogue.Fail, "suspended")
	attribute(nil, &report, good(), told())
	if d := report.Controls[0].Drift; d != nil {
		t.Errorf("without one: %+v", d)
	}
	unread := drifting(now, catalogue.Unknown, "not known")
	attribute(nil, &unread, good(), told(event(now, "PutBucketVersioning", good().DataBucket.Name)))
	if d := unread.Controls[0].Drift; d != nil {
		t.Errorf("unknown at the first look: %+v", d)
	}
}

// TestARefusedReadIsPutDownToWhoChangedTheRights checks the same for what can no
// longer be read, and that a failing network is attributed to nobody.
func TestARefusedReadIsPutDownToWhoChangedTheRights(t *testing.T) {
	t.Parallel()
	before := drifting(now, catalogue.Pass, "enabled")
	put := audit.Event{At: now.Add(time.Minute), Name: "PutUserPolicy", Source: "iam.amazonaws.com", Actor: "root", Resources: []string{"claria-admin"}}
	for reason, named := range map[string]bool{
		"s3:GetBucketVersioning: " + aws.Denied.Sentence():  true,
		"s3:GetBucketVersioning: " + aws.Offline.Sentence(): false,
	} {
		after := drifting(now.Add(5*time.Minute), catalogue.Unknown, "not known")
		after.Controls[0].Reason = reason
		attribute(&before, &after, good(), told(put))
		if d := after.Controls[0].Drift; d == nil || (d.Event != nil) != named {
			t.Errorf("%s: %+v", reason, d)
		}
	}
}

// TestEveryMendableControlHasACause checks that the table grows with the catalogue:
// if Claria can fix a setting, someone can have broken it with a call.
func TestEveryMendableControlHasACause(t *testing.T) {
	t.Parallel()
	controls, err := catalogue.Controls(catalogue.Strict)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range controls {
		if c.Remedy == catalogue.Automatic && len(causesOf(Finding{ID: c.ID, Family: c.Family, Status: catalogue.Fail})) == 0 {
			t.Errorf("%s (%s) is put down to nothing", c.ID, c.Family)
		}
	}
}

// TestWhatWasNeverWellIsNobodysDeed checks that neither the first check nor the
// declaration of the other profile blames the person who set the account up.
func TestWhatWasNeverWellIsNobodysDeed(t *testing.T) {
	t.Parallel()
	finding := func(id, family string, status catalogue.Status, desired, observed string) Report {
		return Report{Account: account, Started: now, Profile: "strict", Controls: []Finding{{ID: id, Family: family, Status: status, Desired: desired, Observed: observed}}}
	}
	analyzer := event(now.Add(-time.Hour), "CreateAnalyzer", "claria-analyzer")
	analyzer.Source = "access-analyzer.amazonaws.com"
	off := finding("MON-01", catalogue.FamilyMonitoring, catalogue.Fail, "on", "not turned on")
	attribute(nil, &off, good(), told(analyzer))
	again := finding("MON-01", catalogue.FamilyMonitoring, catalogue.Fail, "on", "not turned on")
	attribute(&off, &again, good(), told(analyzer))
	for _, r := range []Report{off, again} {
		if d := r.Controls[0].Drift; d != nil {
			t.Errorf("what AWS leaves off is put down to %+v", d.Event)
		}
	}

	policy := event(now.Add(-20*time.Second), "PutBucketPolicy", good().DataBucket.Name)
	for name, c := range map[string]struct {
		before Report
		want   bool
	}{
		"more is asked for":          {finding("S3-04", catalogue.FamilyStorage, catalogue.Pass, "AES256 only", "AES256 accepted"), false},
		"nothing was asked for":      {finding("S3-04", catalogue.FamilyStorage, catalogue.NotApplicable, "aws:kms only", "no key"), false},
		"what was asked for is gone": {finding("S3-04", catalogue.FamilyStorage, catalogue.Pass, "aws:kms only", "aws:kms accepted"), true},
	} {
		c.before.Profile = "base"
		after := finding("S3-04", catalogue.FamilyStorage, catalogue.Fail, "aws:kms only", "AES256 accepted")
		attribute(&c.before, &after, good(), told(policy))
		if d := after.Controls[0].Drift; (d != nil) != c.want {
			t.Errorf("%s: %+v", name, d)
		}
	}
}
