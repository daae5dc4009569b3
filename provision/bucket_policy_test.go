package provision_test

import (
	"slices"
	"strings"
	"testing"

	"claria/aws"
	"claria/aws/policy"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/permissions"
	"claria/provision/state"
)

// Two spellings of one policy are the same policy.
func TestSameDocument(t *testing.T) {
	t.Parallel()
	base := `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny","Principal":"*","Action":["s3:GetObject","s3:PutObject"],` +
		`"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":["false"]}}},` +
		`{"Sid":"B","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]}]}`
	for name, c := range map[string]struct {
		other string
		same  bool
	}{
		"spelled otherwise": {`{"Statement":[{"Sid":"B","Effect":"Allow","Action":"s3:getobject","Principal":{"AWS":["arn:aws:iam::111122223333:root"]},"Resource":"arn:aws:s3:::b/*"},
			{"Sid":"A","Effect":"Deny","Principal":{"AWS":"*"},"Action":["s3:PutObject","s3:GetObject"],"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b"],
			"Condition":{"Bool":{"AWS:SecureTransport":false}}}],"Version":"2012-10-17"}`, true},
		"a condition gone": {strings.Replace(base, `,"Condition":{"Bool":{"aws:SecureTransport":["false"]}}`, "", 1), false},
		"another resource": {strings.Replace(base, `"arn:aws:s3:::b",`, "", 1), false},
		"another effect":   {strings.Replace(base, "Deny", "Allow", 1), false},
		"not JSON":         {"{", false},
	} {
		if permissions.SameDocument(base, c.other) != c.same || permissions.SameDocument(c.other, base) != c.same {
			t.Errorf("%s: same is not %v", name, c.same)
		}
	}
}

// The bucket policies protect what they should, according to the policy evaluator.
func TestBucketPolicies(t *testing.T) {
	t.Parallel()
	want := provision.Desired(settings())
	for _, b := range []state.Bucket{want.DataBucket, want.AuditBucket} {
		text, _ := b.Policy.Value()
		parsed, err := policy.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", b.Name, err)
		}
		if a := policy.RequiresTLS(parsed, b.Name); !a.Yes {
			t.Errorf("%s: TLS is not required: %s", b.Name, a.Reason)
		}
		if v := policy.RequiresTLSVersion(parsed, b.Name); v != "1.2" {
			t.Errorf("%s: TLS version %q", b.Name, v)
		}
		if a := policy.Public(parsed); a.Yes {
			t.Errorf("%s is public: %s", b.Name, a.Reason)
		}
		if who := policy.CrossAccount(parsed, settings().Account); len(who) > 0 {
			t.Errorf("%s is open to %v", b.Name, who)
		}
	}
}

// Each geography gets the first preferred model that is ACTIVE and stays inside it; a
// region without one gets none, and a worldwide profile is never chosen.
func TestTheModelOfARegion(t *testing.T) {
	t.Parallel()
	box, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	environ := box.Environ()
	for region, want := range map[string]string{
		"us-east-1": "us.anthropic.claude-sonnet-5-5", "eu-central-1": "eu.anthropic.claude-sonnet-5-5",
		"ap-northeast-1": "jp.anthropic.claude-sonnet-5-5", "ap-southeast-2": "au.anthropic.claude-sonnet-5-5", "sa-east-1": "",
	} {
		account, err := aws.Open(t.Context(), aws.Options{
			Region: region, Client: box.Client(), LookupEnv: func(string) (string, bool) { return "", false },
			Source: aws.Source{Kind: aws.FromKey, Key: aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}},
		})
		if err != nil {
			t.Fatal(err)
		}
		offers, err := provision.Offers(t.Context(), account)
		if err != nil || len(offers) == 0 {
			t.Fatalf("%s: %d offers, %v", region, len(offers), err)
		}
		if got := state.Choose(region, offers); got != want {
			t.Errorf("%s gets %q, want %q", region, got, want)
		}
		if want == "" {
			continue
		}
		for i, o := range offers { // AWS retires the choice, and a profile begins to leave the geography
			switch o.Foundation {
			case "anthropic.claude-sonnet-5-5":
				offers[i].Status = "LEGACY"
			case "anthropic.claude-sonnet-5":
				offers[i].Destinations = append(slices.Clone(o.Destinations), "sa-east-1")
			}
		}
		if got := state.Choose(region, offers); got != want[:3]+"anthropic.claude-sonnet-4-6" {
			t.Errorf("%s then gets %q", region, got)
		}
	}
}

// An earlier version used one profile of the region's geography without writing it down.
func TestFormerModels(t *testing.T) {
	t.Parallel()
	for region, prefix := range map[string]string{
		"us-east-1": "us.", "us-west-2": "us.", "eu-central-1": "eu.", "ap-northeast-1": "jp.", "sa-east-1": "",
	} {
		models := state.FormerModels(region)
		if (len(models) == 0) != (prefix == "") {
			t.Errorf("%s: %v", region, models)
		}
		for _, m := range models {
			if !strings.HasPrefix(m, prefix) || !slices.Contains(state.Destinations(m), region) {
				t.Errorf("%s: %s runs in %v", region, m, state.Destinations(m))
			}
		}
	}
	if d := state.Destinations("global.anthropic.claude-sonnet-4-5-20250929-v1:0"); d != nil {
		t.Errorf("a global profile is said to stay in %v", d)
	}
}
