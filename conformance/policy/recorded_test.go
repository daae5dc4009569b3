//go:build conformance

package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"claria/aws"
	"claria/aws/policy"
	"claria/aws/sandbox"
	"claria/clients"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
	"claria/session/demo"
)

// recorded is one question that the demo account's IAM decided while the program worked
// on it, with the policies that applied.
type recorded struct {
	question
	session  []json.RawMessage
	identity []json.RawMessage
	decision string
}

// recorder keeps each question once: the same caller, action, resource and decision are
// the same question, at any time.
type recorder struct {
	mu   sync.Mutex
	seen map[string]bool
	all  []recorded
	errs []error
}

func (r *recorder) decided(request policy.Request, policies policy.Policies, d policy.Decision) {
	decision := "ImplicitlyDenied"
	switch {
	case d.Allowed:
		decision = "Allowed"
	case d.Explicit:
		decision = "ExplicitlyDenied"
	}
	if request.Caller.ARN == "" || strings.HasSuffix(request.Caller.ARN, ":root") {
		return // not under a rendered identity policy; other cases cover these
	}
	if strings.HasPrefix(request.Action, "kms:") && strings.Contains(request.Resource, ":key/") && policies.Resource == nil {
		return // of a key that does not exist; the other evaluator refuses everything without a key's policy
	}
	key := strings.Join([]string{request.Caller.ARN, request.Action, prefixOf(request.Resource), decision}, " ")
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[key] {
		return
	}
	r.seen[key] = true
	q := recorded{decision: decision, question: question{
		Name: key, Caller: new(request.Caller.ARN), Action: request.Action, Resource: request.Resource, Owner: request.Owner, Keys: request.Keys,
		Tags: request.Caller.Tags,
	}}
	text := func(d policy.Document) json.RawMessage {
		data, err := json.Marshal(d)
		r.errs = append(r.errs, err)
		return data
	}
	for _, d := range policies.Identity {
		q.identity = append(q.identity, text(d))
	}
	for _, d := range policies.Session {
		q.session = append(q.session, text(d))
	}
	if policies.Boundary != nil {
		q.Boundary = text(*policies.Boundary)
	}
	if policies.Resource != nil {
		q.ResourcePolicy = text(*policies.Resource)
	}
	r.all = append(r.all, q)
}

// prefixOf is a resource without the random part of its name.
func prefixOf(resource string) string {
	parts := strings.Split(resource, "/")
	return strings.Join(parts[:min(len(parts), 2)], "/")
}

// theirs is the question in the other evaluator's form, with whole documents. It gets
// only the request keys that a document mentions: it ignores keys that it does not know,
// and would then answer another question.
func (q recorded) theirs() any {
	var documents string
	for _, d := range slices.Concat(q.identity, q.session, []json.RawMessage{q.Boundary, q.ResourcePolicy}) {
		documents += strings.ToLower(string(d))
	}
	mentioned := map[string][]string{}
	for key, values := range q.Keys {
		if strings.Contains(documents, `"`+strings.ToLower(key)+`":`) {
			mentioned[key] = values
		}
	}
	q.Keys = mentioned
	if strings.HasSuffix(q.Resource, "/") {
		// ListUsers and ListVirtualMFADevices have no resource in the Service
		// Authorization Reference, and it takes no other than "*" for them; AWS names
		// "user/" and "mfa/" when it refuses.
		q.Resource = "*"
	}
	s := q.question.theirs().(map[string]any)
	type named struct {
		Name   string          `json:"name"`
		Policy json.RawMessage `json:"policy"`
	}
	if !strings.HasSuffix(*q.Caller, ":root") {
		list := []named{}
		for i, d := range q.identity {
			list = append(list, named{fmt.Sprint("identity", i), d})
		}
		s["identityPolicies"] = list
	}
	if q.Boundary != nil {
		s["permissionBoundaryPolicies"] = []named{{"boundary", q.Boundary}}
	}
	if q.ResourcePolicy != nil {
		s["resourcePolicy"] = q.ResourcePolicy
	}
	if len(q.session) > 0 {
		s["sessionPolicy"] = q.session[0]
	}
	return s
}

// without is our decision for the request without these keys.
func (q recorded) without(t *testing.T, keys []string) string {
	t.Helper()
	parse := func(texts []json.RawMessage) (documents []policy.Document) {
		for _, text := range texts {
			d, err := policy.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			documents = append(documents, d)
		}
		return documents
	}
	left := map[string][]string{}
	for key, values := range q.Keys {
		if !slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) }) {
			left[key] = values
		}
	}
	policies := policy.Policies{Identity: parse(q.identity), Session: parse(q.session)}
	if q.ResourcePolicy != nil {
		policies.Resource = &parse([]json.RawMessage{q.ResourcePolicy})[0]
	}
	d := policy.Evaluate(policy.Request{
		Caller: policy.Caller{ARN: *q.Caller, Tags: q.Tags}, Action: q.Action, Resource: q.Resource, Owner: q.Owner, Keys: left,
	}, policies)
	switch {
	case d.Allowed:
		return "Allowed"
	case d.Explicit:
		return "ExplicitlyDenied"
	}
	return "ImplicitlyDenied"
}

// TestRecordedCallsAgree lets the program work on a demo account as every identity, and
// asks the other evaluator each question that IAM decided, under the policies that set-up
// rendered.
func TestRecordedCallsAgree(t *testing.T) {
	r := &recorder{seen: map[string]bool{}}
	work(t, r)
	if err := errors.Join(r.errs...); err != nil {
		t.Fatal(err)
	}
	questions := make([]any, 0, len(r.all))
	for _, q := range r.all {
		questions = append(questions, q.theirs())
	}
	count := map[string]int{}
	ignored := []string{}
	for i, a := range simulateAll(t, questions) {
		q := r.all[i]
		who := (*q.Caller)[strings.LastIndex(*q.Caller, ":")+1:]
		count[strings.Split(who, "/")[len(strings.Split(who, "/"))-1]+" "+q.decision]++
		switch {
		case len(a.Ignored) > 0 && q.without(t, a.Ignored) != q.decision: // otherwise they have no effect
			ignored = append(ignored, fmt.Sprint(q.Action, " ", a.Ignored))
		case a.Result == q.decision:
		default:
			if why := explain(q.complete(), q.decision, a); why == "" {
				t.Errorf("ours %s, theirs %s %s: %s", q.decision, a.Result, a.Error, q.Name)
			}
		}
	}
	t.Logf("%d different questions: %v", len(r.all), count)
	slices.Sort(ignored)
	t.Logf("keys that the other evaluator left out: %v", slices.Compact(ignored))
	if len(ignored) > 0 {
		t.Error("it answered different questions")
	}
	for _, who := range []string{state.AdminUser, state.AuditorUser, "claria-mend"} { // the last is the provisioner's session
		if count[who+" Allowed"] < 20 || count[who+" ExplicitlyDenied"]+count[who+" ImplicitlyDenied"] == 0 {
			t.Errorf("%s was asked too few questions: %v", who, count)
		}
	}
}

// work lets the program and its identities do their work, and try what they must not do.
func work(t *testing.T, r *recorder) {
	t.Helper()
	ctx := t.Context()
	account, err := demo.New(demo.Options{Sandbox: sandbox.Options{Decided: r.decided}})
	if err != nil {
		t.Fatal(err)
	}
	if err := account.Fill(ctx); err != nil { // set-up as root, then clients and their files
		t.Fatal(err)
	}
	opened := account.Session()
	s, err := session.Open(ctx, session.Options{Demo: opened})
	if err != nil {
		t.Fatal(err)
	}
	key, err := opened.Keyring.Load(state.AuditorUser)
	if err != nil {
		t.Fatal(err)
	}
	auditor, err := s.Account.As(ctx, aws.Source{Kind: aws.FromKey, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []*aws.Account{s.Account, auditor} {
		for _, set := range catalogue.Sets() {
			if _, err := drift.Scan(ctx, who, s.Settings, drift.Options{Set: set}); err != nil {
				t.Fatal(err)
			}
		}
	}
	records(ctx, t, s.Clients())
	mend(ctx, t, s)
	provisionAll(ctx, t, r)
	tryWhatIsForbidden(ctx, t, s, auditor)
}

// provisionAll sets an account up with every optional setting: the root user creates the
// identities, and the provisioner's role creates the rest.
func provisionAll(ctx context.Context, t *testing.T, r *recorder) {
	t.Helper()
	// AWS accepts each code of a second factor once: the account's clock advances to the
	// next code, so that the test does not wait for it.
	ahead := time.Duration(0)
	now := func() time.Time { return time.Now().Add(ahead) }
	account, err := sandbox.New(sandbox.Options{Decided: r.decided, Now: now, SigningNow: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	environ := account.Environ()
	settings := state.Settings{
		System: "claria", Region: "us-east-1", Account: sandbox.AccountID, Strict: true, Alerts: "office@example.com", Budget: 20,
		Contact: &state.Contact{Name: "Rowan Alder", Title: "Owner", Email: "rowan@example.com", Phone: "+1 555 0100"},
	}
	root, err := aws.Open(ctx, aws.Options{
		Region: settings.Region, Client: account.Client(),
		LookupEnv: func(name string) (string, bool) { v, ok := environ[name]; return v, ok },
	})
	if err != nil {
		t.Fatal(err)
	}
	phone := provision.NewAuthenticator(now)
	code := func(ctx context.Context, refused error) (string, error) {
		ahead += time.Minute
		return phone.Code(ctx, refused)
	}
	approval := provision.Approval{
		Keyring: aws.NewMemoryKeyring(), SecondFactor: phone.Enrol, Code: code,
		Prove: func(ctx context.Context, key aws.Key) (*aws.Account, error) {
			return root.As(ctx, aws.Source{Kind: aws.FromKey, Key: key})
		},
	}
	apply := func(as *aws.Account, only ...string) {
		t.Helper()
		state, err := provision.Observe(ctx, root, settings)
		if err != nil {
			t.Fatal(err)
		}
		plan := provision.MakePlan(state, provision.Desired(settings), settings)
		if len(only) > 0 {
			plan = plan.Only(only...)
		}
		// The root user reads everything later.
		plan.Steps = slices.DeleteFunc(plan.Steps, func(step provision.Step) bool { return step.ID == "root-key" })
		for progress, err := range provision.Apply(ctx, as, plan, approval) {
			if err != nil {
				t.Fatalf("%s: %v", progress.Step.ID, err)
			}
		}
	}
	apply(root, "IAM-06", "IAM-09", "IAM-12", "IAM-17")
	admin, err := root.As(ctx, aws.Source{Kind: aws.FromKeyring, Keyring: approval.Keyring, Name: state.AdminUser})
	if err != nil {
		t.Fatal(err)
	}
	mender, err := provision.AsProvisioner(ctx, admin, settings, func() (string, error) { return code(ctx, nil) })
	if err != nil {
		t.Fatal(err)
	}
	apply(mender)
	for _, object := range []string{"records/c/f", "clients/c.json", "reports/c/r.json", "recordings/c/f"} {
		err := second(aws.S3(mender).GetObject(ctx, &s3.GetObjectInput{Bucket: new(state.DataBucketName(settings)), Key: &object}))
		if aws.KindOf(aws.Wrap(err, "", "")) != aws.Denied {
			t.Errorf("the provisioner reads %s: %v", object, err)
		}
	}
}

// mend lets the provisioner's role fix the demo's drift.
func mend(ctx context.Context, t *testing.T, s *session.Session) {
	t.Helper()
	result, err := drift.Scan(ctx, s.Account, s.Settings, drift.Options{})
	if err != nil {
		t.Fatal(err)
	}
	mender, err := s.AsProvisioner(ctx, func() (string, error) { return s.Phone().Code(ctx, nil) })
	if err != nil {
		t.Fatal(err)
	}
	plan := s.Plan(result.State)
	if plan.Empty() {
		t.Fatal("there is nothing to fix")
	}
	for progress, err := range provision.Apply(ctx, mender, plan, provision.Approval{}) {
		if err != nil {
			t.Fatalf("%s: %v", progress.Step.ID, err)
		}
	}
}

// records works with a client's files as the daily identity.
func records(ctx context.Context, t *testing.T, store *clients.Store) {
	t.Helper()
	client, err := store.Add(ctx, "Ada Example")
	if err != nil {
		t.Fatal(err)
	}
	file, err := store.PutReader(ctx, client.ID, "intake.txt", strings.NewReader("She arrived on time."))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Get(ctx, file, "", io.Discard, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Versions(ctx, file); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(ctx, file); err != nil {
		t.Fatal(err)
	}
}

// tryWhatIsForbidden tries, with each identity's own key, what that identity must not be
// able to do. The other evaluator must deny it too.
func tryWhatIsForbidden(ctx context.Context, t *testing.T, s *session.Session, auditor *aws.Account) {
	t.Helper()
	data, audit, trail := state.DataBucketName(s.Settings), state.AuditBucketName(s.Settings), state.TrailName(s.Settings)
	admin := s.Account
	object := "records/c/f"
	for what, err := range map[string]error{
		"the auditor reads a record":           second(aws.S3(auditor).GetObject(ctx, &s3.GetObjectInput{Bucket: &data, Key: &object})),
		"the auditor reads a client":           second(aws.S3(auditor).GetObject(ctx, &s3.GetObjectInput{Bucket: &data, Key: new("clients/c.json")})),
		"the auditor writes a record":          second(aws.S3(auditor).PutObject(ctx, &s3.PutObjectInput{Bucket: &data, Key: &object})),
		"the daily identity stops the trail":   second(aws.CloudTrail(admin).StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: &trail})),
		"the daily identity deletes the trail": second(aws.CloudTrail(admin).DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &trail})),
		"the daily identity deletes a log":     second(aws.S3(admin).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &audit, Key: new("_cloudtrail/AWSLogs/x.json.gz")})),
		"the daily identity deletes a version": second(aws.S3(admin).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &data, Key: &object, VersionId: new("v1")})),
		"the daily identity makes a user":      second(aws.IAM(admin).CreateUser(ctx, &iam.CreateUserInput{UserName: new("mallory")})),
		"the daily identity widens itself": second(aws.IAM(admin).AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{
			UserName: new(state.AdminUser), PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess"),
		})),
		"the daily identity becomes the provisioner without a second factor": second(aws.STS(admin).AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn: new(s.Settings.ProvisionerARN()), RoleSessionName: new("claria"),
		})),
	} {
		if aws.KindOf(aws.Wrap(err, "", "")) != aws.Denied {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
