package catalogue

import "strings"

// Class says how a requirement is established.
type Class string

// The classes. A row may have several.
const (
	Verified    Class = "verified"    // by a call to the account, a probe, or a check of the machine
	Provisioned Class = "provisioned" // set-up puts it in place
	Attestable  Class = "attested"    // by a person's signature or the practice's register
	Inherited   Class = "inherited"   // AWS does it, under its agreement
	OutOfScope  Class = "out of scope"
)

// The parts of the matrix.
const (
	SecurityRule = "Security Rule: the 42 implementation specifications"
	securityMore = "Security Rule: organizational and documentation requirements"
	breachRule   = "Breach Notification Rule"
	privacyRule  = "Privacy Rule, the parts that concern this program"
	otherLaw     = "Other law"
)

// Requirement is a row of the matrix, as the law states it.
type Requirement struct {
	Part     string
	Citation string // "164.308(a)(1)(ii)(A)"; stands for any citation below it too
	Standard string // the standard it specifies; citing that cites each of its rows
	Title    string
	Kind     string // "R" required, "A" addressable; "": the distinction is not made
	Classes  []Class
	Note     string // why it is out of scope, or who else does it
}

// Requirements returns the rows: the 20 required and 22 addressable specifications of
// appendix A to subpart C of 45 CFR part 164, the Security Rule's other
// requirements, the Breach Notification Rule, and what of the Privacy Rule and of
// other law touches what this program does.
func Requirements() []Requirement {
	const R, A = "R", "A"
	v, p, a, i, o := Verified, Provisioned, Attestable, Inherited, OutOfScope
	row := func(part, citation, standard, kind, title, note string, classes ...Class) Requirement {
		if standard != "" {
			standard = "164." + standard
		}
		return Requirement{part, "164." + citation, standard, title, kind, classes, note}
	}
	const s, m, b, n = SecurityRule, securityMore, breachRule, privacyRule
	return []Requirement{
		row(s, "308(a)(1)(ii)(A)", "308(a)(1)(i)", R, "Risk analysis", "", v, a),
		row(s, "308(a)(1)(ii)(B)", "308(a)(1)(i)", R, "Risk management", "", v, p, a),
		row(s, "308(a)(1)(ii)(C)", "308(a)(1)(i)", R, "Sanction policy", "", a),
		row(s, "308(a)(1)(ii)(D)", "308(a)(1)(i)", R, "Information system activity review", "", v, a),
		row(s, "308(a)(2)", "", R, "Assigned security responsibility", "", v, a),
		row(s, "308(a)(3)(ii)(A)", "308(a)(3)(i)", A, "Authorization and supervision", "", v, a),
		row(s, "308(a)(3)(ii)(B)", "308(a)(3)(i)", A, "Workforce clearance", "", v, a),
		row(s, "308(a)(3)(ii)(C)", "308(a)(3)(i)", A, "Termination of access", "", v, a),
		row(s, "308(a)(4)(ii)(A)", "308(a)(4)(i)", R, "Isolating clearinghouse functions", "a practice is not a clearinghouse; it says so once", v, a),
		row(s, "308(a)(4)(ii)(B)", "308(a)(4)(i)", A, "Access authorization", "", v, p, a),
		row(s, "308(a)(4)(ii)(C)", "308(a)(4)(i)", A, "Access establishment and modification", "", v, p, a),
		row(s, "308(a)(5)(ii)(A)", "308(a)(5)(i)", A, "Security reminders", "", a),
		row(s, "308(a)(5)(ii)(B)", "308(a)(5)(i)", A, "Protection from malicious software", "", v, a),
		row(s, "308(a)(5)(ii)(C)", "308(a)(5)(i)", A, "Log-in monitoring", "", v, p, a),
		row(s, "308(a)(5)(ii)(D)", "308(a)(5)(i)", A, "Password management", "", v, p, a),
		row(s, "308(a)(6)(ii)", "308(a)(6)(i)", R, "Response and reporting", "", v, p, a),
		row(s, "308(a)(7)(ii)(A)", "308(a)(7)(i)", R, "Data backup plan", "", v, p, a),
		row(s, "308(a)(7)(ii)(B)", "308(a)(7)(i)", R, "Disaster recovery plan", "", v, p, a),
		row(s, "308(a)(7)(ii)(C)", "308(a)(7)(i)", R, "Emergency mode operation plan", "", a),
		row(s, "308(a)(7)(ii)(D)", "308(a)(7)(i)", A, "Testing and revision", "", v, a),
		row(s, "308(a)(7)(ii)(E)", "308(a)(7)(i)", A, "Applications and data criticality analysis", "", a),
		row(s, "308(a)(8)", "", R, "Evaluation", "", v, a),
		row(s, "308(b)(3)", "308(b)(1)", R, "Written contract with business associates", "", v, a),
		row(s, "310(a)(2)(i)", "310(a)(1)", A, "Contingency operations", "AWS does it for its data centers", a, i),
		row(s, "310(a)(2)(ii)", "310(a)(1)", A, "Facility security plan", "AWS does it for its data centers", a, i),
		row(s, "310(a)(2)(iii)", "310(a)(1)", A, "Access control and validation", "AWS does it for its data centers", a, i),
		row(s, "310(a)(2)(iv)", "310(a)(1)", A, "Maintenance records", "AWS does it for its data centers", a, i),
		row(s, "310(b)", "", R, "Workstation use", "", v, a),
		row(s, "310(c)", "", R, "Workstation security", "", v, a),
		row(s, "310(d)(2)(i)", "310(d)(1)", R, "Disposal", "AWS destroys its own media", v, a, i),
		row(s, "310(d)(2)(ii)", "310(d)(1)", R, "Media re-use", "AWS erases its own media", a, i),
		row(s, "310(d)(2)(iii)", "310(d)(1)", A, "Accountability", "", a),
		row(s, "310(d)(2)(iv)", "310(d)(1)", A, "Data backup and storage", "", v, p),
		row(s, "312(a)(2)(i)", "312(a)(1)", R, "Unique user identification", "", v, p, a),
		row(s, "312(a)(2)(ii)", "312(a)(1)", R, "Emergency access procedure", "", v, a),
		row(s, "312(a)(2)(iii)", "312(a)(1)", A, "Automatic logoff", "", v),
		row(s, "312(a)(2)(iv)", "312(a)(1)", A, "Encryption and decryption", "", v, p),
		row(s, "312(b)", "", R, "Audit controls", "", v, p),
		row(s, "312(c)(2)", "312(c)(1)", A, "Mechanism to authenticate health information", "", v, p),
		row(s, "312(d)", "", R, "Person or entity authentication", "", v, p),
		row(s, "312(e)(2)(i)", "312(e)(1)", A, "Integrity controls of transmission", "", v, p),
		row(s, "312(e)(2)(ii)", "312(e)(1)", A, "Encryption of transmission", "", v, p),

		row(m, "306(d)(3)", "", R, "Decisions on addressable specifications", "", a),
		row(m, "314(a)(2)(i)", "314(a)(1)", R, "Business associate contracts", "", v, a),
		row(m, "314(b)(2)", "314(b)(1)", R, "Group health plans", "a practice is not a group health plan; it says so once", a, o),
		row(m, "316(a)", "", R, "Policies and procedures", "", a),
		row(m, "316(b)(2)(i)", "316(b)(1)", R, "Documentation kept for six years", "", v, p, a),
		row(m, "316(b)(2)(ii)", "316(b)(1)", R, "Documentation at hand", "", a),
		row(m, "316(b)(2)(iii)", "316(b)(1)", R, "Documentation updated", "", a),

		row(b, "400", "", "", "Applicability", "a definition in the law; there is nothing to establish", o),
		row(b, "402", "", "", "Breach, and the four-factor assessment", "", v, a),
		row(b, "404", "", "", "Notice to individuals", "", a),
		row(b, "406", "", "", "Notice to the media", "", a),
		row(b, "408", "", "", "Notice to HHS", "", a),
		row(b, "410", "", "", "Notice by a business associate", "", a),
		row(b, "412", "", "", "Law-enforcement delay", "", a),
		row(b, "414", "", "", "Burden of proof and documentation", "", a),

		row(n, "501", "", "", "What psychotherapy notes are", "", a),
		row(n, "502(a)", "", "", "Permitted uses and disclosures", "the program shows what AI services may keep; you decide on each disclosure", v, p),
		row(n, "502(b)", "", "", "Minimum necessary", "", v, p, a),
		row(n, "502(e)", "", "", "Disclosures to business associates", "", v),
		row(n, "504(e)", "", "", "Terms of business associate contracts", "", v, a),
		row(n, "508", "", "", "Authorizations, and psychotherapy notes", "", a),
		row(n, "514(a)", "", "", "De-identification: the standard", "", a),
		row(n, "514(b)", "", "", "De-identification: the methods", "", v, a),
		row(n, "514(c)", "", "", "Re-identification", "", a),
		row(n, "514(d)", "", "", "Minimum necessary: how", "", v, a),
		row(n, "520", "", "", "Notice of privacy practices", "", a),
		row(n, "522(a)", "", "", "Requests for restrictions", "", a),
		row(n, "522(b)", "", "", "Confidential communications", "", a),
		row(n, "524", "", "", "Access", "", a),
		row(n, "526", "", "", "Amendment", "", a),
		row(n, "528", "", "", "Accounting of disclosures", "", v, a),
		row(n, "530", "", "", "Administrative requirements", "", a),

		{otherLaw, "42 CFR 2", "", "Records of substance use disorder treatment", "", []Class{a}, ""},
		{otherLaw, "state law", "", "Retention and consent rules of the state", "", []Class{a}, "the practice must know which rules apply"},
	}
}

// Cited reports whether a citation supports the row: it names the row, something
// below it, its standard, or a paragraph that contains both.
func (r Requirement) Cited(citation string) bool {
	within := func(inner, outer string) bool {
		rest, ok := strings.CutPrefix(inner, outer)
		return ok && (rest == "" || rest[0] == '(' || rest[0] == '.')
	}
	if within(citation, r.Citation) || citation == r.Standard {
		return true
	}
	// Not the bare section: a citation of 164.308 supports no single row.
	return strings.Contains(citation, "(") && (within(r.Citation, citation) || r.Standard != "" && within(r.Standard, citation))
}

// Addressable returns the addressable specifications, by citation.
func Addressable() []string {
	var all []string
	for _, r := range Requirements() {
		if r.Kind == "A" {
			all = append(all, r.Citation)
		}
	}
	return all
}
