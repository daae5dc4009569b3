package compliance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/drift"
	"claria/drift/evidence"
	"claria/internal/local"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/ui/kit"
)

// evidenced is an exported evidence file.
type evidenced struct{ path string }

// reportActions concern the scan as a whole.
func (p *Pane) reportActions() []kit.Action {
	export := kit.Action{
		ID: "compliance.export", Keys: []string{"E"}, Help: "export",
		Long: "Export the evidence of the latest scan to a file: PDF, web page, text, or a format for other programs.",
		Do:   func() tea.Cmd { return kit.Open(p.exportForm()) },
	}
	if p.env.Scans.Report == nil {
		export.Disabled = "The account has not been scanned yet."
	}
	history := kit.Action{
		ID: "compliance.past", Keys: []string{"t"}, Help: "history",
		Long: "Show what changed over time, from the evidence ledger of this computer.",
		Do:   func() tea.Cmd { return p.readPast() },
	}
	undo := kit.Action{
		ID: "compliance.undo", Keys: []string{"u"}, Help: "undo", Dangerous: true,
		Long: "Choose a change in the history, and put back the setting that was there before.",
		Do:   func() tea.Cmd { return p.readPast() },
	}
	if p.env.Scans.Watch == nil {
		history.Disabled = "There is no evidence ledger on this computer."
		undo.Disabled = history.Disabled
	}
	return []kit.Action{export, history, undo}
}

// forPeople are the formats for people, in the order of the form; formats for
// programs come after them.
var forPeople = []string{"pdf", "html", "text", "csv"}

func (p *Pane) exportForm() kit.Dialog {
	formats := evidence.Formats()
	place := func(f evidence.Format) int {
		if at := slices.Index(forPeople, f.Name); at >= 0 {
			return at
		}
		return len(forPeople)
	}
	slices.SortStableFunc(formats, func(a, b evidence.Format) int { return place(a) - place(b) })
	var options, about []string
	endings := map[string]string{}
	for _, f := range formats {
		options, about = append(options, f.Name), append(about, f.Name+": "+f.Title)
		endings[f.Name] = "." + f.Extension
	}
	format := kit.ChoiceField("Format", "Choose with ← and →, or type a first letter.", options)
	format.About = about
	here, err := os.Getwd()
	if err != nil {
		here = "the folder where Claria was started"
	}
	file := kit.TextField("File", "claria-evidence-"+p.env.Now().Format(time.DateOnly),
		"A name in "+here+", or a path. Claria adds the extension. Only you can read the file.")
	file.Check = func(value string) string {
		path := cleanPath(value)
		dir := filepath.Dir(path)
		switch info, err := os.Stat(dir); {
		case path == "":
			return "The file needs a name."
		case err != nil || !info.IsDir():
			return "There is no folder " + dir + "."
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return "That is a folder. Add a file name."
		}
		return ""
	}
	r := p.env.Scans.Report
	return &kit.Form{
		Title: "Export the evidence",
		Intro: fmt.Sprintf("The scan of %s: %s of the %s profile, with all signatures and waivers.",
			kit.Exactly(p.env.Now(), r.Started), words.Plural(len(r.Controls), "control", "controls"), r.Set),
		Fields: []kit.FormField{format, file},
		Verb:   "export it",
		Check: func(values []string) string {
			if strings.HasSuffix(values[1], endings[values[0]]) {
				return ""
			}
			for _, f := range formats {
				if strings.HasSuffix(values[1], endings[f.Name]) {
					return "The extension is that of format " + f.Name + ", but the format is " + values[0] + ". Change one of them."
				}
			}
			return ""
		},
		Do: func(values []string) tea.Cmd { return p.export(values[0], cleanPath(values[1])) },
	}
}

// export writes the evidence in a job, because a PDF takes a moment.
func (p *Pane) export(name, path string) tea.Cmd {
	w, s, now := p.env.Scans, p.env.Session, p.env.Now()
	d := evidence.Dossier{
		Report: *w.Report, Previous: w.Previous, Practice: s.Config.Practice, Version: p.env.Version, Zone: now.Location(),
	}
	d.Register, _ = w.Facts.Register.Value()
	if w.Previous != nil {
		d.Changes = drift.Compare(*w.Previous, *w.Report)
	}
	job := kit.Job{Pane: kit.CompliancePane, Slot: "export", Title: "Exporting the evidence"}
	return kit.Ask(p.env.Jobs, job, func(ctx context.Context) (evidenced, error) {
		if w.Watch != nil {
			if lines, err := w.Watch.Ledger(ctx, s); err == nil {
				d.Head, _ = lines.Head() // a dossier without one says so
			}
		}
		format, err := evidence.Find(name)
		if err != nil {
			return evidenced{}, err
		}
		written, err := writeNew(path, "."+format.Extension, func(w io.Writer) error { return format.Write(w, d) })
		return evidenced{written}, err
	})
}

// writeNew writes a new file that only its owner can read. If the name is taken, it
// adds a number.
func writeNew(path, ending string, write func(io.Writer) error) (string, error) {
	path = strings.TrimSuffix(path, ending)
	for n := 1; ; n++ {
		name := path + ending
		if n > 1 {
			name = fmt.Sprintf("%s-%d%s", path, n, ending)
		}
		taken := local.Free(name)
		if taken == nil {
			taken = local.Save(name, write)
		}
		if errors.Is(taken, local.ErrExists) && n < 1000 {
			continue
		}
		if taken != nil {
			return "", fmt.Errorf("the evidence could not be written: %w", taken)
		}
		if full, err := filepath.Abs(name); err == nil {
			name = full
		}
		return name, nil
	}
}

func (p *Pane) exportEnded(m kit.Answer[evidenced]) tea.Cmd {
	if m.Err != nil {
		return kit.ComplainOf(m.Err)
	}
	return kit.Notify("Exported to " + safe.Line(m.Value.path))
}
