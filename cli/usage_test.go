package cli

import (
	"regexp"
	"strings"
	"testing"

	"claria/drift/catalogue"
)

// verbs matches the commands in a guide: "claria register vendors".
var verbs = regexp.MustCompile(`\bclaria ((?:[a-z]+ ?)+)`)

// A guide names only commands that exist.
func TestGuidesNameVerbsThatThereAre(t *testing.T) {
	t.Parallel()
	controls, err := catalogue.Controls(catalogue.Strict)
	if err != nil {
		t.Fatal(err)
	}
	e := &env{}
	root, seen := e.rootCommand(), 0
	for _, c := range controls {
		for _, match := range verbs.FindAllStringSubmatch(c.Guide, -1) {
			words := strings.Fields(match[1])
			found, _, err := root.Find(words[:1])
			if err != nil || !found.HasParent() {
				t.Errorf("%s: there is no verb claria %s: %v", c.ID, words[0], err)
				continue
			}
			if found.HasSubCommands() && len(words) > 1 {
				if sub, _, err := found.Find(words[1:2]); err != nil || sub == found {
					t.Errorf("%s: claria %s has no %s", c.ID, words[0], words[1])
				}
			}
			seen++
		}
	}
	if seen < 40 {
		t.Errorf("only %d verbs were found in the guides", seen)
	}
}

func TestWhatIsWrongWithACallIsSaidInWords(t *testing.T) {
	t.Parallel()
	d := newShop("demo")
	for args, says := range map[string]string{
		"register vendro":      "claria register has no command vendro; it has: actions, decisions, drills, history",
		"register vendors lst": "claria register vendors has no command lst; it has: add, list, set",
		"evidence verfy":       "claria evidence has no command verfy; it has: ",
		"keys retire":          "usage: claria keys retire ID (claria keys retire -h explains)",
		"attest ADM-10 ADM-12": "usage: claria attest [ID] (claria attest -h explains)",
		"attest ADM-1":         `there is no control "ADM-1"`,
		"attest ADM-01":        "ADM-01 is not signed with this command. Run claria risk",
		"attest CT-03":         "CT-03 has no statement to sign",
		"waive CT-03":          "use --owner, --reason, --compensating, --until",
		"waive TRN-06 --owner A --reason B --compensating C --until 31.12.2030": "needs its last day, written as 20",
	} {
		_, stderr, code := d.says(t, "", strings.Fields(args)...)
		if code == 0 || !strings.Contains(stderr, says) {
			t.Errorf("claria %s: exit %d, %q; want %q", args, code, stderr, says)
		}
	}
	stdout, _, code := d.says(t, "", "register")
	if code != 0 || !strings.Contains(stdout, "vendors") {
		t.Errorf("a group without a command: %d, %q", code, stdout)
	}
	stdout, _, code = d.says(t, "", "waive")
	if code != 0 || !strings.Contains(stdout, "No risk is accepted.") {
		t.Errorf("nothing waived: %d, %q", code, stdout)
	}
}
