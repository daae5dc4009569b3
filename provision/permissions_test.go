package provision_test

import (
	"encoding/json"
	"maps"
	"os"
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

// The policies are as narrow as IAM allows, and fit into IAM's limits.
func TestPoliciesAreNarrow(t *testing.T) {
	t.Parallel()
	for _, p := range permissions.Permissions() {
		for _, action := range p.Actions {
			if !p.Deny && strings.Contains(action, "*") {
				t.Errorf("%s/%s allows %s", p.Policy, p.Sid, action)
			}
		}
		if !p.Deny && slices.Contains(p.On, "*") && p.Why == "" {
			t.Errorf("%s/%s is on every resource and does not say why", p.Policy, p.Sid)
		}
	}
	policies, _ := provision.Desired(settings()).Policies.Value()
	for _, p := range policies {
		// "IAM and AWS STS quotas": 6,144 characters without white space.
		if n := len(strings.Join(strings.Fields(p.Document), "")); n > 6144 {
			t.Errorf("%s has %d characters", p.Name, n)
		}
		parsed, err := policy.Parse([]byte(p.Document))
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		if policy.Admin(parsed).Yes || len(policy.ServiceWide(parsed)) > 0 {
			t.Errorf("%s is too wide", p.Name)
		}
	}
}

// Each identity may do everything that Claria does with it, and nothing else. Root sets up
// only the identities; the daily identity's role does the rest, then reverts every drift.
func TestPermissionsBothWays(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.root()
	p.apply(root, p.plan(root).Only("IAM-06", "IAM-09", "IAM-12", "IAM-17"), p.approval())
	mark := len(p.sandbox.Calls())
	mend := func() []provision.Step {
		t.Helper()
		return p.mended(p.mender(), withoutRootKey(p.plan(root)))
	}
	mend()
	for _, d := range drifts() {
		d.disturb(t, p, root)
		steps := mend()
		if slices.Contains([]string{"bucket policy removed", "password policy removed", "an access point's reader", "records archived when nobody reads them"}, d.name) { // undoing removes what was absent
			p.thereAndBack(root, steps[0], settings())
		}
	}
	if left := withoutRootKey(p.plan(root)); !left.Empty() {
		t.Errorf("not mended: %v", ids(left))
	}

	// A key that cannot be stored is deleted, which needs its own permission.
	failing := p.approval()
	failing.Keyring = &memory{keys: map[string]aws.Key{}, refuse: os.ErrPermission, spare: 1}
	mender := p.mender()
	held := settings()
	held.Held = map[string]string{}
	plan := provision.MakePlan(p.observe(root), provision.Desired(held), held).Only("IAM-12")
	if _, err := collect(t.Context(), mender, plan, failing); err == nil {
		t.Error("a key that could not be kept went unnoticed")
	}

	p.mendAccount()
	p.mendMonitoring(root)
	p.mendPeople(root)
	if err := shareDocument(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	if err := transcribeSomething(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	p.later.Add(5 * 3600) // AWS generates a new credential report
	p.observeAll(p.as(state.AdminUser))
	p.observeAll(p.as(state.AuditorUser))

	used := map[string]map[string]bool{"claria-admin": {}, "claria-auditor": {}, "claria-provisioner": {}}
	for _, call := range p.sandbox.Calls()[mark:] {
		for identity := range used {
			if !strings.Contains(call.Caller, "/"+identity) {
				continue
			}
			used[identity][call.Action] = true
			if call.Status == 403 {
				t.Errorf("%s was denied %s on %s", identity, call.Action, call.Resource)
			}
		}
	}
	for action := range used["claria-admin"] { // all three have the reading policies
		used["claria-auditor"][action] = true
	}
	for _, perm := range permissions.Permissions() {
		if perm.Deny || profileOnly(perm) || slices.Contains([]string{"clients", "reports", "audit", "evidence", "transcription", "doctor"}, perm.Room) {
			continue // other packages' calls; the end-to-end tests check those
		}
		for _, action := range perm.Actions {
			if !used[strings.TrimSuffix(perm.Policy, "-wide")][action] && !slices.Contains(behind, action) {
				t.Errorf("%s is allowed %s and never does it", perm.Policy, action)
			}
		}
	}
}

// profileOnly reports whether a row applies only in the strict profile, which has its own
// test.
func profileOnly(p permissions.Permission) bool {
	return !slices.ContainsFunc(p.On, func(on string) bool { return !strings.HasPrefix(on, "{key") && !strings.HasPrefix(on, "{strict") })
}

// behind are the actions that AWS checks as part of another call, so that no call of ours
// has their name.
var behind = []string{
	"iam:CreateServiceLinkedRole", "access-analyzer:TagResource", // CreateAnalyzer
	"s3:TagResource",                                                 // CreateBucket
	"aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions", // CreateFoundationModelAgreement
}

func withoutRootKey(plan provision.Plan) provision.Plan {
	plan.Steps = slices.DeleteFunc(slices.Clone(plan.Steps), func(s provision.Step) bool { return s.ID == "root-key" })
	return plan
}

// The daily identity and the auditor cannot do what is forbidden, even after somebody gives
// the daily identity more rights.
func TestDailyIdentityIsHeldBack(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	if _, err := aws.IAM(root).AttachUserPolicy(t.Context(), &iam.AttachUserPolicyInput{
		UserName: new(state.AdminUser), PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess"),
	}); err != nil {
		t.Fatal(err)
	}
	admin, auditor := p.as(state.AdminUser), p.as(state.AuditorUser)
	for name, try := range map[string]func() error{
		"stop the trail": func() error { return stopLogging(t.Context(), admin) },
		"make itself administrator": func() error {
			_, err := aws.IAM(admin).PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
				UserName: new(state.AdminUser), PolicyName: new("more"),
				PolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
			})
			return err
		},
		"change the bucket policy": func() error { return putBucketPolicy(t.Context(), admin, state.DataBucketName(settings()), "{}") },
		"keep prompts":             func() error { return admin.SetDataRetention(t.Context(), "default") },
		"delete a log": func() error {
			return deleteVersion(t.Context(), admin, state.AuditBucketName(settings()), "_cloudtrail/x")
		},
		"delete a record for good": func() error {
			return deleteVersion(t.Context(), admin, state.DataBucketName(settings()), "records/c/f")
		},
		"read a record as auditor": func() error {
			return getObject(t.Context(), auditor, state.DataBucketName(settings()), "records/c/f")
		},
	} {
		if err := try(); aws.KindOf(aws.Wrap(err, "", "")) != aws.Denied {
			t.Errorf("%s: %v, want denied", name, err)
		}
	}
	// It can do its work: delete a recording permanently.
	if err := deleteVersion(t.Context(), admin, state.DataBucketName(settings()), "recordings/c/f"); err != nil &&
		aws.KindOf(aws.Wrap(err, "", "")) == aws.Denied {
		t.Errorf("delete a recording: %v", err)
	}
}

// A refused read makes exactly its own readings unknown, and plans nothing.
func TestDeniedReads(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	if err := transcribeSomething(t.Context(), p.settle()); err != nil {
		t.Fatal(err)
	}
	admin := p.as(state.AdminUser)
	start := len(p.sandbox.Calls())
	whole := generic(t, p.observe(admin))
	reads := map[string]bool{}
	for _, call := range p.sandbox.Calls()[start:] {
		reads[call.Service+":"+call.Operation] = true
	}
	if len(reads) < 30 {
		t.Fatalf("only %d kinds of read: %v", len(reads), reads)
	}
	for _, read := range slices.Sorted(maps.Keys(reads)) {
		p.sandbox.Clear()
		if err := p.sandbox.Inject("deny=" + read); err != nil {
			t.Fatal(err)
		}
		state, err := provision.Observe(t.Context(), p.as(state.AdminUser), settings())
		if read == "sts:GetCallerIdentity" {
			if err == nil || !strings.Contains(err.Error(), "did not say whom this credential belongs to") {
				t.Errorf("%s: error %v", read, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", read, err)
			continue
		}
		unknown := 0
		differences(whole, generic(t, state), func(path string, now any) {
			switch {
			case strings.HasSuffix(path, ".at"), strings.HasSuffix(path, "latest_delivery"), strings.HasSuffix(path, ".use.known"):
			case strings.HasSuffix(path, ".last_used"): // for information only
				if now == nil {
					unknown++
				}
			default:
				if problem, ok := now.(map[string]any); !ok || problem["unknown"] == nil {
					t.Errorf("%s: %s became %v", read, path, now)
				}
				unknown++
			}
		})
		if unknown == 0 && read != "bedrock:GetFoundationModel" { // the region's list says the same
			t.Errorf("%s: nothing is unknown", read)
		}
		plan := provision.MakePlan(state, provision.Desired(settings()), settings())
		if !plan.Empty() {
			t.Errorf("%s: plans %v", read, ids(plan))
		}
		for _, u := range plan.Unknown {
			action := strings.Fields(strings.TrimPrefix(u.Next, "allow "))[0]
			if action = strings.TrimSuffix(action, ","); !slices.ContainsFunc(permissions.Permissions(), func(perm permissions.Permission) bool {
				return slices.Contains(perm.Actions, action)
			}) {
				t.Errorf("%s: says to allow %s, which is not one of our permissions", read, action)
			}
		}
	}
	p.sandbox.Clear()
}

func generic(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// differences calls found for every value that differs in b. It compares whole readings.
func differences(a, b any, found func(path string, now any)) { diff("", a, b, found) }

func diff(path string, a, b any, found func(string, any)) {
	x, okX := a.(map[string]any)
	y, okY := b.(map[string]any)
	if okX && okY && y["unknown"] == nil && y["absent"] == nil {
		keys := maps.Clone(x)
		maps.Copy(keys, y)
		for key := range keys {
			diff(path+"."+key, x[key], y[key], found)
		}
		return
	}
	l, okL := a.([]any)
	m, okM := b.([]any)
	if okL && okM && len(l) == len(m) {
		for i := range l {
			diff(path, l[i], m[i], found)
		}
		return
	}
	ta, _ := json.Marshal(a)
	tb, _ := json.Marshal(b)
	if string(ta) != string(tb) {
		found(path, b)
	}
}
