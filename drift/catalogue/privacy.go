package catalogue

func privacy() []Control {
	return []Control{
		{
			ID: "PRV-01", Severity: Medium, Sets: core(), Citations: cfr("502(b)", "514(d)"),
			Title:   "The model gets no more than a report needs",
			Meaning: "Sending text to a model is a use of health information, and is kept to the minimum. The program sends only files that are attached to the client; you choose which.",
			Guide:   "Decide what may be sent for a draft, then sign with claria attest PRV-01.",
			Statement: &Statement{Days: Yearly, Text: "I keep what I give to a language model to what the report at hand needs: only files of the client it is about, and of those only the ones that matter. " +
				"I have written this down, and everybody who drafts with this program follows it."},
		},
		{
			ID: "PRV-02", Severity: Low, Sets: strict(), Citations: cfr("514(a)", "514(b)", "514(c)"),
			Title:   "De-identification follows one of the two methods",
			Meaning: "Removing a name does not make a record anonymous, and a recording of a voice is never anonymous. Only an expert's determination or the removal of all 18 identifiers counts.",
			Guide:   "If you share de-identified material, write down which method you use. Sign with claria attest PRV-02 in either case.",
			Statement: &Statement{Text: "When I call information de-identified, either an expert has determined in writing that the risk of recognition is very small, or all 18 kinds of identifiers are removed and I know of nothing that would still identify the person. " +
				"I treat recordings of a voice as identifying."},
		},
		{
			ID: "PRV-03", Severity: High, Sets: core(), Citations: cfr("520"),
			Title:   "The Notice of Privacy Practices is current",
			Meaning: "Clients have a right to know what you do with their records. The notice had to be revised by 16 February 2026 for records of substance use treatment.",
			Guide:   "Compare your notice with HHS's model of February 2026, hand it out and post it, then sign with claria attest PRV-03 --file NOTICE.pdf.",
			Statement: &Statement{Days: Yearly, Text: "My Notice of Privacy Practices is current, with the text on records of substance use disorder treatment that was due on 16 February 2026 where it applies. " +
				"Clients receive it at the first service, acknowledge it, and find it in my office and on my website, if I have one."},
		},
		{
			ID: "PRV-04", Severity: Medium, Sets: strict(), Methods: byBoth(), Citations: cfr("522(a)", "522(b)"),
			Title:   "Clients' communication requests are honoured",
			Meaning: "A client may ask that you never call home, or may agree to plain e-mail or text messages. You record each request and follow it.",
			Guide:   "Record each with claria register requests add --kind \"confidential communication\", and sign with claria attest PRV-04.",
			Statement: &Statement{Days: Yearly, Text: "I record every request for restrictions and for confidential communication, and every consent to unencrypted e-mail or text messages after a word about their risk. " +
				"I keep to them."},
		},
		{
			ID: "PRV-05", Severity: Medium, Remedy: Guided, Sets: core(), Methods: byRegister(),
			Citations: cfr("524", "526", "528"),
			Title:     "Clients' requests are answered on time",
			Meaning:   "A client who asks for the record has a right to it within 30 days, and to an amendment or an accounting within 60. Late answers are what practices are fined for most often.",
			Guide:     "Answer the named request, then record it with claria register requests set ID --answered DATE --answer granted. You can extend the period once, if you tell the client in writing within the first period.",
		},
		{
			ID: "PRV-06", Severity: High, Sets: core(), Citations: cfr("501", "508(a)(2)"),
			Title:   "Psychotherapy notes are kept apart",
			Meaning: "Notes on the content of a session have special protection only while they are separate from the record. A transcript in the chart is an ordinary record.",
			Guide:   "Keep such notes outside the client's record in this program, then sign with claria attest PRV-06.",
			Statement: &Statement{Days: Yearly, Text: "I keep psychotherapy notes separate from the rest of the record, if I keep any, and disclose them only with the client's authorisation or where the law allows it without. " +
				"I know that transcripts and drafts in the chart are not psychotherapy notes."},
		},
		{
			ID: "PRV-07", Severity: Low, Sets: strict(), Citations: cfr("530(a)", "530(d)", "530(f)", "530(g)"),
			Title:   "A privacy official takes complaints",
			Meaning: "Clients need someone to complain to, and nobody may be punished for a complaint. The practice limits the harm of a wrong disclosure as far as it can.",
			Guide:   "Name the person in your notice, then sign with claria attest PRV-07.",
			Statement: &Statement{Days: Yearly, Text: "This practice has named a privacy official and a contact for complaints. I document complaints and what came of them, mitigate harm from wrong uses or disclosures, " +
				"and neither retaliate against anybody for using their rights nor ask them to waive those."},
		},
		{
			ID: "PRV-08", Severity: High, Sets: core(),
			Citations: []string{"42 CFR 2.11", "42 CFR 2.12", "42 CFR 2.13", "42 CFR 2.16", "42 CFR 2.22", "42 CFR 2.31", "42 CFR 2.32", "42 CFR 2.33"},
			Title:     "You know whether substance use law applies",
			Meaning:   "A separate law covers federally assisted treatment of substance use, and records that came from it. Since 16 February 2026 it is enforced like HIPAA.",
			Guide:     "Determine whether you are such a program or hold such records, then sign with claria attest PRV-08. The answer is no or yes.",
			Statement: &Statement{
				Days: Yearly, Answers: []string{"no", "yes"},
				Text: "I have determined whether 42 CFR Part 2 applies to my practice. Answer no: I am no federally assisted substance use disorder program and hold no records from one. " +
					"Answer yes: I keep to its rules on consent, notice, separate counseling notes, redisclosure and security, and have written procedures for them.",
			},
		},
		{
			ID: "PRV-09", Severity: Medium, Sets: strict(), Citations: []string{"state law"},
			Title:   "Records are kept as long as state law requires",
			Meaning: "State law says how long you must keep a chart, and for minors the period is longer. Here, deleted records stay recoverable for six years, which can be too short.",
			Guide:   "Look up the rules of your state and your board, compare them with how long deleted records are kept, and sign with claria attest PRV-09.",
			Statement: &Statement{Days: Yearly, Text: "I know how long the law of my state and my licensing board want client records kept, those of minors included. " +
				"I delete nothing earlier, and nothing in this account's settings does."},
		},
	}
}

func breaches() []Control {
	return []Control{
		{
			ID: "BRN-01", Severity: High, Sets: core(), Methods: byBoth(), Citations: cfr("402", "414"),
			Title:   "Every incident is recorded and assessed",
			Meaning: "A wrong disclosure counts as a breach unless an assessment of four factors shows a low probability of compromise. The burden of proof is yours, so you write down each assessment.",
			Guide:   "Record each with claria register incidents add, rate the four factors with claria register incidents set ID --nature low --nature-why TEXT and so on, and sign with claria attest BRN-01.",
			Statement: &Statement{Days: Yearly, Text: "Every use or disclosure of health information that the Privacy Rule does not permit, and every security incident I know of, is in this practice's register. " +
				"I assess each by the four factors without delay and keep the documentation for six years."},
		},
		{
			ID: "BRN-02", Severity: Critical, Remedy: Guided, Sets: core(), Methods: byRegister(),
			Citations: cfr("404", "406", "408", "410", "412"),
			Title:     "Breach notices are sent on time",
			Meaning:   "The affected people must be notified no later than 60 days after the breach was discovered, and so must HHS if they are 500 or more. Smaller breaches are reported within 60 days of the end of the year.",
			Guide:     "Send the named notice, then record it with claria register incidents set ID --told-individuals DATE, --told-hhs DATE or --told-media DATE.",
		},
		{
			ID: "BRN-03", Severity: Medium, Remedy: Guided, Sets: strict(), Methods: byRegister(), Citations: cfr("402"),
			Title:   "Each incident says if the data was readable",
			Meaning: "Losing encrypted information is not a breach. Claria keeps what the account showed on the day of discovery with the incident, so that you can show it later.",
			Guide:   "Record incidents with claria register incidents add, which keeps what the scan shows. Answer with --unsecured yes or no.",
		},
	}
}
