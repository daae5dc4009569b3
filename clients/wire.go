package clients

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"claria/aws/object"
	"claria/clients/text"
	"claria/internal/safe"
)

// schema is the version of the objects below. A reader refuses a newer one:
// what it does not know it could lose by writing the object back. Version 2 added who a
// client is, a file's class and label, and what was not read; every object of version 1
// is one of version 2 without them.
const schema = 2

// clientRecord is the object clients/{client}.json.
type clientRecord struct {
	Schema      int              `json:"schema"`
	Name        string           `json:"name"`
	Created     time.Time        `json:"created"`
	Changed     time.Time        `json:"changed"`
	Legal       string           `json:"legal,omitempty"`
	Aliases     []string         `json:"aliases,omitempty"`
	Born        string           `json:"born,omitempty"`
	Pronouns    string           `json:"pronouns,omitempty"`
	Identifiers []identifierWire `json:"identifiers,omitempty"`
	People      []personWire     `json:"people,omitempty"`
	Consents    []consentWire    `json:"consents,omitempty"`
	Archived    bool             `json:"archived,omitempty"`
}

type identifierWire struct {
	System string `json:"system"`
	Value  string `json:"value"`
}

type personWire struct {
	Relation string `json:"relation"`
	Name     string `json:"name"`
}

type consentWire struct {
	Purpose   string `json:"purpose"`
	Form      string `json:"form,omitempty"`
	Date      string `json:"date"`
	Withdrawn string `json:"withdrawn,omitempty"`
}

// fileRecord is the object records/{client}/{file}.json. Bytes and Text pin the
// versions it describes: a newer upload that never committed is not seen.
type fileRecord struct {
	Schema   int           `json:"schema"`
	Name     string        `json:"name"`
	Type     string        `json:"type"`
	Size     int64         `json:"size"`
	SHA256   string        `json:"sha256"`
	Added    time.Time     `json:"added"`
	Source   string        `json:"source"`
	Bytes    string        `json:"bytes_version"`
	Text     string        `json:"text_version,omitempty"`
	Segments int           `json:"segments"`
	Unread   []text.Unread `json:"unread,omitempty"`
	Reader   int           `json:"reader,omitempty"`
	Machine  string        `json:"machine,omitempty"`
	Problem  string        `json:"problem,omitempty"`
	Class    Class         `json:"class,omitempty"`
	Label    *labelWire    `json:"label,omitempty"`
	Proposed *labelWire    `json:"proposed,omitempty"`
	Write    string        `json:"write"` // random; distinguishes a retry of our own write from someone else's
}

type labelWire struct {
	What       string `json:"what,omitempty"`
	Informant  string `json:"informant,omitempty"`
	Instrument string `json:"instrument,omitempty"`
	Date       string `json:"date,omitempty"`
}

// fileText is the object records/{client}/{file}.text.json.
type fileText struct {
	Schema   int           `json:"schema"`
	Reader   int           `json:"reader,omitempty"`
	Text     string        `json:"text"`
	Segments []textSegment `json:"segments"`
}

// textSegment is one segment as offsets into the text.
type textSegment struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Kind  string `json:"kind"`
	Level int    `json:"level,omitempty"`
	Place string `json:"place,omitempty"`
	Table int    `json:"table,omitempty"`
	Cells []int  `json:"cells,omitempty"` // the length of each cell, in bytes; " | " is between two
}

// decode reads an object of ours. Its errors hold nothing of the content.
func decode(data []byte, value any) error {
	err := object.Decode(data, schema, value)
	if errors.Is(err, object.ErrGarbled) {
		return fmt.Errorf("%w; restore an earlier version of this object", err)
	}
	return err
}

func (r clientRecord) client(id string) Client {
	c := Client{
		ID: id, Name: safe.PHI(r.Name), Created: r.Created, Changed: r.Changed, Legal: safe.PHI(r.Legal), Born: r.Born,
		Pronouns: safe.PHI(r.Pronouns), Archived: r.Archived,
	}
	for _, alias := range r.Aliases {
		c.Aliases = append(c.Aliases, safe.PHI(alias))
	}
	for _, i := range r.Identifiers {
		c.Identifiers = append(c.Identifiers, Identifier{safe.PHI(i.System), safe.PHI(i.Value)})
	}
	for _, p := range r.People {
		c.People = append(c.People, Person{safe.PHI(p.Relation), safe.PHI(p.Name)})
	}
	for _, consent := range r.Consents {
		c.Consents = append(c.Consents, Consent{consent.Purpose, safe.PHI(consent.Form), consent.Date, consent.Withdrawn})
	}
	return c
}

// record is the client as it is stored.
func (c Client) record() clientRecord {
	r := clientRecord{
		Schema: schema, Name: c.Name.Reveal(), Created: c.Created, Changed: c.Changed, Legal: c.Legal.Reveal(), Born: c.Born,
		Pronouns: c.Pronouns.Reveal(), Archived: c.Archived,
	}
	for _, alias := range c.Aliases {
		r.Aliases = append(r.Aliases, alias.Reveal())
	}
	for _, i := range c.Identifiers {
		r.Identifiers = append(r.Identifiers, identifierWire{i.System.Reveal(), i.Value.Reveal()})
	}
	for _, p := range c.People {
		r.People = append(r.People, personWire{p.Relation.Reveal(), p.Name.Reveal()})
	}
	for _, consent := range c.Consents {
		r.Consents = append(r.Consents, consentWire{consent.Purpose, consent.Form.Reveal(), consent.Date, consent.Withdrawn})
	}
	return r
}

func (r fileRecord) file(client, id string, o object.Object) File {
	return File{
		ID: id, Client: client, Name: safe.PHI(r.Name), Type: r.Type, Size: r.Size, SHA256: r.SHA256,
		Added: r.Added, Source: r.Source, Segments: r.Segments, Unread: r.Unread, Reader: r.Reader, Machine: r.Machine, Problem: r.Problem,
		Class: r.Class, Label: r.Label.label(), Proposed: r.Proposed.label(),
		Version: o.Version, bytes: r.Bytes, text: r.Text, etag: o.ETag,
	}
}

func (l *labelWire) label() Label {
	if l == nil {
		return Label{}
	}
	return Label{What: safe.PHI(l.What), Informant: safe.PHI(l.Informant), Instrument: safe.PHI(l.Instrument), Date: l.Date}
}

// wire is the label as it is stored; nil: there is none.
func (l Label) wire() *labelWire {
	if l == (Label{}) {
		return nil
	}
	return &labelWire{What: l.What.Reveal(), Informant: l.Informant.Reveal(), Instrument: l.Instrument.Reveal(), Date: l.Date}
}

// wire turns segments into the text object.
func wire(segments []text.Passage) fileText {
	out := fileText{Schema: schema, Reader: text.Version, Segments: make([]textSegment, len(segments))}
	var text []byte
	for i, s := range segments {
		start := len(text)
		text = append(text, s.Text.Reveal()...)
		out.Segments[i] = textSegment{
			Start: start, End: len(text), Kind: s.Kind, Level: s.Level, Place: s.Place.Reveal(), Table: s.Table,
		}
		for _, cell := range s.Cells {
			out.Segments[i].Cells = append(out.Segments[i].Cells, len(cell))
		}
		text = append(text, '\n')
	}
	out.Text = string(text)
	return out
}

// segments reads the text object back.
func (t fileText) segments() ([]text.Passage, error) {
	out := make([]text.Passage, len(t.Segments))
	for i, s := range t.Segments {
		if s.Start < 0 || s.End < s.Start || s.End > len(t.Text) {
			return nil, fmt.Errorf("segment %d is outside the text; upload the file again", i+1)
		}
		cells, ok := s.cells(t.Text[s.Start:s.End])
		if !ok {
			return nil, fmt.Errorf("the cells of segment %d are outside its text; upload the file again", i+1)
		}
		out[i] = text.Passage{
			Number: i + 1, Start: s.Start, End: s.End, Kind: s.Kind, Level: s.Level, Place: safe.PHI(s.Place), Table: s.Table,
			Cells: cells, Text: safe.PHI(t.Text[s.Start:s.End]),
		}
	}
	return out, nil
}

// cells cuts a row into its cells.
func (s textSegment) cells(row string) ([]safe.PHI, bool) {
	var out []safe.PHI
	at := 0
	for _, size := range s.Cells {
		if size < 0 || at+size > len(row) {
			return nil, false
		}
		out = append(out, safe.PHI(row[at:at+size]))
		at += size + len(text.CellBreak)
	}
	return out, true
}

// putText stores segments and returns the text object's version.
func (s *Store) putText(ctx context.Context, key string, segments []text.Passage) (string, error) {
	data, err := json.Marshal(wire(segments))
	if err != nil {
		return "", fmt.Errorf("the text of %s/%s could not be written as JSON", s.bucket, key)
	}
	o, err := s.objects.Write(ctx, key, data, object.Always())
	return o.Version, err
}
