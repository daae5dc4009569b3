package clients

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"claria/internal/local"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/ui/kit"
)

// mostEntries is how many entries of a folder the picker lists.
const mostEntries = 10_000

// picker shows a folder of this computer, to choose files and folders from.
type picker struct {
	folder string // absolute
	hidden bool   // shows hidden files too
	begins string // only entries that begin like this, in any case
	list   kit.List[entry]
	wrong  string // why the folder cannot be shown
}

// entry is a file or a folder in the picker.
type entry struct {
	path   string
	name   string
	folder bool
	up     bool // the way to the folder above
	size   int64
	time   time.Time
}

// newPicker shows a folder; if it is not there, the home folder.
func newPicker(folder string) *picker {
	k := &picker{}
	k.list.Key = func(e entry) string { return e.path }
	home := local.Home(kit.DownloadsFolder())
	if folder == "" {
		folder = home
	}
	if k.open(folder); k.wrong != "" && folder != home {
		k.open(home)
	}
	return k
}

// open shows a folder.
func (k *picker) open(folder string) {
	before := k.folder
	if absolute, err := filepath.Abs(folder); err == nil {
		folder = absolute
	}
	k.folder, k.begins = folder, ""
	k.read()
	k.list.First()
	if filepath.Dir(before) == folder {
		k.list.Select(before)
	}
}

// narrow shows the entries of a folder that begin like this.
func (k *picker) narrow(folder, begins string) {
	if absolute, err := filepath.Abs(folder); err == nil {
		folder = absolute
	}
	if folder == k.folder && begins == k.begins {
		return
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return // of a path that is being typed
	}
	k.folder, k.begins = folder, begins
	k.read()
	k.list.First()
}

// read lists the folder: folders first, then files, by name.
func (k *picker) read() {
	k.wrong = ""
	var all []entry
	if above := filepath.Dir(k.folder); above != k.folder && k.begins == "" {
		all = append(all, entry{path: above, name: "..", folder: true, up: true})
	}
	found, err := os.ReadDir(k.folder)
	if err != nil {
		k.wrong = "This folder cannot be read."
		if os.IsPermission(err) {
			k.wrong = "You may not read this folder."
		}
	}
	for _, f := range found[:min(len(found), mostEntries)] {
		hidden := strings.HasPrefix(f.Name(), ".") && !strings.HasPrefix(k.begins, ".")
		if hidden && !k.hidden || !strings.HasPrefix(strings.ToLower(f.Name()), strings.ToLower(k.begins)) {
			continue
		}
		path := filepath.Join(k.folder, f.Name())
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
			continue
		}
		all = append(all, entry{path: path, name: f.Name(), folder: info.IsDir(), size: info.Size(), time: info.ModTime()})
	}
	slices.SortStableFunc(all, func(a, b entry) int {
		if a.folder != b.folder {
			return map[bool]int{true: -1, false: 1}[a.folder]
		}
		return cmp.Or(map[bool]int{true: -1}[a.up], cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name)))
	})
	k.list.Set(all)
}

// view draws the folder in w × h.
func (k *picker) view(t *kit.Theme, now time.Time, chosen []string, w, h int, focused bool) string {
	k.list.Draw = func(e entry, w int, selected bool) string {
		box := "    "
		if slices.Contains(chosen, e.path) {
			box = "[x] "
		}
		name, note := kit.Steady(safe.Line(e.name)), kit.Right(words.Bytes(e.size), 7)+"  "+kit.Right(shortDay(now, e.time), 7)
		switch {
		case e.up:
			note = "the folder above"
		case e.folder:
			name, note = name+"/", "folder"
		case e.size == 0:
			note = "empty    " + kit.Right(shortDay(now, e.time), 7)
		}
		if selected {
			name = t.In(kit.TokenSelected, kit.Cut(name, w-kit.Width(note)-6))
		}
		return kit.Ends(box+name, t.Dim(note)+" ", w)
	}
	head := t.Dim(kit.Fit(shortPath(k.folder, w), w))
	switch {
	case k.wrong != "":
		return head + "\n  " + t.In(kit.TokenFail, k.wrong)
	case len(k.list.Items()) == 0 && k.begins != "":
		return head + "\n  " + t.Dim("Nothing here begins with that.")
	}
	return head + "\n" + k.list.View(t, w, h-1, focused)
}

// shortPath is a path with ~ for the home folder; its beginning is cut if it is too long.
func shortPath(path string, w int) string {
	if home, err := os.UserHomeDir(); err == nil && home != "/" {
		if rest, ok := strings.CutPrefix(path, home); ok && (rest == "" || rest[0] == filepath.Separator) {
			path = "~" + rest
		}
	}
	path = kit.Steady(safe.Line(path))
	parts := strings.Split(path, string(filepath.Separator))
	for len(parts) > 2 && kit.Width(path) > w {
		parts = parts[1:]
		path = "…" + string(filepath.Separator) + strings.Join(parts[1:], string(filepath.Separator))
	}
	return path
}
