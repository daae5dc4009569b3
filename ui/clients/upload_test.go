package clients

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claria/aws/sandbox"
	"claria/ui/uitest"
)

// home makes a home folder with files to choose from.
func home(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	for name, text := range map[string]string{
		"Downloads/intake.txt": "An intake.\n", "Downloads/report.txt": "A report.\n", "Downloads/empty.txt": "", "Downloads/.hidden": "x",
		"Downloads/school/grades.csv": "a,b\n1,2\n", "Downloads/school/2026/plan.txt": "A plan.\n", "Downloads/school/none.txt": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		then := time.Date(2026, 3, 4, 9, 0, 0, 0, time.Local)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Files and folders are chosen in a picker beside the typed path. What is left out of a
// folder, and a file that is empty, is told before anything is stored.
func TestFilesAreChosenInThePicker(t *testing.T) {
	home(t)
	uitest.AtNoon(t, testFilesAreChosenInThePicker)
}

func testFilesAreChosenInThePicker(t *testing.T) {
	for _, size := range uitest.Sizes {
		l := screens.Demo(t, size.W, size.H, sandbox.Options{})
		l.Press("2")
		l.Until("Avery Quill")
		l.Press("U")
		l.Until("Upload to")
		l.Sees("~/Downloads", "school/", "intake.txt")
		l.Hides(".hidden")
		l.Press("down", "down", "down", "down") // past .., to school and two files
		l.Press("space", "space")
		l.Sees("[x] intake.txt", "[x] report.txt", "upload 2 files, 21 B")
		l.GoldenDated("clients-picker-" + size.Name)
		l.Press("left")
		l.Sees("▌     Downloads/")
		l.Press("enter")
		l.Sees("[x] intake.txt")
		l.Press("down", "down", "enter") // a file: upload what is chosen
		if size.H < 24 {
			continue
		}
		l.Until("2 files uploaded.")
		l.Rest()

		l.Press("U") // it begins in the same folder
		l.Until("~/Downloads")
		l.Press("down", "down", "space")
		l.Sees("[x] school/", "upload 1 folder")
		l.Press("down", "up", "tab", "enter")
		l.Until("Upload 2 files")
		l.Sees("also those in 1 subfolder", "1 left out.", "none.txt", "It is empty.", "2026/plan.txt")
		l.Press("esc")
		l.Sees("6 files")
		l.Press("U")
		l.Until("~/Downloads")
		l.Typed("emp")
		l.Sees("empty.txt")
		l.Hides("school/")
		l.Typed("ty.txt")
		l.Press("enter")
		l.Until("▲ empty, 0 bytes")
		l.Confirm()
		l.Until("1 file uploaded.")
	}
}

// A paused upload begins nothing new until it goes on.
func TestAnUploadIsPaused(t *testing.T) {
	uitest.Bubble(testAnUploadIsPaused)(t)
}

func testAnUploadIsPaused(t *testing.T) {
	l := screens.Demo(t, 120, 40, sandbox.Options{})
	l.Press("2")
	l.Until("Avery Quill")
	l.Rest()
	dir := t.TempDir()
	var paths []string
	for i := range 100 { // more than are sent at once
		path := filepath.Join(dir, strings.Repeat("n", i+1)+".txt")
		if err := os.WriteFile(path, []byte(path), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	if err := l.Account.Sandbox.Inject("delay=s3:PutObject,for=2s"); err != nil {
		t.Fatal(err)
	}
	p := l.Pane().(*Pane)
	l.Begin(p.startUpload(p.people.Items()[0], paths))
	l.Until("uploading 0 of 100 to Avery Quill")
	l.Press("P")
	l.Until("Paused: what is being sent")
	l.Sees("P go on", "◌ paused")
	at := p.transfers[0].last.Ended
	l.Press("P")
	l.Until("100 files uploaded.")
	if at == 100 {
		t.Error("nothing was left when it was paused")
	}
}
