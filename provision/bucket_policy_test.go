package provision_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"claria/aws"
	"claria/aws/policy"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/permissions"
	"claria/provision/state"
)

// Two spellings of one policy are the same policy.
func TestSameDocument(t *testing.T) {
	t.Parallel()
	base := `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny","Principal":"*","Action":["s3:GetObject","s3:PutObject"],` +
		`"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":["false"]}}},` +
		`{"Sid":"B","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]}]}`
	for name, c := range map[string]struct {
		other string
		same  bool
	}{
		"spelled otherwise": {`{"Statement":[{"Sid":"B","Effect":"Allow","Action":"s3:getobject","Principal":{"AWS":["arn:aws:iam::111122223333:root"]},"Resource":"arn:aws:s3:::b/*"},
			{"Sid":"A","Effect":"Deny","Principal":{"AWS":"*"},"Action":["s3:PutObject","s3:GetObject"],"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b"],
			"Condition":{"Bool":{"AWS:SecureTransport":false}}}],"Version":"2012-10-17"}`, true},
		"a condition gone": {strings.Replace(base, `,"Condition":{"Bool":{"aws:SecureTransport":["false"]}}`, "", 1), false},
		"another resource": {strings.Replace(base, `"arn:aws:s3:::b",`, "", 1), false},
		"another effect":   {strings.Replace(base, "Deny", "Allow", 1), false},
		"not JSON":         {"{", false},
	} {
		if permissions.SameDocument(base, c.other) != c.same || permissions.SameDocument(c.other, base) != c.same {
			t.Errorf("%s: same is not %v", name, c.same)
		}
	}
}

// The bucket policies protect what they should, according to the policy evaluator.
func TestBucketPolicies(t *testing.T) {
	t.Parallel()
	want := provision.Desired(settings())
	for _, b := range []state.Bucket{want.DataBucket, want.AuditBucket} {
		text, _ := b.Policy.Value()
		parsed, err := policy.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", b.Name, err)
		}
		if a := policy.RequiresTLS(parsed, b.Name); !a.Yes {
			t.Errorf("%s: TLS is not required: %s", b.Name, a.Reason)
		}
		if v := policy.RequiresTLSVersion(parsed, b.Name); v != "1.2" {
			t.Errorf("%s: TLS version %q", b.Name, v)
		}
		if a := policy.Public(parsed); a.Yes {
			t.Errorf("%s is public: %s", b.Name, a.Reason)
		}
		if who := policy.CrossAccount(parsed, settings().Account); len(who) > 0 {
			t.Errorf("%s is open to %v", b.Name, who)
		}
	}
}

// Each geography gets the first preferred model that is ACTIVE and stays inside it; a
// region without one gets none, and a worldwide profile is never chosen.
func TestTheModelOfARegion(t *testing.T) {
	t.Parallel()
	box, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	environ := box.Environ()
	for region, want := range map[string]string{
		"us-east-1": "us.anthropic.claude-sonnet-5-5", "eu-central-1": "eu.anthropic.claude-sonnet-5-5",
		"ap-northeast-1": "jp.anthropic.claude-sonnet-5-5", "ap-southeast-2": "au.anthropic.claude-sonnet-5-5", "sa-east-1": "",
	} {
		account, err := aws.Open(t.Context(), aws.Options{
			Region: region, Client: box.Client(), LookupEnv: func(string) (string, bool) { return "", false },
			Source: aws.Source{Kind: aws.FromKey, Key: aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}},
		})
		if err != nil {
			t.Fatal(err)
		}
		offers, err := provision.Offers(t.Context(), account)
		if err != nil || len(offers) == 0 {
			t.Fatalf("%s: %d offers, %v", region, len(offers), err)
		}
		if got := state.Choose(region, offers); got != want {
			t.Errorf("%s gets %q, want %q", region, got, want)
		}
		if want == "" {
			continue
		}
		for i, o := range offers { // AWS retires the choice, and a profile begins to leave the geography
			switch o.Foundation {
			case "anthropic.claude-sonnet-5-5":
				offers[i].Status = "LEGACY"
			case "anthropic.claude-sonnet-5":
				offers[i].Destinations = append(slices.Clone(o.Destinations), "sa-east-1")
			}
		}
		if got := state.Choose(region, offers); got != want[:3]+"anthropic.claude-sonnet-4-6" {
			t.Errorf("%s then gets %q", region, got)
		}
	}
}

// An earlier version used one profile of the region's geography without writing it down.
func TestFormerModels(t *testing.T) {
	t.Parallel()
	for region, prefix := range map[string]string{
		"us-east-1": "us.", "us-west-2": "us.", "eu-central-1": "eu.", "ap-northeast-1": "jp.", "sa-east-1": "",
	} {
		models := state.FormerModels(region)
		if (len(models) == 0) != (prefix == "") {
			t.Errorf("%s: %v", region, models)
		}
		for _, m := range models {
			if !strings.HasPrefix(m, prefix) || !slices.Contains(state.Destinations(m), region) {
				t.Errorf("%s: %s runs in %v", region, m, state.Destinations(m))
			}
		}
	}
	if d := state.Destinations("global.anthropic.claude-sonnet-4-5-20250929-v1:0"); d != nil {
		t.Errorf("a global profile is said to stay in %v", d)
	}
}

// Whatever lets somebody in and was not written by set-up is removed, but only if each is
// approved by name; it can be put back, and a statement that the practice keeps stays.
func TestWhatLetsOthersIn(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root, ctx := p.settle(), t.Context()
	data := state.DataBucketName(settings())
	if _, err := aws.IAM(root).CreateUser(ctx, &iam.CreateUserInput{UserName: new("finance")}); err != nil {
		t.Fatal(err)
	}
	const objects = `"Action":"s3:GetObject","Resource":"arn:aws:s3:::111122223333-claria-records/*"`
	for _, added := range []string{
		`{"Sid":"Finance","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/finance"},` + objects + `}`,
		`{"Sid":"Auditing","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/claria-auditor"},` + objects + `}`,
		`{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},` + objects + `,"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}`,
		`{"Sid":"Office","Effect":"Allow","Principal":"*",` + objects + `,"Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}}`,
		`{"Sid":"NoAccountant","Effect":"Deny","Principal":{"AWS":"444455556666"},` + objects + `}`,
	} {
		if err := addStatement(ctx, root, data, added); err != nil {
			t.Fatal(err)
		}
	}
	own, _ := permissions.ParseStatements(permissions.DataPolicy(settings()))
	unnamed := fmt.Sprintf("records:%d", len(own)+3)
	plan := withoutRootKey(p.plan(root))
	removes := step(t, plan, "access/data-bucket")
	if !slices.Equal(removes.Asks, []string{"Finance", "Auditing", unnamed, "Office"}) || len(plan.Steps) != 1 {
		t.Fatalf("asks for %v in %v", removes.Asks, ids(plan))
	}
	for _, words := range []string{
		"Finance (lets user finance of account 111122223333 do s3:GetObject)", "lets user claria-auditor", "lets the service cloudfront.amazonaws.com",
		"lets everyone do s3:GetObject where aws:PrincipalAccount StringEquals 111122223333",
	} {
		if !strings.Contains(removes.Before, words) {
			t.Errorf("the step does not say %q: %s", words, removes.Before)
		}
	}
	was := bucketPolicy(t, root, data)
	approval := p.approval()
	approval.Remove = []string{"Finance", "Auditing", "Office"}
	_, err := collect(ctx, root, plan, approval)
	if refused, ok := errors.AsType[*provision.RemoveError](err); !ok || !slices.Equal(refused.Names, []string{unnamed}) ||
		bucketPolicy(t, root, data) != was {
		t.Fatalf("not every name was approved: %v", err)
	}

	keeping := settings()
	keeping.Keep = []string{"Finance", "Auditing"}
	kept := withoutRootKey(provision.MakePlan(p.observe(root), provision.Desired(keeping), keeping))
	if got := step(t, kept, "access/data-bucket").Asks; !slices.Equal(got, []string{unnamed, "Office"}) {
		t.Errorf("with two statements kept it asks for %v", got)
	}

	done := p.mended(p.mender(), plan)[0]
	now := bucketPolicy(t, root, data)
	if strings.Contains(now, "Finance") || strings.Contains(now, "cloudfront") || !strings.Contains(now, "NoAccountant") {
		t.Errorf("left: %s", now)
	}
	if again := withoutRootKey(p.plan(root)); !again.Empty() {
		t.Errorf("second plan %v", ids(again))
	}
	p.undo(p.mender(), done, settings())
	if got := bucketPolicy(t, root, data); !permissions.SameDocument(got, was) {
		t.Errorf("put back: %s", got)
	}
}

// A bucket that its own policy shuts is named as that. The root user can read the policy, and
// is offered the removal of the statement; afterwards all is as it should be.
func TestALockedBucketIsOpened(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root, ctx := p.settle(), t.Context()
	data := state.DataBucketName(settings())
	if err := addStatement(ctx, root, data, `{"Sid":"Lock","Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":["arn:aws:s3:::111122223333-claria-records","arn:aws:s3:::111122223333-claria-records/*"]}`); err != nil {
		t.Fatal(err)
	}
	const words = "explicit deny in a resource-based policy"
	for who, account := range map[string]*aws.Account{"the daily identity": p.as(state.AdminUser), "the root user": root} {
		observed := p.observe(account)
		for name, problem := range map[string]func() (state.Problem, bool){
			"its region": observed.DataBucket.Region.Problem, "its encryption": observed.DataBucket.Encryption.Problem,
		} {
			if problem, unknown := problem(); !unknown || !strings.Contains(problem.Message, words) {
				t.Errorf("%s reads %s: %v", who, name, problem)
			}
		}
	}
	shut := p.plan(p.as(state.AdminUser))
	if len(shut.Unknown) == 0 || !strings.Contains(shut.Unknown[0].Reason, words) || !strings.Contains(shut.Unknown[0].Next, "root user") {
		t.Errorf("the daily identity is told %+v", shut.Unknown)
	}
	plan := p.plan(root)
	opens := step(t, plan, "access/data-bucket")
	if !slices.Equal(opens.Asks, []string{"Lock"}) || !strings.Contains(opens.Summary, "locks the practice out") || len(plan.Unknown) == 0 {
		t.Fatalf("%+v, unknown %v", opens, plan.Unknown)
	}
	plan.Steps = []provision.Step{opens}
	p.apply(root, plan, p.adopting(plan))
	if again := withoutRootKey(p.plan(p.as(state.AdminUser))); !again.Empty() || len(again.Unknown) > 0 {
		t.Errorf("afterwards %v, unknown %v", ids(again), again.Unknown)
	}
}

// A Deny of others is offered for removal only if it locks the practice out.
func TestWhichDeniesLock(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root, ctx := p.settle(), t.Context()
	data, audit := state.DataBucketName(settings()), state.AuditBucketName(settings())
	for _, c := range []struct {
		name, bucket, statement string
		locks                   bool
	}{
		{"another account", data, `"Principal":{"AWS":"444455556666"},"Action":"s3:*","Resource":"arn:aws:s3:::` + data + `/*"`, false},
		{"uploads without a header", data, `"Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::` + data + `/*",
			"Condition":{"Null":{"s3:x-amz-server-side-encryption":"true"}}`, false},
		{"reading records", data, `"Principal":{"AWS":"arn:aws:iam::111122223333:user/claria-admin"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::` +
			data + `/*"`, true},
		{"a network that the practice is not in", data, `"Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::` + data + `","arn:aws:s3:::` + data + `/*"],
			"Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}`, true},
		{"the trail's delivery", audit, `"Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::` + audit + `/*"`, true},
	} {
		was := bucketPolicy(t, root, c.bucket)
		if err := addStatement(ctx, root, c.bucket, `{"Sid":"Mine","Effect":"Deny",`+c.statement+`}`); err != nil {
			t.Fatal(err)
		}
		plan := withoutRootKey(p.plan(root))
		if offered := slices.ContainsFunc(plan.Steps, func(s provision.Step) bool { return slices.Contains(s.Asks, "Mine") }); offered != c.locks {
			t.Errorf("%s: offered %v, want %v; plan %v", c.name, offered, c.locks, ids(plan))
		}
		if err := putBucketPolicy(ctx, root, c.bucket, was); err != nil {
			t.Fatal(err)
		}
	}
}
