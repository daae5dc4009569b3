package today

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/drift"
	"claria/provision/state"
	"claria/ui/uitest"
)

// TestCausesOnTheScreen: each cause has its own sentence and its own next step, which the
// command line takes from the same table. The errors come from the wire.
func TestCausesOnTheScreen(t *testing.T) {
	proxy := func(status int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		return server.URL
	}
	inspected := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(inspected.Close)
	for name, c := range map[string]struct {
		fault      string
		set        [2]string // a variable of the environment; the call then goes out to the network
		says, next string
	}{
		"organization": {
			fault: "deny=*,by=scp", says: "denied by a service control policy of the organization", next: "Ask the administrator of the AWS organization",
		},
		"resource": {fault: "deny=*,by=resource", says: "explicit deny in a resource-based policy", next: "Remove that Deny from the resource's own policy"},
		"clock": {
			fault: "error=*,code=SignatureDoesNotMatch,status=403,message=Signature not yet current: 20261130T101500Z is still later than now",
			says:  "This computer's clock is wrong", next: "Set the clock",
		},
		"token":      {fault: "error=*,code=ExpiredToken,status=403", says: "The session token has expired.", next: "Sign in again"},
		"suspended":  {fault: "error=*,code=AccountProblem,status=403", says: "AWS has suspended the account", next: "Sign in to the AWS console as the root user"},
		"subscribed": {fault: "error=*,code=OptInRequired,status=403", says: "the account is not signed up for this service", next: "Finish the sign-up"},
		"the proxy refuses": {
			set: [2]string{"HTTPS_PROXY", proxy(407)}, says: "The proxy wants a user name and password (407).", next: "Put them into HTTPS_PROXY",
		},
		"the proxy blocks": {
			set: [2]string{"https_proxy", proxy(403)}, says: "A proxy or firewall answered instead of AWS", next: "Ask the owner of the network",
		},
		"DNS": {
			set:  [2]string{"AWS_ENDPOINT_URL", "http://sts.claria.invalid"},
			says: "The name of AWS's host could not be resolved (DNS).", next: "Check the network and its DNS",
		},
		"certificate": {
			set:  [2]string{"AWS_ENDPOINT_URL", inspected.URL},
			says: "This computer does not trust the certificate", next: "If your network inspects TLS, set AWS_CA_BUNDLE",
		},
		"refused": {
			set: [2]string{"AWS_ENDPOINT_URL", "http://127.0.0.1:1"}, says: "The connection was refused.", next: "Check the network, the proxy (HTTPS_PROXY",
		},
	} {
		t.Run(name, func(t *testing.T) {
			options := aws.Options{Region: "us-east-1", Attempts: 1, LookupEnv: func(name string) (string, bool) { return c.set[1], name == c.set[0] }}
			key := aws.Key{ID: "AKIAEXAMPLE00000001", Secret: "secret"}
			if c.fault != "" {
				account, err := sandbox.New(sandbox.Options{Faults: []string{c.fault}})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = account.Close() }()
				key = aws.Key{ID: account.Environ()["AWS_ACCESS_KEY_ID"], Secret: account.Environ()["AWS_SECRET_ACCESS_KEY"]}
				options.Client = account.Client()
			}
			options.Source = aws.Source{Kind: aws.FromKey, Key: key}
			account, err := aws.Open(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			_, failed := account.Identity(t.Context())
			s := screens.New(t, 160, 40, uitest.WithPlan())
			s.Scan(drift.Report{}, state.State{}, failed)
			s.Sees(c.says, c.next)
		})
	}
}
