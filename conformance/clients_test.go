//go:build conformance

package conformance

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAWSCLI uses the demo account as a person with the AWS CLI does.
func TestAWSCLI(t *testing.T) {
	environ := sandbox(t)
	aws := tool(t, "aws")
	dir := t.TempDir()
	big := filepath.Join(dir, "big")
	data := make([]byte, 12<<20) // the CLI uploads more than 8 MB in parts
	_, _ = rand.Read(data)
	if err := os.WriteFile(big, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args string
		want string // in what is printed
	}{
		{"sts get-caller-identity", "arn:aws:iam::111122223333:root"},
		{"s3 mb s3://practice-cli", "make_bucket"},
		{"s3 cp " + big + " s3://practice-cli/a/big", "upload:"},
		{"s3 cp s3://practice-cli/a/big " + big + ".back", "download:"},
		{"s3 ls s3://practice-cli/a/", "12582912 big"},
		{"s3api put-bucket-versioning --bucket practice-cli --versioning-configuration Status=Enabled", ""},
		{"s3api get-bucket-versioning --bucket practice-cli", "Enabled"},
		{"s3 rm s3://practice-cli/a/big", "delete:"},
		{"s3api list-object-versions --bucket practice-cli", "DeleteMarkers"},
		{"s3api get-public-access-block --bucket practice-cli", `"BlockPublicAcls": true`},
		{"s3control put-public-access-block --account-id 111122223333 --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true", ""},
		{"s3control get-public-access-block --account-id 111122223333", `"RestrictPublicBuckets": true`},
		{"iam create-user --user-name someone", "arn:aws:iam::111122223333:user/someone"},
		{"iam list-users", "someone"},
		{"iam get-account-summary", "AccountMFAEnabled"},
		{"artifact list-customer-agreements", "Business Associate Addendum"},
		{"bedrock list-foundation-models", "anthropic."},
		{"cloudtrail lookup-events --max-results 5", "Events"},
		{"transcribe list-transcription-jobs", "TranscriptionJobSummaries"},
		{"accessanalyzer list-analyzers", "analyzers"},
	} {
		if strings.HasPrefix(step.args, "s3control") {
			// The CLI puts the account number in front of the host of any endpoint. As a proxy, the
			// demo account still gets the request.
			environ["HTTP_PROXY"] = environ["AWS_ENDPOINT_URL"]
		} else {
			delete(environ, "HTTP_PROXY")
		}
		if out := run(t, environ, aws, strings.Fields(step.args)...); !strings.Contains(out, step.want) {
			t.Errorf("aws %s printed\n%s\nwithout %q", step.args, out, step.want)
		}
	}
	back, err := os.ReadFile(big + ".back")
	if err != nil || string(back) != string(data) {
		t.Errorf("the downloaded file differs (%d of %d bytes, %v)", len(back), len(data), err)
	}
	// A wrong secret is refused as AWS refuses it.
	wrong := maps.Clone(environ)
	wrong["AWS_SECRET_ACCESS_KEY"] = "wrong"
	if out, err := command(t, wrong, aws, "sts", "get-caller-identity").CombinedOutput(); err == nil ||
		!strings.Contains(string(out), "SignatureDoesNotMatch") {
		t.Errorf("a wrong secret answers %v: %s", err, out)
	}
}

// TestBoto3 runs boto.py, which asserts in Python how boto3 reads the answers.
func TestBoto3(t *testing.T) {
	environ := sandbox(t, "--seed", "demo")
	environ["MODEL"] = "us.anthropic.claude-sonnet-5-5" // the daily identity may use only this one
	out := run(t, environ, tool(t, "python"), "boto.py")
	var seen map[string]any
	if err := json.Unmarshal([]byte(out), &seen); err != nil {
		t.Fatalf("boto.py printed %s", out)
	}
	if n, _ := seen["checks"].(float64); n < 12 {
		t.Errorf("boto.py made %v checks", seen["checks"])
	}
}

// TestTLSOnly tries the policies that refuse requests without TLS, both ways: a request
// to the loopback address counts as one over TLS unless --insecure is given.
func TestTLSOnly(t *testing.T) {
	aws := tool(t, "aws")
	list := []string{"s3api", "list-objects-v2", "--bucket", "111122223333-claria-records", "--prefix", "records/"}
	if out := run(t, sandbox(t, "--seed", "demo"), aws, list...); !strings.Contains(out, "records/") {
		t.Errorf("over TLS the listing is\n%s", out)
	}
	plain := sandbox(t, "--seed", "demo", "--insecure")
	if out, err := command(t, plain, aws, list...).CombinedOutput(); err == nil || !strings.Contains(string(out), "(AccessDenied)") ||
		!strings.Contains(string(out), "explicit deny") {
		t.Errorf("without TLS the listing answers %v: %s", err, out)
	}
	// A request that no bucket policy covers is answered without TLS too.
	if out := run(t, plain, aws, "sts", "get-caller-identity"); !strings.Contains(out, "user/claria-admin") {
		t.Errorf("without TLS the identity is\n%s", out)
	}
}

// TestS3cmd uses a third S3 client, with its own signer, parser and habits.
func TestS3cmd(t *testing.T) {
	environ := sandbox(t)
	dir := t.TempDir()
	host := strings.TrimPrefix(environ["AWS_ENDPOINT_URL"], "http://")
	config := filepath.Join(dir, "s3cfg")
	body := "[default]\nhost_base = " + host + "\nhost_bucket = " + host + "\nuse_https = False\nbucket_location = us-east-1\naccess_key = " +
		environ["AWS_ACCESS_KEY_ID"] + "\nsecret_key = " + environ["AWS_SECRET_ACCESS_KEY"] + "\n"
	if err := os.WriteFile(config, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(dir, "Sitzung 1 – ü.txt")
	if err := os.WriteFile(note, []byte("a practice note\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s3cmd := func(args ...string) string {
		return run(t, nil, tool(t, "s3cmd"), append([]string{"--config", config, "--no-progress"}, args...)...)
	}
	s3cmd("mb", "s3://practice-s3cmd")
	s3cmd("put", note, "s3://practice-s3cmd/notes/")
	if out := s3cmd("ls", "-r", "s3://practice-s3cmd"); !strings.Contains(out, "Sitzung 1 – ü.txt") {
		t.Errorf("ls printed %s", out)
	}
	s3cmd("get", "s3://practice-s3cmd/notes/Sitzung 1 – ü.txt", filepath.Join(dir, "back"))
	if back, err := os.ReadFile(filepath.Join(dir, "back")); err != nil || string(back) != "a practice note\n" {
		t.Errorf("came back %q, %v", back, err)
	}
	s3cmd("del", "s3://practice-s3cmd/notes/Sitzung 1 – ü.txt")
	if out := s3cmd("ls", "-r", "s3://practice-s3cmd"); strings.Contains(out, "Sitzung") {
		t.Errorf("after del, ls printed %s", out)
	}
}
