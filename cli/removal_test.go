package cli

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
)

// A statement that nobody has decided about does not hold up the rest of a plan: it is left
// and named, and a name that the plan does not have is refused.
func TestAnUndecidedStatementDoesNotHoldUpThePlan(t *testing.T) {
	o := newClerk(t)
	role, ctx := o.role(t), t.Context()
	data := new("111122223333-claria-records")
	read := func() string {
		out, err := aws.S3(role).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: data})
		if err != nil {
			t.Fatal(err)
		}
		return *out.Policy
	}
	with := strings.Replace(read(), `"Statement":[`, `"Statement":[{"Sid":"ReadsToo","Effect":"Allow",`+
		`"Principal":{"AWS":"arn:aws:iam::111122223333:user/claria-auditor"},"Action":"s3:GetObject",`+
		`"Resource":"arn:aws:s3:::111122223333-claria-records/*"},`, 1)
	if _, err := aws.S3(role).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: data, Policy: &with}); err != nil {
		t.Fatal(err)
	}

	_, problem, code := o.runs(t, "setup", "--apply", "--yes", "--mfa-code", o.code(t), "--remove", "Nonsense")
	if code != 1 || !strings.Contains(problem, "--remove Nonsense: the plan removes no such thing; it removes ReadsToo") {
		t.Errorf("a name that is not there: exit %d\n%s", code, problem)
	}
	_, problem, code = o.runs(t, "setup", "--apply", "--yes", "--mfa-code", o.code(t))
	trail, err := aws.CloudTrail(role).GetTrail(ctx, &cloudtrail.GetTrailInput{Name: new("claria-trail")})
	if err != nil {
		t.Fatal(err)
	}
	if code != 1 || !strings.Contains(problem, "--remove ReadsToo") || !strings.Contains(read(), "ReadsToo") ||
		!*trail.Trail.LogFileValidationEnabled { // which had drifted
		t.Errorf("not decided: exit %d, validation %v\n%s", code, *trail.Trail.LogFileValidationEnabled, problem)
	}
	if _, problem, code = o.runs(t, "setup", "--apply", "--yes", "--mfa-code", o.code(t), "--remove", "ReadsToo"); code != 0 ||
		strings.Contains(read(), "ReadsToo") {
		t.Errorf("approved: exit %d\n%s", code, problem)
	}
}
