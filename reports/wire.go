package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"claria/aws/object"
	"claria/clients/text"
	"claria/internal/safe"
)

// schema is the version of the object below. A newer one is refused, because writing
// it back would lose what this version does not know. Version 2 added what the files'
// passages lack; an object of version 1 is one of version 2 without it.
const schema = 2

// stored is the object reports/{client}/{report}.json. It is the only place to which
// a report's text is written.
type stored struct {
	Schema       int                `json:"schema"`
	Write        string             `json:"write"` // random, tells a retried write of ours from another's
	CopyOf       string             `json:"copy_of,omitempty"`
	Template     string             `json:"template"`
	Title        string             `json:"title"`
	Created      time.Time          `json:"created"`
	Changed      time.Time          `json:"changed"`
	Model        string             `json:"model"`
	Instructions string             `json:"instructions,omitempty"`
	Context      []storedAttachment `json:"context"`
	Sections     []storedSection    `json:"sections"`
	Usage        storedUsage        `json:"usage"`
}

type storedAttachment struct {
	File    string        `json:"file"`
	Name    string        `json:"name"`
	Version string        `json:"version"`
	SHA256  string        `json:"sha256"`
	First   int           `json:"first"`
	Count   int           `json:"count"`
	Unread  []text.Unread `json:"unread,omitempty"`
}

type storedSection struct {
	ID      string   `json:"id"`
	Heading string   `json:"heading"`
	Text    string   `json:"text"`
	State   State    `json:"state"`
	Problem string   `json:"problem,omitempty"`
	Author  string   `json:"author"`
	Unknown []string `json:"unknown,omitempty"`
}

type storedUsage struct {
	InputTokens      int  `json:"input_tokens"`
	OutputTokens     int  `json:"output_tokens"`
	CacheReadTokens  int  `json:"cache_read_tokens"`
	CacheWriteTokens int  `json:"cache_write_tokens"`
	Estimated        bool `json:"estimated"`
}

// encode returns the report as it is stored. write distinguishes one save from
// another.
func (r Report) encode(write string) ([]byte, error) {
	s := stored{
		Schema: schema, Write: write, CopyOf: r.CopyOf, Template: r.Template, Title: r.Title, Created: r.Created, Changed: r.Changed,
		Model: r.Model, Instructions: r.Instructions.Reveal(), Usage: storedUsage(r.Usage),
		Context: make([]storedAttachment, len(r.Context)), Sections: make([]storedSection, len(r.Sections)),
	}
	for i, a := range r.Context {
		s.Context[i] = storedAttachment{a.File, a.Name.Reveal(), a.Version, a.SHA256, a.First, a.Count, a.Unread}
	}
	for i, x := range r.Sections {
		s.Sections[i] = storedSection{x.ID, x.Heading, x.Text.Reveal(), x.State, x.Problem, x.Author, x.Unknown}
	}
	return json.Marshal(s)
}

// decode reads a stored report. Its errors hold nothing of the content.
func decode(data []byte, client, id string) (Report, error) {
	var s stored
	err := object.Decode(data, schema, &s)
	if errors.Is(err, object.ErrGarbled) {
		err = fmt.Errorf("%w; restore an earlier version of this object", err)
	}
	if err != nil {
		return Report{}, err
	}
	r := Report{
		ID: id, Client: client, CopyOf: s.CopyOf, Template: s.Template, Title: s.Title, Created: s.Created, Changed: s.Changed,
		Model: s.Model, Instructions: safe.PHI(s.Instructions), Usage: Usage(s.Usage),
		Context: make([]Attachment, len(s.Context)), Sections: make([]Section, len(s.Sections)),
	}
	for i, a := range s.Context {
		r.Context[i] = Attachment{a.File, safe.PHI(a.Name), a.Version, a.SHA256, a.First, a.Count, a.Unread}
	}
	for i, x := range s.Sections {
		r.Sections[i] = Section{x.ID, x.Heading, safe.PHI(x.Text), x.State, x.Problem, x.Author, x.Unknown}
		if x.State == Writing {
			// The program that wrote it is gone, or another computer is still writing
			// it. From here the two look the same.
			r.Sections[i].State = Stopped
			r.Sections[i].Problem = "The draft was interrupted and last saved on " + s.Changed.UTC().Format("2006-01-02 15:04:05") + " UTC. " +
				"Resume the report to finish it, unless another computer is still writing it."
		}
	}
	return r, nil
}

// nonceOf identifies the save that wrote this object.
func nonceOf(data []byte) string {
	var head struct {
		Write string `json:"write"`
	}
	_ = json.Unmarshal(data, &head)
	return head.Write
}

func reportPrefix(client string) string      { return "reports/" + client + "/" }
func reportKey(client, report string) string { return reportPrefix(client) + report + ".json" }
