package drift

import (
	"slices"
	"strings"
	"testing"
	"time"

	"claria/drift/catalogue"
	"claria/drift/register"
)

// TestTheMatrixIsTheWholeRule checks the matrix against appendix A to subpart C of 45
// CFR part 164: 20 required and 22 addressable specifications, each once.
func TestTheMatrixIsTheWholeRule(t *testing.T) {
	t.Parallel()
	kinds, seen := map[string]int{}, map[string]bool{}
	for _, r := range catalogue.Requirements() {
		if seen[r.Citation] {
			t.Errorf("%s is there twice", r.Citation)
		}
		seen[r.Citation] = true
		if r.Part == catalogue.SecurityRule {
			kinds[r.Kind]++
		}
		if len(r.Classes) == 0 || r.Title == "" {
			t.Errorf("%+v", r)
		}
	}
	if kinds["R"] != 20 || kinds["A"] != 22 || len(kinds) != 2 {
		t.Errorf("specifications: %v", kinds)
	}
	for _, section := range []string{"400", "402", "404", "406", "408", "410", "412", "414", "502(b)", "514(a)", "514(b)", "514(c)", "514(d)", "520", "522(a)", "522(b)", "524", "526", "528", "530", "508", "501"} {
		if !seen["164."+section] {
			t.Errorf("%s is not in the matrix", section)
		}
	}
}

// TestEveryCitationIsInTheMatrix, and a row's classes are what its controls are.
func TestEveryCitationIsInTheMatrix(t *testing.T) {
	t.Parallel()
	controls, err := catalogue.Controls(catalogue.Strict)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range controls {
		for _, cite := range c.Citations {
			if !slices.ContainsFunc(catalogue.Requirements(), func(r catalogue.Requirement) bool { return r.Cited(cite) }) {
				t.Errorf("%s cites %s, which is no row", c.ID, cite)
			}
		}
	}
	byCode := []catalogue.Method{catalogue.ByCall, catalogue.ByProbe, catalogue.ByMachine}
	for _, row := range Matrix(Report{}, register.Register{}) {
		verified := slices.ContainsFunc(row.Controls, func(c MatrixControl) bool {
			return slices.ContainsFunc(c.Methods, func(m catalogue.Method) bool { return slices.Contains(byCode, m) })
		})
		attested := slices.ContainsFunc(row.Controls, func(c MatrixControl) bool {
			return slices.Contains(c.Methods, catalogue.ByStatement) || slices.Contains(c.Methods, catalogue.ByRegister)
		})
		if slices.Contains(row.Classes, catalogue.Verified) && !verified {
			t.Errorf("%s %s is said to be verified, but no call does", row.Citation, row.Title)
		}
		if slices.Contains(row.Classes, catalogue.Attestable) && !attested {
			t.Errorf("%s %s is said to be attested, but nobody signs it", row.Citation, row.Title)
		}
		if !slices.Contains(row.Classes, catalogue.OutOfScope) && len(row.Controls) == 0 {
			t.Errorf("%s %s has no control", row.Citation, row.Title)
		}
	}
}

// TestThePromiseIsVerified: what the product promises is in the core set,
// and verified by calls to the account.
func TestThePromiseIsVerified(t *testing.T) {
	t.Parallel()
	core, err := catalogue.Controls(catalogue.Core)
	if err != nil {
		t.Fatal(err)
	}
	controls := map[string]catalogue.Control{}
	for _, c := range core {
		controls[c.ID] = c
	}
	byCall := func(id string) bool { return slices.Contains(controls[id].EstablishedBy(), catalogue.ByCall) }
	if len(Promise()) != 11 || len(PromisedRules()) != 8 {
		t.Errorf("%d rows, %d rules", len(Promise()), len(PromisedRules()))
	}
	for _, row := range Promise() {
		for _, id := range row.Controls {
			if _, ok := controls[id]; !ok {
				t.Errorf("%s: %s is not in the core set", row.Requirement, id)
			}
		}
		if !slices.ContainsFunc(row.Controls, byCall) {
			t.Errorf("%s is verified by no call", row.Requirement)
		}
	}
	for _, rule := range PromisedRules() {
		for _, id := range rule.Controls {
			if !byCall(id) {
				t.Errorf("%s: %s makes no call", rule.Rule, id)
			}
		}
		if !slices.ContainsFunc(rule.Controls, func(id string) bool { return slices.Contains(controls[id].ConfigRules, rule.Rule) }) {
			t.Errorf("%s is named by none of %v", rule.Rule, rule.Controls)
		}
	}
}

// A row shows the worst of its controls, names them, and shows the decision.
func TestARowOfTheMatrix(t *testing.T) {
	t.Parallel()
	row := func(report Report, register register.Register, citation string) MatrixRow {
		rows := Matrix(report, register)
		return rows[slices.IndexFunc(rows, func(r MatrixRow) bool { return r.Citation == citation })]
	}
	report := Report{Controls: []Finding{{ID: "S3-02", Status: catalogue.Pass}, {ID: "S3-09", Status: catalogue.Fail}, {ID: "S3-05", Status: catalogue.Unknown}}}
	entries := register.Register{Decisions: []register.Decision{
		{Specification: "164.312(a)(2)(iv)", Choice: register.Alternative, Signer: "Ada Moss", At: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)},
	}}
	r := row(report, entries, "164.312(a)(2)(iv)")
	if r.Status != catalogue.Fail || !strings.HasPrefix(r.Evidence, "fail: S3-09; ") || !strings.Contains(r.Evidence, "pass: S3-02") ||
		!strings.Contains(r.Evidence, "decided by Ada Moss on 2026-03-02: alternative") || !strings.Contains(r.Evidence, "not judged: ") {
		t.Errorf("%+v", r)
	}
	if r := row(Report{}, register.Register{}, "164.312(b)"); r.Status != "" || r.Decision != nil {
		t.Errorf("without a report: %+v", r)
	}
	// Controls of its standard pass, and no control of the row itself was judged.
	bucket := Report{Controls: []Finding{{ID: "S3-01", Status: catalogue.Pass}}}
	if r := row(bucket, register.Register{}, "164.310(d)(2)(i)"); r.Status != "" || !r.Partly || !strings.Contains(r.Evidence, "pass: S3-01") {
		t.Errorf("disposal, by a bucket: %+v", r)
	}
	bucket.Controls = append(bucket.Controls, Finding{ID: "PHY-03", Status: catalogue.Attested})
	if r := row(bucket, register.Register{}, "164.310(d)(2)(i)"); r.Status != catalogue.Attested || !r.Partly {
		t.Errorf("disposal, attested: %+v", r)
	}
	bucket.Controls[0].Status = catalogue.Fail
	if r := row(Report{Controls: bucket.Controls[:1]}, register.Register{}, "164.310(d)(2)(i)"); r.Status != catalogue.Fail {
		t.Errorf("disposal, without a bucket: %+v", r)
	}
	// A standard cites all its rows; a whole section none.
	standard := catalogue.Requirement{Citation: "164.312(e)(2)(i)", Standard: "164.312(e)(1)"}
	for cite, want := range map[string]bool{
		"164.312(e)(1)": true, "164.312(e)(2)(i)": true, "164.312(e)(2)": true, "164.312(e)": true,
		"164.312": false, "164.312(e)(2)(ii)": false, "164.312(e)(2)(i)(A)": true, "164.31": false,
	} {
		if standard.Cited(cite) != want {
			t.Errorf("%s: %v", cite, !want)
		}
	}
}

// ADM-14 requires a decision if an addressable specification is not in place.
func TestDecisionsOnAddressableSpecifications(t *testing.T) {
	t.Parallel()
	failing := func(s catalogue.Status) *judgement {
		in := &judgement{Facts: Facts{Now: now}, statements: catalogue.Statements(), others: []Finding{{ID: "WKS-02", Status: s}}}
		in.Register = absentRegister()
		return in
	}
	if v := judgeDecisions(failing(catalogue.Pass)); v.status != catalogue.Pass {
		t.Errorf("in place: %+v", v)
	}
	in := failing(catalogue.Waived)
	if v := judgeDecisions(in); v.status != catalogue.AttestDue || !strings.Contains(v.reason, "164.312(a)(2)(iii) Automatic logoff") {
		t.Errorf("not decided: %+v", v)
	}
	for choice, want := range map[string]catalogue.Status{register.Implement: catalogue.AttestDue, register.Alternative: catalogue.Pass, register.NotReasonable: catalogue.Pass} {
		in.Register = knownRegister(register.Register{Decisions: []register.Decision{{Specification: "164.312(a)(2)(iii)", Choice: choice}}})
		shows("ADM-14", want)
		if v := judgeDecisions(in); v.status != want {
			t.Errorf("%s: %+v", choice, v)
		}
	}
	for _, d := range []register.Decision{
		{Specification: "164.312(b)", Choice: register.Alternative, Why: "w", Alternative: "a", Signer: "s"},
		{Specification: "164.312(a)(2)(iii)", Choice: "no", Why: "w", Signer: "s"},
		{Specification: "164.312(a)(2)(iii)", Choice: register.Alternative, Why: "w", Signer: "s"},
		{Specification: "164.312(a)(2)(iii)", Choice: register.NotReasonable, Signer: "s"},
		{Specification: "164.312(a)(2)(iii)", Choice: register.NotReasonable, Why: "w"},
	} {
		if d.Check() == nil {
			t.Errorf("%+v is accepted", d)
		}
	}
}
