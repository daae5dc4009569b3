//go:build conformance

// Package policy compares aws/policy with an independent evaluator of IAM policies, on
// hand-written and on generated cases. Where the two disagree, the table in
// explained_test.go says which AWS page decides; any other disagreement fails.
package policy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"claria/aws/policy"
)

// question is one line of aws/policy/testdata/cases, or a generated one.
type question struct {
	Name           string              `json:"name"`
	Version        string              `json:"version,omitempty"`
	Caller         *string             `json:"caller,omitempty"`
	Service        string              `json:"service,omitempty"`
	Tags           map[string]string   `json:"tags,omitempty"`
	Action         string              `json:"action,omitempty"`
	Resource       string              `json:"resource,omitempty"`
	Owner          string              `json:"owner,omitempty"`
	Keys           map[string][]string `json:"keys,omitempty"`
	Condition      json.RawMessage     `json:"condition,omitempty"`
	Identity       json.RawMessage     `json:"identity,omitempty"`
	Boundary       json.RawMessage     `json:"boundary,omitempty"`
	Session        json.RawMessage     `json:"session,omitempty"`
	ResourcePolicy json.RawMessage     `json:"resource_policy,omitempty"`
}

const account = "111122223333"

// complete adds the defaults that a case leaves out, and the keys that follow from the
// caller, which the other evaluator does not add.
func (q question) complete() question {
	if q.Version == "" {
		q.Version = "2012-10-17"
	}
	if q.Caller == nil {
		q.Caller = new("arn:aws:iam::" + account + ":user/alice")
	}
	if q.Service != "" {
		q.Caller = new("")
	}
	if q.Action == "" {
		q.Action = "s3:GetObject"
	}
	if q.Resource == "" {
		q.Resource = "arn:aws:s3:::records/a.txt"
	}
	if q.Owner == "" {
		q.Owner = account
	}
	if q.Condition != nil {
		q.Identity = json.RawMessage(`[{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": ` + string(q.Condition) + `}]`)
	}
	keys := map[string][]string{"aws:ResourceAccount": {q.Owner}}
	switch caller := *q.Caller; {
	case q.Service != "":
		keys["aws:PrincipalIsAWSService"], keys["aws:PrincipalServiceName"] = []string{"true"}, []string{q.Service}
	case caller == "":
		keys["aws:PrincipalType"] = []string{"Anonymous"}
	default:
		keys["aws:PrincipalAccount"] = []string{strings.Split(caller, ":")[4]}
		keys["aws:PrincipalArn"], keys["aws:PrincipalIsAWSService"] = []string{caller}, []string{"false"}
		switch {
		case strings.HasSuffix(caller, ":root"):
			keys["aws:PrincipalType"] = []string{"Account"}
		case strings.Contains(caller, ":assumed-role/"):
			role := strings.Split(strings.Split(caller, "assumed-role/")[1], "/")[0]
			keys["aws:PrincipalType"], keys["aws:PrincipalArn"] = []string{"AssumedRole"}, []string{
				"arn:aws:iam::" + strings.Split(caller, ":")[4] + ":role/" + role,
			}
		default:
			keys["aws:PrincipalType"], keys["aws:username"] = []string{"User"}, []string{caller[strings.LastIndex(caller, "/")+1:]}
		}
		for k, v := range q.Tags {
			keys["aws:PrincipalTag/"+k] = []string{v}
		}
	}
	for k, v := range q.Keys {
		keys[k] = v
	}
	q.Keys = keys
	return q
}

func (q question) text(statements json.RawMessage) string {
	return `{"Version": "` + q.Version + `", "Statement": ` + string(statements) + `}`
}

// ours asks aws/policy.
func (q question) ours(t *testing.T) string {
	t.Helper()
	parse := func(statements json.RawMessage) *policy.Document {
		if statements == nil {
			return nil
		}
		d, err := policy.Parse([]byte(q.text(statements)))
		if err != nil {
			t.Fatalf("%s: %v", q.Name, err)
		}
		return &d
	}
	policies := policy.Policies{Boundary: parse(q.Boundary), Resource: parse(q.ResourcePolicy)}
	if d := parse(q.Identity); d != nil {
		policies.Identity = []policy.Document{*d}
	}
	if d := parse(q.Session); d != nil {
		policies.Session = []policy.Document{*d}
	}
	d := policy.Evaluate(policy.Request{
		Caller: policy.Caller{ARN: *q.Caller, Service: q.Service, Tags: q.Tags},
		Action: q.Action, Resource: q.Resource, Owner: q.Owner, Keys: q.Keys,
	}, policies)
	switch {
	case d.Allowed:
		return "Allowed"
	case d.Explicit:
		return "ExplicitlyDenied"
	}
	return "ImplicitlyDenied"
}

// theirs is the question in the other evaluator's form.
func (q question) theirs() any {
	type named struct {
		Name   string          `json:"name"`
		Policy json.RawMessage `json:"policy"`
	}
	raw := func(statements json.RawMessage) json.RawMessage { return json.RawMessage(q.text(statements)) }
	principal := *q.Caller
	if q.Service != "" {
		principal = q.Service
	}
	keys := map[string]any{}
	for k, v := range q.Keys {
		if len(v) == 1 && !strings.EqualFold(k, "aws:TagKeys") && !strings.EqualFold(k, "aws:PrincipalOrgPaths") &&
			!strings.EqualFold(k, "account:AlternateContactTypes") {
			keys[k] = v[0]
		} else {
			keys[k] = v
		}
	}
	s := map[string]any{
		"request": map[string]any{
			"principal": principal, "action": q.Action,
			"resource": map[string]string{"resource": q.Resource, "accountId": q.Owner}, "contextVariables": keys,
		},
		"identityPolicies": []named{}, "serviceControlPolicies": []any{}, "resourceControlPolicies": []any{},
	}
	if q.Identity != nil {
		s["identityPolicies"] = []named{{"identity", raw(q.Identity)}}
	}
	if strings.HasSuffix(principal, ":root") { // the other evaluator does not know that the root user needs no policy
		s["identityPolicies"] = []named{{"root", raw(json.RawMessage(`[{"Effect": "Allow", "Action": "*", "Resource": "*"}]`))}}
	}
	if q.Boundary != nil {
		s["permissionBoundaryPolicies"] = []named{{"boundary", raw(q.Boundary)}}
	}
	if q.Session != nil {
		s["sessionPolicy"] = raw(q.Session)
	}
	if q.ResourcePolicy != nil {
		s["resourcePolicy"] = raw(q.ResourcePolicy)
	}
	return s
}

// answer is one line of simulate.mjs.
type answer struct {
	Result, Error string
	Ignored       []string // keys that it left out
}

func simulate(t *testing.T, questions []question) []answer {
	t.Helper()
	all := make([]any, 0, len(questions))
	for _, q := range questions {
		all = append(all, q.theirs())
	}
	return simulateAll(t, all)
}

// simulateAll asks the other evaluator questions in its own form.
func simulateAll(t *testing.T, questions []any) []answer {
	t.Helper()
	if os.Getenv("SIMULATE_MODULES") == "" {
		t.Fatal("SIMULATE_MODULES is not set: run conformance/policy/run.sh, which installs the other evaluator")
	}
	var in bytes.Buffer
	e := json.NewEncoder(&in)
	for _, q := range questions {
		if err := e.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("node", "simulate.mjs")
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []answer
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	return answers
}

func handWritten(t *testing.T) []question {
	t.Helper()
	files, err := filepath.Glob("../../aws/policy/testdata/cases/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	var all []question
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []question
		if err := json.Unmarshal(data, &cases); err != nil {
			t.Fatal(err)
		}
		for _, q := range cases {
			q.Name = strings.TrimSuffix(filepath.Base(file), ".json") + ": " + q.Name
			if !slices.Contains(unasked, q.Name) {
				all = append(all, q)
			}
		}
	}
	return all
}

// unasked are the cases that would take the other evaluator minutes: it turns each
// pattern into a backtracking regular expression.
var unasked = []string{"patterns: many stars do not hang"}

func TestDecisionsAgree(t *testing.T) {
	questions := append(handWritten(t), generated(1500)...)
	for i := range questions {
		questions[i] = questions[i].complete()
	}
	used := map[string]int{}
	decisions := map[string]int{}
	agreed, ignored := 0, 0
	for i, a := range simulate(t, questions) {
		q := questions[i]
		ours := q.ours(t)
		decisions[ours]++
		if len(a.Ignored) > 0 {
			ignored++
			continue // it ignored keys, so it answered another question
		}
		if a.Result == ours {
			agreed++
			continue
		}
		if why := explain(q, ours, a); why != "" {
			used[why]++
			continue
		}
		text, _ := json.Marshal(q)
		t.Errorf("ours %s, theirs %s %s %v: %s", ours, a.Result, a.Error, a.Ignored, text)
	}
	t.Logf("%d questions, %d agreed, %d not asked in full; our decisions %v", len(questions), agreed, ignored, decisions)
	if ignored > len(questions)/10 {
		t.Errorf("the other evaluator left keys out of %d questions", ignored)
	}
	for why, n := range used {
		t.Logf("%d disagree: %s", n, why)
	}
	for _, e := range explanations {
		if used[e.why] == 0 {
			t.Errorf("there is no disagreement any more on: %s", e.why)
		}
	}
	for _, d := range []string{"Allowed", "ExplicitlyDenied", "ImplicitlyDenied"} {
		if decisions[d] < len(questions)/20 {
			t.Errorf("only %d of the questions are %s: that is too few", decisions[d], d)
		}
	}
}
