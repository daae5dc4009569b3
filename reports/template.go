package reports

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed templates/*.md
var templateFiles embed.FS

// builtIn is the order of the built-in templates.
var builtIn = [...]string{"psychological-evaluation", "soap"}

// Template is the structure of a report.
type Template struct {
	ID       string // "psychological-evaluation", "soap"
	Title    string
	Guidance string // guidance for every section; may be empty
	Sections []TemplateSection
}

// TemplateSection is one section to write.
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
			panic(err) // cannot happen: the file is part of the binary
		}
		template, err := ParseTemplate(name, string(source))
		if err != nil {
			panic(err) // cannot happen: a test parses every built-in template
		}
		list = append(list, template)
	}
	return list
}

// FindTemplate returns the template with this id. Its error lists the known ids.
func FindTemplate(id string) (Template, error) {
	var ids []string
	for _, t := range Templates() {
		if t.ID == id {
			return t, nil
		}
		ids = append(ids, t.ID)
	}
	return Template{}, fmt.Errorf("there is no template %q; use one of %s", id, strings.Join(ids, ", "))
}

var (
	templateID = regexp.MustCompile(`^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$`)
	// heading is a second-level heading with attributes in braces, as pandoc writes them.
	heading = regexp.MustCompile(`^##[ \t]+(.*?)[ \t]*\{([^{}]*)\}[ \t]*$`)
)

// ParseTemplate reads a template: a front matter between two lines "---" with id and
// title, guidance for the whole report, and for each section a heading "## Heading
// {#id .required}" (".required" is optional) followed by its instruction. Errors name
// the file and the line.
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
		return p.errorf(0, `the template must begin with a line "---" and a front matter`)
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
			return p.errorf(p.next, `each line of the front matter must be "key: value"`)
		case seen[key]:
			return p.errorf(p.next, "%s is given twice", key)
		case key == "id" && !templateID.MatchString(value):
			return p.errorf(p.next, "id %q: use lower-case letters, digits and single hyphens", value)
		case key == "id":
			p.template.ID = value
		case key == "title":
			p.template.Title = value
		default:
			return p.errorf(p.next, "unknown key %q; use id or title", key)
		}
		seen[key] = true
	}
	if p.next >= len(p.lines) {
		return p.errorf(len(p.lines)-1, `the front matter has no end; add a line "---"`)
	}
	for _, key := range []string{"id", "title"} {
		if !seen[key] {
			return p.errorf(p.next, "the front matter has no %s", key)
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
			return p.errorf(at, `a section must begin with a heading such as "## Background {#background .required}"`)
		}
		section := TemplateSection{Heading: match[1]}
		for attribute := range strings.FieldsSeq(match[2]) {
			switch {
			case attribute == ".required":
				section.Required = true
			case strings.HasPrefix(attribute, "#") && section.ID == "" && templateID.MatchString(attribute[1:]):
				section.ID = attribute[1:]
			default:
				return p.errorf(at, "section %q: unknown attribute %q; use one #id, and .required if the section is", section.Heading, attribute)
			}
		}
		switch {
		case section.ID == "":
			return p.errorf(at, "section %q has no id; add {#id}", section.Heading)
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

// text reads the lines up to the next section. It refuses a heading of another level,
// because a report has no such structure.
func (p *templateParser) text() (string, error) {
	from := p.next
	for ; p.next < len(p.lines); p.next++ {
		line := p.lines[p.next]
		if strings.HasPrefix(line, "## ") || line == "##" {
			break
		}
		if strings.HasPrefix(line, "#") {
			return "", p.errorf(p.next, `sections must begin with "## "`)
		}
	}
	return strings.TrimSpace(strings.Join(p.lines[from:p.next], "\n")), nil
}
