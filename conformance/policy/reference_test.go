//go:build conformance

package policy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"claria/provision"
	"claria/provision/permissions"
	"claria/provision/state"
)

// An action is one row of the Service Authorization Reference.
type action struct {
	Name  string
	Types []resourceType // empty: the action takes no resource
	Keys  []string       // condition keys of the action
}

type resourceType struct {
	Name, ARN string
	Keys      []string
}

// Every statement that Claria writes is one that AWS's reference knows: each action exists,
// each resource is of a type that one of the actions takes and each action takes one of the
// resources, and each condition key is one that AWS evaluates for the action.
func TestPoliciesAgainstTheReference(t *testing.T) {
	policies := rendered()
	var wanted []string
	for _, document := range policies {
		for _, s := range document.Statement {
			wanted = append(wanted, s.Action...)
		}
	}
	slices.Sort(wanted)
	wanted = slices.DeleteFunc(slices.Compact(wanted), func(name string) bool { return name == "*" })
	global, known := referenceOf(t, wanted)
	statements := 0
	for name, document := range policies {
		for _, s := range document.Statement {
			statements++
			for _, wrong := range faults(s, global, known) {
				t.Errorf("%s, %s: %s", name, s.Sid, wrong)
			}
		}
	}
	t.Logf("%d policies, %d statements, %d actions", len(policies), statements, len(wanted))
	if statements < 100 {
		t.Error("too few statements: the policies were not rendered")
	}
}

// The check finds each kind of fault, so that its silence means something.
func TestReferenceFindsFaults(t *testing.T) {
	global, known := referenceOf(t, []string{"guardduty:ListFindings", "s3:GetObject", "s3:GetBucket", "s3:ListBucket"})
	for _, c := range []struct {
		wrong string
		s     permissions.Statement
	}{
		{"no such action", permissions.Statement{Action: []string{"s3:GetBucket"}, Resource: []string{"*"}}},
		{"takes no resource", permissions.Statement{
			Action: []string{"guardduty:ListFindings"}, Resource: []string{"arn:aws:guardduty:us-east-1:111122223333:detector/*"},
		}},
		{"none of its resources", permissions.Statement{Action: []string{"s3:GetObject"}, Resource: []string{"arn:aws:s3:::records"}}},
		{"fits none of its actions", permissions.Statement{
			Action: []string{"s3:GetObject"}, Resource: []string{"arn:aws:s3:::records", "arn:aws:s3:::records/*"},
		}},
		{"does not evaluate", permissions.Statement{
			Action: []string{"s3:GetObject"}, Resource: []string{"arn:aws:s3:::records/*"},
			Condition: permissions.Conditions{"StringEquals": {"s3:prefix": {"x"}}},
		}},
		{"", permissions.Statement{
			Action: []string{"s3:ListBucket"}, Resource: []string{"arn:aws:s3:::records"},
			Condition: permissions.Conditions{"StringEquals": {"s3:prefix": {"x"}, "aws:ResourceAccount": {"111122223333"}}},
		}},
	} {
		got := strings.Join(faults(c.s, global, known), "; ")
		if c.wrong == "" && got != "" || !strings.Contains(got, c.wrong) {
			t.Errorf("%v on %v: %q, want %q", c.s.Action, c.s.Resource, got, c.wrong)
		}
	}
}

// rendered are the policies of a fully declared practice in both profiles.
func rendered() map[string]permissions.Document {
	all := map[string]permissions.Document{}
	add := func(name, text string) {
		var document permissions.Document
		if err := json.Unmarshal([]byte(text), &document); err != nil {
			panic(name + ": " + err.Error())
		}
		all[name] = document
	}
	for profile, s := range map[string]state.Settings{
		"core":   {Account: account, System: "claria", Region: "us-west-2", Alerts: "office@example.com", Budget: 50},
		"strict": {Account: account, System: "claria", Region: "us-west-2", Alerts: "office@example.com", Budget: 50, Strict: true},
		"left":   {Account: account, System: "claria", Region: "us-west-2", KeyKept: true},
	} {
		for _, name := range permissions.PolicyNames() {
			add(profile+": "+name, permissions.PolicyDocument(s, name))
		}
		desired := provision.Desired(s)
		for name, r := range map[string]state.Reading[string]{
			"records": desired.DataBucket.Policy, "audit": desired.AuditBucket.Policy, "key": desired.Inventory.KeyPolicy,
		} {
			if text, ok := r.Value(); ok {
				add(profile+": policy of "+name, text)
			}
		}
		for _, a := range desired.Monitoring.Alerting {
			if topic, ok := a.Topic.Value(); ok {
				add(profile+": topic in "+a.Region, topic.Policy)
			}
		}
		add(profile+": trust of the role", permissions.ProvisionerTrust(s))
	}
	return all
}

// referenceOf asks for the rows of actions, by the name or pattern that a policy has.
func referenceOf(t *testing.T, actions []string) (global []string, known map[string][]action) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "reference.mjs")
	cmd.Stdin, cmd.Stderr = strings.NewReader(strings.Join(actions, "\n")+"\n"), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the reference: %v", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 16<<20)
	next := func(into any) {
		if !lines.Scan() {
			t.Fatal("the reference answered too few lines")
		}
		if err := json.Unmarshal(lines.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	next(&global)
	known = map[string][]action{}
	for _, name := range actions {
		var rows []action
		next(&rows)
		known[name] = rows
	}
	return global, known
}

// faults are what AWS would not understand, or would never match, in a statement.
func faults(s permissions.Statement, global []string, known map[string][]action) []string {
	var wrong []string
	fits := map[string]bool{}
	for _, name := range s.Action {
		if name == "*" { // every action of every service
			for _, resource := range s.Resource {
				fits[resource] = true
			}
			wrong = append(wrong, keyFaults(s, name, nil, nil, global)...)
			continue
		}
		rows := known[name]
		if len(rows) == 0 {
			wrong = append(wrong, name+": no such action")
			continue
		}
		reaches, takes := len(s.Resource) == 0, false
		var keys []string
		var types []resourceType
		for _, row := range rows {
			keys = append(keys, row.Keys...)
			takes = takes || len(row.Types) > 0
			for _, resource := range s.Resource {
				if resource == "*" {
					reaches, fits[resource] = true, true
					types = append(types, row.Types...)
				}
				for _, kind := range row.Types {
					if overlap(resource, kind.ARN) {
						reaches, fits[resource] = true, true
						types = append(types, kind)
					}
				}
			}
		}
		switch {
		case !reaches && !takes:
			wrong = append(wrong, name+" takes no resource, so only * fits")
		case !reaches:
			wrong = append(wrong, fmt.Sprintf("%s takes none of its resources %v", name, s.Resource))
		}
		if len(s.NotResource) > 0 || len(s.Resource) == 0 {
			for _, row := range rows {
				types = append(types, row.Types...)
			}
		}
		wrong = append(wrong, keyFaults(s, name, keys, types, global)...)
	}
	for _, resource := range s.Resource {
		if !fits[resource] {
			wrong = append(wrong, resource+" fits none of its actions")
		}
	}
	return wrong
}

// perResource are global in name, but AWS evaluates them only where the reference lists them.
var perResource = regexp.MustCompile(`(?i)^aws:(ResourceTag/|RequestTag/|TagKeys$)`)

func keyFaults(s permissions.Statement, name string, keys []string, types []resourceType, global []string) []string {
	for _, kind := range types {
		keys = append(keys, kind.Keys...)
	}
	var wrong []string
	for _, names := range s.Condition {
		for key := range names {
			same := func(have string) bool { return sameKey(have, key) }
			if slices.ContainsFunc(keys, same) || !perResource.MatchString(key) && slices.ContainsFunc(global, same) {
				continue
			}
			wrong = append(wrong, "AWS does not evaluate "+key+" for "+name)
		}
	}
	return wrong
}

// sameKey compares a key of the reference, such as aws:ResourceTag/${TagKey}, with one in use.
func sameKey(have, key string) bool {
	if i := strings.Index(have, "${"); i >= 0 {
		return len(key) > i && strings.EqualFold(have[:i], key[:i])
	}
	return strings.EqualFold(have, key)
}

var variable = regexp.MustCompile(`\$\{[^}]*\}`)

// overlap reports whether a resource of a policy, with wildcards, can be of a type, whose ARN
// has variables. A variable may hold a slash, except a bucket's name.
func overlap(resource, arn string) bool {
	kind := variable.ReplaceAllStringFunc(arn, func(v string) string {
		if strings.Contains(v, "Bucket") {
			return "\x01"
		}
		return "\x02"
	})
	seen := map[[2]int]bool{}
	var meet func(i, j int) bool
	meet = func(i, j int) bool {
		at := [2]int{i, j}
		if done, ok := seen[at]; ok {
			return done
		}
		seen[at] = false
		if i == len(resource) && j == len(kind) {
			return true
		}
		found := false
		switch {
		case i < len(resource) && resource[i] == '*':
			found = meet(i+1, j) || j < len(kind) && meet(i, j+1)
		case j < len(kind) && kind[j] < '\x03':
			found = meet(i, j+1) || i < len(resource) && (kind[j] == '\x02' || resource[i] != '/') && meet(i+1, j)
		case i < len(resource) && j < len(kind):
			found = (resource[i] == kind[j] || resource[i] == '?') && meet(i+1, j+1)
		}
		seen[at] = found
		return found
	}
	return meet(0, 0)
}
