package cli

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claria/session/doctor"
)

// examined are the lines of `claria doctor --json`, by topic.
func examined(t *testing.T, out string) map[string][]doctor.Line {
	t.Helper()
	var lines []doctor.Line
	if err := json.Unmarshal([]byte(out), &lines); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	topics := map[string][]doctor.Line{}
	for _, l := range lines {
		topics[l.Topic] = append(topics[l.Topic], l)
	}
	return topics
}

func TestDoctorOfAHealthyAccount(t *testing.T) {
	t.Parallel()
	d := newShop("demo")
	out := d.ok(t, "doctor", "--json")
	topics := examined(t, out)
	for topic, found := range map[string]string{
		"version": "Claria test", "clock": "clock", "endpoints": "9 services of 9 answered", "keyring": "claria-admin and claria-auditor",
		"credential": "user/claria-admin", "agreement": "in force", "model": "active", "retention": "mode none",
		"quotas": "tokens and", "rights": "docs/permissions.md", "pending": "nothing waits",
	} {
		if lines := topics[topic]; len(lines) != 1 || lines[0].Status != doctor.OK || !strings.Contains(lines[0].Found, found) {
			t.Errorf("%s: %+v", topic, lines)
		}
	}
	if strings.Contains(out, "AKIA") || strings.Contains(out, "Quill") {
		t.Errorf("a key or a client's name is shown:\n%s", out)
	}

	report := d.ok(t, "doctor", "--report")
	if strings.Count(report, "to find out:") != 16 || strings.Contains(report, "111122223333") || !strings.Contains(report,
		"AWS Business Associate Addendum (ACTIVE, since ") {
		t.Errorf("report:\n%s", report)
	}
}

// Nothing is set up and nothing answers: every line still says so, with the next step.
func TestDoctorWithoutAnything(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	home := t.TempDir()
	d := newShop("")
	environ := map[string]string{"CLARIA_HOME": home, "AWS_ENDPOINT_URL": closed.URL}
	d.LookupEnv = func(name string) (string, bool) { v, ok := environ[name]; return v, ok }
	code := d.run(t.Context(), []string{"doctor"})
	for _, says := range []string{
		"there is no " + filepath.Join(home, "claria.toml"), "→ run claria setup", "none of AWS's services: the connection was refused",
		"nothing to compare this computer's clock with", "no AWS region is known: give --region",
	} {
		if !strings.Contains(d.out.String(), says) {
			t.Errorf("%q is missing", says)
		}
	}
	if code != 2 || t.Failed() {
		t.Errorf("exit %d\n%s%s", code, &d.out, &d.err)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) != 0 {
		t.Errorf("it wrote %v (%v)", left, err)
	}
}

// Anyone who answers in AWS's place is found: a page of a proxy, a certificate of somebody
// else, a clock that does not fit.
func TestDoctorFindsWhoAnswers(t *testing.T) {
	t.Parallel()
	page := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<html>Sign in to the network</html>"))
	}
	asAWS := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Requestid", "0d8b5a35")
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusForbidden)
	}
	for _, c := range []struct {
		name, topic, says string
		answers           http.HandlerFunc
	}{
		{"page", "endpoints", "answered 200, but not as AWS answers", page},
		{"certificate", "certificates", "vouched for by Acme Co, not by AWS's authorities", asAWS},
		{"clock", "clock", "1h0m0s ahead of AWS", asAWS},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewTLSServer(c.answers)
			t.Cleanup(server.Close)
			bundle := filepath.Join(t.TempDir(), "ca.pem")
			pemBlock := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
			if err := os.WriteFile(bundle, pemBlock, 0o600); err != nil {
				t.Fatal(err)
			}
			d := newShop("")
			environ := map[string]string{
				"CLARIA_HOME": t.TempDir(), "AWS_ENDPOINT_URL": server.URL, "AWS_CA_BUNDLE": bundle, "AWS_REGION": "us-east-1",
				"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
			}
			d.LookupEnv = func(name string) (string, bool) { v, ok := environ[name]; return v, ok }
			code := d.run(t.Context(), []string{"doctor", "--json"})
			lines := examined(t, d.out.String())[c.topic]
			if code != 2 || len(lines) == 0 || lines[0].Status != doctor.Act || !strings.Contains(lines[0].Found, c.says) ||
				lines[0].Next == "" {
				t.Errorf("exit %d: %+v\n%s%s", code, lines, &d.out, &d.err)
			}
			if strings.Contains(d.out.String(), "secret\"") {
				t.Error("the secret is shown")
			}
		})
	}
}
