package clients

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/ui/kit"
)

// transfer is an upload or a download of files.
type transfer struct {
	slot    string
	down    bool
	client  clients.Client
	control *clients.Control
	items   []item
	last    clients.Progress // of all files together
	running bool
	stopped bool
	err     error  // what ended the whole transfer
	first   string // id of the first file that was stored
}

// item is one file of a transfer.
type item struct {
	name        safe.PHI
	done, total int64
	begun       bool
	over        bool
	same        bool
	replaced    bool
	skipped     string // why it was left out
	err         error
}

// begin registers a transfer; its slot names its job.
func (p *Pane) begin(client clients.Client, down bool) *transfer {
	p.numbered++
	word := "upload"
	if down {
		word = "download"
	}
	u := &transfer{slot: fmt.Sprintf("%s %d", word, p.numbered), down: down, client: client, control: &clients.Control{}, running: true}
	p.clearTransfers()
	p.transfers = append(p.transfers, u)
	return u
}

// running are the transfers that run.
func (p *Pane) running() []*transfer {
	var running []*transfer
	for _, u := range p.transfers {
		if u.running {
			running = append(running, u)
		}
	}
	return running
}

// clearTransfers removes finished transfers from the screen, and reports whether there
// were any.
func (p *Pane) clearTransfers() bool {
	running := p.running()
	some := len(running) < len(p.transfers)
	p.transfers = running
	return some
}

func (p *Pane) transferOf(slot string) *transfer {
	for _, u := range p.transfers {
		if u.slot == slot {
			return u
		}
	}
	return nil
}

// foremost is the transfer that the keys act on: the last one that was begun; nil: none
// runs.
func (p *Pane) foremost() *transfer {
	if running := p.running(); len(running) > 0 {
		return running[len(running)-1]
	}
	return nil
}

// pause holds the foremost transfer, or lets it go on.
func (p *Pane) pause() tea.Cmd {
	u := p.foremost()
	if u.control.Paused() {
		u.control.Resume()
		return kit.Notify("Going on.")
	}
	u.control.Pause()
	return kit.Notify("Paused: what is being sent is sent to its end, and nothing new is begun. P goes on.")
}

func (p *Pane) transferred(m kit.Events[clients.Progress]) {
	u := p.transferOf(m.Slot)
	if u == nil {
		return
	}
	for _, event := range m.Items {
		u.take(event)
	}
	p.env.Jobs.Progress(kit.ClientsPane, u.slot, int64(u.last.Ended), int64(u.last.Files), u.pace())
}

func (u *transfer) take(event clients.Progress) {
	if event.Index < 0 || event.Index >= event.Files {
		return
	}
	for len(u.items) < event.Files {
		u.items = append(u.items, item{})
	}
	u.last = event
	i := &u.items[event.Index]
	i.name, i.begun, i.done = event.Name, true, event.Done
	if event.Total > 0 {
		i.total = event.Total
	}
	if !event.Over() {
		return
	}
	i.over, i.err, i.skipped = true, event.Err, event.Skipped
	if event.File != nil {
		i.same, i.replaced = event.Same, event.Replaced
		if u.first == "" {
			u.first = event.File.ID
		}
	}
}

// pace is how far a transfer is: bytes, rate and remaining time.
func (u *transfer) pace() string {
	text := words.Bytes(u.last.AllDone) + " of " + words.Bytes(u.last.All)
	if u.control.Paused() {
		return text + " · paused"
	}
	if rate := u.last.Rate(); rate > 0 {
		text += " · " + words.Bytes(int64(rate)) + "/s"
	}
	if left := u.last.Left(); left >= 500*time.Millisecond {
		text += " · " + leftWords(left)
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

// transferEnded shows the outcome of a transfer.
func (p *Pane) transferEnded(m kit.Ended) tea.Cmd {
	u := p.transferOf(m.Slot)
	if u == nil {
		return nil
	}
	u.running, u.stopped = false, m.Stopped || kit.StoppedByUser(m.Err)
	if !u.stopped {
		u.err = m.Err
	}
	text, bad := u.sum()
	if !bad {
		p.transfers = slices.DeleteFunc(p.transfers, func(one *transfer) bool { return one == u })
	}
	say := kit.Notify(text)
	switch {
	case u.err != nil:
		say = kit.ComplainOf(u.err)
	case bad:
		say = kit.Complain(text)
	}
	if u.down {
		return say
	}
	if u.first != "" && u.client.ID == p.held.ID && !p.trash && p.history == nil {
		p.wantedFile = u.first
	}
	return tea.Batch(say, kit.Broadcast(kit.ClientsChangedMsg{}))
}

// sum is a transfer's outcome; bad is true if a file is missing from it.
func (u *transfer) sum() (text string, bad bool) {
	var done, same, replaced, skipped, failed int
	for _, i := range u.items {
		switch {
		case i.err != nil && !kit.StoppedByUser(i.err):
			failed++
		case !i.over || i.err != nil:
		case i.skipped != "":
			skipped++
		case i.same:
			same++
		case i.replaced:
			done, replaced = done+1, replaced+1
		default:
			done++
		}
	}
	verb, there := "uploaded", "already stored"
	if u.down {
		verb, there = "downloaded", "already there"
	}
	text = words.Plural(done, "file", "files") + " " + verb
	if replaced > 0 {
		text += fmt.Sprintf(", %d as a new version", replaced)
	}
	if done == 0 && same+failed+skipped > 0 {
		text = ""
	}
	for _, part := range []struct {
		n    int
		word string
	}{{same, there}, {skipped, "left out"}, {failed, "failed"}} {
		if part.n == 0 {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += fmt.Sprintf("%d %s", part.n, part.word)
	}
	text += "."
	switch {
	case u.stopped:
		text = "Stopped: " + text
	case u.down && done > 0:
		text += " Only you can read the copies."
	}
	return text, failed+skipped > 0 || u.err != nil
}

// head is how far a transfer is, as much of it as fits in w columns.
func (u *transfer) head(t *kit.Theme, w int) string {
	word, to := "uploading", " to "
	if u.down {
		word, to = "downloading", " of "
	}
	mark := t.Mark(kit.StatusRunning)
	if u.control.Paused() {
		word, mark = "paused", t.Mark(kit.StatusDue)
	}
	count := fmt.Sprintf("%d of %d", u.last.Ended, max(u.last.Files, len(u.items)))
	pace := u.pace()
	_, rate, _ := strings.Cut(pace, " · ")
	_, left, _ := strings.Cut(rate, " · ")
	text := ""
	for _, try := range []string{
		" " + word + " " + count + to + kit.Named(u.client.Name) + t.Dim("   "+pace),
		" " + word + " " + count + t.Dim("   "+pace),
		" " + word + " " + count + t.Dim("   "+rate),
		" " + word + " " + count + t.Dim("   "+left),
		" " + count,
	} {
		if text = " " + mark + try; kit.Width(text) <= w {
			break
		}
	}
	return text
}

// transferLines draw the transfers in w columns, at most h lines.
func (p *Pane) transferLines(w, h int) []string {
	t := p.env.Theme
	var lines []string
	for _, u := range p.transfers {
		if u.running {
			keys := ""
			if work := p.env.Jobs.Foremost(kit.ClientsPane); work != nil && work.Slot == u.slot {
				keys = t.Bold("P") + t.Dim(" pause  ") + t.Bold("ctrl+x") + t.Dim(" stop ")
				if u.control.Paused() {
					keys = t.Bold("P") + t.Dim(" go on  ") + t.Bold("ctrl+x") + t.Dim(" stop ")
				}
			}
			lines = append(lines, kit.Ends(u.head(t, w-kit.Width(keys)-1), keys, w))
		} else {
			text, _ := u.sum()
			lines = append(lines, kit.Ends(" "+text+t.Dim(" "+kit.Named(u.client.Name)), t.Bold("esc")+t.Dim(" close "), w))
		}
		lines = append(lines, u.itemLines(t, w)...)
	}
	if len(lines) > h {
		lines = append(lines[:max(0, h-1)], t.Dim(fmt.Sprintf("   … %d more", len(lines)-h+1)))
	}
	return lines
}

// itemLines draw the files that failed, those that were left out, and those under way.
func (u *transfer) itemLines(t *kit.Theme, w int) []string {
	var failed, left, under []string
	for _, i := range u.items {
		switch {
		case i.err != nil && !kit.StoppedByUser(i.err):
			failed = append(failed, kit.Cut("   "+t.Mark(kit.StatusFail)+" "+kit.Named(i.name)+t.Dim("  "+kit.Sentence(i.err.Error())), w))
		case i.skipped != "":
			left = append(left, kit.Cut("   "+t.Dim("–")+" "+kit.Named(i.name)+t.Dim("  left out: "+kit.Sentence(i.skipped)), w))
		case i.begun && !i.over && u.running:
			note := fmt.Sprintf(" %s/%s ", words.Bytes(i.done), words.Bytes(i.total))
			if i.done >= i.total && !u.down {
				note = " reading its text "
			}
			under = append(under, kit.Ends("   "+kit.Cut(kit.Named(i.name), w-40), t.Bar(i.done, i.total, 16)+t.Dim(kit.Right(note, 18)), w))
		}
	}
	return slices.Concat(failed, left, under)
}
