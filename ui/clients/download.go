package clients

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/local"
	"claria/internal/safe"
	"claria/ui/kit"
)

// askDownload asks where to write the selected file or version, or the selected files.
func (p *Pane) askDownload() tea.Cmd {
	if files := p.targets(); p.history == nil && len(files) > 1 {
		return p.askDownloadMany(files)
	}
	file, version := p.chosen()
	name := ownName(file)
	return kit.Open(kit.NewPrompt("Download "+kit.Named(file.Name), "To", kit.FreePath(kit.DownloadsFolder(), name),
		"Only you can read the file, and it appears only if its checksum is right. From then on a copy is on this computer: protect it.",
		func(text string) string { return kit.CheckTarget(text, name) },
		func(text string) tea.Cmd {
			return p.download(version, []clients.File{file}, []string{kit.TargetPath(text, name)})
		}))
}

// ownName is a file's name on this computer, without the folders of its upload.
func ownName(file clients.File) string {
	text := file.Name.Reveal()
	return local.Name(safe.PHI(text[strings.LastIndexByte(text, '/')+1:]), file.ID)
}

// askDownloadMany asks for the folder in which to write several files.
func (p *Pane) askDownloadMany(files []clients.File) tea.Cmd {
	return kit.Open(kit.NewPrompt("Download "+counted(files)+", "+sized(files), "Folder", kit.DownloadsFolder(),
		"A file that is there already is not replaced: the copy gets a number. Only you can read the copies. From then on they "+
			"are on this computer: protect them.",
		func(text string) string {
			if info, err := os.Stat(local.Home(strings.TrimSpace(text))); err != nil || !info.IsDir() {
				return "There is no folder " + safe.Line(text) + "."
			}
			return ""
		},
		func(text string) tea.Cmd {
			p.marked = nil
			return p.download("", files, pathsIn(local.Home(strings.TrimSpace(text)), files))
		}))
}

// pathsIn are the paths of files in a folder; those of a folder that was uploaded are in
// its subfolders. No two are the same, and none is taken.
func pathsIn(folder string, files []clients.File) []string {
	paths, taken := make([]string, len(files)), map[string]bool{}
	for i, file := range files {
		inside := folder
		parts := strings.Split(file.Name.Reveal(), "/")
		for _, part := range parts[:len(parts)-1] {
			inside = filepath.Join(inside, local.Name(safe.PHI(part), "folder"))
		}
		name := ownName(file)
		path := kit.FreePath(inside, name)
		if taken[strings.ToLower(path)] {
			ending := filepath.Ext(name)
			path = filepath.Join(inside, strings.TrimSuffix(name, ending)+" "+file.ID+ending)
		}
		paths[i], taken[strings.ToLower(path)] = path, true
	}
	return paths
}

// chosen is the selected file, and its selected version, if there is one.
func (p *Pane) chosen() (file clients.File, version string) {
	if p.history == nil {
		if targets := p.targets(); len(targets) > 0 {
			file = targets[0]
		}
		return file, ""
	}
	v, ok := p.history.list.Selected()
	if !ok || v.Deleted {
		return p.history.file, ""
	}
	return p.history.file, v.ID
}

// download writes files, or one version of one file, to these paths.
func (p *Pane) download(version string, files []clients.File, paths []string) tea.Cmd {
	u := p.begin(p.held, true)
	for _, f := range files {
		u.items = append(u.items, item{name: f.Name, total: f.Size})
	}
	store := p.env.Session.Clients()
	options := clients.DownloadOptions{Control: u.control, Open: func(i int, _ clients.File) (clients.Target, error) {
		if err := os.MkdirAll(filepath.Dir(paths[i]), 0o700); err != nil {
			return nil, errors.New("the folder for it cannot be made")
		}
		file, err := local.New(paths[i])
		if err != nil {
			return nil, err
		}
		return copied{file}, nil
	}}
	return kit.Stream(p.env.Jobs, kit.Job{Pane: kit.ClientsPane, Slot: u.slot, Title: "Downloading"},
		func(ctx context.Context) iter.Seq2[clients.Progress, error] {
			return func(yield func(clients.Progress, error) bool) {
				if version != "" {
					then, err := store.At(ctx, files[0], version)
					if err != nil {
						yield(clients.Progress{}, err)
						return
					}
					files = []clients.File{then}
				}
				for event, err := range store.Download(ctx, options, files...) {
					if !yield(event, err) {
						return
					}
				}
			}
		})
}

// copied is a copy on this computer; it never replaces another file.
type copied struct{ *local.File }

// Commit puts the copy in its place.
func (c copied) Commit() error {
	err := c.File.Commit(false)
	if errors.Is(err, local.ErrExists) {
		return errors.New("a file of that name exists now, so nothing was written: download again under another name")
	}
	return err
}
