package clients

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
	"claria/ui/kit"
)

// upload is an upload of files to a client.
type upload struct {
	slot    string
	client  clients.Client
	items   []item
	began   time.Time
	now     time.Time // of the last event
	running bool
	stopped bool
	err     error  // what ended the whole upload
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

// startUpload uploads files to a client, in parallel with other uploads.
func (p *Pane) startUpload(client clients.Client, paths []string) tea.Cmd {
	p.numbered++
	u := &upload{slot: fmt.Sprintf("upload %d", p.numbered), client: client, began: p.env.Now(), now: p.env.Now(), running: true}
	for _, path := range paths {
		i := item{name: safe.PHI(filepath.Base(path))}
		if info, err := os.Stat(path); err == nil {
			i.total = info.Size()
		}
		u.items = append(u.items, i)
	}
	p.clearUploads()
	p.uploads = append(p.uploads, u)
	open := p.show(wanted{client.ID, true})
	if p.history != nil || p.trash {
		p.showTrash(false)
	}
	store := p.env.Session.Clients()
	return tea.Batch(open, kit.Stream(p.env.Jobs, kit.Job{Pane: kit.ClientsPane, Slot: u.slot, Title: "Uploading"},
		func(ctx context.Context) iter.Seq2[clients.Progress, error] {
			return store.Put(ctx, client.ID, clients.PutOptions{}, paths...)
		}))
}

// uploading are the uploads that run.
func (p *Pane) uploading() []*upload {
	var running []*upload
	for _, u := range p.uploads {
		if u.running {
			running = append(running, u)
		}
	}
	return running
}

// clearUploads removes finished uploads from the screen, and reports whether there were any.
func (p *Pane) clearUploads() bool {
	running := p.uploading()
	some := len(running) < len(p.uploads)
	p.uploads = running
	return some
}

func (p *Pane) uploadOf(slot string) *upload {
	for _, u := range p.uploads {
		if u.slot == slot {
			return u
		}
	}
	return nil
}

func (p *Pane) uploadsWent(m kit.Events[clients.Progress]) {
	u := p.uploadOf(m.Slot)
	if u == nil {
		return
	}
	u.now = p.env.Now()
	for _, event := range m.Items {
		u.take(event)
	}
	over := 0
	for _, i := range u.items {
		if i.over {
			over++
		}
	}
	p.env.Jobs.Progress(kit.ClientsPane, u.slot, int64(over), int64(len(u.items)), u.pace())
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

// bytes are how many of how many bytes are sent, without the files that failed.
func (u *upload) bytes() (done, total int64) {
	for _, i := range u.items {
		if i.err == nil {
			done, total = done+i.done, total+i.total
		}
	}
	return done, total
}

// pace is how far an upload is: bytes, rate and remaining time.
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

// transferEnded shows the outcome of an upload or a download.
func (p *Pane) transferEnded(m kit.Ended) tea.Cmd {
	u := p.uploadOf(m.Slot)
	if u == nil {
		return p.downloadEnded(m)
	}
	u.running, u.stopped = false, m.Stopped || kit.StoppedByUser(m.Err)
	if !u.stopped {
		u.err = m.Err
	}
	text, bad := u.sum()
	if !bad {
		p.uploads = slices.DeleteFunc(p.uploads, func(one *upload) bool { return one == u })
	}
	if u.first != "" && u.client.ID == p.held.ID && !p.trash && p.history == nil {
		p.wantedFile = u.first
	}
	say := kit.Notify(text)
	switch {
	case u.err != nil:
		say = kit.ComplainOf(u.err)
	case bad:
		say = kit.Complain(text)
	}
	return tea.Batch(say, kit.Broadcast(kit.ClientsChangedMsg{}))
}

// sum is an upload's outcome; bad is true if a file could not be stored.
func (u *upload) sum() (text string, bad bool) {
	var stored, same, replaced, failed int
	for _, i := range u.items {
		switch {
		case i.err != nil && !kit.StoppedByUser(i.err):
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
		parts = append(parts, fmt.Sprintf("%d already stored", same))
	}
	if failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", failed))
	}
	text = strings.Join(parts, "; ") + "."
	if u.stopped {
		text = "Stopped: " + text
	}
	return text, failed > 0 || u.err != nil
}

// head is how far an upload is, as much of it as fits in w columns.
func (u *upload) head(t *kit.Theme, over, w int) string {
	count := fmt.Sprintf("%d of %d", over, len(u.items))
	pace := u.pace()
	_, left, _ := strings.Cut(pace, " · ")
	text := ""
	for _, try := range []string{
		" uploading " + count + " to " + kit.Named(u.client.Name) + t.Dim("   "+pace),
		" uploading " + count + t.Dim("   "+pace),
		" uploading " + count + t.Dim("   "+left),
		" " + count,
	} {
		if text = " " + t.Mark(kit.StatusRunning) + try; kit.Width(text) <= w {
			break
		}
	}
	return text
}

// uploadLines draw the uploads in w columns, at most h lines.
func (p *Pane) uploadLines(w, h int) []string {
	t := p.env.Theme
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
			if w := p.env.Jobs.Foremost(kit.ClientsPane); w != nil && w.Slot == u.slot {
				keys = t.Bold("ctrl+x") + t.Dim(" stop ")
			}
			lines = append(lines, kit.Ends(u.head(t, over, w-kit.Width(keys)-1), keys, w))
		} else {
			text, _ := u.sum()
			lines = append(lines, kit.Ends(" "+text+t.Dim(" "+kit.Named(u.client.Name)), t.Bold("esc")+t.Dim(" close "), w))
		}
		for _, i := range u.items {
			switch {
			case i.err != nil && !kit.StoppedByUser(i.err):
				lines = append(lines, kit.Cut("   "+t.Mark(kit.StatusFail)+" "+kit.Named(i.name)+t.Dim("  "+kit.Sentence(i.err.Error())), w))
			case i.begun && !i.over && u.running:
				note := fmt.Sprintf(" %s/%s ", words.Bytes(i.done), words.Bytes(i.total))
				if i.done >= i.total {
					note = " reading its text "
				}
				lines = append(lines, kit.Ends("   "+kit.Cut(kit.Named(i.name), w-40), t.Bar(i.done, i.total, 16)+t.Dim(kit.Right(note, 18)), w))
			}
		}
	}
	if len(lines) > h {
		lines = append(lines[:max(0, h-1)], t.Dim(fmt.Sprintf("   … %d more", len(lines)-h+1)))
	}
	return lines
}

// uploadDialog asks for paths.
type uploadDialog struct {
	client clients.Client
	paths  []string
	field  kit.Field
	wrong  string
	do     func([]string) tea.Cmd
}

// askUpload opens the dialog with these paths, and what is wrong with others.
func (p *Pane) askUpload(wrong string, paths ...string) tea.Cmd {
	client, _ := p.people.Selected()
	d := &uploadDialog{client: client, field: kit.NewField(""), wrong: wrong}
	d.do = func(paths []string) tea.Cmd { return p.startUpload(client, paths) }
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

func (d *uploadDialog) Heading() string { return "Upload to " + kit.Named(d.client.Name) }

func (d *uploadDialog) add(paths []string) {
	for _, path := range paths {
		d.paths = append(slices.DeleteFunc(d.paths, func(one string) bool { return one == path }), path)
	}
}

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

// enter takes what was typed, and starts the upload if every path is a file's.
func (d *uploadDialog) enter() (tea.Cmd, bool) {
	var found []string
	for _, path := range kit.ParsePaths(d.field.Value(), kit.ThereIs) {
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
	if len(d.paths) == 0 {
		d.wrong = "Type the path of a file, or drop files on this window."
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
	quoted := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(local.Home(typed))
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
	if len(common) > len(local.Home(typed)) {
		d.field.Set(common)
	}
}

// look is a file's size, or why it cannot be uploaded.
func look(path string) (bytes int64, problem string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return 0, "no longer there."
	case info.IsDir():
		return 0, "a folder; type folder/* for the files in it."
	case !info.Mode().IsRegular():
		return 0, "not a regular file."
	}
	return info.Size(), ""
}

func (d *uploadDialog) View(t *kit.Theme, w, h int) string {
	var lines []string
	var total int64
	files := 0
	for _, path := range d.paths {
		bytes, problem := look(path)
		total += bytes
		note := t.Dim(words.Bytes(bytes))
		if problem != "" {
			note = t.In(kit.TokenFail, "✗ "+strings.TrimSuffix(strings.Split(problem, ";")[0], "."))
		} else {
			files++
		}
		lines = append(lines, kit.Ends(kit.Steady(safe.Line(filepath.Base(path))), note, w))
	}
	if room := max(1, h-9); len(lines) > room {
		hidden := len(lines) - room + 1
		lines = append([]string{t.Dim(fmt.Sprintf("… %d more", hidden))}, lines[hidden:]...)
	}
	if len(lines) > 0 {
		lines = append(lines, "")
	}
	lines = append(lines, t.Dim("Path  ")+d.field.View(max(4, w-6)), "")
	hint, k := "Type paths (tab completes), or drop files on this window. Put names with spaces in quotes.", kit.TokenDim
	if d.wrong != "" {
		hint, k = d.wrong, kit.TokenFail
	}
	for _, line := range kit.Wrap(hint, w) {
		lines = append(lines, t.In(k, line))
	}
	verb := " upload"
	if files > 0 && d.field.Value() == "" {
		verb = " upload " + words.Plural(files, "file", "files") + ", " + words.Bytes(total)
	}
	return strings.Join(append(lines, "", t.Bold("enter")+verb+"   "+t.Bold("esc")+" back"), "\n")
}
