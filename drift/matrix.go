package drift

import (
	"fmt"
	"slices"
	"strings"
)

// MatrixRow is one requirement of the law, and its status.
type MatrixRow struct {
	Part     string          `json:"part"`
	Citation string          `json:"citation"`
	Title    string          `json:"title"`
	Kind     string          `json:"kind"` // "R" required, "A" addressable, "" where the law makes no distinction
	Classes  []Class         `json:"classes"`
	Controls []MatrixControl `json:"controls"`
	// Status is the worst of the controls that were judged; empty: none was, or only
	// controls of the row's whole standard pass.
	Status Status `json:"status"`
	// Partly says that some controls of the row were not judged: a pass
	// then covers only those that were.
	Partly   bool      `json:"partly,omitempty"`
	Decision *Decision `json:"decision,omitempty"` // on an addressable specification
	Evidence string    `json:"evidence"`           // one line
}

// MatrixControl is one control that supports a row.
type MatrixControl struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Methods []Method `json:"methods"`
	Status  Status   `json:"status"` // empty: it is not in the set that was judged
}

// Matrix is the whole Security Rule, the Breach Notification Rule and the parts of
// the Privacy Rule that concern the program, as a report and the register show
// them. For the zero report it is the plan: which control supports which row.
func Matrix(report Report, register Register) []MatrixRow {
	controls, _ := Catalogue(Strict)
	found := map[string]Finding{}
	for _, f := range report.Controls {
		found[f.ID] = f
	}
	var rows []MatrixRow
	for _, r := range requirements() {
		row := MatrixRow{Part: r.part, Citation: r.citation, Title: r.title, Kind: r.kind, Classes: r.classes, Controls: []MatrixControl{}}
		for _, c := range controls {
			if slices.ContainsFunc(c.Citations, r.cited) {
				row.Controls = append(row.Controls, MatrixControl{c.ID, c.Title, c.methods(), found[c.ID].Status})
			}
		}
		row.Status = worst(row.Controls)
		row.Partly = slices.ContainsFunc(row.Controls, func(c MatrixControl) bool { return c.Status == "" })
		if slices.Index(gravity, row.Status) <= slices.Index(gravity, Attested) && r.bare(controls, found) {
			row.Status = ""
		}
		if r.kind == "A" {
			row.Decision = register.decision(r.citation)
		}
		row.Evidence = row.evidence(r.note)
		rows = append(rows, row)
	}
	return rows
}

// cited reports whether a citation supports the row: it names the row, something
// below it, its standard, or a paragraph that contains both.
func (r requirement) cited(citation string) bool {
	within := func(inner, outer string) bool {
		rest, ok := strings.CutPrefix(inner, outer)
		return ok && (rest == "" || rest[0] == '(' || rest[0] == '.')
	}
	if within(citation, r.citation) || citation == r.standard {
		return true
	}
	// Not the bare section: a citation of 164.308 supports no single row.
	return strings.Contains(citation, "(") && (within(r.citation, citation) || r.standard != "" && within(r.standard, citation))
}

// bare reports whether controls name the row itself and none of them was judged:
// that records are stored in the practice's bucket does not prove how media are
// disposed of, although both belong to one standard.
func (r requirement) bare(controls []Control, found map[string]Finding) bool {
	own := requirement{citation: r.citation}
	some := false
	for _, c := range controls {
		if !slices.ContainsFunc(c.Citations, func(citation string) bool {
			return strings.HasPrefix(citation, r.citation) && own.cited(citation)
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

// gravity orders statuses, the worst last.
var gravity = []Status{"", NotApplicable, Pass, Attested, Waived, AttestDue, Unknown, Fail}

func worst(controls []MatrixControl) Status {
	at := 0
	for _, c := range controls {
		at = max(at, slices.Index(gravity, c.Status))
	}
	return gravity[at]
}

// decision returns the newest decision on a specification; nil: there is none.
func (r Register) decision(specification string) *Decision {
	var newest *Decision
	for i, d := range r.Decisions {
		if d.Specification == specification && (newest == nil || !d.At.Before(newest.At)) {
			newest = &r.Decisions[i]
		}
	}
	return newest
}

// evidence returns the row in one line.
func (m MatrixRow) evidence(note string) string {
	by := map[Status][]string{}
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

// Addressable returns the addressable specifications, by citation.
func Addressable() []string {
	var all []string
	for _, r := range requirements() {
		if r.kind == "A" {
			all = append(all, r.citation)
		}
	}
	return all
}

// The choices that 164.306(d)(3) allows.
const (
	Implement     = "implement"
	Alternative   = "alternative"
	NotReasonable = "not reasonable"
)

// Choices returns the choices that 164.306(d)(3) allows.
func Choices() []string { return []string{Implement, Alternative, NotReasonable} }

// Check says what is wrong with a decision.
func (d Decision) Check() error {
	switch {
	case !slices.Contains(Addressable(), d.Specification):
		return fmt.Errorf(
			"%q is not an addressable specification; the specifications are: %s",
			d.Specification,
			strings.Join(Addressable(), ", "),
		)
	case !slices.Contains(Choices(), d.Choice):
		return fmt.Errorf("the choice must be one of %s, not %q", strings.Join(Choices(), ", "), d.Choice)
	case strings.TrimSpace(d.Why) == "":
		return fmt.Errorf("a decision on %s needs its reasons", d.Specification)
	case d.Choice == Alternative && strings.TrimSpace(d.Alternative) == "":
		return fmt.Errorf("a decision on %s needs the alternative", d.Specification)
	case strings.TrimSpace(d.Signer) == "":
		return fmt.Errorf("a decision on %s needs the name of the person who decided", d.Specification)
	}
	return nil
}

// judgeDecisions is ADM-14: an addressable specification with a control that fails
// or is waived has a decision that explains it.
func judgeDecisions(in *judgement) verdict {
	var p evidence
	const desired = "a decision for each addressable specification that is not in place as written"
	register, ok := in.register(&p)
	if !ok {
		return p.verdict(practiceResource, desired)
	}
	decided := 0
	var open []string
	for _, row := range Matrix(Report{Controls: in.others}, register) {
		if row.Kind != "A" || !slices.ContainsFunc(row.Controls, func(c MatrixControl) bool { return c.Status == Fail || c.Status == Waived }) {
			continue
		}
		if row.Decision != nil && row.Decision.Choice != Implement {
			decided++
			continue
		}
		open = append(open, row.Citation+" "+row.Title)
	}
	if len(open) > 0 {
		return due(desired, count(len(open), "specification")+" without a decision", "not in place and without a decision: "+few(open, ", "), "")
	}
	if decided == 0 {
		p.ok("every judged specification is in place")
	} else {
		p.ok("%s not in place, each with a decision", count(decided, "specification"))
	}
	return p.verdict(practiceResource, desired)
}
