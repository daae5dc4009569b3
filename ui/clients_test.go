package ui

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"claria/aws/sandbox"
	"claria/clients"
	"claria/internal/safe"
	"claria/session"
	"claria/session/demo"
)

// openPractice is openLive on the demo practice, with faults.
func openPractice(t *testing.T, w, h int, options sandbox.Options) *live {
	t.Helper()
	account, err := demo.New(demo.Options{Sandbox: options})
	if err != nil {
		t.Fatal(err)
	}
	held, err := session.Open(t.Context(), session.Options{Demo: account.Session()})
	if err != nil {
		t.Fatal(err)
	}
	looks := Options{Theme: "dark", Environ: []string{}}.withDefaults()
	l := &live{screen: &screen{t: t}, messages: make(chan tea.Msg, 256), account: account}
	e := newEnv(t.Context(), held, looks)
	e.theme = newTheme("dark", true, false, colorprofile.TrueColor)
	l.frame = newFrame(e, looks)
	t.Cleanup(l.end)
	l.handle(tea.WindowSizeMsg{Width: w, Height: h})
	l.begin(l.Init())
	l.until("? 1 unknown")
	return l
}

// rest waits until nothing of a pane is under way and its selection rests.
func (l *live) rest() {
	l.t.Helper()
	for {
		select {
		case msg := <-l.messages:
			l.handle(msg)
		case <-time.After(restAfter + 60*time.Millisecond):
			if len(l.env.jobs.order) == 0 {
				return
			}
		}
	}
}

func (l *live) typed(text string) {
	l.t.Helper()
	for _, r := range text {
		l.handle(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// moments are what changes from day to day on a screen of the practice account.
var moments = regexp.MustCompile(`\d{4}-\d{2}-\d{2} \d{2}:\d{2}| [A-Z][a-z]{2} \d\d |  [A-Z][a-z]{2} \d |\d{4}-\d{2} `)

// goldenDated is golden with every date replaced by as many signs, and without the
// top line: what the practice account passes is told elsewhere, and grows with the
// catalogue.
func (l *live) goldenDated(name string) {
	l.t.Helper()
	for i, line := range strings.Split(l.text(), "\n") {
		if got := width(line); got != l.width {
			l.t.Errorf("line %d is %d columns wide, not %d: %q", i+1, got, l.width, line)
		}
	}
	_, text, _ := strings.Cut(l.text(), "\n")
	compareGolden(l.t, name, moments.ReplaceAllStringFunc(text, func(found string) string { return strings.Repeat("#", len(found)) }))
}

// write makes a file to upload.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The states of the Clients pane at every size, on the practice account.
func TestClientsFrames(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, bubble(func(t *testing.T) {
			l := openPractice(t, size.w, size.h, sandbox.Options{})
			at := func(name string) { t.Helper(); l.rest(); l.goldenDated("clients-" + name + "-" + size.name) }
			l.press("2")
			at("full")
			l.press("U")
			l.until("Upload to")
			l.typed("/nowhere/at all.pdf")
			l.press("enter")
			at("upload")
			l.press("esc", "enter")
			at("files")
			l.press("x")
			l.ready()
			at("delete")
			l.press("esc", "enter", "down", "down")
			at("preview")
			l.press("esc", "v")
			at("versions")
			l.press("esc", "t")
			at("no-trash")
			l.press("esc", "/")
			l.typed("tea")
			at("filter")

			p := l.pane().(*records)
			p.uploads = []*upload{{
				slot: "upload 9", client: p.held, running: true, began: noon.Add(-4 * time.Second), now: noon,
				items: []item{
					{name: "scan.pdf", begun: true, done: 3_100_000, total: 4_000_000},
					{name: "日本語の名前 👩‍👩‍👧‍👦\u202e.docx", begun: true, done: 80_000, total: 80_000},
					{name: "notes", begun: true, over: true, err: os.ErrPermission},
					{name: "later.txt", total: 900},
				},
			}}
			l.goldenDated("clients-uploading-" + size.name)
		}))
	}
}

func TestClientsEmptyAndFailing(t *testing.T) { bubble(testClientsEmptyAndFailing)(t) }

func testClientsEmptyAndFailing(t *testing.T) {
	s := newScreen(t, 80, 24, notSetUp)
	s.show(clientsPane)
	s.sees("which is not set", "8 goes to Setup, which comes first.")
	s = newScreen(t, 80, 24)
	s.show(clientsPane)
	s.sees("Loading the clients.")
	s.run(s.pane().Update(answer[[]clients.Client]{Err: os.ErrDeadlineExceeded}))
	s.sees("✗", "r tries again")
	s.run(s.pane().Update(answer[[]clients.Client]{}))
	s.sees("a adds the first client")
}

// A file is uploaded by its typed path and read, replaced, taken back, deleted
// and restored; every step says what happened.
func TestUploadPreviewVersionsDeleteRestore(t *testing.T) {
	bubble(testUploadPreviewVersionsDeleteRestore)(t)
}

func testUploadPreviewVersionsDeleteRestore(t *testing.T) {
	l := openPractice(t, 120, 40, sandbox.Options{})
	path := write(t, "session 3.txt", "Session 3\n\nShe spoke about school.\n")
	l.press("2")
	l.until("intake interview.docx")
	l.press("U")
	l.until("Upload to")
	l.typed(path)
	l.press("enter")
	l.until("1 file uploaded.")
	l.until("She spoke about school.")
	l.sees("5 files", "S1", "2 passages")

	if err := os.WriteFile(path, []byte("Session 3\n\nShe spoke about sleep.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.handle(tea.PasteMsg{Content: "'" + path + "' "}) // dropped on the list
	l.until("upload 1 file, 34 B")
	l.press("enter")
	l.until("1 file uploaded, 1 as a new version.")
	l.until("She spoke about sleep.")
	l.rest()

	l.press("v")
	l.until("2 versions of session 3.txt")
	l.press("down")
	l.until("She spoke about school.")
	l.press("u")
	l.until("Restore a version")
	l.confirm()
	l.until("The version is restored.")
	l.until("She spoke about school.")
	l.rest()

	l.press("x")
	l.until("Undo")
	l.press("y") // typed ahead
	l.sees("Undo")
	l.confirm()
	l.until("Deleted. t shows what is deleted")
	l.until("4 files")
	l.rest()
	l.press("t")
	l.until("1 deleted file")
	l.rest()
	l.press("u")
	l.until("Nothing is deleted here.")
	l.press("esc")
	l.until("5 files")
}

// What cannot be uploaded is told for each file, and the others go on.
func TestUploadTellsEachFailure(t *testing.T) { bubble(testUploadTellsEachFailure)(t) }

func testUploadTellsEachFailure(t *testing.T) {
	l := openPractice(t, 80, 24, sandbox.Options{})
	good, other := write(t, "good.txt", "text"), write(t, "good.txt", "another text")
	l.press("2")
	l.until("Avery Quill")
	l.rest()
	l.press("U")
	l.until("Upload to")
	l.handle(tea.PasteMsg{Content: good + "\r\n" + other + " /nowhere.txt"})
	l.sees("upload 2 files, 16 B", "There is nothing at /nowhere.txt")
	l.press("enter")
	l.until("1 file uploaded; 1 not, see below.")
	l.sees("✗ good.txt", "same name")
	l.rest()
	l.press("esc")
	l.hides("✗ good.txt")
	l.handle(tea.PasteMsg{Content: "this is only text"})
	l.until("not the path of a file")
}

func TestAnUploadIsStopped(t *testing.T) { bubble(testAnUploadIsStopped)(t) }

func testAnUploadIsStopped(t *testing.T) {
	l := openPractice(t, 80, 24, sandbox.Options{})
	l.press("2")
	l.until("Avery Quill")
	l.rest()
	// From here on: the evidence of the first scan is an upload too.
	if err := l.account.Sandbox.Inject("delay=s3:PutObject,for=30s"); err != nil {
		t.Fatal(err)
	}
	p := l.pane().(*records)
	l.begin(p.startUpload(p.held, []string{write(t, "a.txt", "text")}))
	l.until("uploading 0 of 1 to Avery Quill")
	l.sees("ctrl+x stops ")
	l.press("ctrl+x")
	l.until("Stopped: 0 files uploaded.")
	l.rest()
	l.hides("a.txt")
}

// Another order moves the rows, and the selection with its own.
func TestFilesAreSorted(t *testing.T) {
	l := openPractice(t, 80, 24, sandbox.Options{})
	l.press("2")
	l.until("Avery Quill")
	l.rest()
	l.press("enter", "o")
	l.until("Files are sorted by date, the newest first.")
	l.sees("▌ intake interview.docx")
	if text := l.text(); strings.Index(text, "test scores.csv") > strings.Index(text, "intake interview.docx") {
		t.Errorf("the newest file is not the first:\n%s", text)
	}
	l.press("o", "o")
	l.until("Files are sorted by name.")
	if text := l.text(); strings.Index(text, "test scores.csv") < strings.Index(text, "intake interview.docx") {
		t.Errorf("the files are not by name again:\n%s", text)
	}
}

func TestDownloadNeverReplaces(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	atNoon(t, testDownloadNeverReplaces)
}

func testDownloadNeverReplaces(t *testing.T) {
	l := openPractice(t, 80, 24, sandbox.Options{})
	l.press("2")
	l.until("Avery Quill")
	l.rest()
	l.press("enter", "down", "down", "down")
	l.rest()
	home, _ := os.UserHomeDir()
	for i, name := range []string{"test scores.csv", "test scores (2).csv"} {
		l.press("d")
		l.until("~/" + name)
		l.press("enter")
		l.until("Downloaded; only you can read the file.")
		info, err := os.Stat(filepath.Join(home, name))
		if err != nil || info.Size() != 556 || info.Mode().Perm() != 0o600 {
			t.Errorf("download %d: %v, %v", i+1, info, err)
		}
	}
	l.press("d")
	l.until("test scores (3).csv")
	for range 60 {
		l.press("backspace")
	}
	l.typed("~/test scores.csv")
	l.press("enter")
	l.sees("There is a file of that name already, and it stays.")
}

// An answer for a client that is not selected any more is dropped.
func TestFilesOfAnotherClientAreNotShown(t *testing.T) {
	bubble(testFilesOfAnotherClientAreNotShown)(t)
}

func testFilesOfAnotherClientAreNotShown(t *testing.T) {
	l := openPractice(t, 120, 40, sandbox.Options{})
	l.press("2")
	l.until("intake interview.docx")
	l.rest()
	p := l.pane().(*records)
	p.Update(answer[filesOf]{Slot: "files", Value: filesOf{client: "ANOTHER", files: []clients.File{{ID: "X", Name: "of another.txt"}}}})
	l.hides("of another.txt")
	l.press("down", "down", "down", "up")
	l.rest()
	l.sees("Clients ▸ Juniper Halloway", "letter from primary car")
	l.hides("teacher form.pdf")
}

// Names as they may come: escapes, direction overrides, joined emoji, wide
// letters, 300 bytes. Each line of the screen keeps its width.
func TestHostileNamesOnTheClientsPane(t *testing.T) { bubble(testHostileNamesOnTheClientsPane)(t) }

func testHostileNamesOnTheClientsPane(t *testing.T) {
	names := []safe.PHI{
		"a\x1b[2Jb\x1b]0;owned\x07c", "left\u202eright\u2066", "👨‍👩‍👧‍👦 family 🇩🇪 ❤️", "日本語の長い名前のクライアント",
		safe.PHI(strings.Repeat("ä", 150)), "line\nbreak\ttab", "\u200b\ufeff",
	}
	for _, size := range sizes {
		s := newScreen(t, size.w, size.h)
		s.show(clientsPane)
		p := s.pane().(*records)
		var people []clients.Client
		var files []clients.File
		for i, name := range names {
			id := string(rune('A' + i))
			people = append(people, clients.Client{ID: id, Name: name})
			files = append(files, clients.File{ID: id, Client: "A", Name: name, Problem: name.Reveal(), Size: 1, Added: noon})
		}
		p.held = people[0]
		p.Update(answer[[]clients.Client]{Value: people})
		p.Update(answer[filesOf]{Value: filesOf{client: "A", files: files}})
		for _, keys := range [][]string{{}, {"enter"}, {"enter"}} {
			s.keys(keys...)
			text, _, _ := s.draw()
			for _, bad := range []string{"\x1b[2J", "\x1b]0;", "\u202e", "\u2066", "\u200d", "\ufeff"} {
				if strings.Contains(text, bad) {
					t.Errorf("%s: %q reached the terminal", size.name, bad)
				}
			}
			s.golden("clients-hostile-" + string(rune('a'+p.column)) + "-" + size.name)
		}
	}
}
