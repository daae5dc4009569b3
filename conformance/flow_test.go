//go:build conformance

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"claria/aws"
	"claria/provision"
)

// motoHas are the services for which moto answers; the others are the practice
// account's in both runs. Moto signs and enforces nothing.
var motoHas = []string{"S3", "S3_CONTROL", "IAM", "STS", "CLOUDTRAIL"}

// differences are the facts in which moto and AWS's documentation disagree, so
// that the practice account follows the documentation: the path in the
// normalised state, and why.
var differences = map[string]string{}

// TestFlowAgreesWithMoto sets an account up on the practice account and on moto
// with the same program, and compares what is there afterwards.
func TestFlowAgreesWithMoto(t *testing.T) {
	ours := sandbox(t)
	theirs := sandbox(t) // for the services that moto lacks, a practice account of its own
	endpoint := moto(t, "111122223333")
	for _, service := range motoHas {
		theirs["AWS_ENDPOINT_URL_"+service] = endpoint
	}
	settings := provision.Settings{System: "claria", Region: "us-east-1"}
	a, b := setUp(t, ours, settings), setUp(t, theirs, settings)
	flatA, flatB := flatten(t, a), flatten(t, b)
	compared := 0
	for _, path := range slices.Sorted(maps.Keys(merged(flatA, flatB))) {
		compared++
		if flatA[path] != flatB[path] && !explained(path) {
			t.Errorf("%s:\n  practice account %s\n  moto             %s", path, flatA[path], flatB[path])
		}
	}
	if compared < 100 {
		t.Errorf("only %d facts were compared", compared)
	}
	t.Logf("%d facts compared, %d explained differences", compared, len(differences))
}

func explained(path string) bool {
	for prefix := range differences {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// setUp runs observe → plan → apply → observe, and a second plan that must be empty.
func setUp(t *testing.T, environ map[string]string, settings provision.Settings) provision.State {
	t.Helper()
	ctx := t.Context()
	account, err := aws.Open(ctx, aws.Options{
		Region:    settings.Region,
		LookupEnv: func(name string) (string, bool) { v, ok := environ[name]; return v, ok },
	})
	if err != nil {
		t.Fatal(err)
	}
	observe := func() (provision.State, provision.Settings, provision.Plan) {
		state, err := provision.Observe(ctx, account, settings)
		if err != nil {
			t.Fatal(err)
		}
		in := settings.In(state.Account)
		return state, in, provision.MakePlan(state, provision.Desired(in), in)
	}
	_, _, plan := observe()
	if plan.Empty() || plan.Blocked != nil {
		t.Fatalf("plan: %d steps, blocked %v", len(plan.Steps), plan.Blocked)
	}
	keys := aws.NewMemoryKeyring()
	approval := provision.Approval{Keyring: keys, Prove: proveNothing(account)}
	for progress, err := range provision.Apply(ctx, account, plan, approval) {
		if err != nil {
			t.Fatalf("%s: %v", progress.Step.ID, err)
		}
	}
	state, _, second := observe()
	for _, step := range second.Steps {
		t.Errorf("a second plan still wants %s (before %s, after %s)", step.ID, step.Before, step.After)
	}
	return state
}

// flatten makes a state a map from path to value, without what must differ: times
// and ids. Policy documents are compared as JSON.
func flatten(t *testing.T, state provision.State) map[string]string {
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

// volatile are the last parts of paths whose values differ from run to run.
var volatile = []string{
	"at", "created", "last_used", "id", "UserID", "started", "latest_delivery", "completed", "grantee", "effectiveStart", "arn", "agreementArn",
}

func walk(flat map[string]string, path string, node any) {
	if at := strings.LastIndexByte(path, '.'); slices.Contains(volatile, path[at+1:]) {
		return
	}
	switch node := node.(type) {
	case map[string]any:
		for name, child := range node {
			walk(flat, strings.TrimPrefix(path+"."+name, "."), child)
		}
	case []any:
		for i, child := range named(node) {
			walk(flat, path+"["+i+"]", child)
		}
	case string:
		var document any
		if strings.HasPrefix(node, "{") && json.Unmarshal([]byte(node), &document) == nil {
			node = canonical(document)
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

func canonical(document any) string {
	data, _ := json.Marshal(document)
	return string(data)
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// proveNothing takes every new key for good: moto checks no signature, and the
// services that do not come from moto do not know moto's keys.
func proveNothing(account *aws.Account) func(context.Context, aws.Key) (*aws.Account, error) {
	return func(context.Context, aws.Key) (*aws.Account, error) { return account, nil }
}
