package reports

import (
	"strings"

	"claria/clients"
	"claria/clients/text"
	"claria/internal/words"
)

// Concern is a reason to think before a file is sent to the model.
type Concern struct {
	Kind ConcernKind
	File int    // which of the request's files, from 1
	Why  string // a sentence without a name, as the file is not named in errors
}

// ConcernKind is the kind of a Concern.
type ConcernKind string

// The kinds of concern.
const (
	// TestMaterial always stops: items and manuals belong to a test's publisher.
	TestMaterial ConcernKind = "test-material"
	// PsychotherapyNotes are asked about: most uses of them need the client's own
	// authorization (45 CFR 164.508(a)(2)).
	PsychotherapyNotes ConcernKind = "psychotherapy-notes"
	// Part2 records are asked about: 42 CFR Part 2 restricts their use.
	Part2 ConcernKind = "part2"
	// Unclassed files are asked about on the screen; without one they are a notice.
	Unclassed ConcernKind = "no-class"
	// Incomplete files are asked about: a part of them was not read.
	Incomplete ConcernKind = "not-read"
)

// Stops reports whether no answer allows the file.
func (k ConcernKind) Stops() bool { return k == TestMaterial }

// Asks reports whether a draft needs a yes for it, with or without a screen.
func (k ConcernKind) Asks() bool { return k == PsychotherapyNotes || k == Part2 || k == Incomplete }

// Concerns lists what to think about before these files are sent.
func Concerns(files []clients.File) []Concern {
	var out []Concern
	for i, file := range files {
		add := func(kind ConcernKind, why string) { out = append(out, Concern{kind, i + 1, why}) }
		switch file.Class {
		case clients.Test:
			add(TestMaterial, "It is test material, which stays with its publisher and is not sent to a model. Attach the scores instead.")
		case clients.Notes:
			add(PsychotherapyNotes, "It is classed as psychotherapy notes. Except for your own treatment of the client, using them needs the "+
				"client's authorization (45 CFR 164.508(a)(2)).")
		case clients.Part2:
			add(Part2, "It is classed as a substance use disorder record, which may be used only as the client consented (42 CFR 2.31).")
		case "":
			add(Unclassed, "Nobody has set its class. It is sent as if it were ordinary.")
		}
		if left := Left(file.Unread); left != "" {
			add(Incomplete, left+" The report will lack what they say.")
		}
	}
	return out
}

// Left says what is missing of a file's text, a sentence each; empty: nothing.
func Left(unread []text.Unread) string {
	var out []string
	for _, u := range unread {
		if u.Missing() {
			out = append(out, words.Capital(u.String())+".")
		}
	}
	return strings.Join(out, " ")
}

// refused is the error for the first concern that the request does not answer, or nil.
func (r Request) refused() error {
	for _, c := range Concerns(r.Files) {
		switch {
		case c.Kind.Stops():
			return refuse("Attached file %d is not sent. %s", c.File, c.Why)
		case c.Kind.Asks() && !r.Accepted:
			return refuse("Attached file %d needs a yes before it is sent. %s", c.File, c.Why)
		}
	}
	return nil
}
