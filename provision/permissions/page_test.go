package permissions

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/permissions.md")

// docs/permissions.md is the table.
func TestPermissionsDocument(t *testing.T) {
	const path = "../../docs/permissions.md"
	want := permissionsMarkdown(t)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != want {
		t.Errorf("%s is out of date (%v): go test ./provision/permissions -run PermissionsDocument -update", path, err)
	}
}

// permissionsMarkdown is docs/permissions.md: the table, for a person who decides
// whether to trust the program with an account.
func permissionsMarkdown(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("# What Claria may do in your account\n\n" +
		"This page is generated from the table in `provision/permissions`. Claria renders its IAM policies from the same table.\n" +
		"`{…}` stands for a name in your account. `claria-auditor` is attached to all three identities.\n" +
		"Rows on `{key}`, `{key-alias}`, `{strict}` and `{strict-trail}` apply only in the strict profile. Rows on `{key-kept}`\n" +
		"stay after you turn the profile off, because records stay encrypted with the key that they were stored with.\n")
	for _, policy := range PolicyNames() {
		fmt.Fprintf(&b, "\n## `%s`\n\n| statement | used by | actions | on | only when |\n|---|---|---|---|---|\n", policy)
		for _, p := range Permissions() {
			if p.Policy != policy {
				continue
			}
			name := p.Sid
			if p.Deny {
				name += " (deny)"
			}
			on := strings.Join(p.On, "<br>")
			if p.Why != "" {
				on += " (" + p.Why + ")"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, p.Room, strings.Join(p.Actions, "<br>"), on, inWords(p.When))
		}
	}
	b.WriteString("\n## What other tools find, and why it stays\n\n" +
		"`make conformance` runs Prowler's IAM checks and cloudsplaining on the identities and policies.\n" +
		"This table has each of their findings.\n\n" +
		"| tool | check | on | why it stays |\n|---|---|---|---|\n")
	for _, e := range explained(t) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", e.Tool, e.Check, e.On, e.Why)
	}
	return b.String()
}

// explanation is why another tool's finding about what set-up creates stays. The
// conformance suite checks that every finding has one, and every one a finding.
type explanation struct{ Tool, Check, On, Why string }

func explained(t *testing.T) []explanation {
	t.Helper()
	data, err := os.ReadFile("testdata/explained.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []explanation
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// inWords is the Conditions in words: "aws:RequestedRegion StringEquals {region}".
func inWords(c Conditions) string {
	var parts []string
	for operator, keys := range c {
		for key, values := range keys {
			parts = append(parts, key+" "+operator+" "+strings.Join(values, ", "))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "<br>")
}
