//go:build conformance

package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"claria/aws"
	"claria/provision"
	"claria/provision/state"
)

// TestOthersFindNothingUnexplained lets Prowler and cloudsplaining check the identities
// and policies that set-up creates. docs/permissions.md explains each finding, and an
// explanation that is no longer needed fails.
func TestOthersFindNothingUnexplained(t *testing.T) {
	settings := state.Settings{Account: "111122223333", System: "claria", Region: "us-east-1"}
	environ := sandbox(t)
	applyAll(t, environ, settings)
	data, err := os.ReadFile("../provision/permissions/testdata/explained.json")
	if err != nil {
		t.Fatal(err)
	}
	type explanation struct{ Tool, Check, On, Why string }
	var explained []explanation
	if err := json.Unmarshal(data, &explained); err != nil {
		t.Fatal(err)
	}
	used := map[explanation]bool{}
	judge := func(tool, check, on, detail string) {
		for _, e := range explained {
			if e.Tool == tool && e.Check == check && e.On == on {
				used[e] = true
				return
			}
		}
		t.Errorf("%s: %s on %s: %s", tool, check, on, detail)
	}
	checks := prowler(t, environ, func(check, resource, detail string) {
		if on, ours := ours(resource, settings); ours {
			judge("Prowler", check, on, detail)
		}
	})
	policies := cloudsplaining(t, settings, func(check, policy, detail string) { judge("cloudsplaining", check, policy, detail) })
	for _, e := range explained {
		if !used[e] {
			t.Errorf("%s no longer finds %s on %s (%s)", e.Tool, e.Check, e.On, e.Why)
		}
	}
	t.Logf("Prowler ran %d IAM checks, cloudsplaining read %d policies; %d explained findings", checks, policies, len(used))
	if checks < 30 || policies < 3 {
		t.Error("they checked too little")
	}
}

// ours is the name of a resource that set-up created.
func ours(resource string, settings state.Settings) (string, bool) {
	name := resource[strings.LastIndex(resource, "/")+1:]
	return name, strings.HasPrefix(name, settings.System+"-")
}

// applyAll sets the account up and keeps its root key, which the other tools use.
func applyAll(t *testing.T, environ map[string]string, settings state.Settings) {
	t.Helper()
	account, err := aws.Open(t.Context(), aws.Options{
		Region:    settings.Region,
		LookupEnv: func(name string) (string, bool) { v, ok := environ[name]; return v, ok },
	})
	if err != nil {
		t.Fatal(err)
	}
	state, err := provision.Observe(t.Context(), account, settings)
	if err != nil {
		t.Fatal(err)
	}
	approval := approve(account)
	for progress, err := range provision.Apply(t.Context(), account,
		provision.MakePlan(state, provision.Desired(settings), settings), approval) {
		if err != nil {
			t.Fatalf("%s: %v", progress.Step.ID, err)
		}
	}
}

// prowler runs every IAM check of Prowler and reports each failure. It returns how many
// checks ran.
func prowler(t *testing.T, environ map[string]string, fails func(check, resource, detail string)) int {
	t.Helper()
	dir := t.TempDir()
	run(t, environ, tool(t, "judges/bin/prowler"), "aws", "--services", "iam", "--region", environ["AWS_REGION"],
		"-M", "json-ocsf", "-o", dir, "-F", "out", "--no-banner", "--ignore-exit-code-3")
	data, err := os.ReadFile(filepath.Join(dir, "out.ocsf.json"))
	if err != nil {
		t.Fatal(err)
	}
	var findings []struct {
		Status   string `json:"status_code"`
		Detail   string `json:"status_detail"`
		Metadata struct {
			Check string `json:"event_code"`
		} `json:"metadata"`
		Resources []struct {
			UID string `json:"uid"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(data, &findings); err != nil {
		t.Fatal(err)
	}
	checks := map[string]bool{}
	for _, f := range findings {
		checks[f.Metadata.Check] = true
		if f.Status == "FAIL" {
			fails(f.Metadata.Check, f.Resources[0].UID, f.Detail)
		}
	}
	return len(checks)
}

// cloudsplaining reads each rendered policy and reports each finding.
func cloudsplaining(t *testing.T, settings state.Settings, finds func(check, policy, detail string)) int {
	t.Helper()
	dir := t.TempDir()
	policies, _ := provision.Desired(settings).Policies.Value()
	args := []string{"judges/policies.py"}
	for _, p := range policies {
		path := filepath.Join(dir, p.Name)
		if err := os.WriteFile(path, []byte(p.Document), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	// A policy with known findings proves that cloudsplaining works.
	wrong := filepath.Join(dir, "wrong")
	if err := os.WriteFile(wrong,
		[]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:CreatePolicyVersion","s3:GetObject"],"Resource":"*"}]}`),
		0o600); err != nil {
		t.Fatal(err)
	}
	var found map[string]map[string]json.RawMessage
	out := run(t, nil, tool(t, "judges/bin/python"), append(args, wrong)...)
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(found["wrong"]) < 2 {
		t.Errorf("cloudsplaining finds only %v in a policy that allows escalation and exfiltration", found["wrong"])
	}
	delete(found, "wrong")
	for policy, checks := range found {
		for check, detail := range checks {
			finds(check, policy, string(detail))
		}
	}
	return len(found)
}
