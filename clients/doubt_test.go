package clients_test

import (
	"testing"

	"claria/clients"
	"claria/clients/text"
	"claria/internal/safe"
)

// A text that names another client, or gives another birth date, is doubted.
func TestAFileOfAnotherPersonIsDoubted(t *testing.T) {
	avery := clients.Client{ID: "A", Name: "Avery Quill", Born: "2017-05-14"}
	all := []clients.Client{
		avery,
		{ID: "B", Name: "Juniper Halloway"},
		{ID: "C", Name: "Client 014"},
		{ID: "D", Name: "Rose", Legal: "Rose Marie Alder"},
		{ID: "E", Name: "Quill, Avery"},
	}
	for _, c := range []struct {
		says, other, born string
	}{
		{"Avery was tired.", "", ""},
		{"Juniper was tired.", "", ""}, // half a name is anybody's
		{"JUNIPER  HALLOWAY arrived.", "B", ""},
		{"Halloway, Juniper: session 2", "B", ""},
		{"Junipers Halloways dog.", "", ""},
		{"Record of Rose Marie Alder.", "D", ""},
		{"Date of birth | 2017-05-14", "", ""},
		{"DOB: 5/14/2017", "", ""},
		{"Born on May 15, 2017 in Reno.", "", "2017-05-15"},
		{"Date of birth: 2016-01-02", "", "2016-01-02"},
		{"Session of 2016-01-02.", "", ""},
	} {
		doubts := clients.Doubts(avery, all, []text.Passage{{Number: 1, Text: safe.PHI(c.says)}})
		other, born := "", ""
		for _, d := range doubts {
			other, born = other+d.Other.ID, born+d.Born
		}
		if other != c.other || born != c.born {
			t.Errorf("%q: other client %q, birth date %q", c.says, other, born)
		}
	}
}
