package cli

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/drift/ledger"
	"claria/provision"
)

// clerk has the phone of an office. Its codes need no waiting.
type clerk struct {
	office
	later *atomic.Int64
}

func newClerk(t *testing.T) clerk {
	t.Helper()
	later := new(atomic.Int64)
	now := func() time.Time { return time.Now().Add(time.Duration(later.Load()) * time.Second) }
	c := clerk{newOfficeAt(t, now), later}
	c.withPassphrase(t)
	return c
}

// code returns the next code of the second factor.
func (c clerk) code(t *testing.T) string {
	t.Helper()
	c.later.Add(60)
	code, err := c.account.Session().Phone.Code(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// role returns the account as the role that may change it. A test uses it to change
// settings itself.
func (c clerk) role(t *testing.T) *aws.Account {
	t.Helper()
	s, err := c.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	role, err := provision.AsProvisioner(t.Context(), s.Account, s.Settings, func() (string, error) { return c.code(t), nil })
	if err != nil {
		t.Fatal(err)
	}
	return role
}

// withPassphrase lets the office store keys in a file.
func (o office) withPassphrase(t *testing.T) {
	t.Helper()
	// Deriving a key from the passphrase is slow on purpose; this keyring's is quick.
	if err := os.CopyFS(filepath.Join(o.home, "keyring"), os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	passphrase := filepath.Join(o.home, "passphrase")
	if err := os.WriteFile(passphrase, []byte("for the test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lookup := o.LookupEnv
	o.LookupEnv = func(name string) (string, bool) {
		if name == aws.PassphraseVariable {
			return passphrase, true
		}
		return lookup(name)
	}
}

// The command restores a bucket's policy and the trail's settings to the byte after
// set-up changed them, with a code of the second factor. The ledger has both
// directions, and either can be undone.
func TestAChangeIsUndoneByTheVerb(t *testing.T) {
	o := newClerk(t)
	role, ctx := o.role(t), t.Context()
	data, trail := new("111122223333-claria-records"), new("claria-trail")
	typed := "{ \"Statement\": [\n " +
		"{\"Sid\":\"NoAccountant\",\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"444455556666\"}," +
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
	drifted := settings() // the demo account's trail drifted

	if out, _, code := o.runs(t, "setup", "--undo"); code != 0 || !strings.Contains(out, "no changes yet") {
		t.Errorf("nothing to undo: exit %d, %s", code, out)
	}
	if out, _, code := o.runs(t, "setup", "--plan"); code != 0 || !strings.Contains(out, "Claria cannot undo what it creates") {
		t.Errorf("the plan does not say what stays: exit %d\n%s", code, out)
	}
	if _, problem, code := o.runs(t, "setup", "--apply", "--yes", "--mfa-code", o.code(t)); code != 0 {
		t.Fatal(problem)
	}
	mended := settings()
	list, problem, code := o.runs(t, "setup", "--undo")
	if code != 0 || !strings.Contains(list, "~ data bucket 111122223333-claria-records: TLS only") ||
		!strings.Contains(list, "claria setup --undo ID undoes one") {
		t.Fatalf("list: exit %d, %s\n%s", code, problem, list)
	}
	id := func(what string) string {
		for line := range strings.Lines(list) {
			if strings.Contains(line, what) {
				return strings.Fields(line)[0]
			}
		}
		t.Fatalf("no change of %s in\n%s", what, list)
		return ""
	}
	ofPolicy, ofTrail := id("data bucket"), id("~ trail claria-trail")
	key := id("access key of claria-admin")
	if _, problem, code := o.runs(t, "setup", "--undo", key, "--yes"); code != 1 || !strings.Contains(problem, "change "+key+" to access key of claria-admin cannot be undone: by hand: delete the key") {
		t.Errorf("a key that was made: exit %d, %s", code, problem)
	}

	out, _, code := o.runs(t, "setup", "--undo", ofPolicy, "--plan")
	if code != 0 || !strings.Contains(out, "undoes change "+ofPolicy+" (") || !strings.Contains(out, "  after   "+strings.Fields(typed)[0]) ||
		!strings.Contains(out, "the account becomes less safe: ") || !strings.Contains(out, "  fails   S3-09 ") || policy() == typed {
		t.Errorf("plan: exit %d\n%s", code, out)
	}
	for args, want := range map[string]string{
		"--undo " + ofPolicy:                  "use --yes",
		"--undo " + ofPolicy + " -y":          "use --mfa-code",
		"--undo 99.9 --yes":                   "has no change \"99.9\": claria setup --undo lists the changes\n",
		"--undo " + ofPolicy + " --answers x": "none of the others can be",
	} {
		if _, problem, code := o.runs(t, append([]string{"setup"}, strings.Fields(args)...)...); code != 1 || !strings.Contains(problem, want) {
			t.Errorf("%s: exit %d, %s", args, code, problem)
		}
	}
	if _, problem, code := o.runs(t, "setup", "--undo", ofPolicy, "--yes", "--mfa-code", o.code(t)); code != 0 ||
		!strings.Contains(problem, "done     data bucket") {
		t.Fatalf("undo: exit %d, %s", code, problem)
	}
	if got := policy(); got != typed {
		t.Errorf("the policy came back as %q, want %q", got, typed)
	}

	undone := func(id string) {
		t.Helper()
		if out, problem, code := o.runs(t, "setup", "--undo", id, "--yes", "--mfa-code", o.code(t)); code != 0 {
			t.Fatalf("undo %s: exit %d, %s%s", id, code, out, problem)
		}
		list, _, _ = o.runs(t, "setup", "--undo")
	}
	undone(ofTrail)
	if got := settings(); got != drifted {
		t.Errorf("the trail came back as %s, want %s", got, drifted)
	}
	undo := strings.Fields(list)[0] // the newest
	if !strings.Contains(list, ofTrail+"  ") || !strings.Contains(list, "undone by "+undo) {
		t.Errorf("the list does not say what was undone:\n%s", list)
	}
	if _, problem, code := o.runs(t, "setup", "--undo", ofTrail, "--yes", "--mfa-code", o.code(t)); code != 1 ||
		!strings.Contains(problem, "cannot be undone: it was undone by change "+undo+" already; undo that one to make it again") {
		t.Errorf("once more: exit %d, %s", code, problem)
	}
	if out, _, code := o.runs(t, "setup", "--undo", undo, "--plan", "--json"); code != 0 || !strings.Contains(out, "\"fails\": []") {
		t.Errorf("as JSON: exit %d, %s", code, out)
	}
	undone(undo)
	if got := settings(); got != mended {
		t.Errorf("after undoing the undo: %s, want %s", got, mended)
	}
	out, _, _ = o.runs(t, "evidence", "list")
	if !strings.Contains(out, "Change "+ofTrail+" was undone.") || !strings.Contains(out, "Change "+undo+" was undone.") ||
		!strings.Contains(out, ofTrail+" ~ trail claria-trail") {
		t.Errorf("the ledger:\n%s", out)
	}
	if out, _, code := o.runs(t, "evidence", "verify"); code != 0 {
		t.Errorf("verify: %s", out)
	}

	// A setting that someone changed since is left alone.
	if _, err := aws.CloudTrail(role).UpdateTrail(ctx,
		&cloudtrail.UpdateTrailInput{Name: trail, IncludeGlobalServiceEvents: new(false), IsMultiRegionTrail: new(false)}); err != nil {
		t.Fatal(err)
	}
	if _, problem, code := o.runs(t, "setup", "--undo", ofTrail, "--yes", "--mfa-code", o.code(t)); code != 1 ||
		!strings.Contains(problem, "was changed again after change "+ofTrail) {
		t.Errorf("changed since: exit %d, %s", code, problem)
	}
}

// A line whose kept policy was edited, signed by a key that was added to the public keys,
// is not undone: the line names another key.
func TestAnUndoFromAForgedLineIsRefused(t *testing.T) {
	o := newClerk(t)
	role, ctx, data := o.role(t), t.Context(), new("111122223333-claria-records")
	typed := `{"Version":"2012-10-17","Statement":[{"Sid":"NoAccountant","Effect":"Deny","Principal":{"AWS":"444455556666"},` +
		`"Action":"s3:GetObject","Resource":"arn:aws:s3:::111122223333-claria-records/reports/*"}]}`
	if _, err := aws.S3(role).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: data, Policy: &typed}); err != nil {
		t.Fatal(err)
	}
	if _, problem, code := o.runs(t, "setup", "--apply", "--yes", "--mfa-code", o.code(t)); code != 0 {
		t.Fatal(problem)
	}
	policy := func() string {
		out, err := aws.S3(role).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: data})
		if err != nil {
			t.Fatal(err)
		}
		return *out.Policy
	}
	mended := policy()
	book, err := ledger.Open(filepath.Dir(o.lines()), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	changes, err := book.Changes()
	i := slices.IndexFunc(changes, func(c ledger.Change) bool { return c.Step.ID == "data-bucket/policy" })
	if err != nil || i < 0 {
		t.Fatalf("%v, %+v", err, changes)
	}

	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(o.lines())
	if err != nil {
		t.Fatal(err)
	}
	keptBefore := regexp.MustCompile(`("kept":\{"before":"(?:[^"\\]|\\.)*?)NoAccountant`)
	var forged strings.Builder
	for line := range strings.Lines(string(file)) {
		if entry, _, found := strings.Cut(strings.TrimPrefix(line, `{"entry":`), `,"hash":"`); found && keptBefore.MatchString(entry) {
			entry = keptBefore.ReplaceAllString(entry, "${1}StrangerReads")
			sum := fmt.Sprintf("%x", sha256.Sum256([]byte(entry)))
			signature := base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte("claria evidence ledger 1\n"+sum+"\n")))
			line = `{"entry":` + entry + `,"hash":"` + sum + `","signature":"` + signature + "\"}\n"
		}
		forged.WriteString(line)
	}
	keys := filepath.Join(filepath.Dir(o.lines()), "ledger.pub")
	known, err := os.ReadFile(keys)
	if err == nil {
		err = os.WriteFile(keys, append(known, ledger.FormatKey(public)+"\n"...), 0o600)
	}
	if err == nil {
		err = os.WriteFile(o.lines(), []byte(forged.String()), 0o600)
	}
	if err != nil || forged.String() == string(file) {
		t.Fatalf("not forged: %v", err)
	}

	if out, problem, code := o.runs(t, "evidence", "verify", "--offline"); code == 0 || !strings.Contains(out+problem, "it was edited") {
		t.Errorf("verify: exit %d, %s%s", code, out, problem)
	}
	if _, problem, code := o.runs(t, "setup", "--undo", changes[i].ID, "--yes", "--mfa-code", o.code(t)); code != 1 ||
		!strings.Contains(problem, "is not as it was signed, so nothing is put back from it: it was edited") {
		t.Errorf("undo: exit %d, %s", code, problem)
	}
	if got := policy(); got != mended {
		t.Errorf("the forged policy was written: %s", got)
	}
}

// For a line from before undo, and for a deleted key, a sentence says why it cannot
// be undone.
func TestWhatCannotBeUndoneSaysWhy(t *testing.T) {
	o := newOffice(t)
	dir := filepath.Dir(o.lines())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ledger.jsonl", "ledger.pub", "machine"} {
		data, err := os.ReadFile(filepath.Join("..", "drift", "ledger", "testdata", "schema1", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	out, _, code := o.runs(t, "setup", "--undo")
	if code != 0 || strings.Count(out, "cannot be undone: it was recorded before undo") != 2 {
		t.Errorf("list: exit %d\n%s", code, out)
	}
	if _, problem, code := o.runs(t, "setup", "--undo", "2.1", "--yes"); code != 1 || !strings.Contains(problem, "change 2.1 to data bucket 111122223333-claria-records cannot be undone: it was recorded before undo") {
		t.Errorf("exit %d, %s", code, problem)
	}
	book, err := ledger.Open(dir, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	deleted := provision.Step{ID: "root-key", Op: provision.Delete, Resource: "root access key", Risk: provision.Irreversible}
	if err := book.Append(ledger.Entry{Kind: ledger.Apply, Account: "111122223333", Steps: []provision.Step{deleted}}); err != nil {
		t.Fatal(err)
	}
	if _, problem, code := o.runs(t, "setup", "--undo", "4", "--yes"); code != 1 || !strings.Contains(problem, "change 4.1 to root access key cannot be undone: what was deleted cannot be restored") {
		t.Errorf("exit %d, %s", code, problem)
	}
	if out, problem, code := o.runs(t, "evidence", "verify", "--offline"); code != 0 {
		t.Errorf("verify: %s%s", out, problem)
	}
}
