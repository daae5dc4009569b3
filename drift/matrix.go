package drift

import (
	"fmt"
	"slices"
	"strings"

	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/internal/words"
)

// MatrixRow is one requirement of the law, and its status.
type MatrixRow struct {
	Part     string            `json:"part"`
	Citation string            `json:"citation"`
	Title    string            `json:"title"`
	Kind     string            `json:"kind"` // "R" required, "A" addressable, "" where the law makes no distinction
	Classes  []catalogue.Class `json:"classes"`
	Controls []MatrixControl   `json:"controls"`
	// Status is the worst of the controls that were judged; empty: none was, or only
	// controls of the row's whole standard pass.
	Status catalogue.Status `json:"status"`
	// Partly says that some controls of the row were not judged: a pass
	// then covers only those that were.
	Partly   bool               `json:"partly,omitempty"`
	Decision *register.Decision `json:"decision,omitempty"` // on an addressable specification
	Evidence string             `json:"evidence"`           // one line
}

// MatrixControl is one control that supports a row.
type MatrixControl struct {
	ID      string             `json:"id"`
	Title   string             `json:"title"`
	Methods []catalogue.Method `json:"methods"`
	Status  catalogue.Status   `json:"status"` // empty: it is not in the set that was judged
}

// Matrix is the whole Security Rule, the Breach Notification Rule and the parts of
// the Privacy Rule that concern the program, as a report and the register show
// them. For the zero report it is the plan: which control supports which row.
func Matrix(report Report, register register.Register) []MatrixRow {
	controls, _ := catalogue.Controls(catalogue.Strict)
	found := map[string]Finding{}
	for _, f := range report.Controls {
		found[f.ID] = f
	}
	var rows []MatrixRow
	for _, r := range catalogue.Requirements() {
		row := MatrixRow{Part: r.Part, Citation: r.Citation, Title: r.Title, Kind: r.Kind, Classes: r.Classes, Controls: []MatrixControl{}}
		for _, c := range controls {
			if slices.ContainsFunc(c.Citations, r.Cited) {
				row.Controls = append(row.Controls, MatrixControl{c.ID, c.Title, c.EstablishedBy(), found[c.ID].Status})
			}
		}
		row.Status = worst(row.Controls)
		row.Partly = slices.ContainsFunc(row.Controls, func(c MatrixControl) bool { return c.Status == "" })
		if slices.Index(gravity, row.Status) <= slices.Index(gravity, catalogue.Attested) && bare(r, controls, found) {
			row.Status = ""
		}
		if r.Kind == "A" {
			row.Decision = register.DecisionOn(r.Citation)
		}
		row.Evidence = row.evidence(r.Note)
		rows = append(rows, row)
	}
	return rows
}

// gravity orders statuses, the worst last.
var gravity = []catalogue.Status{"", catalogue.NotApplicable, catalogue.Pass, catalogue.Attested, catalogue.Waived, catalogue.AttestDue, catalogue.Unknown, catalogue.Fail}

func worst(controls []MatrixControl) catalogue.Status {
	at := 0
	for _, c := range controls {
		at = max(at, slices.Index(gravity, c.Status))
	}
	return gravity[at]
}

// evidence returns the row in one line.
func (m MatrixRow) evidence(note string) string {
	by := map[catalogue.Status][]string{}
	var not []string
	for _, c := range m.Controls {
		if c.Status == "" {
			not = append(not, c.ID)
			continue
		}
		by[c.Status] = append(by[c.Status], c.ID)
	}
	var texts []string
	for _, s := range slices.Backward(gravity) {
		if ids := by[s]; len(ids) > 0 {
			texts = append(texts, strings.ReplaceAll(string(s), "_", " ")+": "+strings.Join(ids, " "))
		}
	}
	if len(not) > 0 {
		texts = append(texts, "not judged: "+strings.Join(not, " "))
	}
	if m.Decision != nil {
		texts = append(texts, fmt.Sprintf("decided by %s on %s: %s", m.Decision.Signer, m.Decision.At.Format("2006-01-02"), m.Decision.Choice))
	}
	if note != "" {
		texts = append(texts, note)
	}
	if len(texts) == 0 {
		return "no control supports it"
	}
	return strings.Join(texts, "; ")
}

// judgeDecisions is ADM-14: an addressable specification with a control that fails
// or is waived has a decision that explains it.
func judgeDecisions(in *judgement) verdict {
	var p evidence
	const desired = "a decision for each addressable specification that is not in place as written"
	reg, ok := in.register(&p)
	if !ok {
		return p.verdict(practiceResource, desired)
	}
	decided := 0
	var open []string
	for _, row := range Matrix(Report{Controls: in.others}, reg) {
		if row.Kind != "A" || !slices.ContainsFunc(row.Controls, func(c MatrixControl) bool { return c.Status == catalogue.Fail || c.Status == catalogue.Waived }) {
			continue
		}
		if row.Decision != nil && row.Decision.Choice != register.Implement {
			decided++
			continue
		}
		open = append(open, row.Citation+" "+row.Title)
	}
	if len(open) > 0 {
		return due(desired, count(len(open), "specification")+" without a decision", "not in place and without a decision: "+words.Few(open, ", "), "")
	}
	if decided == 0 {
		p.ok("every judged specification is in place")
	} else {
		p.ok("%s not in place, each with a decision", count(decided, "specification"))
	}
	return p.verdict(practiceResource, desired)
}

// bare reports whether controls name the row itself and none of them was judged:
// that records are stored in the practice's bucket does not prove how media are
// disposed of, although both belong to one standard.
func bare(r catalogue.Requirement, controls []catalogue.Control, found map[string]Finding) bool {
	own := catalogue.Requirement{Citation: r.Citation}
	some := false
	for _, c := range controls {
		if !slices.ContainsFunc(c.Citations, func(citation string) bool {
			return strings.HasPrefix(citation, r.Citation) && own.Cited(citation)
		}) {
			continue
		}
		if found[c.ID].Status != "" {
			return false
		}
		some = true
	}
	return some
}
