package reports

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed templates/*.md
var templateFiles embed.FS

// builtIn is the order in which the built-in templates are offered.
var builtIn = [...]string{"psychological-evaluation", "soap"}

// Template is what a report consists of.
type Template struct {
	ID       string // "psychological-evaluation", "soap"
	Title    string
	Guidance string // what holds for every section; may be empty
	Sections []TemplateSection
}

// TemplateSection is one section to be written.
type TemplateSection struct {
	ID          string // "observations"
	Heading     string
	Instruction string
	Required    bool
}

// Templates lists the built-in templates.
func Templates() []Template {
	list := make([]Template, 0, len(builtIn))
	for _, id := range builtIn {
		name := "templates/" + id + ".md"
		source, err := templateFiles.ReadFile(name)
		if err != nil {
			panic(err) // the file is part of the binary
		}
		template, err := ParseTemplate(name, string(source))
		if err != nil {
			panic(err) // a test parses every built-in template
		}
		list = append(list, template)
	}
	return list
}

// FindTemplate returns the template with this id. The error lists the ids there are.
func FindTemplate(id string) (Template, error) {
	var ids []string
	for _, t := range Templates() {
		if t.ID == id {
			return t, nil
		}
		ids = append(ids, t.ID)
	}
	return Template{}, fmt.Errorf("there is no template %q; there are %s", id, strings.Join(ids, ", "))
}

var (
	templateID = regexp.MustCompile(`^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$`)
	// heading is a second-level heading with attributes in braces, as pandoc writes them.
	heading = regexp.MustCompile(`^##[ \t]+(.*?)[ \t]*\{([^{}]*)\}[ \t]*$`)
)

// ParseTemplate reads a template: a front matter between two lines "---" with
// id and title, guidance for the whole report, and for each section a heading
// "## Heading {#id .required}" (".required" may be absent) followed by its
// instruction. An error names the file and the line.
func ParseTemplate(name, source string) (Template, error) {
	p := templateParser{name: name, lines: strings.Split(strings.ReplaceAll(source, "\r\n", "\n"), "\n")}
	if err := p.frontMatter(); err != nil {
		return Template{}, err
	}
	if err := p.sections(); err != nil {
		return Template{}, err
	}
	return p.template, nil
}

type templateParser struct {
	name     string
	lines    []string
	next     int // index of the next line
	template Template
}

func (p *templateParser) errorf(line int, format string, args ...any) error {
	return fmt.Errorf("template %s, line %d: %s", p.name, line+1, fmt.Sprintf(format, args...))
}

func (p *templateParser) frontMatter() error {
	if p.lines[0] != "---" {
		return p.errorf(0, `want a front matter, beginning with a line "---"`)
	}
	seen := map[string]bool{}
	for p.next = 1; p.next < len(p.lines) && p.lines[p.next] != "---"; p.next++ {
		line := p.lines[p.next]
		if strings.TrimSpace(line) == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case !ok || value == "":
			return p.errorf(p.next, `want "key: value"`)
		case seen[key]:
			return p.errorf(p.next, "%s is given twice", key)
		case key == "id" && !templateID.MatchString(value):
			return p.errorf(p.next, "id %q: want lower-case letters, digits and single hyphens", value)
		case key == "id":
			p.template.ID = value
		case key == "title":
			p.template.Title = value
		default:
			return p.errorf(p.next, "unknown key %q; there are id and title", key)
		}
		seen[key] = true
	}
	if p.next >= len(p.lines) {
		return p.errorf(len(p.lines)-1, `the front matter has no end; want a line "---"`)
	}
	for _, key := range []string{"id", "title"} {
		if !seen[key] {
			return p.errorf(p.next, "the front matter gives no %s", key)
		}
	}
	p.next++
	return nil
}

func (p *templateParser) sections() error {
	var err error
	if p.template.Guidance, err = p.text(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.next < len(p.lines) {
		at := p.next
		match := heading.FindStringSubmatch(p.lines[at])
		if match == nil || match[1] == "" {
			return p.errorf(at, `want a heading such as "## Background {#background .required}"`)
		}
		section := TemplateSection{Heading: match[1]}
		for attribute := range strings.FieldsSeq(match[2]) {
			switch {
			case attribute == ".required":
				section.Required = true
			case strings.HasPrefix(attribute, "#") && section.ID == "" && templateID.MatchString(attribute[1:]):
				section.ID = attribute[1:]
			default:
				return p.errorf(at, "section %q: unknown attribute %q; want one #id and perhaps .required", section.Heading, attribute)
			}
		}
		switch {
		case section.ID == "":
			return p.errorf(at, "section %q has no id; want {#id}", section.Heading)
		case seen[section.ID]:
			return p.errorf(at, "section id %q is used twice", section.ID)
		}
		seen[section.ID] = true
		p.next++
		if section.Instruction, err = p.text(); err != nil {
			return err
		}
		if section.Instruction == "" {
			return p.errorf(at, "section %q has no instruction", section.Heading)
		}
		p.template.Sections = append(p.template.Sections, section)
	}
	if len(p.template.Sections) == 0 {
		return p.errorf(len(p.lines)-1, "the template has no sections")
	}
	return nil
}

// text takes the lines up to the next section. A heading of another level would
// read as structure that the report does not have, so it is refused.
func (p *templateParser) text() (string, error) {
	from := p.next
	for ; p.next < len(p.lines); p.next++ {
		line := p.lines[p.next]
		if strings.HasPrefix(line, "## ") || line == "##" {
			break
		}
		if strings.HasPrefix(line, "#") {
			return "", p.errorf(p.next, `want sections to begin with "## "`)
		}
	}
	return strings.TrimSpace(strings.Join(p.lines[from:p.next], "\n")), nil
}
