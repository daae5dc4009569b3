package reports

import (
	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/clients/text"
	"claria/internal/words"
	"claria/reports"
	"claria/ui/kit"
)

// attachKnowingly attaches files after a person answered each concern about them.
func (p *Pane) attachKnowingly(files []clients.File) tea.Cmd {
	concerns := reports.Concerns(files)
	var details []string
	for _, c := range concerns {
		name := kit.Named(files[c.File-1].Name)
		if c.Kind.Stops() {
			return kit.Complain(name + " cannot be attached. " + c.Why)
		}
		for i, line := range kit.Wrap(name+": "+c.Why, 68) {
			if i > 0 {
				line = "  " + line
			}
			details = append(details, line)
		}
	}
	if len(concerns) == 0 {
		return p.attachNow(files)
	}
	target := kit.Named(files[0].Name)
	if len(files) > 1 {
		target = words.Count(len(files), "file")
	}
	composer := p.composer
	return kit.Open(&kit.Confirm{
		Title:   "Attach " + target + "?",
		What:    "The text of what is attached is sent to the model when you draft.",
		Target:  target + " of " + kit.Named(composer.client.Name),
		Undo:    "space detaches a file; nothing is sent before you draft.",
		Details: details,
		Verb:    "attach",
		Do: func() tea.Cmd {
			if p.composer != composer {
				return nil
			}
			return p.attachNow(files)
		},
	})
}

// badge is what a list says at the right of a file: what was not read of it, its class if
// that is not ordinary, and a note.
func badge(f clients.File, note string) string {
	if f.Class != "" && f.Class != clients.Ordinary {
		note = string(f.Class) + " · " + note
	}
	if short := text.Short(f.Unread); short != "" {
		note = short + " · " + note
	}
	return note
}
