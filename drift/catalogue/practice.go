package catalogue

// These controls cover what no call to the account can show. A person signs a statement, or the
// register counts entries. Severities follow the law's; its deadlines are core.

// Yearly is how long most signatures hold.
const Yearly = 365

func practiceControls() []Control {
	var all []Control
	for _, part := range [][]Control{administrative(), physical(), privacy(), breaches()} {
		for _, c := range part {
			c.Family = FamilyPractice
			if c.Statement != nil {
				c.Statement.Version = max(1, c.Statement.Version)
				if c.Remedy == "" {
					c.Remedy = Attest
				}
				if c.Methods == nil {
					c.Methods = []Method{ByStatement}
				}
			}
			all = append(all, c)
		}
	}
	return all
}

// The methods of the controls that the register establishes.
func byRegister() []Method { return []Method{ByRegister} }
func byBoth() []Method     { return []Method{ByStatement, ByRegister} }

func administrative() []Control {
	return []Control{
		{
			ID: "ADM-01", Severity: Critical, Remedy: Guided, Sets: core(), Methods: byRegister(), Last: true,
			Title:       "A risk analysis was done within a year",
			Meaning:     "The law requires a written analysis of where records are and what could happen to them. It is the first document that an investigator asks for.",
			Guide:       "Run claria risk: it fills in most answers from the scan, and you rate the rest and sign. If a protection fails later, the analysis opens again.",
			Citations:   cfr("308(a)(1)(ii)(A)"),
			ConfigRules: []string{"annual-risk-assessment-performed"},
		},
		{
			ID: "ADM-02", Severity: High, Remedy: Guided, Sets: core(), Methods: byRegister(), Last: true,
			Title:     "Every open risk has an owner and a date",
			Meaning:   "A control that fails or is waived is a known risk. Someone must be responsible for each one, by a date.",
			Guide:     "For each named control: fix it, record who fixes it and by when with claria register actions add, or accept it for a time with claria waive.",
			Citations: cfr("308(a)(1)(ii)(B)"),
		},
		{
			ID: "ADM-03", Severity: Low, Sets: strict(), Citations: cfr("308(a)(1)(ii)(C)"),
			Title:   "There is a sanction policy",
			Meaning: "Everyone who works here knows what happens when someone breaks the rules about records. A practice of one person also writes it down.",
			Guide:   "Write half a page, then sign with claria attest ADM-03. You can keep the document's hash with the signature.",
			Statement: &Statement{Days: Yearly, Text: "I have a written policy that says which sanctions follow when a member of my workforce, myself included, breaks our rules on health information. " +
				"Everybody concerned knows it, and each sanction is recorded."},
		},
		{
			ID: "ADM-04", Severity: Medium, Sets: strict(), Citations: cfr("308(a)(2)"),
			Title:   "A security official is named",
			Meaning: "One person is responsible for the security of records. In a practice of one that is you, and the law still requires it in writing.",
			Guide:   "Sign with claria attest ADM-04, and again when the person changes.",
			Statement: &Statement{Days: Yearly, Text: "The person who signs here, or the person named in the note of this signature, is this practice's security official: " +
				"responsible for developing and carrying out its security policies and procedures."},
		},
		{
			ID: "ADM-05", Severity: Medium, Sets: strict(), Citations: cfr("308(a)(3)(ii)(A)", "308(a)(3)(ii)(B)", "308(a)(3)(ii)(C)"),
			Title:   "Staff access is authorised, checked and ended",
			Meaning: "Staff get access after a check, work under supervision, and lose access the day they leave. If you have no staff, it is enough to say so.",
			Guide:   "Sign with claria attest ADM-05. The answer is sole-practitioner, or workforce if someone works for you.",
			Statement: &Statement{
				Days: Yearly, Answers: []string{"sole-practitioner", "workforce"},
				Text: "Answer sole-practitioner: nobody but me works for this practice or has access to its records. " +
					"Answer workforce: I have written procedures by which access to records is authorised and supervised, clearance is checked beforehand, and access ends with the work; I follow them.",
			},
		},
		{
			ID: "ADM-06", Severity: Info, Sets: strict(), Citations: cfr("308(a)(4)(ii)(A)"),
			Title:   "The practice is not a health care clearinghouse",
			Meaning: "A clearinghouse inside a larger organisation must be isolated from it. A practice that is not a clearinghouse says so once.",
			Guide:   "Sign with claria attest ADM-06. If you do run a clearinghouse, do not sign: this program does not cover it.",
			Statement: &Statement{Text: "This practice is not a health care clearinghouse, performs no clearinghouse functions, and is not part of an organisation that does. " +
				"The rule on isolating clearinghouse functions does not apply to it."},
		},
		{
			ID: "ADM-07", Severity: Medium, Sets: strict(), Citations: cfr("308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)"),
			Title:   "Access is given and changed by a procedure",
			Meaning: "Anyone who gets access to records gets it for a reason, from someone who may decide it. Changes are written down, so that a review can find access that is no longer needed.",
			Guide:   "Write down who decides on access and how it is changed, then sign with claria attest ADM-07.",
			Statement: &Statement{Days: Yearly, Text: "I have a written procedure for granting access to records, for documenting and reviewing it, and for changing it when a person's task changes. " +
				"The access that exists today was granted by it."},
		},
		{
			ID: "ADM-08", Severity: Medium, Remedy: Guided, Sets: strict(), Methods: byRegister(),
			Citations: cfr("308(a)(5)(i)", "308(a)(5)(ii)(A)", "308(a)(5)(ii)(B)", "308(a)(5)(ii)(C)", "308(a)(5)(ii)(D)", "530(b)"),
			Title:     "Security training was done within a year",
			Meaning:   "Most breaches begin with a message that someone believed. Training on passwords, malicious software and log-ins is required, also for a practice of one.",
			Guide:     "Record each training with claria register trainings add --person NAME --subject TEXT --at DATE; --file keeps the certificate's hash.",
		},
		{
			ID: "ADM-09", Severity: High, Sets: core(), Methods: byBoth(), Citations: cfr("308(a)(6)(i)", "308(a)(6)(ii)"),
			Title:   "An incident response plan exists and is tested",
			Meaning: "When a laptop or a key is lost, the first hours count. A plan that is tested once a year says who does what.",
			Guide:   "Write the plan, test it on an invented incident, record the test with claria register drills add --kind \"incident response\", and sign with claria attest ADM-09.",
			Statement: &Statement{Days: Yearly, Text: "I have a written plan for security incidents: how they are noticed, who acts, how harm is limited, and how each is documented with its outcome. " +
				"Every incident I know of is in the register."},
		},
		{
			ID: "ADM-10", Severity: High, Sets: core(), Citations: cfr("308(a)(7)(i)", "308(a)(7)(ii)(A)", "308(a)(7)(ii)(B)", "308(a)(7)(ii)(C)"),
			Title:   "There is a contingency plan",
			Meaning: "Records must survive a fire, a theft and an outage, and care must go on meanwhile. The plan says what is backed up, how it is restored, and how you work until then.",
			Guide:   "Write the plan, then sign with claria attest ADM-10. You can keep the document's hash with the signature.",
			Statement: &Statement{Days: Yearly, Text: "I have a written contingency plan: a data backup plan that yields exact copies of my records, a disaster recovery plan to restore them, " +
				"and an emergency mode plan to go on protecting and reaching them while normal operation is down."},
		},
		{
			ID: "ADM-11", Severity: Medium, Sets: strict(), Methods: byBoth(), Citations: cfr("308(a)(7)(ii)(D)", "308(a)(7)(ii)(E)"),
			Title:   "The contingency plan is tested and sets priorities",
			Meaning: "A backup that was never restored is only a hope. Once a year you test the restore, revise the plan, and list what care needs first.",
			Guide:   "Restore something, record it with claria register drills add --kind restore --worked --minutes N, and sign with claria attest ADM-11.",
			Statement: &Statement{Days: Yearly, Text: "I test my contingency plan at least once a year and revise it after each test. " +
				"I have written down which applications and data care depends on, and in which order they are restored."},
		},
		{
			ID: "ADM-12", Severity: High, Sets: core(), Citations: cfr("308(a)(8)"),
			Title:   "The safeguards were evaluated within a year",
			Meaning: "Rules, threats and the practice change. Once a year, and after every major change, someone compares the safeguards with what the law requires.",
			Guide:   "Read a complete report of this program, review what it does not cover, and sign with claria attest ADM-12 --file REPORT.",
			Statement: &Statement{Days: Yearly, Text: "I have evaluated, technically and otherwise, how far my safeguards meet the Security Rule, with the report of this program and with the parts that it does not cover. " +
				"I repeat it at least once a year and after each change of operation or surroundings that matters."},
		},
		{
			ID: "ADM-13", Severity: High, Sets: core(), Citations: cfr("316(a)", "316(b)(1)", "316(b)(2)(i)", "316(b)(2)(ii)", "316(b)(2)(iii)"),
			Title:   "Policies are written, available, current and kept",
			Meaning: "For an investigator, what is not written down did not happen. Each policy is kept for six years after it was last in force.",
			Guide:   "Put the policies where the people who follow them can find them, review them, and sign with claria attest ADM-13.",
			Statement: &Statement{Days: Yearly, Text: "My policies and procedures under the Security Rule are written, reasonable for this practice, and at hand for whoever carries them out. " +
				"I review them regularly, update them when something changes, and keep every version for six years from its creation or the day it was last in effect."},
		},
		{
			ID: "ADM-14", Severity: Medium, Remedy: Guided, Sets: strict(), Methods: byRegister(), Last: true, Citations: cfr("306(d)(3)"),
			Title:   "Every addressable gap has a recorded decision",
			Meaning: "Addressable does not mean optional. A specification that is not implemented as written needs a recorded reason, and an alternative where one is reasonable.",
			Guide:   "Record each decision with claria register decisions add --specification CITATION --choice alternative --why TEXT --alternative TEXT --signer NAME.",
		},
		{
			ID: "ADM-15", Severity: Low, Sets: proposed(), Citations: cfr("308(a)(8)"),
			Title:   "A vulnerability scan and a penetration test were done",
			Meaning: "The rule proposed in 2025 would require a scan every six months and a test every twelve. It is not law; this is advice.",
			Guide:   "Have both done by a qualified person, then sign with claria attest ADM-15 --file REPORT.",
			Statement: &Statement{Days: 183, Text: "My systems that hold or reach health information were scanned for known weaknesses within the last six months, " +
				"and tested by a qualified person for ways to break in within the last twelve. What was found is in my risk management plan."},
		},
	}
}

func physical() []Control {
	return []Control{
		{
			ID: "PHY-01", Severity: Low, Sets: strict(), Citations: cfr("310(a)(1)", "310(a)(2)(i)", "310(a)(2)(ii)", "310(a)(2)(iii)", "310(a)(2)(iv)"),
			Title:   "The rooms are secured",
			Meaning: "Anyone who can walk up to the computer can try to open it. Office and home office need locks, a list of who has keys, and a record of repairs to doors and locks.",
			Guide:   "Write down how your rooms are secured, then sign with claria attest PHY-01.",
			Statement: &Statement{Days: Yearly, Text: "The rooms in which I work with records, my home office included, are locked against others. I have written down who may enter, how I reach my records in an emergency, " +
				"how visitors are handled, and which repairs were made to doors and locks."},
		},
		{
			ID: "PHY-02", Severity: Medium, Sets: strict(), Citations: cfr("310(b)", "310(c)"),
			Title:   "Workstations are used and placed with care",
			Meaning: "Anyone in a waiting room can read a screen there. Decide once where, how and by whom records are opened, and keep to it.",
			Guide:   "Write down where and how records may be opened, then sign with claria attest PHY-02.",
			Statement: &Statement{Days: Yearly, Text: "I have written down for which tasks each workstation that reaches records is used, how, and in what surroundings. " +
				"Screens cannot be seen by others, family included, and devices are never left unlocked or unattended."},
		},
		{
			ID: "PHY-03", Severity: Medium, Sets: strict(), Citations: cfr("310(d)(2)(i)", "310(d)(2)(ii)"),
			Title:   "Devices are wiped before disposal or reuse",
			Meaning: "A sold laptop or a returned copier may still hold your clients' data. Media are erased or destroyed before they are thrown away or used again.",
			Guide:   "Write down how you erase or destroy media, then sign with claria attest PHY-03.",
			Statement: &Statement{Days: Yearly, Text: "Before a device or medium that held health information is disposed of or used again, I have the information erased so that it cannot be recovered, or the medium destroyed. " +
				"I record each with date and method."},
		},
		{
			ID: "PHY-04", Severity: Low, Sets: strict(), Citations: cfr("310(a)"),
			Title:   "AWS's reports on its data centers are on file",
			Meaning: "The buildings that store the records are AWS's, and so are their locks and guards. Independent auditors examine them each year; you keep their report.",
			Guide:   "Download the current SOC 2 or ISO 27001 report in the AWS console, Artifact, Reports, and sign with claria attest PHY-04 --file REPORT.pdf.",
			Statement: &Statement{Days: Yearly, Text: "I have obtained and read the current independent audit report on AWS's data centers (SOC 2 or ISO 27001) and rely on it for their physical safeguards. " +
				"The hash of the document belongs to this signature."},
		},
		{
			ID: "ORG-01", Severity: Medium, Sets: strict(), Citations: cfr("314(a)(2)(i)(A)", "314(a)(2)(i)(B)", "314(a)(2)(i)(C)", "504(e)"),
			Title:   "The terms of the agreements have been read",
			Meaning: "A business associate agreement must contain certain terms to count as one. Check that it does before you rely on it.",
			Guide:   "Read the agreement with AWS and those of your other vendors, then sign with claria attest ORG-01, and again when one changes.",
			Statement: &Statement{Text: "I have read my business associate agreements. Each binds the vendor to the Security Rule, to bind its subcontractors alike, to report incidents and breaches to me, " +
				"and to return or destroy the information when the agreement ends."},
		},
		{
			ID: "ORG-02", Severity: Info, Sets: strict(), Citations: cfr("314(b)(1)", "314(b)(2)"),
			Title:   "The practice is not a group health plan",
			Meaning: "A group health plan must bind its sponsor in the plan's documents. A practice that is not a group health plan says so once.",
			Guide:   "Sign with claria attest ORG-02. If you do run a group health plan, do not sign: this program does not cover it.",
			Statement: &Statement{Text: "This practice is not a group health plan and discloses no information to a plan sponsor in that role. " +
				"The requirements for group health plans do not apply to it."},
		},
	}
}
