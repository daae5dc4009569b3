package evidence

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"claria/drift"
	"claria/drift/catalogue"
)

// report holds one finding of each status; AWS names contain terminal control characters.
func report() drift.Report {
	return drift.Report{
		Schema: 1, Account: "111122223333", Region: "us-east-1", Set: "core", Started: time.Date(2026, 11, 21, 18, 2, 0, 0, time.UTC),
		ElapsedMS: 912, APICalls: 48, Summary: drift.Summary{Pass: 1, Fail: 1, Unknown: 1, NotApplicable: 1},
		Controls: []drift.Finding{
			{ID: "IAM-01", Title: "The root user has no access keys", Status: catalogue.Pass, Severity: catalogue.Critical, Observed: "none"},
			{
				ID: "IAM-08", Title: "Nobody is allowed a whole service", Status: catalogue.Fail, Severity: catalogue.High,
				Citations: []string{"164.502(b)"}, ConfigRules: []string{"iam-policy-no-statements-with-full-access"},
				Resource: "every policy of account 111122223333", Desired: "no policy allows a whole service",
				Observed: "policy \x1b[2J\x1b]0;evil\x07S3 of user bob\u202e: s3:*", Reason: "policy S3 of user bob allows all of s3 on every resource",
			},
			{
				ID: "S3-02", Title: "Records are encrypted at rest", Status: catalogue.Unknown, Severity: catalogue.Critical, Resource: "data bucket x",
				Desired: "AES-256", Observed: "not known", Reason: "s3:GetBucketEncryption: this identity is not allowed to do it",
			},
			{ID: "BDR-05", Title: "The declared models may be used", Status: catalogue.NotApplicable, Severity: catalogue.Medium, Observed: "no model is declared"},
		},
	}
}

func TestTextTellsAPersonWhatFailedWhyAndWhatToDo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Styled(&out, report(), Style{}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		"account 111122223333 · us-east-1 · core controls · 2026-11-21 18:02 UTC · 0.9 s · 48 calls",
		"\nIdentity\n  ● ok       IAM-01  The root user has no access keys\n",
		"  ✗ fail     IAM-08  Nobody is allowed a whole service               high\n",
		"seen    policy S3 of user bob: s3:*\n",
		"why     Policy S3 of user bob allows all of s3 on every resource.\n",
		"do      Open the named policy in the IAM console",
		"law     45 CFR 164.502(b); AWS Config iam-policy-no-statements-with-full-access\n",
		"\nStorage\n  ? unknown  S3-02 ",
		"Claria could not judge it: s3:GetBucketEncryption: this identity is not allowed",
		"\nAI and transcription\n  – n/a      BDR-05",
		"\n4 controls: 1 ok, 1 fail (IAM-08), 1 unknown (S3-02), 1 n/a (BDR-05)\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %q in\n%s", want, text)
		}
	}
	if strings.ContainsAny(text, "\x1b\x07\u202e") {
		t.Errorf("it speaks to the terminal: %q", text)
	}
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestStyles(t *testing.T) {
	t.Parallel()
	var plain, ascii, color bytes.Buffer
	for out, style := range map[*bytes.Buffer]Style{&plain: {}, &ascii: {ASCII: true}, &color: {Color: true}} {
		if err := Styled(out, report(), style); err != nil {
			t.Fatal(err)
		}
	}
	if i := bytes.IndexFunc(ascii.Bytes(), func(r rune) bool { return r > 0x7e }); i >= 0 {
		t.Errorf("not ASCII: %q", ascii.String()[i:i+10])
	}
	if strings.Contains(plain.String(), "\x1b") || !strings.Contains(color.String(), "\x1b[31m✗ fail   \x1b[0m") {
		t.Errorf("colour only when asked: %q", color.String())
	}
	if stripped := strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[2m", "", "\x1b[0m", "").Replace(color.String()); stripped != plain.String() {
		t.Error("colour changes more than colour")
	}
}

func TestJSONIsTheSchema(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := JSON(&out, report()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "null") {
		t.Errorf("a list is null:\n%s", out.String())
	}
	var top map[string]any
	if err := json.Unmarshal(out.Bytes(), &top); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"schema", "account", "region", "set", "started", "elapsed_ms", "api_calls", "summary", "controls"} {
		if _, ok := top[key]; !ok {
			t.Errorf("no %q", key)
		}
	}
	first := top["controls"].([]any)[0].(map[string]any)
	for _, key := range []string{"id", "title", "status", "severity", "citations", "config_rules", "resource", "desired", "observed", "reason", "remedy"} {
		if _, ok := first[key]; !ok {
			t.Errorf("a control has no %q", key)
		}
	}
	var empty bytes.Buffer
	if err := JSON(&empty, drift.Report{Schema: 1}); err != nil || !strings.Contains(empty.String(), `"controls": []`) {
		t.Errorf("%v %s", err, empty.String())
	}
}
