//go:build conformance

package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"claria/aws"
	"claria/provision"
	"claria/provision/state"
)

// motoHas are the services that moto answers; the demo account answers the others in both
// runs. Moto checks no signature and enforces no policy.
var motoHas = []string{"S3", "S3_CONTROL", "IAM", "STS", "CLOUDTRAIL", "TRANSCRIBE", "ORGANIZATIONS"}

// motoLacks are the operations of those services that moto does not have.
var motoLacks = []string{
	"iam:ListServiceSpecificCredentials", "s3:ListBucketIntelligentTieringConfigurations", "s3control:ListAccessGrants",
}

// notAsked are the parts of a state from services that moto lacks, and the caller: the
// run on moto has no root key to start from. They do not count as facts that agree.
var notAsked = []string{
	"caller", "root.known.started_from", "agreements", "analyzers", "retention", "models", "invocation_logging", "use_case",
}

// differences are the facts that differ, by their path in the normalised state. Each has
// the AWS page by which the demo account is right.
var differences = map[string]string{
	"before root.known.access_keys": "how the accounts start: the demo account's root user has one access key, moto's has none",
	"before root.known.mfa":         "how the accounts start: the demo account's root user has MFA, moto's has none",
	"after root.known.mfa":          "as before",
	"before trail_tags": "CloudTrail API Reference, ListTags, “Errors”: ResourceNotFoundException for a trail that does not exist; " +
		"moto answers with no tags",
	"after trail.known.home_region": "CloudTrail API Reference, GetTrail, “Response Elements”: a Trail has a HomeRegion; moto leaves it out",
	"after trail_status.known.latest_delivery": "CloudTrail API Reference, GetTrailStatus, “LatestDeliveryTime”: when log files were last delivered; " +
		"moto names a time though its bucket is empty",
	"before people.root_use":                             "IAM User Guide, “Getting credential reports”, “Understanding the report format”: the report has a row <root_account>; moto leaves it out",
	"after people.root_use":                              "as before",
	"before account_settings.opt_out":                    "Organizations API Reference, DescribeEffectivePolicy: moto has no such operation",
	"after account_settings.opt_out":                     "as before",
	"after users.known[claria-admin].sign_in.services":   "IAM API Reference, ListServiceSpecificCredentials: moto has no such operation",
	"after users.known[claria-auditor].sign_in.services": "as of claria-admin",
	"after inventory.archive_tiers":                      "Amazon S3 API Reference, ListBucketIntelligentTieringConfigurations: moto has no such operation and lists objects",
	"before inventory.access_grants":                     "Amazon S3 API Reference, ListAccessGrantsInstances: moto has no such operation",
	"after inventory.access_grants":                      "as before",
	"after roles.known[AWSServiceRoleForAccessAnalyzer]": "IAM User Guide, “Using service-linked roles for IAM Access Analyzer”: creating an analyzer " +
		"creates its role; the analyzer is not in moto",
}

// TestFlowAgreesWithMoto runs the same set-up on the demo account and on moto, and
// compares the accounts before and afterwards.
func TestFlowAgreesWithMoto(t *testing.T) {
	ours := sandbox(t)
	theirs := sandbox(t) // its own demo account for the services that moto lacks
	endpoint := asDocumented(t, moto(t, "111122223333"))
	for _, service := range motoHas {
		theirs["AWS_ENDPOINT_URL_"+service] = endpoint
	}
	settings := state.Settings{System: "claria", Region: "us-east-1"}
	a, b := setUp(t, ours, settings), setUp(t, theirs, settings)
	compared, agreed, used := 0, 0, map[string]bool{}
	for i, when := range []string{"before", "after"} {
		flatA, flatB := flatten(t, a[i]), flatten(t, b[i])
		for _, path := range slices.Sorted(maps.Keys(merged(flatA, flatB))) {
			compared++
			if flatA[path] == flatB[path] {
				agreed++
				continue
			}
			if known := explained(when + " " + path); known != "" {
				used[known] = true
				continue
			}
			t.Errorf("%s %s:\n  demo account %s\n  moto         %s", when, path, flatA[path], flatB[path])
		}
	}
	if agreed < 180 {
		t.Errorf("only %d facts agree", agreed)
	}
	for path, why := range differences {
		if !used[path] {
			t.Errorf("there is no difference any more at %s (%s)", path, why)
		}
	}
	t.Logf("%d facts compared, %d agree; %d explanations for the others", compared, agreed, len(differences))
}

// misnamed are documents that moto names otherwise than AWS, by which Claria recognises an
// answer (Amazon S3 API Reference, the operation's "Response Syntax").
var misnamed = map[string]string{
	"GetBucketNotificationResponse": "NotificationConfiguration",
}

// Moto refuses a policy with an ARN of S3 that has a region, as those of access points have
// (Service Authorization Reference, Amazon S3, "Resource types"). It gets one without, and
// gives it back with one.
const (
	pointARN = "arn%3Aaws%3As3%3Aus-east-1%3A111122223333%3A"
	bareARN  = "arn%3Aaws%3As3%3A%3A%3Aof-a-region-"
)

// asDocumented serves moto's answers with the documents' names that AWS has, and without a
// document where AWS sends none: to a setting that is written.
func asDocumented(t *testing.T, endpoint string) string {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			if body, err := io.ReadAll(r.In.Body); err == nil {
				body = bytes.ReplaceAll(body, []byte(pointARN), []byte(bareARN))
				r.Out.Body, r.Out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			}
		},
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			if r.Request.Method == http.MethodPut && r.StatusCode < 300 {
				body = nil
			}
			body = bytes.ReplaceAll(body, []byte(bareARN), []byte(pointARN))
			for theirs, right := range misnamed {
				body = bytes.ReplaceAll(body, []byte(theirs), []byte(right))
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			if r.Request.Method != http.MethodHead {
				r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			}
			return nil
		},
	})
	t.Cleanup(server.Close)
	return server.URL
}

// explained is the entry of differences for a path; empty: none.
func explained(path string) string {
	for prefix := range differences {
		if path == prefix || strings.HasPrefix(path, prefix+".") || strings.HasPrefix(path, prefix+"[") {
			return prefix
		}
	}
	return ""
}

// setUp runs observe → plan → apply → observe, and makes a second plan, which must be
// empty. It returns the state before and afterwards.
func setUp(t *testing.T, environ map[string]string, settings state.Settings) [2]state.State {
	t.Helper()
	ctx := t.Context()
	account, err := aws.Open(ctx, aws.Options{
		Region:    settings.Region,
		LookupEnv: func(name string) (string, bool) { v, ok := environ[name]; return v, ok },
	})
	if err != nil {
		t.Fatal(err)
	}
	observe := func() (state.State, provision.Plan) {
		state, err := provision.Observe(ctx, account, settings)
		if err != nil {
			t.Fatal(err)
		}
		in := settings.In(state.Account)
		return state, provision.MakePlan(state, provision.Desired(in), in)
	}
	before, plan := observe()
	if plan.Empty() || plan.Blocked != nil {
		t.Fatalf("plan: %d steps, blocked %v", len(plan.Steps), plan.Blocked)
	}
	approval := approve(account)
	if before.Caller.Root() { // set-up from a root key ends with its deletion
		if approval.StartedFromRootKey, err = account.KeyID(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for progress, err := range provision.Apply(ctx, account, plan, approval) {
		if err != nil {
			t.Fatalf("%s: %v", progress.Step.ID, err)
		}
	}
	if before.Caller.Root() { // so that the daily identity must read everything again
		account, err = account.As(ctx, aws.Source{Kind: aws.FromKeyring, Keyring: approval.Keyring, Name: state.AdminUser})
		if err != nil {
			t.Fatal(err)
		}
	}
	after, second := observe()
	for _, step := range second.Steps {
		t.Errorf("a second plan still has the step %s (before %s, after %s)", step.ID, step.Before, step.After)
	}
	for _, unknown := range second.Unknown {
		if slices.ContainsFunc(motoLacks, func(operation string) bool { return strings.Contains(unknown.Reason, operation+": ") }) {
			continue // the comparison shows it
		}
		t.Errorf("not known after set-up: %s", unknown.Reason)
	}
	return [2]state.State{before, after}
}

// approve approves everything, with its own keyring and phone.
func approve(account *aws.Account) provision.Approval {
	phone := provision.NewAuthenticator(time.Now)
	return provision.Approval{
		Keyring: aws.NewMemoryKeyring(),
		Prove: func(ctx context.Context, key aws.Key) (*aws.Account, error) {
			return account.As(ctx, aws.Source{Kind: aws.FromKey, Key: key})
		},
		SecondFactor: phone.Enrol, Code: phone.Code,
	}
}

// flatten makes a state a map from path to value. Times and ids, which always differ, are
// replaced by their kind. Policy documents are compared as JSON.
func flatten(t *testing.T, state state.State) map[string]string {
	t.Helper()
	data, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	flat := map[string]string{}
	walk(flat, "", tree)
	return flat
}

// kinds are the values that differ from run to run.
var kinds = []struct {
	pattern *regexp.Regexp
	kind    string
}{
	{regexp.MustCompile(`^20\d\d-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$`), "‹time›"},
	{regexp.MustCompile(`^(AKIA|ASIA|LKIA|LSIA)[A-Z0-9]{16}$`), "‹access key›"},
	{regexp.MustCompile(`^[0-9a-f]{64}$`), "‹canonical user›"},
}

func walk(flat map[string]string, path string, node any) {
	if slices.ContainsFunc(notAsked, func(p string) bool {
		return path == p || strings.HasPrefix(path, p+".") || strings.HasPrefix(path, p+"[")
	}) {
		return
	}
	switch node := node.(type) {
	case map[string]any:
		for name, child := range node {
			walk(flat, strings.TrimPrefix(path+"."+name, "."), child)
		}
		if len(node) == 0 {
			flat[path] = "{}"
		}
	case []any:
		for i, child := range named(node) {
			walk(flat, path+"["+i+"]", child)
		}
		if len(node) == 0 {
			flat[path] = "[]"
		}
	case string:
		var document any
		if strings.HasPrefix(node, "{") && json.Unmarshal([]byte(node), &document) == nil {
			canonical, _ := json.Marshal(document)
			node = string(canonical)
		}
		for _, k := range kinds {
			node = k.pattern.ReplaceAllLiteralString(node, k.kind)
		}
		flat[path] = node
	default:
		flat[path] = fmt.Sprint(node)
	}
}

// named keys a list's elements by their name, so that order does not matter.
func named(list []any) map[string]any {
	out := map[string]any{}
	for i, element := range list {
		key := fmt.Sprint(i)
		if m, ok := element.(map[string]any); ok {
			if name, ok := m["name"].(string); ok && name != "" {
				key = name
			}
		}
		out[key] = element
	}
	return out
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
