package kit

import (
	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
)

// ChangeText is a control's change between two scans, on one line.
func ChangeText(c drift.Change) string {
	return c.ID + "  " + safe.Line(c.Title) + ": " + BecameText(c)
}

// BecameText is [ChangeText] without the control's name.
func BecameText(c drift.Change) string {
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
		return statusNA.Word()
	case catalogue.AttestDue:
		return StatusDue.Word()
	}
	return string(*s)
}

// FindingOf is a control's finding in a report.
func FindingOf(r *drift.Report, id string) (drift.Finding, bool) {
	if r != nil {
		for _, f := range r.Controls {
			if f.ID == id {
				return f, true
			}
		}
	}
	return drift.Finding{}, false
}
