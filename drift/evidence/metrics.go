package evidence

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
)

// counted returns the statuses in the order in which they are counted.
func counted(s drift.Summary) []struct {
	name string
	n    int
} {
	return []struct {
		name string
		n    int
	}{
		{"pass", s.Pass},
		{"fail", s.Fail},
		{"unknown", s.Unknown},
		{"not_applicable", s.NotApplicable},
		{"waived", s.Waived},
		{"attested", s.Attested},
		{"attest_due", s.AttestDue},
	}
}

// label escapes a label's value (Prometheus, "Exposition formats").
func label(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(safe.Line(text))
}

// Prometheus writes metrics for node_exporter's textfile collector. Write them to a
// temporary file and rename it: the collector may read at any moment.
func Prometheus(w io.Writer, d Dossier) error {
	var b bytes.Buffer
	r := d.Report
	metric := func(name, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name) }
	base := fmt.Sprintf(`account="%s",set="%s"`, label(r.Account), label(r.Set))
	metric("claria_check_controls", "Controls by status.")
	for _, c := range counted(r.Summary) {
		fmt.Fprintf(&b, "claria_check_controls{%s,status=\"%s\"} %d\n", base, c.name, c.n)
	}
	metric("claria_check_failing", "Failing controls by severity.")
	for _, severity := range severities() {
		n := 0
		for _, f := range r.Controls {
			if fails(f) && f.Severity == severity {
				n++
			}
		}
		fmt.Fprintf(&b, "claria_check_failing{%s,severity=\"%s\"} %d\n", base, severity, n)
	}
	metric("claria_check_overdue", "Legal deadlines that have passed.")
	fmt.Fprintf(&b, "claria_check_overdue{%s} %d\n", base, r.Summary.Overdue)
	metric("claria_check_drift", "Controls that were in order at an earlier check.")
	fmt.Fprintf(&b, "claria_check_drift{%s} %d\n", base, drifted(r))
	metric("claria_control_ok", "1: passed, attested or not applicable; 0: anything else.")
	for _, f := range r.Controls {
		ok := 0
		if settled(f) {
			ok = 1
		}
		fmt.Fprintf(
			&b,
			"claria_control_ok{%s,control=\"%s\",severity=\"%s\",status=\"%s\"} %d\n",
			base,
			label(f.ID),
			label(string(f.Severity)),
			label(string(f.Status)),
			ok,
		)
	}
	metric("claria_check_exit_code", "0: all in order, 1: something could not be evaluated, 2: something fails.")
	fmt.Fprintf(&b, "claria_check_exit_code{%s} %d\n", base, r.Summary.ExitCode())
	metric("claria_check_timestamp_seconds", "When the check began.")
	fmt.Fprintf(&b, "claria_check_timestamp_seconds{%s} %d\n", base, r.Started.Unix())
	metric("claria_check_duration_seconds", "Duration of the check.")
	fmt.Fprintf(&b, "claria_check_duration_seconds{%s} %s\n", base, seconds(r.ElapsedMS))
	metric("claria_check_api_calls", "Calls to AWS in the check.")
	fmt.Fprintf(&b, "claria_check_api_calls{%s} %d\n", base, r.APICalls)
	_, err := w.Write(b.Bytes())
	return err
}

func drifted(r drift.Report) int {
	n := 0
	for _, f := range r.Controls {
		if f.Drift != nil {
			n++
		}
	}
	return n
}

// waiverWarning is how long before its end a waiver becomes a warning.
const waiverWarning = 14 * 24 * time.Hour

// Nagios is one line with performance data, and the plugin's exit code (Nagios
// Plugins Development Guidelines): 0 OK; 1 WARNING when a statement is due, a
// waiver ends within 14 days or something of medium or lower severity fails; 2
// CRITICAL when something critical or high fails or a deadline has passed; 3 UNKNOWN
// when something could not be evaluated and nothing is critical.
func Nagios(d Dossier) (string, int) {
	r := d.Report
	var bad, mild, unknown, due, ending, overdue []string
	for _, f := range r.Controls {
		id := safe.Line(f.ID)
		switch {
		case fails(f) && f.Overdue:
			overdue = append(overdue, id)
		case fails(f) && (f.Severity == catalogue.Critical || f.Severity == catalogue.High):
			bad = append(bad, id)
		case fails(f):
			mild = append(mild, id)
		case unsure(f):
			unknown = append(unknown, id)
		case f.Status == catalogue.AttestDue:
			due = append(due, id)
		case f.Status == catalogue.Waived && !f.Until.IsZero() && f.Until.Sub(r.Started) <= waiverWarning:
			ending = append(ending, id)
		}
	}
	code, state := 0, "OK"
	switch {
	case len(bad)+len(overdue) > 0:
		code, state = 2, "CRITICAL"
	case len(unknown) > 0:
		code, state = 3, "UNKNOWN"
	case len(mild)+len(due)+len(ending) > 0:
		code, state = 1, "WARNING"
	}
	var texts []string
	for _, part := range []struct {
		ids  []string
		word string
	}{{overdue, "overdue"}, {append(bad, mild...), "fail"}, {unknown, "unknown"}, {ending, "waiver ends soon"}} {
		if len(part.ids) > 0 {
			texts = append(texts, fmt.Sprintf("%d %s (%s)", len(part.ids), part.word, strings.Join(part.ids, ", ")))
		}
	}
	if len(due) > 0 {
		texts = append(texts, fmt.Sprintf("%d to be signed", len(due)))
	}
	if n := drifted(r); n > 0 {
		texts = append(texts, fmt.Sprintf("%d drift", n))
	}
	if len(texts) == 0 {
		texts = []string{fmt.Sprintf("%d controls", r.Summary.Pass+r.Summary.Attested+r.Summary.NotApplicable+r.Summary.Waived)}
	}
	var data []string
	for _, c := range counted(r.Summary) {
		data = append(data, fmt.Sprintf("%s=%d", c.name, c.n))
	}
	data = append(data, fmt.Sprintf("drift=%d", drifted(r)), fmt.Sprintf("overdue=%d", r.Summary.Overdue), "time="+seconds(r.ElapsedMS)+"s")
	return "CLARIA " + state + " - " + strings.ReplaceAll(strings.Join(texts, ", "), "|", "/") + " | " + strings.Join(data, " "), code
}
