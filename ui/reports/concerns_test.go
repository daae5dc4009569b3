package reports

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"claria/aws/sandbox"
	"claria/clients"
	"claria/internal/safe"
	"claria/ui/uitest"
)

// A file that needs care is not attached before a person said yes, and test material
// never is.
func TestFilesThatNeedCareAreAskedAbout(t *testing.T) {
	uitest.Bubble(testFilesThatNeedCareAreAskedAbout)(t)
}

func testFilesThatNeedCareAreAskedAbout(t *testing.T) {
	l := screens.Demo(t, 100, 30, sandbox.Options{})
	store := l.Env.Session.Clients()
	client, err := store.Find(t.Context(), "Avery Quill")
	if err != nil {
		t.Fatal(err)
	}
	mixed, err := os.ReadFile("../../clients/text/testdata/mixed.pdf")
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, class clients.Class, data []byte) {
		t.Helper()
		as := clients.PutOptions{Ask: func(context.Context, clients.Question) (clients.Answer, error) {
			return clients.Answer{Class: class}, nil
		}}
		if _, _, err := store.PutFrom(t.Context(), client.ID, as, safe.PHI(name), bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	put("1 manual.txt", clients.Test, []byte("Item 1. Say these numbers."))
	put("2 process notes.txt", clients.Notes, []byte("My own impressions."))
	put("3 scan.pdf", clients.Ordinary, mixed)
	put("4 new.txt", "", []byte("A letter."))
	put("5 plain.txt", clients.Ordinary, []byte("She slept well."))

	l.Press("3")
	l.Until("Reports ▸ Avery Quill")
	l.Rest()
	l.Press("a")
	l.Until("5 plain.txt")
	l.Rest()
	l.Sees("2 of 3 pages not read", "psychotherapy-notes")
	l.Press("enter", "space")
	l.Until("1 manual.txt cannot be attached")
	attached := func() int { return strings.Count(l.Text(), "[x]") }
	for _, asked := range []string{"164.508(a)(2)", "Pages 2 and 3 of 3 were not read: they are", "Nobody has set its class"} {
		l.Press("down", "space")
		l.Until(asked)
		before := attached()
		l.Press("esc")
		l.Hides(asked)
		if attached() != before {
			t.Errorf("%s: esc attaches the file", asked)
		}
		l.Press("space")
		l.Until(asked)
		l.Confirm()
		l.Rest()
		if attached() != before+1 {
			t.Errorf("%s: yes does not attach the file\n%s", asked, l.Text())
		}
	}
	l.Press("down", "space")
	l.Rest()
	if attached() != 4 {
		t.Errorf("an ordinary file is not attached at once\n%s", l.Text())
	}
	l.Sees("3 scan.pdf (2 of 3 pages not read)")
}
