package clients

import (
	"testing"

	"claria/aws/sandbox"
	"claria/clients"
	"claria/ui/uitest"
)

// stored is the client as the account has it.
func stored(l *uitest.Live, name string) clients.Client {
	l.T.Helper()
	client, err := l.Env.Session.Clients().Find(l.T.Context(), name)
	if err != nil {
		l.T.Fatal(err)
	}
	return client
}

// Who a client is, consents and their withdrawal, and the archive are entered on the
// screen and stored in the account.
func TestAClientsDetailsAreEntered(t *testing.T) { uitest.Bubble(testAClientsDetailsAreEntered)(t) }

func testAClientsDetailsAreEntered(t *testing.T) {
	for _, size := range uitest.Sizes {
		l := screens.Demo(t, size.W, size.H, sandbox.Options{})
		l.Press("2")
		l.Until("Avery Quill")
		l.Press("e")
		l.Until("What do you want to change?")
		l.GoldenDated("clients-edit-" + size.Name)
		l.Press("enter")
		l.Until("Details of Avery Quill")
		for _, value := range []string{"Avery Rose Quill", "Ave, A. Quill", "12.4.2014"} {
			l.Typed(value)
			l.Press("enter")
		}
		l.Sees("Write the date as year-month-day")
		for range "12.4.2014" {
			l.Press("backspace")
		}
		for _, value := range []string{"2017-05-14", "she/her", "mother: Dana Quill; teacher: Lee Moss"} {
			l.Typed(value)
			l.Press("enter")
		}
		l.GoldenDated("clients-details-" + size.Name)
		l.Typed("school: 4711")
		l.Press("enter")
		l.Until("Details saved.")
		l.Rest()
		got := stored(l, "Avery Quill")
		if got.Legal != "Avery Rose Quill" || len(got.Aliases) != 2 || got.Born != "2017-05-14" || got.Pronouns != "she/her" ||
			len(got.People) != 2 || got.People[1] != (clients.Person{Relation: "teacher", Name: "Lee Moss"}) ||
			len(got.Identifiers) != 1 || got.Identifiers[0] != (clients.Identifier{System: "school", Value: "4711"}) {
			t.Errorf("stored: %q %q %q %q", got.Born, got.Legal.Reveal(), got.Pronouns.Reveal(), got.People[1].Name.Reveal())
		}

		l.Press("e")
		l.Until("What do you want to change?")
		l.Press("down", "enter")
		l.Until("Consent to AI-assisted drafting")
		l.Press("enter")
		l.Typed("form 3, mother")
		l.Press("enter")
		l.Until("The consent is recorded.")
		l.Rest()
		if got := stored(l, "Avery Quill"); !got.Consented(clients.ForDrafting, "2026-11-21") {
			t.Error("the consent is not stored")
		}
		l.Press("e")
		l.Until("What do you want to change?")
		l.Press("down", "enter")
		l.Until("Given on 2026-11-21, form 3, mother.")
		l.Press("enter")
		l.Until("The withdrawal is recorded.")
		l.Rest()
		if got := stored(l, "Avery Quill"); got.Consented(clients.ForDrafting, "2026-11-21") || len(got.Consents) != 1 {
			t.Error("the withdrawal is not stored")
		}

		l.Press("e")
		l.Until("What do you want to change?")
		l.Press("down", "down", "down", "down", "down", "enter")
		l.Until("Archived.")
		l.Rest()
		l.Hides("▌ Avery Quill")
		l.Press("t", "g", "e")
		l.Until("What do you want to change?")
		l.Sees("Bring back")
		l.Press("down", "down", "down", "down", "down")
		l.Press("enter")
		l.Until("The client is in the list again.")
	}
}

// A label and a class are entered for one file and for several, and shown in the list.
func TestFilesAreLabelled(t *testing.T) { uitest.Bubble(testFilesAreLabelled)(t) }

func testFilesAreLabelled(t *testing.T) {
	for _, size := range uitest.Sizes {
		l := screens.Demo(t, size.W, size.H, sandbox.Options{})
		l.Press("2")
		l.Until("Avery Quill")
		l.Press("enter")
		l.Until("intake interview.docx")
		l.Press("e")
		l.Until("Label intake interview.docx")
		for _, value := range []string{"intake interview", "mother", "", "2026-09-08"} {
			l.Typed(value)
			l.Press("enter")
		}
		l.Press("n", "p")
		l.Sees("psychotherapy notes")
		l.GoldenDated("clients-label-" + size.Name)
		l.Press("enter")
		l.Until("Label saved.")
		l.Rest()
		l.Sees("notes  ")

		l.Press("space", "space", "e")
		l.Until("Label 2 files")
		l.Press("tab", "tab")
		l.Typed("BASC-3")
		l.Press("enter", "enter", "right", "enter")
		l.Until("Labels of 2 files saved.")
		l.Rest()
		client := stored(l, "Avery Quill")
		files, err := l.Env.Session.Clients().Files(t.Context(), client.ID, false)
		if err != nil {
			t.Fatal(err)
		}
		want := clients.Label{What: "intake interview", Informant: "mother", Instrument: "BASC-3", Date: "2026-09-08"}
		if files[0].Label != want || files[0].Class != clients.Ordinary || files[1].Label.Instrument != "BASC-3" || files[2].Label.Instrument != "" {
			t.Errorf("%s: stored %q %q, %q", size.Name, files[0].Class, files[0].Label.What.Reveal(), files[2].Label.Instrument.Reveal())
		}

		l.Press("g", "R")
		l.Until("Rename intake interview.docx")
		l.Typed(".old")
		l.Press("enter")
		l.Until("File renamed.")
		l.Rest()
		l.Sees("intake interview.docx.o")
	}
}

// A client is deleted, brought back at once, and later from the list of the deleted.
func TestAClientIsDeletedAndRestored(t *testing.T) {
	uitest.Bubble(testAClientIsDeletedAndRestored)(t)
}

func testAClientIsDeletedAndRestored(t *testing.T) {
	l := screens.Demo(t, 80, 24, sandbox.Options{})
	l.Press("2")
	l.Until("Avery Quill")
	for _, keys := range [][]string{{"u"}, {"t"}} {
		l.Press("x")
		l.Until("Delete Avery Quill")
		l.Confirm()
		l.Until("Client deleted. u brings it back.")
		l.Until("2 clients")
		l.Rest()
		l.Press(keys...)
		if keys[0] == "t" {
			l.Until("Avery Quill")
			l.Press("G")
			l.Sees("▌ Avery Quill", "deleted")
			l.Press("enter")
			l.Until("The client is deleted. u restores it.")
			l.Press("u")
		}
		l.Until("Client restored.")
		l.Rest()
		l.Sees("3 clients")
	}
	l.Press("g", "enter")
	l.Until("intake interview.docx")
}
