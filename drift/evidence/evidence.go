// Package evidence prints a report in the formats that others read: a person, a
// cron mail, a program.
//
// It must not judge: what it prints was decided by package drift. Every text
// that came from AWS goes through safe.Line, because a resource's name may hold
// what would speak to a terminal.
package evidence

import (
	"io"

	"claria/drift"
	"claria/internal/safe"
)

// JSON writes the report as one indented JSON object, the schema of
// `claria --check --format json`. No list in it is null.
func JSON(w io.Writer, report drift.Report) error {
	report.Controls = append([]drift.Finding{}, report.Controls...)
	for i := range report.Controls {
		f := &report.Controls[i]
		f.Citations = append([]string{}, f.Citations...)
		f.ConfigRules = append([]string{}, f.ConfigRules...)
		f.Prowler = append([]string{}, f.Prowler...)
		f.Methods = append([]drift.Method{}, f.Methods...)
	}
	return safe.WriteJSON(w, report)
}
