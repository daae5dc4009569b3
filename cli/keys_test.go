package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"claria/drift/ledger"
)

// keys lists the identities' keys: identity → ids, this computer's last.
func (c clerk) keys(t *testing.T) map[string][]string {
	t.Helper()
	out, problem, code := c.runs(t, "keys", "list", "--json")
	var listed []listedKey
	if err := json.Unmarshal([]byte(out), &listed); err != nil || code != 0 {
		t.Fatalf("keys list: exit %d, %v, %s", code, err, problem)
	}
	all := map[string][]string{}
	for _, k := range listed {
		if k.Here {
			all[k.Identity] = append(all[k.Identity], k.ID)
		} else {
			all[k.Identity] = append([]string{k.ID}, all[k.Identity]...)
		}
	}
	return all
}

// A rotation of both identities' keys checks the limit of both before it changes one. A
// change of keys is in the ledger, and does not run next to another change.
func TestKeysAreChangedAsAPlanIs(t *testing.T) {
	t.Parallel()
	o := newClerk(t)
	does := func(args ...string) string {
		t.Helper()
		out, problem, code := o.runs(t, append(args, "--mfa-code", o.code(t))...)
		if code != 0 {
			t.Fatalf("%v: exit %d, %s", args, code, problem)
		}
		return out
	}
	does("setup", "--apply", "--yes")
	does("keys", "issue", "auditor")
	before := o.keys(t)
	if len(before["claria-admin"]) != 2 || len(before["claria-auditor"]) != 2 {
		t.Fatalf("keys %v", before)
	}
	does("keys", "retire", before["claria-admin"][0], "--yes")
	_, problem, code := o.runs(t, "keys", "rotate", "--mfa-code", o.code(t))
	if code != 1 || !strings.Contains(problem, "nothing was changed: claria-auditor already has two access keys") {
		t.Errorf("at the auditor's limit: exit %d, %s", code, problem)
	}
	if now := o.keys(t)["claria-admin"]; len(now) != 1 || now[0] != before["claria-admin"][1] {
		t.Errorf("claria-admin's key was changed before the auditor's limit was checked: %v", now)
	}
	does("keys", "retire", before["claria-auditor"][0], "--yes")

	release, err := ledger.Acquire(filepath.Join(o.home, "state"), "change")
	if err != nil {
		t.Fatal(err)
	}
	if _, problem, code := o.runs(t, "keys", "rotate", "--mfa-code", o.code(t)); code != 1 ||
		!strings.Contains(problem, "nothing was changed: another change is running") {
		t.Errorf("next to another change: exit %d, %s", code, problem)
	}
	release()
	if out := does("keys", "rotate"); strings.Count(out, "new key AKIA") != 2 {
		t.Errorf("the rotation says %s", out)
	}
	out, _, _ := o.runs(t, "evidence", "list")
	for _, line := range []string{
		"An access key of claria-auditor was issued.", "An access key of claria-admin was deleted.",
		"Access keys were rotated: claria-admin, claria-auditor.",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("the ledger does not say %q:\n%s", line, out)
		}
	}
}
