package ui

import (
	"strings"
	"testing"

	"claria/aws/object"
	"claria/aws/sandbox"
	"claria/provision/state"
	"claria/ui/uitest"
)

// putReport stores a report for the client of this name.
func putReport(l *uitest.Live, name string) {
	l.T.Helper()
	client, err := l.Env.Session.Clients().Find(l.T.Context(), name)
	if err != nil {
		l.T.Fatal(err)
	}
	bucket := object.Bucket{Account: l.Env.Session.Account, Name: state.DataBucketName(l.Env.Session.Settings)}
	key := "reports/" + client.ID + "/" + client.ID + ".json"
	if _, err := bucket.Write(l.T.Context(), key, []byte(`{}`), object.Always()); err != nil {
		l.T.Fatal(err)
	}
}

// reads are the records that were read from the account since a number of calls.
func reads(l *uitest.Live, since int) []string {
	l.T.Helper()
	var keys []string
	for _, call := range l.Account.Sandbox.Calls()[since:] {
		_, key, _ := strings.Cut(call.Resource, "/")
		if call.Operation == "GetObject" && (strings.HasPrefix(key, "records/") || strings.HasPrefix(key, "clients/") ||
			strings.HasPrefix(key, "reports/") || strings.HasPrefix(key, "recordings/")) {
			keys = append(keys, key)
		}
	}
	return keys
}

// The access log must show who really looked: starting, showing each pane and moving the
// cursor over clients and files reads none of them; enter does.
func TestARecordIsReadOnlyWhenItIsOpened(t *testing.T) {
	uitest.Bubble(testARecordIsReadOnlyWhenItIsOpened)(t)
}

func testARecordIsReadOnlyWhenItIsOpened(t *testing.T) {
	for _, size := range uitest.Sizes {
		l := screens.Demo(t, size.W, size.H, sandbox.Options{})
		store := l.Env.Session.Clients()
		putReport(l, "Avery Quill")
		l.Press("r")
		l.Rest()
		if size.H >= 40 { // else it is further down
			l.Sees("Report for Avery Quill")
		}
		for range 10 {
			if _, err := store.Add(t.Context(), "Zoë Added"); err != nil {
				t.Fatal(err)
			}
		}
		l.Press("2", "r")
		l.Rest()
		for _, key := range reads(l, 0) {
			if !strings.HasPrefix(key, "clients/") { // what lists them
				t.Errorf("%s: %s was read before anything was opened", size.Name, key)
			}
		}

		begun := len(l.Account.Sandbox.Calls())
		for range 10 {
			l.Press("down")
			l.Rest()
		}
		l.Press("g", "G", "/")
		l.Typed("avery")
		l.Rest()
		l.Press("enter", "esc", "1", "3", "down", "down", "g", "tab", "2", "g")
		l.Rest()
		if got := reads(l, begun); len(got) > 0 {
			t.Errorf("%s: moving the cursor read %v", size.Name, got)
		}

		l.Press("enter")
		l.Until("intake interview.docx")
		l.Rest()
		begun = len(l.Account.Sandbox.Calls())
		l.Press("down", "down", "down", "up", "left", "down", "up", "right")
		l.Rest()
		if got := reads(l, begun); len(got) > 0 {
			t.Errorf("%s: moving over the files read %v", size.Name, got)
		}
		l.Press("g", "enter")
		l.Until("§7")
		if got := reads(l, begun); len(got) != 1 || !strings.HasSuffix(got[0], ".text.json") {
			t.Errorf("%s: opening a text read %v", size.Name, got)
		}
	}
}

// The client that is chosen in one pane is the chosen one in the others.
func TestAClientStaysChosenFromPaneToPane(t *testing.T) {
	uitest.Bubble(testAClientStaysChosenFromPaneToPane)(t)
}

func testAClientStaysChosenFromPaneToPane(t *testing.T) {
	l := screens.Demo(t, 80, 24, sandbox.Options{})
	l.Press("2")
	l.Until("Tobias Fenwick-Marsh")
	l.Press("G", "3")
	l.Sees("Reports ▸ Tobias Fenwick-Marsh", "▌ Tobias Fenwick-Marsh")
	l.Press("up", "2")
	l.Sees("Clients ▸ Juniper Halloway", "▌ Juniper Halloway")
}
