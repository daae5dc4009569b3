package ui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/drift"
	"claria/drift/evidence"
	"claria/internal/safe"
	"claria/internal/words"
)

// evidenced is a file of evidence that was written.
type evidenced struct{ path string }

// reportActions are about the scan as a whole.
func (p *compliance) reportActions() []action {
	export := action{
		ID: "compliance.export", Keys: []string{"E"}, Help: "export", Long: "Write the evidence of the latest scan into a file: a binder, a page, or what another program reads.",
		Do: func() tea.Cmd { return open(p.exportForm()) },
	}
	if p.env.watch.report == nil {
		export.Disabled = "The account has not been scanned yet."
	}
	history := action{
		ID: "compliance.past", Keys: []string{"t"}, Help: "history", Long: "Show what changed over time, from the evidence ledger of this machine.",
		Do: func() tea.Cmd { return p.readPast() },
	}
	undo := action{
		ID: "compliance.undo", Keys: []string{"u"}, Help: "undo", Dangerous: true,
		Long: "Choose a change in the history, and put the setting back as it was before it.",
		Do:   func() tea.Cmd { return p.readPast() },
	}
	if p.env.watch.book == nil {
		history.Disabled = "There is no evidence ledger here."
		undo.Disabled = history.Disabled
	}
	return []action{export, history, undo}
}

// forPeople are the formats that somebody reads, in the order in which they are
// offered; what programs read comes after them.
var forPeople = []string{"pdf", "html", "text", "csv"}

func (p *compliance) exportForm() dialog {
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
	format := choiceField("Format", "← and → choose, or a first letter.", options)
	format.about = about
	here, err := os.Getwd()
	if err != nil {
		here = "the directory in which Claria was started"
	}
	file := textField("File", "claria-evidence-"+p.env.now().Format(time.DateOnly), "It goes into "+here+", unless you type a path; its ending is added. Nobody else on this computer can read it.")
	file.check = func(value string) string {
		path := cleanPath(value)
		dir := filepath.Dir(path)
		switch info, err := os.Stat(dir); {
		case path == "":
			return "The file needs a name."
		case err != nil || !info.IsDir():
			return "There is no directory " + dir + "."
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return "That is a directory; add a name for the file."
		}
		return ""
	}
	r := p.env.watch.report
	return &form{
		title: "Write the evidence",
		intro: fmt.Sprintf("The scan of %s: %s of the %s profile, with what was signed and accepted.",
			exactly(p.env.now(), r.Started), words.Plural(len(r.Controls), "control", "controls"), r.Set),
		fields: []formField{format, file},
		verb:   "write it",
		check: func(values []string) string {
			if strings.HasSuffix(values[1], endings[values[0]]) {
				return ""
			}
			for _, f := range formats {
				if strings.HasSuffix(values[1], endings[f.Name]) {
					return "The name ends as one of format " + f.Name + " does, and the format is " + values[0] + ": change one of the two."
				}
			}
			return ""
		},
		do: func(values []string) tea.Cmd { return p.export(values[0], cleanPath(values[1])) },
	}
}

// export writes the latest scan in a job: a binder takes a moment.
func (p *compliance) export(name, path string) tea.Cmd {
	w, s, now := p.env.watch, p.env.session, p.env.now()
	d := evidence.Dossier{Report: *w.report, Previous: w.previous, Practice: s.Config.Practice, Version: p.env.version, Zone: now.Location()}
	d.Register, _ = w.facts.Register.Value()
	if w.previous != nil {
		d.Changes = drift.Compare(*w.previous, *w.report)
	}
	return ask(p.env.jobs, job{Pane: compliancePane, Slot: "export", Title: "Writing the evidence"}, func(ctx context.Context) (evidenced, error) {
		if w.book != nil {
			if lines, err := w.book.Ledger(ctx, s); err == nil {
				d.Head, _ = lines.Head() // a dossier without it says so
			}
		}
		format, err := evidence.Find(name)
		if err != nil {
			return evidenced{}, err
		}
		written, err := writeNew(path, "."+format.Extension, func(f *os.File) error { return format.Write(f, d) })
		return evidenced{written}, err
	})
}

// writeNew writes a file that only its owner can read and that was not there
// before: a name that is taken gets a number.
func writeNew(path, ending string, write func(*os.File) error) (string, error) {
	path = strings.TrimSuffix(path, ending)
	for n := 1; ; n++ {
		name := path + ending
		if n > 1 {
			name = fmt.Sprintf("%s-%d%s", path, n, ending)
		}
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) && n < 1000 {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("the evidence could not be written: %w", err)
		}
		if full, err := filepath.Abs(name); err == nil {
			name = full
		}
		if err := errors.Join(write(file), file.Close()); err != nil {
			_ = os.Remove(name) // half a file is no evidence
			return "", err
		}
		return name, nil
	}
}

func (p *compliance) exportEnded(m answer[evidenced]) tea.Cmd {
	if m.Err != nil {
		return complainOf(m.Err)
	}
	return notify("Written: " + safe.Line(m.Value.path))
}
