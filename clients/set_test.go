package clients_test

import (
	"testing"

	"claria/aws"
	"claria/clients"
)

// A changed detail keeps the others. What another computer changed first is told and not
// overwritten.
func TestSetAndLabelKeepTheRest(t *testing.T) { bubble(testSetAndLabelKeepTheRest)(t) }

func testSetAndLabelKeepTheRest(t *testing.T) {
	p := newDemo(t)
	client := p.client(t, "client 014")
	for _, set := range []func(*clients.Client){
		func(c *clients.Client) {
			c.Born, c.People = "2014-04-12", []clients.Person{{Relation: "mother", Name: "Dana Ashby"}}
		},
		func(c *clients.Client) { c.Archived = true },
	} {
		if _, err := p.store.Set(t.Context(), client.ID, set); err != nil {
			t.Fatal(err)
		}
	}
	got, err := p.store.Find(t.Context(), client.ID)
	if err != nil || !got.Archived || got.Born != "2014-04-12" || len(got.People) != 1 {
		t.Errorf("%v: born %q, %d people, archived %v", err, got.Born, len(got.People), got.Archived)
	}

	file := p.put(t, client.ID, "note.txt", "She slept well.\n")
	label := clients.Label{What: "note", Date: "2026-03-03"}
	labelled, err := p.store.Label(t.Context(), file, label, clients.Notes)
	if err != nil || labelled.Label != label || labelled.Class != clients.Notes || labelled.Segments != 1 {
		t.Errorf("labelled: %v", err)
	}
	if _, err := p.store.RenameFile(t.Context(), file, "other.txt"); aws.KindOf(err) != aws.Conflict {
		t.Errorf("a file that was labelled in between: %v", err)
	}
	renamed, err := p.store.RenameFile(t.Context(), labelled, "other.txt")
	if err != nil || renamed.Label != label || p.content(t, renamed, "") != "She slept well.\n" {
		t.Errorf("renamed: %v", err)
	}
}

// A deleted client is not listed, keeps its files, and comes back as it was.
func TestAClientIsDeletedAndRestored(t *testing.T) { bubble(testAClientIsDeletedAndRestored)(t) }

func testAClientIsDeletedAndRestored(t *testing.T) {
	p := newDemo(t)
	client := p.client(t, "client 014")
	p.client(t, "client 015")
	p.put(t, client.ID, "note.txt", "She slept well.\n")
	listed := func(all []clients.Client, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		names := ""
		for _, c := range all {
			names += c.Name.Reveal() + ";"
		}
		return names
	}
	if err := p.store.DeleteClient(t.Context(), client.ID); err != nil {
		t.Fatal(err)
	}
	if err := p.store.DeleteClient(t.Context(), client.ID); err == nil {
		t.Error("a deleted client is deleted again")
	}
	if got := listed(p.store.List(t.Context())); got != "client 015;" {
		t.Errorf("listed: %s", got)
	}
	if got := listed(p.store.DeletedClients(t.Context())); got != "client 014;" {
		t.Errorf("deleted: %s", got)
	}
	back, err := p.store.RestoreClient(t.Context(), client.ID)
	if err != nil || back.Name != client.Name || len(p.names(t, client.ID, false)) != 1 {
		t.Errorf("restored: %v", err)
	}
	if got := listed(p.store.List(t.Context())); got != "client 014;client 015;" {
		t.Errorf("listed: %s", got)
	}
	if _, err := p.store.RestoreClient(t.Context(), client.ID); err == nil {
		t.Error("a client that is not deleted is restored")
	}
}
