package evidence

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
)

// oscalVersion is the version of NIST's Open Security Controls Assessment Language
// that the document follows.
const oscalVersion = "1.1.3"

// oscalSpace is the namespace of Claria's own properties.
const oscalSpace = "https://claria.invalid/ns/oscal"

// The parts of the assessment-results model that are used.
type (
	oscalDocument struct {
		Results oscalAssessment `json:"assessment-results"`
	}
	oscalAssessment struct {
		UUID       string        `json:"uuid"`
		Metadata   oscalMetadata `json:"metadata"`
		ImportAP   oscalLink     `json:"import-ap"`
		Results    []oscalResult `json:"results"`
		BackMatter oscalMatter   `json:"back-matter"`
	}
	oscalMetadata struct {
		Title        string       `json:"title"`
		LastModified string       `json:"last-modified"`
		Version      string       `json:"version"`
		OSCALVersion string       `json:"oscal-version"`
		Props        []oscalProp  `json:"props,omitempty"`
		Parties      []oscalParty `json:"parties,omitempty"`
	}
	oscalParty struct {
		UUID string `json:"uuid"`
		Type string `json:"type"`
		Name string `json:"name"`
	}
	oscalLink struct {
		Href string `json:"href"`
	}
	oscalProp struct {
		Name  string `json:"name"`
		NS    string `json:"ns,omitempty"`
		Value string `json:"value"`
	}
	oscalResult struct {
		UUID         string             `json:"uuid"`
		Title        string             `json:"title"`
		Description  string             `json:"description"`
		Start        string             `json:"start"`
		End          string             `json:"end"`
		Props        []oscalProp        `json:"props,omitempty"`
		Reviewed     oscalReviewed      `json:"reviewed-controls"`
		Observations []oscalObservation `json:"observations,omitempty"`
		Risks        []oscalRisk        `json:"risks,omitempty"`
		Findings     []oscalFinding     `json:"findings,omitempty"`
	}
	oscalReviewed struct {
		Selections []oscalSelection `json:"control-selections"`
	}
	oscalSelection struct {
		Description string         `json:"description,omitempty"`
		Include     []oscalControl `json:"include-controls"`
	}
	oscalControl struct {
		ID         string   `json:"control-id"`
		Statements []string `json:"statement-ids,omitempty"`
	}
	oscalObservation struct {
		UUID        string          `json:"uuid"`
		Title       string          `json:"title"`
		Description string          `json:"description"`
		Props       []oscalProp     `json:"props"`
		Methods     []string        `json:"methods"`
		Types       []string        `json:"types,omitempty"`
		Subjects    []oscalSubject  `json:"subjects,omitempty"`
		Evidence    []oscalEvidence `json:"relevant-evidence,omitempty"`
		Collected   string          `json:"collected"`
		Expires     string          `json:"expires,omitempty"`
		Remarks     string          `json:"remarks,omitempty"`
	}
	oscalSubject struct {
		UUID  string `json:"subject-uuid"`
		Type  string `json:"type"`
		Title string `json:"title"`
	}
	oscalEvidence struct {
		Description string `json:"description"`
	}
	oscalRisk struct {
		UUID        string      `json:"uuid"`
		Title       string      `json:"title"`
		Description string      `json:"description"`
		Statement   string      `json:"statement"`
		Props       []oscalProp `json:"props,omitempty"`
		Status      string      `json:"status"`
		Deadline    string      `json:"deadline,omitempty"`
		Related     []oscalSeen `json:"related-observations,omitempty"`
	}
	oscalFinding struct {
		UUID         string      `json:"uuid"`
		Title        string      `json:"title"`
		Description  string      `json:"description"`
		Target       oscalTarget `json:"target"`
		Observations []oscalSeen `json:"related-observations"`
		Risks        []oscalRef  `json:"related-risks,omitempty"`
	}
	oscalTarget struct {
		Type   string      `json:"type"`
		ID     string      `json:"target-id"`
		Status oscalStatus `json:"status"`
	}
	oscalStatus struct {
		State  string `json:"state"`
		Reason string `json:"reason"`
	}
	oscalSeen struct {
		UUID string `json:"observation-uuid"`
	}
	oscalRef struct {
		UUID string `json:"risk-uuid"`
	}
	oscalMatter struct {
		Resources []oscalResource `json:"resources"`
	}
	oscalResource struct {
		UUID        string `json:"uuid"`
		Title       string `json:"title"`
		Description string `json:"description,omitempty"`
	}
)

// OSCAL writes the check as assessment results: an observation for each control,
// a finding for each requirement of the rule that a control supports, and a risk
// for each control that fails or is waived. The same report gives the same document.
func OSCAL(w io.Writer, d Dossier) error { return safe.WriteJSON(w, oscal(d)) }

func oscal(d Dossier) oscalDocument {
	r := d.Report
	began := r.Started.UTC()
	id := func(names ...string) string {
		return uuid(append([]string{"oscal", r.Account, r.Set, began.Format(time.RFC3339Nano)}, names...)...)
	}
	plan := id("plan")
	result := oscalResult{
		UUID: id("result"), Title: "Check of AWS account " + solid(r.Account),
		Description: "The controls of the " + solid(r.Set) + " set, judged from " +
			"the answers of the account's AWS APIs and from the practice's signed statements.",
		Start: oscalTime(began), End: oscalTime(began.Add(time.Duration(r.ElapsedMS) * time.Millisecond)),
		Props: []oscalProp{{"region", oscalSpace, solid(r.Region)}, {"set", oscalSpace, solid(r.Set)}},
	}
	if d.Head.Sequence > 0 {
		result.Props = append(result.Props, oscalProp{"ledger-head", oscalSpace, d.Head.Hash})
	}
	matter := []oscalResource{{
		UUID: plan, Title: "Method",
		Description: "Claria's catalogue of controls, set " + solid(r.Set) + ": each control names " +
			"its requirements in 45 CFR part 164, how it is established and the desired state.",
	}}
	resources := map[string]bool{}
	rows := controls(r.Set)
	requirements := map[string]*requirement{}
	for _, f := range r.Controls {
		observation := oscalObserve(d, f, id)
		subject := observation.Subjects[0]
		if !resources[subject.UUID] {
			resources[subject.UUID] = true
			matter = append(matter, oscalResource{UUID: subject.UUID, Title: subject.Title})
		}
		result.Observations = append(result.Observations, observation)
		risk := ""
		if fails(f) || f.Status == catalogue.Waived {
			entry := oscalRisk{
				UUID: id("risk", f.ID), Title: solid(f.ID + " " + f.Title), Description: solid(meaning(f)),
				Statement: solid(cmp.Or(rows[f.ID].Meaning, f.Title)), Status: "open",
				Props:   []oscalProp{{"severity", oscalSpace, solid(string(f.Severity))}},
				Related: []oscalSeen{{observation.UUID}},
			}
			if f.Status == catalogue.Waived {
				entry.Status = "deviation-approved"
				if !f.Until.IsZero() {
					entry.Deadline = oscalTime(f.Until)
				}
			}
			result.Risks, risk = append(result.Risks, entry), entry.UUID
		}
		for _, citation := range f.Citations {
			if requirements[citation] == nil {
				requirements[citation] = &requirement{citation: citation}
			}
			requirements[citation].add(f, observation.UUID, risk)
		}
	}
	result.Findings, result.Reviewed = oscalFindings(requirements, id)
	metadata := oscalMetadata{
		Title: "HIPAA Security Rule: check of " + began.Format(time.DateOnly), LastModified: oscalTime(began),
		Version: solid(began.Format(time.RFC3339)), OSCALVersion: oscalVersion,
		Props: []oscalProp{{"program-version", oscalSpace, solid(d.Version)}},
	}
	if name := safe.Line(d.Practice); name != "" {
		metadata.Parties = []oscalParty{{id("practice"), "organization", name}}
	}
	return oscalDocument{oscalAssessment{
		UUID: id("document"), Metadata: metadata, ImportAP: oscalLink{"#" + plan}, Results: []oscalResult{result},
		BackMatter: oscalMatter{matter},
	}}
}

func oscalObserve(d Dossier, f drift.Finding, id func(...string) string) oscalObservation {
	subject := where(d, f)
	at := d.Report.Started.UTC()
	o := oscalObservation{
		UUID: id("observation", f.ID), Title: solid(f.ID + " " + f.Title), Description: solid(meaning(f)), Methods: oscalMethods(f),
		Types: []string{"finding"}, Collected: oscalTime(at),
		Subjects: []oscalSubject{{uuid("oscal resource", d.Report.Account, subject), "resource", subject}},
		Props: []oscalProp{
			{"control", oscalSpace, solid(f.ID)},
			{"status", oscalSpace, solid(string(f.Status))},
			{"severity", oscalSpace, solid(string(f.Severity))},
		},
		Remarks: actor(f, nil),
	}
	for _, part := range [][2]string{{"Observed", f.Observed}, {"Wanted", f.Desired}} {
		if text := safe.Line(part[1]); text != "" {
			o.Evidence = append(o.Evidence, oscalEvidence{part[0] + ": " + text})
		}
	}
	if !f.Until.IsZero() {
		o.Expires = oscalTime(f.Until)
	}
	return o
}

// oscalMethods returns methods of NIST SP 800-53A: a statement is an interview, a register
// an examination, and a check of the account or the machine a test.
func oscalMethods(f drift.Finding) []string {
	names := map[catalogue.Method]string{
		catalogue.ByCall: "TEST", catalogue.ByProbe: "TEST", catalogue.ByMachine: "TEST", catalogue.ByStatement: "INTERVIEW", catalogue.ByRegister: "EXAMINE",
	}
	var methods []string
	for _, m := range f.Methods {
		if name := names[m]; name != "" && !slices.Contains(methods, name) {
			methods = append(methods, name)
		}
	}
	if len(methods) == 0 {
		return []string{"TEST"}
	}
	return methods
}

// requirement collects the findings of the controls for one requirement of the rule.
type requirement struct {
	citation                string
	observations            []oscalSeen
	risks                   []oscalRef
	failed, unknown, waived []string
}

func (q *requirement) add(f drift.Finding, observation, risk string) {
	q.observations = append(q.observations, oscalSeen{observation})
	if risk != "" {
		q.risks = append(q.risks, oscalRef{risk})
	}
	switch {
	case fails(f):
		q.failed = append(q.failed, f.ID)
	case f.Status == catalogue.Waived, f.Status == catalogue.AttestDue:
		q.waived = append(q.waived, f.ID)
	case unsure(f):
		q.unknown = append(q.unknown, f.ID)
	}
}

// status is satisfied when every control that supports the requirement is in order.
func (q *requirement) status() (oscalStatus, string) {
	switch {
	case len(q.failed) > 0:
		return oscalStatus{"not-satisfied", "fail"}, "Failing: " + commas(q.failed) + "."
	case len(q.unknown) > 0:
		return oscalStatus{"not-satisfied", "other"}, "Not established: " + commas(q.unknown) + "."
	case len(q.waived) > 0:
		return oscalStatus{"not-satisfied", "other"}, "Waived or waiting for a signature: " + commas(q.waived) + "."
	}
	return oscalStatus{"satisfied", "pass"}, "Every control that supports this requirement is in order."
}

func oscalFindings(requirements map[string]*requirement, id func(...string) string) ([]oscalFinding, oscalReviewed) {
	var findings []oscalFinding
	of := map[string]int{}
	selection := oscalSelection{Description: "The requirements of 45 CFR part 164 that the set's controls support."}
	list := make([]*requirement, 0, len(requirements))
	for _, q := range requirements {
		list = append(list, q)
	}
	slices.SortFunc(list, func(a, b *requirement) int { return cmp.Compare(a.citation, b.citation) })
	for _, q := range list {
		status, text := q.status()
		statement, control := token(q.citation), token(standard(q.citation))
		findings = append(findings, oscalFinding{
			UUID: id("finding", q.citation), Title: solid(cited(q.citation)), Description: solid(text),
			Target: oscalTarget{"statement-id", statement, status}, Observations: q.observations, Risks: q.risks,
		})
		i, known := of[control]
		if !known {
			i = len(selection.Include)
			of[control] = i
			selection.Include = append(selection.Include, oscalControl{ID: control})
		}
		selection.Include[i].Statements = append(selection.Include[i].Statements, statement)
	}
	if len(selection.Include) == 0 { // a selection cannot be empty
		selection.Include = []oscalControl{{ID: "hipaa-164"}}
	}
	return findings, oscalReviewed{[]oscalSelection{selection}}
}

func commas(ids []string) string { return strings.Join(ids, ", ") }

func oscalTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// solid returns a text for an OSCAL field that must not be empty.
func solid(text string) string { return cmp.Or(safe.Line(text), "not stated") }
