package evidence

import (
	"fmt"
	"strings"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/internal/words"
)

// The tables that the page and the binder share.

var (
	changeHead      = []string{"control", "before", "after", "seen before", "seen now"}
	matrixHead      = []string{"requirement", "R/A", "how it is met", "evidence"}
	attestationHead = []string{"control", "statement", "signed by", "on", "until", "document"}
	waiverHead      = []string{"control", "owner", "reason", "compensating control", "on", "until"}
	decisionHead    = []string{"specification", "decision", "why", "alternative", "signed by", "on"}
)

func changeRows(d Dossier) [][]string {
	changes := d.Changes
	if changes == nil && d.Previous != nil {
		changes = drift.Compare(*d.Previous, d.Report)
	}
	var rows [][]string
	status := func(s *catalogue.Status) string {
		if s == nil {
			return "not judged"
		}
		return word(drift.Finding{Status: *s})
	}
	for _, c := range changes {
		rows = append(rows, []string{c.ID + " " + c.Title, status(c.Before), status(c.After), c.Was, c.Is})
	}
	return rows
}

// matrixRows returns the whole rule; an empty report has no rows.
func matrixRows(d Dossier) [][]string {
	if len(d.Report.Controls) == 0 {
		return nil
	}
	var rows [][]string
	for _, row := range drift.Matrix(d.Report, d.Register) {
		var how []string
		for _, class := range row.Classes {
			how = append(how, string(class))
		}
		status := "not judged in this set"
		if row.Status != "" {
			status = word(drift.Finding{Status: row.Status})
			if row.Partly {
				status += ", partly judged"
			}
		}
		rows = append(
			rows,
			[]string{cited(row.Citation) + " " + row.Title, row.Kind, plainly(": ", strings.Join(how, ", "), status), row.Evidence},
		)
	}
	return rows
}

// day formats a moment as a day, because a document is read long after.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func attestationRows(d Dossier) [][]string {
	var rows [][]string
	for _, a := range d.Register.Attestations {
		until := day(a.Ends)
		if until == "" {
			until = "the text changes"
		}
		document := a.SHA256
		if document != "" {
			document = "SHA-256 " + document
		}
		rows = append(rows, []string{a.Control, fmt.Sprintf("%s (text %d)", a.Text, a.Version), a.Signer, day(a.At), until, document})
	}
	return rows
}

func waiverRows(d Dossier) [][]string {
	var rows [][]string
	for _, w := range d.Register.Waivers {
		until := day(w.Ends)
		if !w.Withdrawn.IsZero() {
			until = "withdrawn " + day(w.Withdrawn)
		}
		rows = append(rows, []string{w.Control, w.Owner, w.Reason, w.Compensating, day(w.At), until})
	}
	return rows
}

func decisionRows(d Dossier) [][]string {
	var rows [][]string
	for _, c := range d.Register.Decisions {
		rows = append(rows, []string{cited(c.Specification), c.Choice, c.Why, c.Alternative, c.Signer, day(c.At)})
	}
	return rows
}

// headRows says how to verify the document.
func headRows(d Dossier) [][]string {
	rows := [][]string{{"findings, SHA-256", findingsDigest(d.Report)}}
	if d.Head.Sequence > 0 {
		rows = append(rows,
			[]string{"ledger", fmt.Sprintf("line %d of machine %s, %s", d.Head.Sequence, d.Head.Machine, words.Moment(d.Head.At, d.Zone))},
			[]string{"line, SHA-256", d.Head.Hash},
			[]string{"signing key", d.Head.KeyID},
			[]string{"verify with", "claria evidence verify"},
		)
	}
	return rows
}

// plainly joins the texts that are not empty.
func plainly(separator string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if strings.TrimSpace(p) != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, separator)
}

func findingsDigest(r drift.Report) string {
	sum, err := ledger.Digest(r.Controls)
	if err != nil {
		return "none"
	}
	return sum
}
