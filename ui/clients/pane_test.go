package clients

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/aws/sandbox"
	"claria/clients"
	"claria/internal/safe"
	"claria/ui/kit"
	"claria/ui/uitest"
)

// write makes a file to upload.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The states of the Clients pane at every size, on the demo account.
func TestClientsFrames(t *testing.T) {
	for _, size := range uitest.Sizes {
		t.Run(size.Name, uitest.Bubble(func(t *testing.T) {
			l := screens.Demo(t, size.W, size.H, sandbox.Options{})
			at := func(name string) { t.Helper(); l.Rest(); l.GoldenDated("clients-" + name + "-" + size.Name) }
			l.Press("2")
			at("full")
			l.Press("enter", "U")
			l.Until("Upload to")
			l.Typed("/nowhere/at all.pdf")
			l.Press("enter")
			at("upload")
			l.Press("esc")
			at("files")
			l.Press("x")
			l.Ready()
			at("delete")
			l.Press("esc", "enter", "down", "down")
			at("preview")
			l.Press("esc", "v")
			at("versions")
			l.Press("esc", "t")
			at("no-trash")
			l.Press("esc", "/")
			l.Typed("tea")
			at("filter")

			p := l.Pane().(*Pane)
			p.transfers = []*transfer{{
				slot: "upload 9", client: p.held, running: true, control: &clients.Control{},
				last: clients.Progress{
					Files: 4, Ended: 1, AllDone: 3_180_000, AllMoved: 3_180_000, All: 4_080_900, Took: 4 * time.Second,
				},
				items: []item{
					{name: "scan.pdf", begun: true, done: 3_100_000, total: 4_000_000},
					{name: "日本語の名前 👩‍👩‍👧‍👦\u202e.docx", begun: true, done: 80_000, total: 80_000},
					{name: "notes", begun: true, over: true, err: os.ErrPermission},
					{name: "later.txt", total: 900},
				},
			}}
			l.GoldenDated("clients-uploading-" + size.Name)
		}))
	}
}

func TestClientsEmptyAndFailing(t *testing.T) { uitest.Bubble(testClientsEmptyAndFailing)(t) }

func testClientsEmptyAndFailing(t *testing.T) {
	s := screens.New(t, 80, 24, uitest.NotSetUp)
	s.Show(kit.ClientsPane)
	s.Sees("It is not set", "8 opens Setup, which comes first.")
	s = screens.New(t, 80, 24)
	s.Show(kit.ClientsPane)
	s.Sees("Loading clients.")
	s.Run(s.Pane().Update(kit.Answer[[]clients.Client]{Err: os.ErrDeadlineExceeded}))
	s.Sees("✗", "r try again")
	s.Run(s.Pane().Update(kit.Answer[[]clients.Client]{}))
	s.Sees("a add the first client")
}

// A file is uploaded by its typed path and read, replaced, put back, deleted and
// restored. Every step shows what happened.
func TestUploadPreviewVersionsDeleteRestore(t *testing.T) {
	uitest.Bubble(testUploadPreviewVersionsDeleteRestore)(t)
}

func testUploadPreviewVersionsDeleteRestore(t *testing.T) {
	l := screens.Demo(t, 120, 40, sandbox.Options{})
	path := write(t, "session 3.txt", "Session 3\n\nShe spoke about school.\n")
	l.Press("2")
	l.Until("Avery Quill")
	l.Press("U")
	l.Until("Upload to")
	l.Typed(path)
	l.Press("enter")
	l.Until("1 file uploaded.")
	l.Until("▌ session 3.txt")
	l.Hides("She spoke about school.")
	l.Press("enter")
	l.Until("She spoke about school.")
	l.Sees("5 files", "§1", "2 passages")
	l.Press("left")

	if err := os.WriteFile(path, []byte("Session 3\n\nShe spoke about sleep.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.Handle(tea.PasteMsg{Content: "'" + path + "' "}) // dropped on the list
	l.Until("upload 1 file, 34 B")
	l.Press("enter")
	l.Until("1 file uploaded, 1 as a new version.")
	l.Rest()
	l.Press("enter")
	l.Until("She spoke about sleep.")

	l.Press("left", "v")
	l.Until("2 versions of session 3.txt")
	l.Press("down", "enter")
	l.Until("She spoke about school.")
	l.Press("u")
	l.Until("Restore a version")
	l.Confirm()
	l.Until("Version restored.")
	l.Rest()
	l.Press("enter")
	l.Until("She spoke about school.")
	l.Press("left")

	l.Press("x")
	l.Until("Undo")
	l.Press("y") // typed ahead
	l.Sees("Undo")
	l.Confirm()
	l.Until("Deleted. u brings it back.")
	l.Until("4 files")
	l.Rest()
	l.Press("u")
	l.Until("Restored.")
	l.Until("5 files")
	l.Rest()
	l.Press("x")
	l.Confirm()
	l.Until("4 files")
	l.Rest()
	l.Press("t")
	l.Until("1 deleted file")
	l.Rest()
	l.Press("u")
	l.Until("No deleted files.")
	l.Press("esc")
	l.Until("5 files")
}

// Each file that cannot be uploaded is reported, and the others continue.
func TestUploadReportsEachFailure(t *testing.T) { uitest.Bubble(testUploadReportsEachFailure)(t) }

func testUploadReportsEachFailure(t *testing.T) {
	l := screens.Demo(t, 80, 24, sandbox.Options{})
	good, other := write(t, "good.txt", "text"), write(t, "good.txt", "another text")
	l.Press("2")
	l.Until("Avery Quill")
	l.Rest()
	l.Press("U")
	l.Until("Upload to")
	l.Handle(tea.PasteMsg{Content: good + "\r\n" + other + " /nowhere.txt"})
	l.Sees("upload 2 files, 16 B", "No file found at /nowhere.txt")
	l.Press("enter")
	l.Until("1 file uploaded; 1 failed.")
	l.Sees("✗ good.txt", "same name")
	l.Rest()
	l.Press("esc")
	l.Hides("✗ good.txt")
	l.Handle(tea.PasteMsg{Content: "this is only text"})
	l.Until("not the path of a file")
}

func TestAnUploadIsStopped(t *testing.T) { uitest.Bubble(testAnUploadIsStopped)(t) }

func testAnUploadIsStopped(t *testing.T) {
	l := screens.Demo(t, 80, 24, sandbox.Options{})
	l.Press("2")
	l.Until("Avery Quill")
	l.Rest()
	// Only uploads from here on count: the evidence of the first scan is one too.
	if err := l.Account.Sandbox.Inject("delay=s3:PutObject,for=30s"); err != nil {
		t.Fatal(err)
	}
	p := l.Pane().(*Pane)
	l.Begin(p.startUpload(p.people.Items()[0], []string{write(t, "a.txt", "text")}))
	l.Until("uploading 0 of 1 to Avery Quill")
	l.Sees("ctrl+x stop ")
	l.Press("ctrl+x")
	l.Until("Stopped: 0 files uploaded.")
	l.Rest()
	l.Hides("a.txt")
}

// A new order moves the rows, and the selection stays on its row.
func TestFilesAreSorted(t *testing.T) { uitest.Bubble(testFilesAreSorted)(t) }

func testFilesAreSorted(t *testing.T) {
	l := screens.Demo(t, 80, 24, sandbox.Options{})
	l.Press("2")
	l.Until("Avery Quill")
	l.Press("enter")
	l.Rest()
	l.Press("o")
	l.Until("Files sorted by date, newest first.")
	l.Sees("▌ intake interview.docx")
	if text := l.Text(); strings.Index(text, "test scores.csv") > strings.Index(text, "intake interview.docx") {
		t.Errorf("the newest file is not the first:\n%s", text)
	}
	l.Press("o", "o")
	l.Until("Files sorted by name.")
	if text := l.Text(); strings.Index(text, "test scores.csv") < strings.Index(text, "intake interview.docx") {
		t.Errorf("the files are not by name again:\n%s", text)
	}
}

func TestDownloadNeverReplaces(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	uitest.AtNoon(t, testDownloadNeverReplaces)
}

func testDownloadNeverReplaces(t *testing.T) {
	l := screens.Demo(t, 80, 24, sandbox.Options{})
	l.Press("2")
	l.Until("Avery Quill")
	l.Press("enter")
	l.Until("test scores.csv")
	l.Press("down", "down", "down")
	home, _ := os.UserHomeDir()
	for i, name := range []string{"test scores.csv", "test scores (2).csv"} {
		l.Press("d")
		l.Until("~/" + name)
		l.Press("enter")
		l.Until("1 file downloaded. Only you can read the copies.")
		info, err := os.Stat(filepath.Join(home, name))
		if err != nil || info.Size() != 556 || info.Mode().Perm() != 0o600 {
			t.Errorf("download %d: %v, %v", i+1, info, err)
		}
	}
	l.Press("d")
	l.Until("test scores (3).csv")
	for range 60 {
		l.Press("backspace")
	}
	l.Typed("~/test scores.csv")
	l.Press("enter")
	l.Sees("A file of that name exists, and Claria does not replace it.")
}

// An answer for a client that is no longer selected is dropped.
func TestFilesOfAnotherClientAreNotShown(t *testing.T) {
	uitest.Bubble(testFilesOfAnotherClientAreNotShown)(t)
}

func testFilesOfAnotherClientAreNotShown(t *testing.T) {
	l := screens.Demo(t, 120, 40, sandbox.Options{})
	l.Press("2")
	l.Until("Avery Quill")
	l.Press("enter")
	l.Until("intake interview.docx")
	p := l.Pane().(*Pane)
	p.Update(kit.Answer[filesOf]{Slot: "files", Value: filesOf{client: "ANOTHER", files: []clients.File{{ID: "X", Name: "of another.txt"}}}})
	l.Hides("of another.txt")
	l.Press("left", "down", "down", "down", "up")
	l.Hides("teacher form.pdf")
	l.Press("enter")
	l.Until("letter from primary car")
	l.Sees("Clients ▸ Juniper Halloway")
	l.Hides("teacher form.pdf")
}

// Hostile names: escapes, direction overrides, joined emoji, wide letters, 300 bytes.
// Each line of the screen keeps its width.
func TestHostileNamesOnTheClientsPane(t *testing.T) {
	uitest.Bubble(testHostileNamesOnTheClientsPane)(t)
}

func testHostileNamesOnTheClientsPane(t *testing.T) {
	names := []safe.PHI{
		"a\x1b[2Jb\x1b]0;owned\x07c", "left\u202eright\u2066", "👨‍👩‍👧‍👦 family 🇩🇪 ❤️", "日本語の長い名前のクライアント",
		safe.PHI(strings.Repeat("ä", 150)), "line\nbreak\ttab", "\u200b\ufeff",
	}
	for _, size := range uitest.Sizes {
		s := screens.New(t, size.W, size.H)
		s.Show(kit.ClientsPane)
		p := s.Pane().(*Pane)
		var people []clients.Client
		var files []clients.File
		for i, name := range names {
			id := string(rune('A' + i))
			people = append(people, clients.Client{ID: id, Name: name})
			files = append(files, clients.File{ID: id, Client: "A", Name: name, Problem: name.Reveal(), Size: 1, Added: uitest.Noon})
		}
		p.held = people[0]
		p.Update(kit.Answer[[]clients.Client]{Value: people})
		p.Update(kit.Answer[filesOf]{Value: filesOf{client: "A", files: files}})
		for _, keys := range [][]string{{}, {"enter"}, {"enter"}} {
			s.Keys(keys...)
			text := s.Styled()
			for _, bad := range []string{"\x1b[2J", "\x1b]0;", "\u202e", "\u2066", "\u200d", "\ufeff"} {
				if strings.Contains(text, bad) {
					t.Errorf("%s: %q reached the terminal", size.Name, bad)
				}
			}
			s.Golden("clients-hostile-" + string(rune('a'+p.column)) + "-" + size.Name)
		}
	}
}
