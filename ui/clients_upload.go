package ui

import (
	"context"
	"fmt"
	"iter"
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
)

// upload is files on their way to a client.
type upload struct {
	slot    string
	client  clients.Client
	items   []item
	began   time.Time
	now     time.Time // of the last event
	running bool
	stopped bool
	err     error  // what ended all of it
	first   string // id of the first file that was stored
}

// item is one file of an upload.
type item struct {
	name        safe.PHI
	done, total int64
	begun       bool
	over        bool
	same        bool
	replaced    bool
	err         error
}

// start uploads files to a client, beside whatever is uploading already.
func (p *records) startUpload(client clients.Client, paths []string) tea.Cmd {
	p.numbered++
	u := &upload{slot: fmt.Sprintf("upload %d", p.numbered), client: client, began: p.env.now(), now: p.env.now(), running: true}
	for _, path := range paths {
		i := item{name: safe.PHI(filepath.Base(path))}
		if info, err := os.Stat(path); err == nil {
			i.total = info.Size()
		}
		u.items = append(u.items, i)
	}
	p.clearUploads()
	p.uploads = append(p.uploads, u)
	if p.held.ID == client.ID {
		p.column = max(p.column, filesColumn)
		if p.history != nil || p.trash {
			p.showTrash(false)
		}
	}
	store := p.env.session.Clients()
	return stream(p.env.jobs, job{Pane: clientsPane, Slot: u.slot, Title: "Uploading"},
		func(ctx context.Context) iter.Seq2[clients.Progress, error] {
			return store.Put(ctx, client.ID, paths...)
		})
}

// uploading are the uploads that run.
func (p *records) uploading() []*upload {
	var running []*upload
	for _, u := range p.uploads {
		if u.running {
			running = append(running, u)
		}
	}
	return running
}

// clearUploads puts away what is left on the screen of uploads that are over.
func (p *records) clearUploads() bool {
	running := p.uploading()
	some := len(running) < len(p.uploads)
	p.uploads = running
	return some
}

func (p *records) uploadOf(slot string) *upload {
	for _, u := range p.uploads {
		if u.slot == slot {
			return u
		}
	}
	return nil
}

func (p *records) uploadsWent(m events[clients.Progress]) {
	u := p.uploadOf(m.Slot)
	if u == nil {
		return
	}
	u.now = p.env.now()
	for _, event := range m.Items {
		u.take(event)
	}
	over := 0
	for _, i := range u.items {
		if i.over {
			over++
		}
	}
	p.env.jobs.progress(clientsPane, u.slot, int64(over), int64(len(u.items)), u.pace())
}

func (u *upload) take(event clients.Progress) {
	if event.Index < 0 || event.Index >= len(u.items) {
		return
	}
	i := &u.items[event.Index]
	i.begun, i.done = true, event.Done
	if event.Total > 0 {
		i.total = event.Total
	}
	if event.Err != nil {
		i.err, i.over = event.Err, true
	}
	if event.File != nil {
		i.over, i.same, i.replaced = true, event.Same, event.Replaced
		if u.first == "" {
			u.first = event.File.ID
		}
	}
}

// bytes are how many of how many bytes have gone; those of a file that failed count in neither.
func (u *upload) bytes() (done, total int64) {
	for _, i := range u.items {
		if i.err == nil {
			done, total = done+i.done, total+i.total
		}
	}
	return done, total
}

// pace is how far an upload is: bytes, rate and the time that is left.
func (u *upload) pace() string {
	done, total := u.bytes()
	text := words.Bytes(done) + " of " + words.Bytes(total)
	seconds := u.now.Sub(u.began).Seconds()
	if done == 0 || seconds < 0.5 {
		return text
	}
	rate := float64(done) / seconds
	text += " · " + words.Bytes(int64(rate)) + "/s"
	if left := float64(total-done) / rate; left >= 0.5 {
		text += " · " + leftWords(time.Duration(left*float64(time.Second)))
	}
	return text
}

// leftWords is a remaining time: "8 s left", "3 min left", "2 h left".
func leftWords(d time.Duration) string {
	switch {
	case d < 100*time.Second:
		return fmt.Sprintf("%.0f s left", d.Seconds())
	case d < 100*time.Minute:
		return fmt.Sprintf("%.0f min left", d.Minutes())
	}
	return fmt.Sprintf("%.0f h left", d.Hours())
}

// transferEnded tells what an upload or a download came to.
func (p *records) transferEnded(m ended) tea.Cmd {
	u := p.uploadOf(m.Slot)
	if u == nil {
		return p.downloadEnded(m)
	}
	u.running, u.stopped = false, m.Stopped || stoppedByUser(m.Err)
	if !u.stopped {
		u.err = m.Err
	}
	text, bad := u.sum()
	if !bad {
		p.uploads = remove(p.uploads, u)
	}
	if u.first != "" && u.client.ID == p.held.ID && !p.trash && p.history == nil {
		p.wantedFile = u.first
	}
	say := notify(text)
	switch {
	case u.err != nil:
		say = complainOf(u.err)
	case bad:
		say = complain(text)
	}
	return tea.Batch(say, broadcast(clientsChangedMsg{}))
}

func remove[T comparable](all []T, one T) []T {
	var rest []T
	for _, x := range all {
		if x != one {
			rest = append(rest, x)
		}
	}
	return rest
}

// sum says what an upload came to; bad is true when a file could not be stored.
func (u *upload) sum() (text string, bad bool) {
	var stored, same, replaced, failed int
	for _, i := range u.items {
		switch {
		case i.err != nil && !stoppedByUser(i.err):
			failed++
		case !i.over || i.err != nil:
		case i.same:
			same++
		case i.replaced:
			stored, replaced = stored+1, replaced+1
		default:
			stored++
		}
	}
	var parts []string
	if stored > 0 || same+failed == 0 {
		part := fmt.Sprintf("%s uploaded", words.Plural(stored, "file", "files"))
		if replaced > 0 {
			part += fmt.Sprintf(", %d as a new version", replaced)
		}
		parts = append(parts, part)
	}
	if same > 0 {
		parts = append(parts, fmt.Sprintf("%d there already", same))
	}
	if failed > 0 {
		parts = append(parts, fmt.Sprintf("%d not, see below", failed))
	}
	text = strings.Join(parts, "; ") + "."
	if u.stopped {
		text = "Stopped: " + text
	}
	return text, failed > 0 || u.err != nil
}

// head says how far an upload is, as much of it as fits in w columns.
func (u *upload) head(t *theme, over, w int) string {
	count := fmt.Sprintf("%d of %d", over, len(u.items))
	pace := u.pace()
	_, left, _ := strings.Cut(pace, " · ")
	text := ""
	for _, try := range []string{
		" uploading " + count + " to " + named(u.client.Name) + t.dim("   "+pace),
		" uploading " + count + t.dim("   "+pace),
		" uploading " + count + t.dim("   "+left),
		" " + count,
	} {
		if text = " " + t.mark(statusRunning) + try; width(text) <= w {
			break
		}
	}
	return text
}

// uploadLines draw the uploads in w columns, at most h lines.
func (p *records) uploadLines(w, h int) []string {
	t := p.env.theme
	var lines []string
	for _, u := range p.uploads {
		over := 0
		for _, i := range u.items {
			if i.over {
				over++
			}
		}
		if u.running {
			keys := ""
			if w := p.env.jobs.foremost(clientsPane); w != nil && w.Slot == u.slot {
				keys = t.bold("ctrl+x") + t.dim(" stops ")
			}
			lines = append(lines, ends(u.head(t, over, w-width(keys)-1), keys, w))
		} else {
			text, _ := u.sum()
			lines = append(lines, ends(" "+text+t.dim(" "+named(u.client.Name)), t.bold("esc")+t.dim(" puts this away "), w))
		}
		for _, i := range u.items {
			switch {
			case i.err != nil && !stoppedByUser(i.err):
				lines = append(lines, cut("   "+t.mark(statusFail)+" "+named(i.name)+t.dim("  "+sentence(i.err.Error())), w))
			case i.begun && !i.over && u.running:
				note := fmt.Sprintf(" %s/%s ", words.Bytes(i.done), words.Bytes(i.total))
				if i.done >= i.total {
					note = " reading its text "
				}
				lines = append(lines, ends("   "+cut(named(i.name), w-40), t.bar(i.done, i.total, 16)+t.dim(right(note, 18)), w))
			}
		}
	}
	if len(lines) > h {
		lines = append(lines[:max(0, h-1)], t.dim(fmt.Sprintf("   … %d more", len(lines)-h+1)))
	}
	return lines
}

// uploadDialog asks for paths.
type uploadDialog struct {
	client clients.Client
	paths  []string
	field  field
	wrong  string
	do     func([]string) tea.Cmd
}

// askUpload opens the dialog with these paths in it and what is wrong with others.
func (p *records) askUpload(wrong string, paths ...string) tea.Cmd {
	client := p.held
	d := &uploadDialog{client: client, field: newField(""), wrong: wrong, do: func(paths []string) tea.Cmd { return p.startUpload(client, paths) }}
	d.add(paths)
	return open(d)
}

// dropped takes what was pasted while no text is being typed: files that were
// dropped on the terminal.
func (p *records) dropped(text string) tea.Cmd {
	paths, missing := present(parsePaths(text, thereIs))
	cmd := p.settle()
	switch {
	case len(paths) == 0:
		return tea.Batch(cmd, complain("What was pasted is not the path of a file on this computer."))
	case p.held.ID == "":
		return tea.Batch(cmd, complain("Add a client first (a); files belong to one."))
	}
	return tea.Batch(cmd, p.askUpload(missing, paths...))
}

// present are the paths at which there is something, and a word on the others.
func present(paths []string) (there []string, missing string) {
	for _, path := range paths {
		if thereIs(path) {
			there = append(there, path)
		} else if missing == "" {
			missing = "There is nothing at " + safe.Line(path) + "; the others are taken."
		}
	}
	return there, missing
}

func (d *uploadDialog) Title() string { return "Upload to " + named(d.client.Name) }

func (d *uploadDialog) add(paths []string) {
	for _, path := range paths {
		d.paths = append(remove(d.paths, path), path)
	}
}

func (d *uploadDialog) Update(msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case tea.PasteMsg:
		d.wrong = ""
		if paths, missing := present(parsePaths(m.Content, thereIs)); len(paths) > 0 {
			d.add(paths)
			d.wrong = missing
			return nil, false
		}
	case tea.KeyPressMsg:
		d.wrong = ""
		switch m.String() {
		case "enter":
			return d.enter()
		case "tab":
			d.complete()
			return nil, false
		case "backspace":
			if d.field.Value() == "" && len(d.paths) > 0 {
				d.paths = d.paths[:len(d.paths)-1]
			}
		}
	}
	d.field.Update(msg)
	return nil, false
}

// enter takes what was typed, and begins when every path is of a file.
func (d *uploadDialog) enter() (tea.Cmd, bool) {
	var found []string
	for _, path := range parsePaths(d.field.Value(), thereIs) {
		var matches []string
		if thereIs(path) {
			// What is typed can be mended in place, so it is judged before it is taken.
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
			d.wrong = "There is nothing at " + safe.Line(path) + "."
			if strings.ContainsRune(strings.TrimSpace(d.field.Value()), ' ') {
				d.wrong += " A name with spaces goes between quotes."
			}
			return nil, false
		}
		found = append(found, matches...)
	}
	d.add(found)
	d.field.Set("")
	if len(d.paths) == 0 {
		d.wrong = "Type the path of a file, or drop files on this window."
		return nil, false
	}
	for i, path := range d.paths {
		if _, problem := look(path); problem != "" {
			d.paths = slices.Delete(d.paths, i, i+1)
			d.wrong = safe.Line(filepath.Base(path)) + " is " + problem + " It is left out."
			return nil, false
		}
	}
	return d.do(d.paths), true
}

// complete goes on with the path that is being typed as far as it is clear.
func (d *uploadDialog) complete() {
	typed := d.field.Value()
	quoted := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(local.Home(typed))
	matches, err := filepath.Glob(quoted + "*")
	if err != nil || len(matches) == 0 {
		d.wrong = "Nothing begins like this."
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
	if len(common) > len(local.Home(typed)) {
		d.field.Set(common)
	}
}

// look is a file's size, or why it cannot be uploaded.
func look(path string) (bytes int64, problem string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return 0, "not there any more."
	case info.IsDir():
		return 0, "a folder; name the files in it, as in folder/*."
	case !info.Mode().IsRegular():
		return 0, "not an ordinary file."
	}
	return info.Size(), ""
}

func (d *uploadDialog) View(t *theme, w, h int) string {
	var lines []string
	var total int64
	files := 0
	for _, path := range d.paths {
		bytes, problem := look(path)
		total += bytes
		note := t.dim(words.Bytes(bytes))
		if problem != "" {
			note = t.in(tokenFail, "✗ "+strings.TrimSuffix(strings.Split(problem, ";")[0], "."))
		} else {
			files++
		}
		lines = append(lines, ends(steady(safe.Line(filepath.Base(path))), note, w))
	}
	if room := max(1, h-9); len(lines) > room {
		hidden := len(lines) - room + 1
		lines = append([]string{t.dim(fmt.Sprintf("… %d more", hidden))}, lines[hidden:]...)
	}
	if len(lines) > 0 {
		lines = append(lines, "")
	}
	lines = append(lines, t.dim("Path  ")+d.field.View(max(4, w-6)), "")
	hint, k := "Type paths (tab completes), or drop files on this window. Names with spaces go between quotes.", tokenDim
	if d.wrong != "" {
		hint, k = d.wrong, tokenFail
	}
	for _, line := range wrap(hint, w) {
		lines = append(lines, t.in(k, line))
	}
	verb := " upload"
	if files > 0 && d.field.Value() == "" {
		verb = " upload " + words.Plural(files, "file", "files") + ", " + words.Bytes(total)
	}
	return strings.Join(append(lines, "", t.bold("enter")+verb+"   "+t.bold("esc")+" back"), "\n")
}
