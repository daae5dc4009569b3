package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"claria/internal/config"
	"claria/session/demo"
)

const (
	legacyModel = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
	opusModel   = "us.anthropic.claude-opus-5-5"
)

// drafts writes a claria.toml that names a model; empty: none, as an earlier version
// left it.
func (c clerk) drafts(t *testing.T, model string) {
	t.Helper()
	settings := config.Default()
	settings.Account, settings.Region, settings.Credentials = "111122223333", "us-east-1", "environment"
	if model != "" {
		settings.Models = []string{model}
	}
	if err := config.Save(filepath.Join(c.home, "claria.toml"), settings); err != nil {
		t.Fatal(err)
	}
}

// declared is the model that claria.toml names.
func (c clerk) declared(t *testing.T) string {
	t.Helper()
	settings, _, err := config.Load(filepath.Join(c.home, "claria.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(settings.Models, " ")
}

func TestModelsAreListedAndChanged(t *testing.T) {
	t.Parallel()
	c := newClerk(t)
	c.drafts(t, demo.Model)
	out, problem, code := c.runs(t, "models")
	for _, want := range []string{
		"* " + " " + demo.Model, legacyModel, "LEGACY until 2027-04-30", "1,000,000", "2.20/11.00", "us-east-1, us-east-2, us-west-2",
		"Data retention in us-east-1, where requests are made: none.", "table of 2026-11-30",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the list lacks %q:\n%s%s", want, out, problem)
		}
	}
	if code != 0 || strings.Contains(out, "global.") || strings.Contains(out, "eu.anthropic") {
		t.Errorf("exit %d, %s\n%s", code, problem, out)
	}
	out, _, _ = c.runs(t, "models", "--json")
	var all listedModels
	if err := json.Unmarshal([]byte(out), &all); err != nil || all.Retention != "none" || len(all.Models) < 8 {
		t.Errorf("%v:\n%s", err, out)
	}
	for _, m := range all.Models {
		if m.InUse != (m.Profile == demo.Model) || m.Preferred != m.InUse || m.Preferred && m.Status != "ACTIVE" {
			t.Errorf("%+v", m)
		}
	}
	for profile, says := range map[string]string{
		"anthropic.claude-opus-5-5":          "name its profile, " + opusModel,
		"global.anthropic.claude-sonnet-5-5": "any region of the world",
		"eu.anthropic.claude-sonnet-5-5":     "us-east-1 offers no profile",
		legacyModel:                          "AWS retires " + legacyModel + " (LEGACY, end of life 2027-04-30)",
	} {
		_, problem, code := c.runs(t, "models", "use", profile, "--yes")
		if code != 1 || !strings.Contains(problem, says) || c.declared(t) != demo.Model {
			t.Errorf("models use %s: exit %d, %s", profile, code, problem)
		}
	}
	if out, problem, code := c.runs(t, "models", "use", opusModel, "--plan"); code != 0 || !strings.Contains(out, demo.Model+" → "+opusModel) ||
		c.declared(t) != demo.Model {
		t.Errorf("the plan, exit %d, %s:\n%s", code, problem, out)
	}
	if out, problem, code := c.runs(t, "models", "use", opusModel, "--yes", "--mfa-code", c.code(t)); code != 0 || c.declared(t) != opusModel {
		t.Fatalf("exit %d, %s:\n%s", code, problem, out)
	}
	// The identities may call the new model now, and only it.
	written := filepath.Join(c.home, "draft.md")
	out, problem, code = c.runs(t, "draft", "Avery Quill", "--template", "soap", "--files", "session 2.txt", "-o", written)
	if code != 0 {
		t.Errorf("a draft with the new model: exit %d, %s%s", code, out, problem)
	}
	if text, err := os.ReadFile(written); err != nil || !strings.Contains(string(text), "[S") {
		t.Errorf("the draft, %v:\n%s", err, text)
	}
	if f := c.finding(t, "BDR-04"); f != "pass" {
		t.Errorf("BDR-04 is %s", f)
	}
}

// finding is the status of a control in the core set, and why.
func (c clerk) finding(t *testing.T, id string) string {
	t.Helper()
	out, problem, _ := c.runs(t, "check", "--format", "json")
	var report struct {
		Controls []struct{ ID, Status, Reason, Severity string }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v\n%s%s", err, out, problem)
	}
	for _, f := range report.Controls {
		if f.ID == id {
			return strings.TrimSuffix(f.Status+": "+f.Severity+": "+f.Reason, ": "+f.Severity+": ")
		}
	}
	return "not judged"
}

// A configuration of an earlier version names no model and means a LEGACY one: that fails
// in core, and one plan changes to the successor, which only applying writes down.
func TestALegacyModelIsReplaced(t *testing.T) {
	t.Parallel()
	for name, named := range map[string]string{"named": legacyModel, "not named": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClerk(t)
			c.drafts(t, named)
			if f := c.finding(t, "BDR-06"); !strings.HasPrefix(f, "fail: high: ") || !strings.Contains(f, "end of life 2027-04-30") {
				t.Errorf("BDR-06 is %s", f)
			}
			if out, problem, _ := c.runs(t, "setup", "--plan"); !strings.Contains(out, legacyModel+" → "+demo.Model) || c.declared(t) != named {
				t.Errorf("the plan, %s:\n%s", problem, out)
			}
			if out, problem, code := c.runs(t, "setup", "--apply", "--yes", "--mfa-code", c.code(t)); code != 0 || c.declared(t) != demo.Model {
				t.Fatalf("exit %d, %s:\n%s", code, problem, out)
			}
			if f := c.finding(t, "BDR-06"); f != "pass" {
				t.Errorf("BDR-06 is %s", f)
			}
		})
	}
}

// Set-up is advised only where it can help: where the right is missing.
func TestUnreadModelsAdviseSetUpOnlyForAMissingRight(t *testing.T) {
	t.Parallel()
	for fault, advised := range map[string]bool{
		"deny=bedrock:ListFoundationModels": true,
		"error=bedrock:ListFoundationModels,status=403,code=AccessDeniedException," +
			"message=not authorized, with an explicit deny in a service control policy": false,
		"error=bedrock:ListFoundationModels,status=403,code=ExpiredTokenException,message=The security token is expired": false,
	} {
		c := newClerk(t)
		if err := c.account.Sandbox.Inject(fault); err != nil {
			t.Fatal(err)
		}
		_, problem, code := c.runs(t, "models")
		if code != 1 || !strings.Contains(problem, "could not be read") || strings.Contains(problem, "setup --apply") != advised {
			t.Errorf("%s: exit %d: %s", fault, code, problem)
		}
	}
}
