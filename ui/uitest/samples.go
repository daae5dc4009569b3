package uitest

import (
	"time"

	"claria/audit"
	"claria/aws"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
	"claria/ui/kit"
)

var sampleFindings = []drift.Finding{
	{ID: "BAA-01", Title: "An agreement with AWS is in force", Status: catalogue.Pass, Severity: catalogue.Critical, Citations: []string{"164.308(b)(1)"}, Resource: "account 111122223333", Desired: "active", Observed: "active since 2026-03-02", Remedy: catalogue.Guided},
	{ID: "IAM-02", Title: "The root user has a second factor", Status: catalogue.Fail, Severity: catalogue.Critical, Citations: []string{"164.312(d)"}, ConfigRules: []string{"root-account-mfa-enabled"}, Resource: "root user", Desired: "on", Observed: "off", Reason: "The root user can sign in with a password alone", Remedy: catalogue.Guided},
	{ID: "IAM-07", Title: "No policy allows everything", Status: catalogue.Pass, Severity: catalogue.Critical, Citations: []string{"164.502(b)"}, Remedy: catalogue.Guided},
	{ID: "S3-02", Title: "Records are encrypted at rest", Status: catalogue.Pass, Severity: catalogue.High, Citations: []string{"164.312(a)(2)(iv)"}, Remedy: catalogue.Automatic},
	{ID: "S3-11", Title: "Every version of a record is kept", Status: catalogue.Fail, Severity: catalogue.High, Citations: []string{"164.312(c)(1)", "164.308(a)(7)"}, ConfigRules: []string{"s3-bucket-versioning-enabled"}, Resource: "bucket 111122223333-claria-records", Desired: "Enabled", Observed: "Suspended", Reason: "Versioning is suspended", Remedy: catalogue.Automatic},
	{ID: "BDR-07", Title: "Prompts are not copied anywhere", Status: catalogue.Unknown, Severity: catalogue.Medium, Citations: []string{"164.312(a)(1)"}, Resource: "Bedrock in us-east-1", Desired: "off", Reason: "bedrock:GetModelInvocationLoggingConfiguration: this identity is not allowed to do it", Remedy: catalogue.Automatic},
}

// SampleSteps are a plan: a bucket, a setting of it, the trail, and the root key.
var SampleSteps = []provision.Step{
	{ID: "data-bucket", Op: provision.Create, Resource: "data bucket 111122223333-claria-records", Summary: "encrypted, versioned, private", After: "AES-256, versions kept, all public access blocked", Why: []string{"164.312(a)(2)(iv)"}, Risk: provision.Manual, Undo: "Claria cannot undo this; by hand: delete the bucket while it is empty", Control: []string{"S3-02"}},
	{ID: "versioning", Op: provision.Change, Resource: "data bucket 111122223333-claria-records", Summary: "keep every version", Before: "Suspended", After: "Enabled", Why: []string{"164.312(c)(1)", "164.308(a)(7)"}, Risk: provision.Reversible, Undo: "press u in the history, or run claria setup --undo; it was: Suspended", Control: []string{"S3-11"}},
	{ID: "trail", Op: provision.Create, Resource: "trail claria-trail", Summary: "all regions, including reads of records", After: "on", Why: []string{"164.312(b)"}, Risk: provision.Manual, Undo: "Claria cannot undo this; by hand: delete the trail; the logs stay", Control: []string{"CT-01"}},
	{ID: "root-key", Op: provision.Delete, Resource: "root access key AKIA…7Q2X", Summary: "after the new key was tested", Before: "active", After: "gone", Why: []string{"164.308(a)(3)"}, Risk: provision.Irreversible, Control: []string{"IAM-01"}},
}

// SampleReport is a scan with a control that fails, one that drifted and one that is unknown.
func SampleReport() drift.Report {
	return drift.Report{
		Account: "111122223333", Region: "us-east-1", Set: "core", Started: Noon, ElapsedMS: 912,
		Controls: append([]drift.Finding(nil), sampleFindings...),
	}
}

// DriftedReport is a scan after someone changed a setting; one statement waits for its
// signature, one is signed, and one risk is accepted.
func DriftedReport() drift.Report {
	r := SampleReport()
	for i := range r.Controls {
		switch f := &r.Controls[i]; f.ID {
		case "S3-11":
			f.Drift = &drift.Drift{Since: Noon.Add(-70 * time.Minute), Before: "versioning enabled", After: "versioning suspended", Event: &audit.Event{
				At: Noon.Add(-64 * time.Minute), Name: "PutBucketVersioning", Actor: "user bob\x1b[2J", Address: "203.0.113.9", Key: "AKIA…7Q2X",
			}}
		case "BAA-01":
			f.Status, f.Remedy, f.Reason = catalogue.AttestDue, catalogue.Attest, "nobody has signed this statement yet"
		case "IAM-07":
			f.Status, f.Until = catalogue.Attested, Noon.AddDate(0, 3, 0)
		case "IAM-02":
			f.Status, f.Until = catalogue.Waived, Noon.AddDate(0, 1, 0)
		}
	}
	return r
}

// SampleState is an account that is set up.
func SampleState() state.State {
	return state.State{
		Account: "111122223333", Region: "us-east-1",
		Caller: aws.Identity{Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/claria-admin"},
		Agreements: state.Known([]aws.Agreement{{
			Name: "AWS Business Associate Addendum", AccountID: "111122223333", State: "ACTIVE", EffectiveStart: Noon.AddDate(0, -8, -19),
		}}),
		Users: state.Known([]state.User{{
			Name: state.AdminUser, MFA: state.Known([]string{"arn:aws:iam::111122223333:mfa/claria-admin"}),
		}}),
	}
}

// WithPlan makes these steps every scan's plan.
func WithPlan(steps ...provision.Step) Change {
	return func(e *kit.Env, _ *session.Screen) {
		e.Scans.Lead = func(_ *session.Session, state state.State) provision.Plan {
			return provision.Plan{Account: state.Account, Region: state.Region, Steps: steps}
		}
	}
}

// NotSetUp makes the session one before set-up.
func NotSetUp(e *kit.Env, _ *session.Screen) { e.Session.SetUp = false }

// RootState is an account before set-up, read with its root key.
func RootState() state.State {
	snapshot := SampleState()
	snapshot.Caller.ARN, snapshot.Users = "arn:aws:iam::111122223333:root", state.Known([]state.User{})
	return snapshot
}

// BlockedPlan makes every scan's plan one that a missing agreement blocks.
func BlockedPlan(e *kit.Env, _ *session.Screen) {
	e.Scans.Lead = func(_ *session.Session, state state.State) provision.Plan {
		return provision.Plan{
			Account: state.Account, Region: state.Region, Steps: SampleSteps,
			Blocked: &provision.Block{Reason: "no Business Associate Addendum with AWS is in force", Next: "accept it in AWS Artifact"},
		}
	}
}
