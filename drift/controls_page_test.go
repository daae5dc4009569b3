package drift

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"claria/drift/catalogue"
	"claria/drift/register"
)

var update = flag.Bool("update", false, "write docs/controls.md")

// docs/controls.md is the catalogue.
func TestControlsDocument(t *testing.T) {
	t.Parallel()
	const path = "../docs/controls.md"
	want := controlsMarkdown()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != want {
		t.Errorf("%s is out of date (%v): go test ./drift -run ControlsDocument -update", path, err)
	}
}

// controlsMarkdown returns docs/controls.md: the catalogue and the matrix, for a person
// who decides whether to trust a check, with what it cannot see.
func controlsMarkdown() string {
	controls, _ := catalogue.Controls(catalogue.Strict)
	d := &page{}
	d.line("# The controls\n")
	d.line("Generated from the package `drift/catalogue`. `claria check` judges the core set by default;")
	d.line("`--controls strict` judges all of them, and `--controls nprm` adds to core, as advice, what the Security Rule proposed in January 2025 would require.")
	d.line("Citations refer to 45 CFR part 164 unless they say otherwise. A control whose read was refused or failed is unknown, never passed.\n")
	counts := map[catalogue.Severity]int{}
	inCore, byCode := 0, 0
	for _, c := range controls {
		counts[c.Severity]++
		if c.In(catalogue.Core) {
			inCore++
		}
		if judgedByCode(c) {
			byCode++
		}
	}
	d.line("%d controls, %d of them core: %d critical, %d high, %d medium, %d low, %d for information. A call, a probe or a check of the machine verifies %d; a person signs or records the rest.",
		len(controls), inCore, counts[catalogue.Critical], counts[catalogue.High], counts[catalogue.Medium], counts[catalogue.Low], counts[catalogue.Info], byCode)
	family := ""
	for _, c := range controls {
		if c.Family != family {
			family = c.Family
			d.line("\n## %s\n", family)
			d.line("| id | control | severity | sets | established by | citations | AWS Config rules | Prowler checks | how to fix it |\n|---|---|---|---|---|---|---|---|---|")
		}
		d.row(c.ID, "**"+c.Title+".** "+c.Meaning, string(c.Severity), strings.Join(setNames(c), ", "), inWords(c.EstablishedBy()), brief(c.Citations), strings.Join(c.ConfigRules, "<br>"),
			strings.Join(c.Prowler, "<br>"), remedyWords(c.Remedy)+": "+c.Guide)
	}
	d.statements(controls)
	d.promise()
	d.matrix()
	d.unverified(controls)
	return d.String()
}

type page struct{ strings.Builder }

func (d *page) line(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

func (d *page) row(cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", "\\|")
	}
	d.line("%s", "| "+strings.Join(cells, " | ")+" |")
}

// statements writes the texts to sign, word for word.
func (d *page) statements(controls []catalogue.Control) {
	d.line("\n# What a person signs\n\n| control | version | holds | text |\n|---|---|---|---|")
	for _, c := range controls {
		if c.Statement == nil {
			continue
		}
		holds := "until the text changes"
		if c.Statement.Days > 0 {
			holds = count(c.Statement.Days, "day")
		}
		d.row(c.ID, fmt.Sprint(c.Statement.Version), holds, c.Statement.Text)
	}
}

func (d *page) promise() {
	d.line("\n# What the program promises\n\n| requirement | citation | what it says | controls |\n|---|---|---|---|")
	for _, p := range Promise() {
		d.row(p.Requirement, brief([]string{p.Citation}), p.Says, strings.Join(p.Controls, " "))
	}
	d.line("\n| AWS Config rule of the HIPAA conformance pack | controls |\n|---|---|")
	for _, r := range PromisedRules() {
		d.row(r.Rule, strings.Join(r.Controls, " "))
	}
}

func (d *page) matrix() {
	d.line("\n# The matrix\n\nR means required. A means addressable: implement it, or record why not and what you do instead (164.306(d)(3)). `claria matrix` fills the matrix in from the latest check.")
	part := ""
	for _, r := range Matrix(Report{}, register.Register{}) {
		if r.Part != part {
			part = r.Part
			d.line("\n## %s\n\n| citation | requirement | R/A | established | controls |\n|---|---|---|---|---|", part)
		}
		var ids []string
		for _, c := range r.Controls {
			ids = append(ids, c.ID)
		}
		classes := inWords(r.Classes)
		if i := slices.IndexFunc(catalogue.Requirements(), func(q catalogue.Requirement) bool { return q.Citation == r.Citation }); catalogue.Requirements()[i].Note != "" {
			classes += " (" + catalogue.Requirements()[i].Note + ")"
		}
		d.row(brief([]string{r.Citation}), r.Title, r.Kind, classes, strings.Join(ids, " "))
	}
}

// unverified lists what no call shows, and why.
func (d *page) unverified(controls []catalogue.Control) {
	d.line("\n# What is not verified by a call to the account, and why\n\n| control | established by | why no call can show it |\n|---|---|---|")
	for _, c := range controls {
		if !slices.Contains(c.EstablishedBy(), catalogue.ByCall) {
			d.row(c.ID+" "+c.Title, inWords(c.EstablishedBy()), noCall(c))
		}
	}
	d.line("\nA draft sends the model only files that are attached to the client. The program itself ensures this, and its tests check it; no call to an account could show it.")
}

func inWords[T ~string](all []T) string {
	texts := make([]string, len(all))
	for i, one := range all {
		switch catalogue.Method(one) {
		case catalogue.ByCall:
			texts[i] = "call"
		case catalogue.ByProbe:
			texts[i] = "probe"
		case catalogue.ByMachine:
			texts[i] = "this machine"
		case catalogue.ByStatement:
			texts[i] = "signature"
		case catalogue.ByRegister:
			texts[i] = "register"
		default:
			texts[i] = string(one)
		}
	}
	return strings.Join(texts, ", ")
}

// brief is the citations without the part's number, which all share.
func brief(citations []string) string {
	texts := make([]string, len(citations))
	for i, c := range citations {
		texts[i] = strings.TrimPrefix(c, "164.")
	}
	return strings.Join(texts, "; ")
}

// noCall says why a control is not verified by a call.
func noCall(c catalogue.Control) string {
	has := func(m catalogue.Method) bool { return slices.Contains(c.EstablishedBy(), m) }
	switch {
	case has(catalogue.ByProbe):
		return "a setting would show too little, so a probe tries it"
	case has(catalogue.ByMachine):
		return "it is about this computer, which AWS cannot see; Claria checks it locally"
	case has(catalogue.ByRegister) && has(catalogue.ByStatement):
		return "it happens outside the account: the register's entries are counted, and a person signs that they are complete"
	case has(catalogue.ByRegister):
		return "it happens outside the account: the register's entries are counted"
	}
	return "it happens outside the account, on paper, in rooms or between people: a person signs a statement"
}

func judgedByCode(c catalogue.Control) bool {
	return slices.ContainsFunc(c.EstablishedBy(), func(m catalogue.Method) bool {
		return m == catalogue.ByCall || m == catalogue.ByProbe || m == catalogue.ByMachine
	})
}

func setNames(c catalogue.Control) []string {
	if len(c.Sets) == 0 {
		return []string{catalogue.Strict}
	}
	return c.Sets
}

func remedyWords(r catalogue.Remedy) string {
	switch r {
	case catalogue.Automatic:
		return "by set-up"
	case catalogue.Attest:
		return "by a signature"
	case catalogue.NoRemedy:
		return "not by the program"
	}
	return "by hand"
}
