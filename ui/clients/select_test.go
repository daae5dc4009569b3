package clients

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claria/aws/sandbox"
	"claria/clients"
	"claria/ui/kit"
	"claria/ui/uitest"
)

// Clients of one name are told apart in the list; archived ones are listed on request.
func TestClientsOfOneNameAreToldApart(t *testing.T) {
	uitest.Bubble(testClientsOfOneNameAreToldApart)(t)
}

func testClientsOfOneNameAreToldApart(t *testing.T) {
	for _, size := range uitest.Sizes {
		s := screens.New(t, size.W, size.H)
		s.Show(kit.ClientsPane)
		s.Pane().Update(kit.Answer[[]clients.Client]{Value: []clients.Client{
			{ID: "A000000000000000000000WXYZ", Name: "Avery Quill", Born: "2017-05-14"},
			{ID: "B0000000000000000000001234", Name: "Quill, Avery", Created: time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)},
			{ID: "C", Name: "Juniper Halloway", Born: "2015-01-01"},
			{ID: "D", Name: "Old Client", Archived: true},
		}})
		s.Sees("2017-05-14", "Mar 4 …1234")
		s.Hides("Old Client")
		if size.W < kit.Wide {
			s.Hides("2015-01-01")
		}
		s.Sees("3 clients, 1 archived")
		s.Keys("t", "G")
		s.Sees("▌ Old Client", "archived")
		s.Golden("clients-twins-" + size.Name)
	}
}

// Delete, its undo and download act on all selected files.
func TestManyFilesAreSelected(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	uitest.AtNoon(t, testManyFilesAreSelected)
}

func testManyFilesAreSelected(t *testing.T) {
	l := screens.Demo(t, 80, 24, sandbox.Options{})
	l.Press("2")
	l.Until("Avery Quill")
	l.Press("enter")
	l.Until("intake interview.docx")
	l.Press("space", "down", "space")
	l.Sees("2 of 4 files selected", "[x] intake interview.docx", "[ ] session 2.txt", "[x] teacher form.pdf")
	l.Press("d")
	l.Until("Download 2 files, 75 kB")
	l.Press("enter")
	l.Until("2 files downloaded. Only you can read the copies.")
	home, _ := os.UserHomeDir()
	if found, _ := filepath.Glob(filepath.Join(home, "*")); len(found) != 2 {
		t.Errorf("downloaded: %v", found)
	}
	l.Press("*")
	l.Sees("4 of 4 files selected")
	l.Press("esc")
	l.Hides("selected")
	l.Press("*", "x")
	l.Until("Delete 4 files")
	l.Sees("4 files, 77 kB, of Avery Quill", "teacher form.pdf")
	l.Confirm()
	l.Until("4 files deleted. u brings them back.")
	l.Until("No files yet.")
	l.Rest()
	l.Press("u")
	l.Until("4 files restored.")
	l.Until("4 files, 77 kB")
	l.Rest()
	if text := l.Text(); strings.Contains(text, "[ ]") {
		t.Errorf("files are still selected:\n%s", text)
	}
}

// A second client of one name is added only on a yes.
func TestASecondClientOfANameIsAskedAbout(t *testing.T) {
	uitest.Bubble(testASecondClientOfANameIsAskedAbout)(t)
}

func testASecondClientOfANameIsAskedAbout(t *testing.T) {
	l := screens.Demo(t, 80, 24, sandbox.Options{})
	l.Press("2")
	l.Until("Avery Quill")
	add := func() {
		t.Helper()
		l.Press("a")
		l.Until("New client")
		l.Typed("quill, avery")
		l.Press("enter")
		l.Until("A client of this name exists")
		l.Sees("1 client has this name already", "Avery Quill")
	}
	add()
	l.Press("esc")
	l.Sees("3 clients")
	add()
	l.Confirm()
	l.Until("Client added.")
	l.Until("No files yet.")
	l.Press("esc")
	l.Sees("4 clients", "▌ quill, avery")
}
