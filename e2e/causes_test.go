package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"claria/internal/terminal"
)

// TestCausesOnTheCommandLine: each cause has its own sentence and its own next step.
func TestCausesOnTheCommandLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ fault, says, next string }{
		"organization": {"deny=*,by=scp", "denied by a service control policy of the organization", "Ask the administrator of the AWS organization"},
		"resource":     {"deny=*,by=resource", "explicit deny in a resource-based policy", "Remove that Deny"},
		"clock": {
			"error=*,code=SignatureDoesNotMatch,status=403,message=Signature expired: 20261130T101500Z is now earlier than 20261130T103000Z",
			"this computer's clock is wrong", "Set the clock",
		},
		"token":      {"error=*,code=ExpiredToken,status=403", "the session token has expired", "Sign in again"},
		"suspended":  {"error=*,code=AccountProblem,status=403", "AWS has suspended the account", "Sign in to the AWS console as the root user"},
		"subscribed": {"error=*,code=OptInRequired,status=403", "not signed up for this service", "Finish the sign-up"},
		"slow down":  {"throttle=*", "AWS asks for fewer requests", "Wait a minute, then try again"},
		"denied":     {"deny=*", "this identity is not allowed to do it (AccessDenied)", "Allow this identity to do it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := serve(t, "--seed", "empty", "--fault", c.fault)
			_, stderr, code := account.runs("clients", "list")
			if code != 1 || !strings.Contains(stderr, c.says) || !strings.Contains(stderr, c.next) {
				t.Errorf("exit %d, %s", code, stderr)
			}
		})
	}
}

// TestTheWayToAWSOnTheCommandLine goes through proxies and to hosts that fail.
func TestTheWayToAWSOnTheCommandLine(t *testing.T) {
	t.Parallel()
	proxy := func(status int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		return server.URL
	}
	inspected := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(inspected.Close)
	for name, c := range map[string]struct {
		set        []string
		says, next string
	}{
		"the proxy refuses": {[]string{"HTTPS_PROXY=" + proxy(407)}, "the proxy wants a user name and password (407)", "Put them into HTTPS_PROXY"},
		"the proxy blocks":  {[]string{"https_proxy=" + proxy(403)}, "a proxy or firewall answered instead of AWS", "Ask the owner of the network"},
		"certificate":       {[]string{"AWS_ENDPOINT_URL=" + inspected.URL}, "does not trust the certificate", "set AWS_CA_BUNDLE"},
		"DNS":               {[]string{"AWS_ENDPOINT_URL=http://sts.claria.invalid"}, "could not be resolved (DNS)", "Check the network and its DNS"},
		"refused":           {[]string{"AWS_ENDPOINT_URL=http://127.0.0.1:1"}, "the connection was refused", "Check the network, the proxy"},
		"zone":              {[]string{"AWS_REGION=us-east-1a"}, `region "us-east-1a" is a zone, not a region`, "use us-east-1"},
		"GovCloud":          {[]string{"AWS_REGION=us-gov-west-1"}, "AWS GovCloud (US), where Claria does not work yet", ""},
		"typo":              {[]string{"AWS_REGION=us-esat-1"}, `region "us-esat-1" does not exist`, "use us-east-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := served{t, append(plainEnviron(), "CLARIA_HOME="+t.TempDir(), "AWS_REGION=us-east-1", "NO_PROXY=127.0.0.1",
				"AWS_ACCESS_KEY_ID=AKIAEXAMPLE00000001", "AWS_SECRET_ACCESS_KEY=s")}
			s.environ = append(s.environ, c.set...)
			for _, args := range [][]string{{"clients", "list"}, {"--check"}} {
				_, stderr, code := s.runs(args...)
				if code != 1 || !strings.Contains(stderr, c.says) || !strings.Contains(stderr, c.next) {
					t.Errorf("%q: exit %d, %s", args, code, stderr)
				}
			}
		})
	}
}

// TestAProfileAsksForItsSecondFactor: the role of a profile wants a code. A person is
// asked; a check and a pipe say what is missing.
func TestAProfileAsksForItsSecondFactor(t *testing.T) {
	t.Parallel()
	account := serve(t)
	value := func(name string) string {
		for _, pair := range slices.Backward(account.environ) {
			if rest, ok := strings.CutPrefix(pair, name+"="); ok {
				return rest
			}
		}
		return ""
	}
	files := filepath.Join(t.TempDir(), "config")
	text := "[profile base]\naws_access_key_id = " + value("AWS_ACCESS_KEY_ID") + "\naws_secret_access_key = " + value("AWS_SECRET_ACCESS_KEY") +
		"\n[profile office]\nregion = us-east-1\nsource_profile = base\nrole_arn = arn:aws:iam::111122223333:role/claria-provisioner\n" +
		"mfa_serial = arn:aws:iam::111122223333:mfa/claria-admin\n"
	if err := os.WriteFile(files, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// The SDK asks STS for a profile's role at STS's own endpoint variable.
	account.environ = append(account.environ, "AWS_CONFIG_FILE="+files, "AWS_ENDPOINT_URL_STS="+value("AWS_ENDPOINT_URL"))
	for _, args := range [][]string{{"--check"}, {"clients", "list"}} {
		_, stderr, code := account.runs(append([]string{"--credentials", "profile:office"}, args...)...)
		if code != 1 || !strings.Contains(stderr, "profile office gave no AWS credential: the profile's role needs the code of its second factor") ||
			!strings.Contains(stderr, "Run this in a terminal") {
			t.Errorf("%q without a terminal: exit %d, %s", args, code, stderr)
		}
	}
	screen, err := terminal.Open(120, 60, account.environ, claria, "--credentials", "profile:office", "setup", "--apply")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(screen.Close)
	p := person{t, screen}
	p.sees("Code of the second factor arn:aws:iam::111122223333:mfa/claria-admin:")
	phone := &kept{t: t, seed: value("CLARIA_DEMO_MFA_SEED")}
	p.types(phone.code(time.Now().Unix()/30) + enter)
	p.sees("assumed-role/claria-provisioner")
}
