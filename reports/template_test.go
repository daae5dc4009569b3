package reports

import (
	"strings"
	"testing"
)

func TestBuiltInTemplatesParseAndNeverAskForADiagnosis(t *testing.T) {
	for _, template := range Templates() {
		if len(template.Sections) < 4 || template.Title == "" {
			t.Errorf("%s: %d sections, title %q", template.ID, len(template.Sections), template.Title)
		}
		required := 0
		for _, section := range template.Sections {
			if section.Required {
				required++
			}
		}
		if required == 0 {
			t.Errorf("%s requires no section", template.ID)
		}
	}
	if _, err := FindTemplate("letter"); err == nil || !strings.Contains(err.Error(), "psychological-evaluation, soap") {
		t.Errorf("an unknown template must name the known ones: %v", err)
	}
}

func TestTemplateErrorsNameTheLineAndTheFault(t *testing.T) {
	const front = "---\nid: note\ntitle: Note\n---\n"
	for name, c := range map[string]struct{ source, want string }{
		"no front matter":   {"# Note\n", `line 1: the template must begin with`},
		"no end":            {"---\nid: note\n", "the front matter has no end"},
		"no title":          {"---\nid: note\n---\n## A {#a}\nx", "has no title"},
		"bad id":            {"---\nid: My Note\ntitle: x\n---\n", `line 2: id "My Note"`},
		"unknown key":       {"---\nid: note\ntitle: x\nauthor: y\n---\n", `line 4: unknown key "author"`},
		"twice":             {"---\nid: note\nid: note\n---\n", "line 3: id is given twice"},
		"no sections":       {front + "words\n", "no sections"},
		"no section id":     {front + "## Plan {.required}\nx\n", `line 5: section "Plan" has no id`},
		"no attributes":     {front + "## Plan\nx\n", "line 5: a section must begin with a heading such as"},
		"unknown attribute": {front + "## Plan {#plan .optional}\nx\n", `unknown attribute ".optional"`},
		"same id":           {front + "## A {#a}\nx\n## B {#a}\ny\n", `line 7: section id "a" is used twice`},
		"no instruction":    {front + "## A {#a}\n\n## B {#b}\ny\n", `line 5: section "A" has no instruction`},
		"other level":       {front + "## A {#a}\nx\n### B\ny\n", "line 7: sections must begin with"},
	} {
		_, err := ParseTemplate("note.md", c.source)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "template note.md, line ") {
			t.Errorf("%s: got %v, want …%s…", name, err, c.want)
		}
	}
	got, err := ParseTemplate("note.md",
		strings.ReplaceAll(front+"For all.\n\n## First part {#first .required}\nSay\n\nthis.\n", "\n", "\r\n"))
	want := TemplateSection{ID: "first", Heading: "First part", Instruction: "Say\n\nthis.", Required: true}
	if err != nil || got.Guidance != "For all." || len(got.Sections) != 1 || got.Sections[0] != want {
		t.Errorf("got %+v, %v", got, err)
	}
}
