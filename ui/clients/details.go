package clients

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/safe"
	"claria/ui/kit"
)

// consentWords are the purposes of a consent in words.
var consentWords = []struct{ purpose, word string }{
	{clients.ForDrafting, "AI-assisted drafting"},
	{clients.ForRecording, "recording"},
	{clients.ForTexting, "texting"},
	{clients.ForEmail, "e-mail"},
}

// askEdit offers what can be changed of a client.
func (p *Pane) askEdit(c clients.Client) tea.Cmd {
	type row struct {
		choice kit.Choice
		do     func() tea.Cmd
	}
	rows := []row{{kit.Choice{Name: "Details", Note: "legal name, birth date, pronouns, people, numbers"}, func() tea.Cmd { return p.askDetails(c) }}}
	for _, consent := range consentWords {
		note := "not given"
		if given, ok := lastConsent(c, consent.purpose); ok {
			note = "given " + safe.Line(given.Date)
			if given.Withdrawn != "" {
				note += ", withdrawn " + safe.Line(given.Withdrawn)
			}
		}
		rows = append(rows, row{kit.Choice{Name: "Consent: " + consent.word, Note: note}, func() tea.Cmd { return p.askConsent(c, consent.purpose, consent.word) }})
	}
	archive := row{kit.Choice{Name: "Archive", Note: "hide the client from the list; everything stays"}, func() tea.Cmd { return p.archive(c, true) }}
	if c.Archived {
		archive = row{kit.Choice{Name: "Bring back", Note: "from the archive to the list"}, func() tea.Cmd { return p.archive(c, false) }}
	}
	rows = append(rows, archive)
	chooser := &kit.Chooser{Title: kit.Named(c.Name), Intro: "What do you want to change?", Verb: "open", Do: func(i int) tea.Cmd { return rows[i].do() }}
	for _, r := range rows {
		chooser.Rows = append(chooser.Rows, r.choice)
	}
	return kit.Open(chooser)
}

// lastConsent is the latest consent to a purpose.
func lastConsent(c clients.Client, purpose string) (last clients.Consent, ok bool) {
	for _, consent := range c.Consents {
		if consent.Purpose == purpose && (!ok || consent.Date >= last.Date) {
			last, ok = consent, true
		}
	}
	return last, ok
}

// optional is a field that can stay empty; value is already typed in it.
func optional(label, value, hint string) kit.FormField {
	f := kit.OptionalField(label, hint)
	f.Input.Set(value)
	return f
}

// askDetails asks who the client is.
func (p *Pane) askDetails(c clients.Client) tea.Cmd {
	born := optional("Born", safe.Line(c.Born), "2014-04-12. It tells clients of one name apart and dates in a report are checked by it.")
	born.Check = checkDay
	people := optional("People", joinPairs(c.People, func(x clients.Person) (safe.PHI, safe.PHI) { return x.Relation, x.Name }),
		"mother: Dana Ashby; teacher: Lee Moss. A report that confuses them is flagged.")
	people.Check = func(value string) string { _, wrong := pairs(value, "mother: Dana Ashby"); return wrong }
	numbers := optional("Numbers", joinPairs(c.Identifiers, func(x clients.Identifier) (safe.PHI, safe.PHI) { return x.System, x.Value }),
		"school: 4711; insurer: A-9. Numbers of the client in other systems.")
	numbers.Check = func(value string) string { _, wrong := pairs(value, "school: 4711"); return wrong }
	var aliases []string
	for _, alias := range c.Aliases {
		aliases = append(aliases, alias.Line())
	}
	form := &kit.Form{
		Title: "Details of " + kit.Named(c.Name), Verb: "save",
		Intro: "Drafts and their checks use these. Each can stay empty.",
		Fields: []kit.FormField{
			optional("Legal name", c.Legal.Line(), "When it differs from the name in the list."),
			optional("Also", strings.Join(aliases, ", "), "Other names in the files, with commas between them."),
			born,
			optional("Pronouns", c.Pronouns.Line(), "he/him, she/her, they/them."),
			people, numbers,
		},
		Do: func(v []string) tea.Cmd {
			return p.saveClient(c, "Details saved.", func(c *clients.Client) {
				c.Legal, c.Born, c.Pronouns, c.Aliases = safe.PHI(v[0]), v[2], safe.PHI(v[3]), nil
				for alias := range strings.SplitSeq(v[1], ",") {
					if alias = strings.TrimSpace(alias); alias != "" {
						c.Aliases = append(c.Aliases, safe.PHI(alias))
					}
				}
				c.People, c.Identifiers = nil, nil
				found, _ := pairs(v[4], "")
				for _, pair := range found {
					c.People = append(c.People, clients.Person{Relation: safe.PHI(pair[0]), Name: safe.PHI(pair[1])})
				}
				found, _ = pairs(v[5], "")
				for _, pair := range found {
					c.Identifiers = append(c.Identifiers, clients.Identifier{System: safe.PHI(pair[0]), Value: safe.PHI(pair[1])})
				}
			})
		},
	}
	return kit.Open(form.Begin(nil))
}

// joinPairs writes pairs as they are typed: "mother: Dana Ashby; teacher: Lee Moss".
func joinPairs[T any](all []T, both func(T) (safe.PHI, safe.PHI)) string {
	var out []string
	for _, one := range all {
		a, b := both(one)
		out = append(out, a.Line()+": "+b.Line())
	}
	return strings.Join(out, "; ")
}

// pairs reads what joinPairs writes.
func pairs(text, example string) (out [][2]string, wrong string) {
	for part := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		a, b, ok := strings.Cut(part, ":")
		a, b = strings.TrimSpace(a), strings.TrimSpace(b)
		if !ok || a == "" || b == "" {
			return nil, "Write each as " + example + ", with ; between them."
		}
		out = append(out, [2]string{a, b})
	}
	return out, ""
}

// checkDay returns what is wrong with a date that may be empty, or "".
func checkDay(value string) string {
	if _, err := time.Parse(time.DateOnly, value); value != "" && err != nil {
		return "Write the date as year-month-day: 2014-04-12."
	}
	return ""
}

// askConsent asks for a consent, or for its withdrawal.
func (p *Pane) askConsent(c clients.Client, purpose, word string) tea.Cmd {
	given, ok := lastConsent(c, purpose)
	today := p.env.Now().Format(time.DateOnly)
	inForce := ok && given.Withdrawn == ""
	if inForce {
		withdrawn := kit.TextField("Withdrawn", today, "The day from which it no longer holds.")
		withdrawn.Check = func(value string) string {
			if value < given.Date {
				return "It was given on " + safe.Line(given.Date) + ": it cannot be withdrawn before."
			}
			return cmp.Or(kit.NotEmpty("Write the day.")(value), checkDay(value))
		}
		return kit.Open(&kit.Form{
			Title: "Consent to " + word, Verb: "withdraw it", Fields: []kit.FormField{withdrawn},
			Intro: "Given on " + safe.Line(given.Date) + formWords(given) + ". Withdrawing keeps the record of it.",
			Do: func(v []string) tea.Cmd {
				return p.saveClient(c, "The withdrawal is recorded.", func(c *clients.Client) {
					i := slices.Index(c.Consents, given)
					if i >= 0 {
						c.Consents[i].Withdrawn = v[0]
					}
				})
			},
		})
	}
	day := kit.TextField("Given on", today, "The day of the signature.")
	day.Check = func(value string) string { return cmp.Or(kit.NotEmpty("Write the day.")(value), checkDay(value)) }
	intro := kit.Named(c.Name) + " consents to " + word + "."
	if ok {
		intro += " An earlier consent was withdrawn on " + safe.Line(given.Withdrawn) + "."
	}
	return kit.Open(&kit.Form{
		Title: "Consent to " + word, Verb: "record it", Intro: intro,
		Fields: []kit.FormField{day, kit.OptionalField("Form", "Which form was signed, by whom: “consent form 3, mother”.")},
		Do: func(v []string) tea.Cmd {
			return p.saveClient(c, "The consent is recorded.", func(c *clients.Client) {
				c.Consents = append(c.Consents, clients.Consent{Purpose: purpose, Date: v[0], Form: safe.PHI(v[1])})
			})
		},
	})
}

func formWords(c clients.Consent) string {
	if form := kit.Shown(c.Form); form != "" {
		return ", " + form
	}
	return ""
}

// archive hides a client from the list, or brings it back.
func (p *Pane) archive(c clients.Client, archived bool) tea.Cmd {
	said := "Archived. t lists archived clients; e brings one back."
	if !archived {
		said = "The client is in the list again."
	}
	return p.saveClient(c, said, func(c *clients.Client) { c.Archived = archived })
}

// saveClient changes a client's record.
func (p *Pane) saveClient(c clients.Client, said string, set func(*clients.Client)) tea.Cmd {
	return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
		saved, err := store.Set(ctx, c.ID, set)
		next := wanted{id: saved.ID}
		if saved.Archived {
			next = wanted{} // it leaves the list
		}
		return change{said: said, client: next}, err
	})
}

// askDeleteClient asks before a client is deleted.
func (p *Pane) askDeleteClient(c clients.Client) tea.Cmd {
	return kit.Open(&kit.Confirm{
		Title: "Delete " + kit.Named(c.Name),
		What: "Marks the client as deleted: the client, its files and its reports are no longer listed. Nothing is erased; every version " +
			"stays in the account. To keep a former client, archive it instead (e).",
		Target: kit.Named(c.Name) + ", " + tells(c),
		Undo:   "Press u right after. Later: t lists deleted clients, and u restores one.",
		Verb:   "delete the client",
		Do: func() tea.Cmd {
			return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
				err := store.DeleteClient(ctx, c.ID)
				return change{said: "Client deleted. u brings it back.", lost: c}, err
			})
		},
	})
}

// restoreClient brings back a deleted client.
func (p *Pane) restoreClient(c clients.Client) tea.Cmd {
	return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
		back, err := store.RestoreClient(ctx, c.ID)
		return change{said: "Client restored.", client: wanted{id: back.ID}}, err
	})
}

// classes are the options of a file's class, and what each means.
var classes = []struct {
	class       clients.Class
	word, about string
}{
	{"", "not set", "asked when the file is first attached to a report"},
	{clients.Ordinary, "ordinary", "part of the record, may be used for reports"},
	{clients.Notes, "psychotherapy notes", "kept apart from the record (45 CFR 164.501); a report asks before it uses them"},
	{clients.Part2, "part 2", "substance use disorder record (42 CFR Part 2); a report asks before it uses it"},
	{clients.Test, "test material", "items and manuals that a publisher protects; never sent to a model"},
}

// askLabel asks what files are. For one file, what was proposed from its text is filled
// in, and enter confirms it. For several, an empty field leaves what each file has.
func (p *Pane) askLabel(files []clients.File) tea.Cmd {
	file := files[0]
	label, intro := file.Label, "What the document is. Reports and their checks use it."
	one := len(files) == 1
	switch {
	case !one:
		label = clients.Label{}
		intro = "For " + counted(files) + ". An empty field leaves what each file has."
	case label == (clients.Label{}) && file.Proposed != (clients.Label{}):
		label = file.Proposed
		intro = "Proposed from the text, not confirmed. Correct what is wrong; saving confirms it."
	}
	day := optional("Date", safe.Line(label.Date), "Of the document, not of the upload: 2026-03-03.")
	day.Check = checkDay
	var words, about []string
	chosen := 0
	for i, c := range classes {
		words, about = append(words, c.word), append(about, c.about)
		if c.class == file.Class && one {
			chosen = i
		}
	}
	if !one {
		words[0], about[0] = "as it is", "leaves the class of each file"
	}
	class := kit.ChoiceField("Class", "Choose with ← and →.", words)
	class.About = about
	form := &kit.Form{
		Title: "Label " + counted(files), Intro: intro, Verb: "save",
		Fields: []kit.FormField{
			optional("What", label.What.Line(), "For example: intake interview, teacher form, score report."),
			optional("Informant", label.Informant.Line(), "Who said it: mother, teacher, the client."),
			optional("Instrument", label.Instrument.Line(), "BASC-3, WISC-V; empty when it is none."),
			day, class,
		},
		Do: func(v []string) tea.Cmd {
			return p.label(files, clients.Label{What: safe.PHI(v[0]), Informant: safe.PHI(v[1]), Instrument: safe.PHI(v[2]), Date: v[3]},
				classes[slices.Index(words, v[4])].class)
		},
	}
	form.Begin([]string{label.What.Line(), label.Informant.Line(), label.Instrument.Line(), safe.Line(label.Date), words[chosen]})
	return kit.Open(form)
}

// label saves what files are.
func (p *Pane) label(files []clients.File, label clients.Label, class clients.Class) tea.Cmd {
	one := len(files) == 1
	return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
		done, err := eachFile(ctx, files, func(f clients.File) error {
			set, of := label, class
			if !one { // an empty field leaves what the file has
				set = clients.Label{
					What: cmp.Or(label.What, f.Label.What), Informant: cmp.Or(label.Informant, f.Label.Informant),
					Instrument: cmp.Or(label.Instrument, f.Label.Instrument), Date: cmp.Or(label.Date, f.Label.Date),
				}
				of = cmp.Or(class, f.Class)
			}
			_, err := store.Label(ctx, f, set, of)
			return err
		})
		said := "Label saved."
		if len(done) > 1 {
			said = fmt.Sprintf("Labels of %d files saved.", len(done))
		}
		return change{said: said, file: files[0].ID}, err
	})
}

// askRenameFile asks for a file's new name.
func (p *Pane) askRenameFile(file clients.File) tea.Cmd {
	return kit.Open(kit.NewPrompt("Rename "+kit.Named(file.Name), "Name", file.Name.Line(), "The file's versions and its text stay.",
		func(name string) string {
			switch {
			case safe.Line(name) == "":
				return "A file needs a name."
			case slices.ContainsFunc(p.files.Items(), func(f clients.File) bool { return f.ID != file.ID && f.Name.Reveal() == name }):
				return "Another file of the client has this name."
			}
			return ""
		},
		func(name string) tea.Cmd {
			if name == file.Name.Line() {
				return nil
			}
			return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
				_, err := store.RenameFile(ctx, file, safe.PHI(name))
				return change{said: "File renamed.", file: file.ID}, err
			})
		}))
}
