package ui

import (
	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
)

// changeText is what became of a control between two scans, in a line.
func changeText(c drift.Change) string {
	return c.ID + "  " + safe.Line(c.Title) + ": " + becameText(c)
}

func becameText(c drift.Change) string {
	text := wordOf(c.Before) + " → " + wordOf(c.After)
	if c.Is != "" && c.Was != "" && c.Is != c.Was {
		text += " (" + safe.Line(c.Was) + " → " + safe.Line(c.Is) + ")"
	}
	return text
}

func wordOf(s *catalogue.Status) string {
	if s == nil {
		return "not judged"
	}
	switch *s {
	case catalogue.Pass:
		return "ok"
	case catalogue.Fail:
		return "failing"
	case catalogue.NotApplicable:
		return statusNA.word()
	case catalogue.AttestDue:
		return statusDue.word()
	}
	return string(*s)
}

// findingOf is a control's finding in a report.
func findingOf(r *drift.Report, id string) (drift.Finding, bool) {
	if r != nil {
		for _, f := range r.Controls {
			if f.ID == id {
				return f, true
			}
		}
	}
	return drift.Finding{}, false
}
