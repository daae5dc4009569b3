package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/local"
	"claria/internal/safe"
)

// step is how far a download is.
type step struct{ done, total int64 }

// askDownload asks where a file, or the version of it that is shown, is to go.
func (p *records) askDownload() tea.Cmd {
	file, version := p.chosen()
	name := local.Name(file.Name, file.ID)
	return open(newPrompt("Download "+named(file.Name), "To", freePath(downloads(), name),
		"It is readable by you alone, and appears only when its checksum is right. From then on it is on this computer, and yours to guard.",
		func(text string) string { return checkTarget(text, name) },
		func(text string) tea.Cmd { return p.download(file, version, target(text, name)) }))
}

// chosen is the selected file, and the version of it when one is selected.
func (p *records) chosen() (file clients.File, version string) {
	if p.history == nil {
		file, _ = p.files.Selected()
		return file, ""
	}
	v, ok := p.history.list.Selected()
	if !ok || v.Deleted {
		return p.history.file, ""
	}
	return p.history.file, v.ID
}

func (p *records) download(file clients.File, version, path string) tea.Cmd {
	p.numbered++
	store := p.env.session.Clients()
	return stream(p.env.jobs, job{Pane: clientsPane, Slot: fmt.Sprintf("download %d", p.numbered), Title: "Downloading"},
		func(ctx context.Context) iter.Seq2[step, error] {
			return func(yield func(step, error) bool) {
				err := local.Save(path, func(w io.Writer) error {
					return store.Get(ctx, file, version, w, func(done, total int64) { yield(step{done, total}, nil) })
				})
				if err != nil {
					yield(step{}, err)
				}
			}
		})
}

func (p *records) downloadEnded(m ended) tea.Cmd {
	switch {
	case m.Stopped || stoppedByUser(m.Err):
		return notify("Stopped. Nothing was written.")
	case errors.Is(m.Err, local.ErrExists):
		return complain("There is a file of that name by now, so nothing was written. Download it under another name.")
	case m.Err != nil:
		return complainOf(m.Err)
	}
	return notify("Downloaded; only you can read the file.")
}

// downloads is the folder that downloads are offered to go to.
func downloads() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return "."
	}
	if info, err := os.Stat(filepath.Join(home, "Downloads")); err == nil && info.IsDir() {
		return filepath.Join("~", "Downloads")
	}
	return "~"
}

// freePath is a path in the folder at which there is nothing: "a.txt", "a (2).txt", …
func freePath(folder, name string) string {
	extension := filepath.Ext(name)
	path := filepath.Join(folder, name)
	for n := 2; local.Free(local.Home(path)) != nil && n < 100; n++ {
		path = filepath.Join(folder, fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, extension), n, extension))
	}
	return path
}

// target is the path that was typed; a folder means the name in it.
func target(text, name string) string {
	path := local.Home(strings.TrimSpace(text))
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, name)
	}
	return path
}

// checkTarget says what is wrong with a path to write to; empty: nothing.
func checkTarget(text, name string) string {
	if strings.TrimSpace(text) == "" {
		return "Say where the file is to go."
	}
	path := target(text, name)
	if folder := filepath.Dir(path); !thereIs(folder) {
		return "There is no folder " + safe.Line(folder) + "."
	}
	switch err := local.Free(path); {
	case errors.Is(err, local.ErrExists):
		return "There is a file of that name already, and it stays. Give another name."
	case err != nil:
		return sentence(err.Error())
	}
	return ""
}
