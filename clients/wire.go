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
// what it does not know it could lose by writing the object back.
const schema = 1

// clientRecord is the object clients/{client}.json.
type clientRecord struct {
	Schema  int       `json:"schema"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"`
}

// fileRecord is the object records/{client}/{file}.json. Bytes and Text pin the
// versions it describes: a newer upload that never committed is not seen.
type fileRecord struct {
	Schema   int       `json:"schema"`
	Name     string    `json:"name"`
	Type     string    `json:"type"`
	Size     int64     `json:"size"`
	SHA256   string    `json:"sha256"`
	Added    time.Time `json:"added"`
	Source   string    `json:"source"`
	Bytes    string    `json:"bytes_version"`
	Text     string    `json:"text_version,omitempty"`
	Segments int       `json:"segments"`
	Problem  string    `json:"problem,omitempty"`
	Write    string    `json:"write"` // random; distinguishes a retry of our own write from someone else's
}

// fileText is the object records/{client}/{file}.text.json.
type fileText struct {
	Schema   int           `json:"schema"`
	Text     string        `json:"text"`
	Segments []textSegment `json:"segments"`
}

// textSegment is one segment as offsets into the text.
type textSegment struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Kind  string `json:"kind"`
	Level int    `json:"level,omitempty"`
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
	return Client{ID: id, Name: safe.PHI(r.Name), Created: r.Created, Changed: r.Changed}
}

func (r fileRecord) file(client, id string, o object.Object) File {
	return File{
		ID: id, Client: client, Name: safe.PHI(r.Name), Type: r.Type, Size: r.Size, SHA256: r.SHA256,
		Added: r.Added, Source: r.Source, Segments: r.Segments, Problem: r.Problem,
		Version: o.Version, bytes: r.Bytes, text: r.Text, etag: o.ETag,
	}
}

// wire turns segments into the text object.
func wire(segments []text.Passage) fileText {
	out := fileText{Schema: schema, Segments: make([]textSegment, len(segments))}
	var text []byte
	for i, s := range segments {
		start := len(text)
		text = append(text, s.Text.Reveal()...)
		out.Segments[i] = textSegment{Start: start, End: len(text), Kind: s.Kind, Level: s.Level}
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
		out[i] = text.Passage{
			Number: i + 1, Start: s.Start, End: s.End, Kind: s.Kind, Level: s.Level,
			Text: safe.PHI(t.Text[s.Start:s.End]),
		}
	}
	return out, nil
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
