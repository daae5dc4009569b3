package register

import (
	"encoding/json"

	"claria/internal/safe"
)

// Notes are the free text of the register, which may mention clients.
// They are stored in a separate object, which the auditor cannot read and no report
// contains. Printed or encoded as JSON they are redacted; only the store writes them.
type Notes struct {
	Schema    int                     `json:"schema"`    // 1
	Incidents map[string]IncidentNote `json:"incidents"` // by the incident's id
	Requests  map[string]safe.PHI     `json:"requests"`  // by the request's id: whose it is, and what it is about
}

// IncidentNote says what happened, and why each factor has its rating.
type IncidentNote struct {
	Text    safe.PHI            `json:"text"`
	Reasons map[string]safe.PHI `json:"reasons"` // by the factor's name
}

// encode returns the notes as they are stored.
func (n *Notes) encode() ([]byte, error) {
	type incident struct {
		Text    string            `json:"text,omitempty"`
		Reasons map[string]string `json:"reasons,omitempty"`
	}
	stored := struct {
		Schema    int                 `json:"schema"`
		Incidents map[string]incident `json:"incidents,omitempty"`
		Requests  map[string]string   `json:"requests,omitempty"`
	}{Schema: n.Schema, Incidents: map[string]incident{}, Requests: revealed(n.Requests)}
	for id, note := range n.Incidents {
		stored.Incidents[id] = incident{Text: note.Text.Reveal(), Reasons: revealed(note.Reasons)}
	}
	return json.Marshal(stored)
}

func revealed(texts map[string]safe.PHI) map[string]string {
	out := make(map[string]string, len(texts))
	for key, text := range texts {
		out[key] = text.Reveal()
	}
	return out
}
