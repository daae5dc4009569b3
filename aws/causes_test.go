package aws_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/aws/sandbox"
)

// saying fails the test unless the error has the kind, its text has says, and its next
// step has next.
func saying(t *testing.T, err error, kind aws.Kind, says, next string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	cause := aws.CauseOf(err)
	if aws.KindOf(err) != kind || !strings.Contains(err.Error(), says) || !strings.Contains(cause.Next, next) || !cause.Named() {
		t.Errorf("got %v (%s), next %q;\nwant …%s… (%s), next …%s…", err, aws.KindOf(err), cause.Next, says, kind, next)
	}
	if found, ok := aws.CauseIn(err.Error()); !ok || found.Next != cause.Next {
		t.Errorf("the text %q leads to the step %q, not %q", err, found.Next, cause.Next)
	}
}

// proxy is a proxy that answers CONNECT with a status and a web page.
func proxy(t *testing.T, status int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			t.Errorf("the proxy got %s %s", r.Method, r.URL)
		}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		fmt.Fprint(w, "<html>no</html>")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestTheWayToAWS(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "<html>This site is blocked.</html>")
	}))
	defer page.Close()
	portal := httptest.NewServer(http.RedirectHandler("http://portal.example/login", http.StatusFound))
	defer portal.Close()
	inspected := httptest.NewTLSServer(http.NotFoundHandler())
	defer inspected.Close()
	inspected.Config.ErrorLog = log.New(io.Discard, "", 0)
	for name, c := range map[string]struct{ variable, value, says, next string }{
		"the proxy refuses":      {"HTTPS_PROXY", proxy(t, 407), "the proxy wants a user name and password (407)", "HTTPS_PROXY (http://USER:PASSWORD@"},
		"in small letters":       {"https_proxy", proxy(t, 407), "the proxy wants a user name and password (407)", "HTTPS_PROXY (http://USER:PASSWORD@"},
		"the proxy blocks":       {"HTTPS_PROXY", proxy(t, 403), "a proxy or firewall answered instead of AWS", "*.amazonaws.com"},
		"the proxy fails":        {"HTTPS_PROXY", proxy(t, 502), "the proxy could not reach AWS", "try again in a few minutes"},
		"no proxy":               {"HTTPS_PROXY", "http://127.0.0.1:1", "the proxy could not be reached", "check HTTPS_PROXY"},
		"a page instead":         {"AWS_ENDPOINT_URL", page.URL, "a proxy or firewall answered instead of AWS", "*.amazonaws.com"},
		"a sign-in page":         {"AWS_ENDPOINT_URL", portal.URL, "a proxy or firewall answered instead of AWS", "*.amazonaws.com"},
		"no such name":           {"AWS_ENDPOINT_URL", "http://sts.claria.invalid", "could not be resolved (DNS)", "check the network and its DNS"},
		"nobody listens":         {"AWS_ENDPOINT_URL", "http://127.0.0.1:1", "the connection was refused", "AWS_ENDPOINT_URL"},
		"another certificate":    {"AWS_ENDPOINT_URL", inspected.URL, "does not trust the certificate", "set AWS_CA_BUNDLE"},
		"TLS where there's none": {"AWS_ENDPOINT_URL", strings.Replace(page.URL, "http:", "https:", 1), "does not speak TLS", "AWS_ENDPOINT_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			account := open(t, aws.Options{LookupEnv: environ(c.variable, c.value), Attempts: 2})
			_, err := account.Identity(t.Context())
			saying(t, err, aws.Offline, c.says, c.next)
			saying(t, aws.Ask(t.Context(), account, topics(), aws.Request{Operation: "ListTopics"}, nil), aws.Offline, c.says, c.next)
			_, err = aws.S3(account).GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: new("records")})
			saying(t, aws.Wrap(err, "s3:GetBucketPolicy", "records"), aws.Offline, c.says, c.next)
		})
	}
}

// A network that inspects TLS is trusted by the bundle of the environment, or else of the
// profile.
func TestTheBundleOfCertificatesIsTrusted(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Requestid", "5f0a1c9e-0000-4000-8000-000000000000")
		fmt.Fprint(w, `{"mode":"none"}`)
	}))
	defer server.Close()
	dir := t.TempDir()
	bundle, files := filepath.Join(dir, "network.pem"), filepath.Join(dir, "config")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, block, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files, []byte("[default]\nregion = eu-west-1\n[profile office]\nca_bundle = "+bundle+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		lookup func(string) (string, bool)
		well   bool
	}{
		"in the environment": {environ("AWS_ENDPOINT_URL", server.URL, "AWS_CONFIG_FILE", files, "AWS_CA_BUNDLE", bundle), true},
		"in the profile":     {environ("AWS_ENDPOINT_URL", server.URL, "AWS_CONFIG_FILE", files, "AWS_PROFILE", "office"), true},
		"nowhere":            {environ("AWS_ENDPOINT_URL", server.URL, "AWS_CONFIG_FILE", files), false},
	} {
		if _, err := open(t, aws.Options{LookupEnv: c.lookup}).DataRetention(t.Context()); (err == nil) != c.well {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatTheAccountRefuses(t *testing.T) {
	const (
		form = "Model use case details have not been submitted for this account. Fill out the Anthropic use case details form before using the " +
			"model. If you have already filled out the form, try again in 15 minutes."
		market = "Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions. " +
			"Your AWS Marketplace subscription for this model cannot be completed at this time. If you recently fixed this issue, try again after 2 minutes."
	)
	for name, c := range map[string]struct {
		fault      string
		kind       aws.Kind
		says, next string
	}{
		"service control policy":  {"deny=*,by=scp", aws.Denied, "denied by a service control policy of the organization", "administrator of the AWS organization"},
		"resource control policy": {"deny=*,by=rcp", aws.Denied, "denied by a resource control policy of the organization", "administrator of the AWS organization"},
		"resource policy":         {"deny=*,by=resource", aws.Denied, "explicit deny in a resource-based policy", "remove that Deny from the resource's own policy"},
		"identity policy":         {"deny=*,by=identity", aws.Denied, "explicit deny in an identity-based policy", "remove that Deny from the policies of this identity"},
		"permissions boundary":    {"deny=*,by=boundary", aws.Denied, "denied by its permissions boundary", "change the permissions boundary"},
		"session policy":          {"deny=*,by=session", aws.Denied, "denied by the policy of its session", "start a session"},
		"VPC endpoint":            {"deny=*,by=endpoint", aws.Denied, "denied by the policy of the network's VPC endpoint", "use another network"},
		"clock behind":            {"error=*,code=SignatureDoesNotMatch,status=403,message=Signature expired: 20261130T101500Z is now earlier than 20261130T103000Z (20261130T104500Z - 15 min.)", aws.Expired, "this computer's clock is wrong", "set the clock"},
		"clock ahead":             {"error=*,code=InvalidSignatureException,status=403,message=Signature not yet current: 20261130T101500Z is still later than 20261130T101400Z", aws.Expired, "this computer's clock is wrong", "set the clock"},
		"clock, as S3 says it":    {"error=*,code=RequestTimeTooSkewed,status=403", aws.Expired, "this computer's clock is wrong", "set the clock"},
		"wrong secret":            {"error=*,code=SignatureDoesNotMatch,status=403", aws.Denied, "the secret access key does not belong to the access key", "copy both parts"},
		"old token":               {"error=*,code=ExpiredToken,status=403", aws.Expired, "the session token has expired", "sign in again"},
		"deleted key":             {"error=*,code=InvalidClientTokenId,status=403", aws.Denied, "deleted or deactivated", "another credential"},
		"unsubscribed":            {"error=*,code=OptInRequired,status=403", aws.Denied, "not signed up for this service", "finish the sign-up"},
		"unsubscribed, elsewhere": {"error=*,code=SubscriptionRequiredException,status=400", aws.Denied, "not signed up for this service", "finish the sign-up"},
		"suspended":               {"error=*,code=AccountProblem,status=403", aws.Denied, "AWS has suspended the account", "as the root user"},
		"region off":              {"error=*,code=RegionDisabledException,status=403", aws.Denied, "the region is not enabled", "AWS Regions"},
		"form pending":            {"error=*,code=ResourceNotFoundException,status=404,message=" + form, aws.Waiting, "use-case form", "wait 15 minutes"},
		"Marketplace pending":     {"error=*,code=AccessDeniedException,status=403,message=" + market, aws.Waiting, "AWS Marketplace has not finished", "in 2 minutes"},
		"key disabled":            {"error=*,code=KMS.DisabledException,status=400", aws.Invalid, "the encryption key is disabled", "KMS console"},
		"key going":               {"error=*,code=KMSInvalidStateException,status=400", aws.Invalid, "the encryption key is disabled or is going to be deleted", "cancel the deletion"},
		"wrong code":              {"error=*,code=AccessDenied,status=403,message=MultiFactorAuthentication failed with invalid MFA one time pass code. ", aws.Denied, "did not accept the code", "next code"},
	} {
		t.Run(name, func(t *testing.T) {
			demo, err := sandbox.New(sandbox.Options{Faults: []string{c.fault}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = demo.Close() }()
			account := at(t, demo, demo.Client(), "us-east-1")
			_, err = aws.IAM(account).ListUsers(t.Context(), &iam.ListUsersInput{})
			saying(t, aws.Wrap(err, "iam:ListUsers", ""), c.kind, c.says, c.next)
			_, err = aws.S3(account).ListBuckets(t.Context(), &s3.ListBucketsInput{})
			saying(t, aws.Wrap(err, "s3:ListBuckets", ""), c.kind, c.says, c.next)
			for _, service := range []aws.Service{topics(), events(), detectors()} {
				request := aws.Request{Operation: map[string]string{"sns": "ListTopics", "events": "ListRules", "guardduty": "ListDetectors"}[service.Name]}
				if service.Wording == aws.RESTJSON {
					request.Path = "/detector"
				}
				saying(t, aws.Ask(t.Context(), account, service, request, nil), c.kind, c.says, c.next)
			}
		})
	}
}

// at is the root user's account in a region of a demo account.
func at(t *testing.T, demo *sandbox.Account, client aws.HTTPClient, region string) *aws.Account {
	t.Helper()
	environ := demo.Environ()
	key := aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}
	return open(t, aws.Options{Client: client, Region: region, Source: aws.Source{Kind: aws.FromKey, Key: key}})
}

func TestARegionThatIsNotEnabled(t *testing.T) {
	demo, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = demo.Close() }()
	account := at(t, demo, demo.Client(), "af-south-1")
	_, err = account.Identity(t.Context())
	saying(t, err, aws.Denied, "the region is not enabled in this account", "enable the region")
	saying(t, aws.Ask(t.Context(), account, topics(), aws.Request{Operation: "ListTopics"}, nil), aws.Denied,
		"the region is not enabled in this account", "enable the region")
	service := aws.Service{Name: "account", Host: "account.us-east-1.amazonaws.com", Region: "us-east-1", Endpoint: "ACCOUNT", Wording: aws.RESTJSON}
	err = aws.Ask(t.Context(), account, service, aws.Request{
		Operation: "EnableRegion", Path: "/enableRegion", In: map[string]string{"RegionName": "af-south-1"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := account.Identity(t.Context()); err != nil {
		t.Errorf("enabled: %v", err)
	}
}

// undated takes the time out of AWS's answers.
type undated struct{ next aws.HTTPClient }

func (u undated) Do(r *http.Request) (*http.Response, error) {
	response, err := u.next.Do(r)
	if err == nil {
		response.Header.Del("Date")
	}
	return response, err
}

// A clock that is wrong is corrected from AWS's answer, by the SDK's clients and by the
// requests that are signed here; when AWS's time is not known, the clock is named.
func TestAWrongClock(t *testing.T) {
	for _, off := range []time.Duration{-40 * time.Minute, 40 * time.Minute} {
		demo, err := sandbox.New(sandbox.Options{SigningNow: func() time.Time { return time.Now().Add(off) }})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = demo.Close() }()
		account := at(t, demo, demo.Client(), "us-east-1")
		if _, err := account.Identity(t.Context()); err != nil {
			t.Errorf("STS by %s: %v", off, err)
		}
		if _, err := aws.S3(account).ListBuckets(t.Context(), &s3.ListBucketsInput{}); err != nil {
			t.Errorf("S3 by %s: %v", off, err)
		}
		before := account.Calls()
		for _, service := range []aws.Service{topics(), events()} {
			request := aws.Request{Operation: map[string]string{"sns": "ListTopics", "events": "ListRules"}[service.Name]}
			if err := aws.Ask(t.Context(), account, service, request, nil); err != nil {
				t.Errorf("%s by %s: %v", service.Name, off, err)
			}
		}
		if sent := account.Calls() - before; sent != 3 { // only the first one is refused
			t.Errorf("%d requests for two answers", sent)
		}
		unknown := at(t, demo, undated{demo.Client()}, "us-east-1")
		_, err = unknown.Identity(t.Context())
		saying(t, err, aws.Expired, "this computer's clock is wrong", "set the clock")
		saying(t, aws.Ask(t.Context(), unknown, topics(), aws.Request{Operation: "ListTopics"}, nil), aws.Expired,
			"this computer's clock is wrong", "set the clock")
	}
}

// What fails on this computer has its cause in the same table.
func TestCausesOnThisComputer(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full here")
	}
	defer func() { _ = full.Close() }()
	_, err = io.WriteString(full, "x")
	for name, c := range map[string]struct {
		err        error
		says, next string
	}{
		"full":      {err, "no space left on device", "free space on the disk"},
		"quota":     {&fs.PathError{Op: "write", Path: "x", Err: syscall.EDQUOT}, "no space left on device", "free space on the disk"},
		"read-only": {&fs.PathError{Op: "open", Path: "x", Err: syscall.EROFS}, "the file system is read-only", "CLARIA_HOME"},
		"old certificate": {
			x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired}, "not valid at this time", "set this computer's clock",
		},
		"no way": {&fs.PathError{Op: "dial", Path: "x", Err: syscall.ENETUNREACH}, "no way to AWS's host", "connect to the network"},
	} {
		if cause := aws.CauseOf(fmt.Errorf("a step: %w", c.err)); !strings.Contains(cause.Says, c.says) || !strings.Contains(cause.Next, c.next) {
			t.Errorf("%s: %+v", name, cause)
		}
	}
	if cause := aws.CauseOf(fs.ErrNotExist); cause.Says != "" {
		t.Errorf("a cause that nobody knows: %+v", cause)
	}
}

func TestAWrongPassphrase(t *testing.T) {
	dir := t.TempDir()
	ring := func(secret string) aws.Keyring {
		ring, err := aws.OpenKeyring(aws.KeyringOptions{Dir: dir, LookupEnv: environ(), Backend: "file", Secret: secret, Scope: "111122223333"})
		if err != nil {
			t.Fatal(err)
		}
		return ring
	}
	if err := ring("correct horse battery").Store("claria-admin", aws.Key{ID: "AKIAEXAMPLE00000001", Secret: "secret"}); err != nil {
		t.Fatal(err)
	}
	account := open(t, aws.Options{Source: aws.Source{Kind: aws.FromKeyring, Keyring: ring("wrong horse battery"), Name: "claria-admin"}})
	_, err := account.Identity(t.Context())
	saying(t, err, aws.Denied, "the passphrase of the keyring is wrong", "type it again")
	if strings.Contains(err.Error(), "run claria setup") {
		t.Errorf("a step that cannot help: %v", err)
	}
}

func TestRegionsThatCannotBeUsed(t *testing.T) {
	for region, says := range map[string]string{
		"us-east-1a":       `region "us-east-1a" is a zone, not a region: use us-east-1`,
		"us-west-2-lax-1a": "use us-west-2",
		"us-esat-1":        `does not exist, as of November 2026: use us-east-1`,
		"US-EAST-1":        "use us-east-1",
		"eu-center-1":      "use eu-central-1",
		"us-gov-west-1":    "AWS GovCloud (US), where Claria does not work yet: must be a region such as us-east-1",
		"cn-north-1":       "AWS in China",
		"eusc-de-east-1":   "European Sovereign Cloud",
		"virginia":         "does not exist, as of November 2026: must be a region such as us-east-1",
	} {
		_, err := aws.Open(t.Context(), aws.Options{Region: region, LookupEnv: environ(), Source: aws.Source{Kind: aws.FromKey}})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want …%s…", region, err, says)
		}
		_, err = aws.Open(t.Context(), aws.Options{LookupEnv: environ("AWS_REGION", region, "AWS_ACCESS_KEY_ID", "AKIAEXAMPLE00000001",
			"AWS_SECRET_ACCESS_KEY", "s"), Source: aws.Source{Kind: aws.FromEnvironment}})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s in the environment: got %v", region, err)
		}
	}
	for _, region := range []string{"us-east-1", "eu-central-1", "mx-central-1", "ap-southeast-7"} {
		if err := aws.CheckRegion(region); err != nil {
			t.Error(err)
		}
	}
}

// hosts records the hosts that are asked, and answers nothing.
type hosts struct{ asked map[string]bool }

func (h *hosts) Do(r *http.Request) (*http.Response, error) {
	h.asked[r.URL.Host] = true
	return nil, io.ErrUnexpectedEOF
}

func TestFIPSAndDualStackHosts(t *testing.T) {
	for name, c := range map[string]struct {
		region string
		pairs  []string
		want   []string
	}{
		"usual":      {"us-east-1", nil, []string{"sts.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com", "bedrock.us-east-1.amazonaws.com", "artifact.us-east-1.amazonaws.com"}},
		"FIPS":       {"us-east-1", []string{"AWS_USE_FIPS_ENDPOINT", "true"}, []string{"sts-fips.us-east-1.amazonaws.com", "sns-fips.us-east-1.amazonaws.com", "bedrock-fips.us-east-1.amazonaws.com", "artifact.us-east-1.amazonaws.com"}},
		"off":        {"us-east-1", []string{"AWS_USE_FIPS_ENDPOINT", "false"}, []string{"sts.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com"}},
		"dual-stack": {"eu-west-1", []string{"AWS_USE_DUALSTACK_ENDPOINT", "true"}, []string{"sts.eu-west-1.api.aws", "sns.eu-west-1.api.aws", "bedrock.eu-west-1.amazonaws.com"}},
		"an endpoint of the user's": {
			"us-east-1",
			[]string{"AWS_USE_FIPS_ENDPOINT", "true", "AWS_ENDPOINT_URL", "http://proxy.example:8080"},
			[]string{"proxy.example:8080"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			wire := &hosts{map[string]bool{}}
			account := open(t, aws.Options{Client: wire, Region: c.region, LookupEnv: environ(c.pairs...), Attempts: 1})
			_, _ = account.Identity(t.Context())
			_ = aws.Ask(t.Context(), account, topics(), aws.Request{Operation: "ListTopics"}, nil)
			_, _ = account.DataRetention(t.Context())
			_, _ = account.Agreements(t.Context())
			for _, host := range c.want {
				if !wire.asked[host] {
					t.Errorf("%s was not asked, but %v", host, wire.asked)
				}
			}
		})
	}
	if _, err := aws.Open(t.Context(), aws.Options{Region: "us-east-1", LookupEnv: environ("AWS_USE_FIPS_ENDPOINT", "yes")}); err == nil ||
		!strings.Contains(err.Error(), `AWS_USE_FIPS_ENDPOINT="yes": must be true or false`) {
		t.Errorf("a wrong value: %v", err)
	}
}

// The same settings of the configuration file are honoured.
func TestFIPSOfTheProfile(t *testing.T) {
	files := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(files, []byte("[profile office]\nuse_fips_endpoint = true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var connected string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connected = r.Host
		w.WriteHeader(http.StatusForbidden)
	}))
	defer server.Close()
	account := open(t, aws.Options{
		Region: "us-east-1", Attempts: 1, LookupEnv: environ("AWS_CONFIG_FILE", files, "AWS_PROFILE", "office", "HTTPS_PROXY", server.URL),
	})
	if _, _ = account.Identity(t.Context()); connected != "sts-fips.us-east-1.amazonaws.com:443" {
		t.Errorf("the proxy was asked for %q", connected)
	}
}
