package policy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// hardCase is one line of testdata/cases: a request, the policies that apply to it,
// and the outcome that AWS documents. The conformance suite sends the same lines to
// another evaluator.
type hardCase struct {
	Name     string              `json:"name"`
	Version  string              `json:"version"` // of every document; default 2012-10-17
	Caller   *string             `json:"caller"`  // default: user alice; "": anonymous
	Service  string              `json:"service"`
	Tags     map[string]string   `json:"tags"`
	Action   string              `json:"action"`   // default s3:GetObject
	Resource string              `json:"resource"` // default an object of the bucket "records"
	Owner    string              `json:"owner"`
	Keys     map[string][]string `json:"keys"`
	// Condition stands for an identity policy that allows everything under it.
	Condition json.RawMessage `json:"condition"`
	// Statement lists.
	Identity       json.RawMessage `json:"identity"`
	Boundary       json.RawMessage `json:"boundary"`
	Session        json.RawMessage `json:"session"`
	ResourcePolicy json.RawMessage `json:"resource_policy"`
	Want           string          `json:"want"` // allow, deny, explicit
}

func (c hardCase) document(t *testing.T, statements json.RawMessage) *Document {
	t.Helper()
	if statements == nil {
		return nil
	}
	version := c.Version
	if version == "" {
		version = version2012
	}
	d, err := Parse([]byte(`{"Version": "` + version + `", "Statement": ` + string(statements) + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

func (c hardCase) evaluate(t *testing.T) Decision {
	t.Helper()
	request := Request{
		Caller: Caller{ARN: "arn:aws:iam::111122223333:user/alice", Service: c.Service, Tags: c.Tags},
		Action: c.Action, Resource: c.Resource, Owner: c.Owner, Keys: c.Keys,
	}
	if c.Caller != nil {
		request.Caller.ARN = *c.Caller
	}
	if c.Service != "" {
		request.Caller.ARN = ""
	}
	if request.Action == "" {
		request.Action = "s3:GetObject"
	}
	if request.Resource == "" {
		request.Resource = "arn:aws:s3:::records/a.txt"
	}
	if c.Condition != nil {
		c.Identity = json.RawMessage(`[{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": ` + string(c.Condition) + `}]`)
	}
	policies := Policies{Boundary: c.document(t, c.Boundary), Resource: c.document(t, c.ResourcePolicy)}
	if d := c.document(t, c.Identity); d != nil {
		policies.Identity = []Document{*d}
	}
	if d := c.document(t, c.Session); d != nil {
		policies.Session = []Document{*d}
	}
	return Evaluate(request, policies)
}

func TestHardCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	total := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []hardCase
		if err := json.Unmarshal(data, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		total += len(cases)
		for _, c := range cases {
			t.Run(filepath.Base(file)+"/"+c.Name, func(t *testing.T) {
				d := c.evaluate(t)
				got := "deny"
				switch {
				case d.Allowed:
					got = "allow"
				case d.Explicit:
					got = "explicit"
				}
				if got != c.Want {
					t.Errorf("got %s (%s), want %s", got, d.By, c.Want)
				}
			})
		}
	}
	if total < 120 {
		t.Errorf("only %d cases: a file was not read", total)
	}
}
