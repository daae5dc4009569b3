package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/local"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/ui/kit"
)

// uploadDialog asks for files and folders: by their typed paths, dropped on the window,
// or chosen in the picker below.
type uploadDialog struct {
	client   clients.Client
	paths    []string // chosen so far
	field    kit.Field
	picker   *picker
	browsing bool // the picker has the keys, else the field
	wrong    string
	now      func() time.Time
	do       func([]string) tea.Cmd
	left     func(folder string) // remembers the folder
}

// askUpload opens the dialog with these paths, and what is wrong with others.
func (p *Pane) askUpload(wrong string, paths ...string) tea.Cmd {
	client, _ := p.people.Selected()
	d := &uploadDialog{
		client: client, field: kit.NewField(""), picker: newPicker(p.folder), wrong: wrong, now: p.env.Now,
		do:   func(paths []string) tea.Cmd { return p.upload(client, paths) },
		left: func(folder string) { p.folder = folder },
	}
	d.add(paths)
	return kit.Open(d)
}

// dropped takes what was pasted while no text is being typed: usually the paths of
// files that were dropped on the terminal.
func (p *Pane) dropped(text string) tea.Cmd {
	paths, missing := present(kit.ParsePaths(text, kit.ThereIs))
	switch _, some := p.people.Selected(); {
	case len(paths) == 0:
		return kit.Complain("The pasted text is not the path of a file on this computer.")
	case !some:
		return kit.Complain("Add a client first (a), because each file belongs to a client.")
	}
	return p.askUpload(missing, paths...)
}

// present are the paths that exist, and a sentence about the first one that does not.
func present(paths []string) (there []string, missing string) {
	for _, path := range paths {
		if kit.ThereIs(path) {
			there = append(there, path)
		} else if missing == "" {
			missing = "No file found at " + safe.Line(path) + ". The other files are in the list."
		}
	}
	return there, missing
}

// Heading is the title in the border.
func (d *uploadDialog) Heading() string { return "Upload to " + kit.Named(d.client.Name) }

// Closed remembers the folder for the next time.
func (d *uploadDialog) Closed() { d.left(d.picker.folder) }

func (d *uploadDialog) add(paths []string) {
	for _, path := range paths {
		d.paths = append(slices.DeleteFunc(d.paths, func(one string) bool { return one == path }), path)
	}
}

// Update takes a key or a paste.
func (d *uploadDialog) Update(msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case tea.PasteMsg:
		d.wrong = ""
		if paths, missing := present(kit.ParsePaths(m.Content, kit.ThereIs)); len(paths) > 0 {
			d.add(paths)
			d.wrong = missing
			return nil, false
		}
	case tea.KeyPressMsg:
		d.wrong = ""
		if d.browsing {
			if cmd, closed, taken := d.browse(m); taken {
				return cmd, closed
			}
			d.browsing = false // a letter goes on with the path
		}
		switch m.String() {
		case "enter":
			return d.enter()
		case "tab":
			d.complete()
			d.follow()
			return nil, false
		case "down":
			d.browsing = len(d.picker.list.Items()) > 0
			return nil, false
		case "up":
			return nil, false
		case "backspace":
			if d.field.Value() == "" && len(d.paths) > 0 {
				d.paths = d.paths[:len(d.paths)-1]
			}
		}
	}
	d.field.Update(msg)
	d.follow()
	return nil, false
}

// browse takes a key in the picker; taken is false for one that belongs to the field.
func (d *uploadDialog) browse(press tea.KeyPressMsg) (cmd tea.Cmd, closed, taken bool) {
	k := d.picker
	at, some := k.list.Selected()
	switch press.String() {
	case "up":
		if items := k.list.Shown(); !some || at.path == items[0].path {
			d.browsing = false
			return nil, false, true
		}
		k.list.Update(press)
	case "down", "pgup", "pgdown", "home", "end":
		k.list.Update(press)
	case "left", "backspace":
		d.enterFolder(filepath.Dir(k.folder))
	case "right":
		if some && at.folder {
			d.enterFolder(at.path)
		}
	case "tab":
		d.browsing = false
	case ".":
		k.hidden = !k.hidden
		k.read()
	case "space":
		if some && !at.up {
			d.toggle(at.path)
			k.list.Update(tea.KeyPressMsg{Code: tea.KeyDown})
		}
	case "*":
		d.toggleAll()
	case "enter":
		switch {
		case some && at.folder:
			d.enterFolder(at.path)
		case some && len(d.paths) == 0:
			d.add([]string{at.path})
			fallthrough
		default:
			cmd, closed = d.finish()
		}
	default:
		return nil, false, false
	}
	return cmd, closed, true
}

func (d *uploadDialog) enterFolder(folder string) {
	d.picker.open(folder)
	d.field.Set("")
}

// toggle chooses a file or folder, or no longer.
func (d *uploadDialog) toggle(path string) {
	if slices.Contains(d.paths, path) {
		d.paths = slices.DeleteFunc(d.paths, func(one string) bool { return one == path })
		return
	}
	d.paths = append(d.paths, path)
}

// toggleAll chooses all files that the picker shows, or none of them.
func (d *uploadDialog) toggleAll() {
	var files []string
	for _, e := range d.picker.list.Shown() {
		if !e.folder {
			files = append(files, e.path)
		}
	}
	all := !slices.ContainsFunc(files, func(path string) bool { return !slices.Contains(d.paths, path) })
	d.paths = slices.DeleteFunc(d.paths, func(path string) bool { return slices.Contains(files, path) })
	if !all {
		d.paths = append(d.paths, files...)
	}
}

// follow makes the picker show what the typed path begins.
func (d *uploadDialog) follow() {
	typed := local.Home(strings.TrimLeft(d.field.Value(), `"' `))
	folder, begins := filepath.Split(typed)
	if folder == "" {
		folder = d.picker.folder
	}
	d.picker.narrow(folder, begins)
}

// enter takes what was typed, and starts the upload if every path can be uploaded.
func (d *uploadDialog) enter() (tea.Cmd, bool) {
	var found []string
	for _, path := range kit.ParsePaths(d.field.Value(), kit.ThereIs) {
		if beside := filepath.Join(d.picker.folder, path); !kit.ThereIs(path) && !filepath.IsAbs(path) && kit.ThereIs(beside) {
			path = beside
		}
		var matches []string
		if kit.ThereIs(path) {
			// Typed text can be corrected in place, so it is checked before it is taken.
			if _, problem := look(path); problem != "" {
				d.wrong = safe.Line(filepath.Base(path)) + " is " + problem
				return nil, false
			}
			matches = []string{path}
		} else {
			all, _ := filepath.Glob(path)
			matches = slices.DeleteFunc(all, func(path string) bool { _, problem := look(path); return problem != "" })
		}
		if len(matches) == 0 {
			d.wrong = "No file found at " + safe.Line(path) + "."
			if strings.ContainsRune(strings.TrimSpace(d.field.Value()), ' ') {
				d.wrong += " Put a name with spaces in quotes."
			}
			return nil, false
		}
		found = append(found, matches...)
	}
	d.add(found)
	d.field.Set("")
	return d.finish()
}

// finish starts the upload of what is chosen.
func (d *uploadDialog) finish() (tea.Cmd, bool) {
	if len(d.paths) == 0 {
		d.wrong = "Type a path, choose below (↓), or drop files on this window."
		return nil, false
	}
	for i, path := range d.paths {
		if _, problem := look(path); problem != "" {
			d.paths = slices.Delete(d.paths, i, i+1)
			d.wrong = safe.Line(filepath.Base(path)) + " is " + problem + " It was removed from the list."
			return nil, false
		}
	}
	return d.do(d.paths), true
}

// complete completes the path that is being typed as far as it is unambiguous.
func (d *uploadDialog) complete() {
	typed := d.field.Value()
	whole := local.Home(typed)
	if !strings.ContainsRune(typed, filepath.Separator) && !strings.HasPrefix(typed, "~") {
		whole = filepath.Join(d.picker.folder, typed)
		if typed == "" {
			whole += string(filepath.Separator)
		}
	}
	quoted := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(whole)
	matches, err := filepath.Glob(quoted + "*")
	if err != nil || len(matches) == 0 {
		d.wrong = "No file begins with this path."
		return
	}
	common := matches[0]
	for _, match := range matches[1:] {
		for !strings.HasPrefix(match, common) {
			runes := []rune(common)
			common = string(runes[:len(runes)-1])
		}
	}
	if info, err := os.Stat(common); err == nil && info.IsDir() && len(matches) == 1 {
		common += string(filepath.Separator)
	}
	if len(common) > len(whole) || whole != local.Home(typed) {
		d.field.Set(common)
	}
}

// look is a file's size, or why it cannot be uploaded; a folder has no size.
func look(path string) (bytes int64, problem string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return 0, "no longer there."
	case info.IsDir():
		return 0, ""
	case !info.Mode().IsRegular():
		return 0, "not a regular file."
	}
	return info.Size(), ""
}

// isFolder reports whether a path is a folder.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// View draws what is inside the border.
func (d *uploadDialog) View(t *kit.Theme, w, h int) string {
	lines, total, files, folders := d.chosenLines(t, w)
	if room := max(1, h/4); len(lines) > room {
		hidden := len(lines) - room + 1
		lines = append([]string{t.Dim(fmt.Sprintf("… %d more chosen", hidden))}, lines[hidden:]...)
	}
	label := t.Dim("Path  ")
	if d.browsing {
		lines = append(lines, label+kit.Fit(safe.Line(d.field.Value()), max(4, w-6)))
	} else {
		lines = append(lines, label+d.field.View(max(4, w-6)))
	}
	hint, k := "Type a path (tab completes), ↓ chooses below, or drop files on this window. Put names with spaces in quotes.", kit.TokenDim
	if d.browsing {
		hint = "space chooses, * all files, → opens a folder, ← goes above, . shows hidden files."
	}
	if d.wrong != "" {
		hint, k = d.wrong, kit.TokenFail
	}
	var below []string
	for _, line := range kit.Wrap(hint, w) {
		below = append(below, t.In(k, line))
	}
	verb := " upload"
	if files+folders > 0 && d.field.Value() == "" {
		verb = " upload " + chosenWords(files, folders) + ", " + words.Bytes(total)
	}
	if at, ok := d.picker.list.Selected(); ok && d.browsing && at.folder {
		verb = " open the folder"
	}
	below = append(below, "", t.Bold("enter")+verb+"   "+t.Bold("esc")+" back")
	room := max(3, h-len(lines)-len(below)-1)
	lines = append(lines, "")
	lines = append(lines, strings.Split(d.picker.view(t, d.now(), d.paths, w, min(room, 14), d.browsing), "\n")...)
	return strings.Join(append(lines, below...), "\n")
}

// chosenWords counts what is chosen.
func chosenWords(files, folders int) string {
	var parts []string
	if files > 0 {
		parts = append(parts, words.Plural(files, "file", "files"))
	}
	if folders > 0 {
		parts = append(parts, words.Plural(folders, "folder", "folders"))
	}
	return strings.Join(parts, " and ")
}

// chosenLines draw what is chosen, and count it.
func (d *uploadDialog) chosenLines(t *kit.Theme, w int) (lines []string, total int64, files, folders int) {
	for _, path := range d.paths {
		bytes, problem := look(path)
		total += bytes
		name, note := kit.Steady(safe.Line(filepath.Base(path))), t.Dim(words.Bytes(bytes))
		switch {
		case problem != "":
			note = t.In(kit.TokenFail, "✗ "+strings.TrimSuffix(problem, "."))
		case isFolder(path):
			name, note = name+"/", t.Dim("folder, with its subfolders")
			folders++
		case bytes == 0:
			note = t.In(kit.TokenDrift, "▲ empty")
			files++
		default:
			files++
		}
		lines = append(lines, kit.Ends(name, note, w))
	}
	return lines, total, files, folders
}
