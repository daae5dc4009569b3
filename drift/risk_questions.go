package drift

// Question is one question of the risk analysis. The sections follow those of the
// HHS Security Risk Assessment Tool; the questions are our own.
type Question struct {
	ID      string   // "data-3", stable, never reused
	Section string   // one of Sections
	Text    string   // answered yes, partly, no or not applicable; yes is the safe answer
	Threat  string   // what can happen while the answer is not yes
	Cites   []string // 45 CFR
	// Controls fill the answer in from a scan; empty: a person answers.
	Controls []string
}

// questionsVersion counts up whenever a question is added or changes its meaning:
// an analysis by older questions is then due again.
const questionsVersion = 1

// Sections are the sections, in their order.
func Sections() []string {
	return []string{sraBasics, sraPolicies, sraWorkforce, sraData, sraPractice, sraVendors, sraContingency}
}

const (
	sraBasics      = "Basics"
	sraPolicies    = "Policies and documentation"
	sraWorkforce   = "People and their access"
	sraData        = "Records and technology"
	sraPractice    = "Rooms and devices"
	sraVendors     = "Business associates"
	sraContingency = "When something goes wrong"
)

// Questions are the questions of the risk analysis.
func Questions() []Question {
	q := func(id, section, text, threat string, cites, controls []string) Question {
		return Question{id, section, text, threat, cites, controls}
	}
	by := func(ids ...string) []string { return ids }
	return []Question{
		q("basics-1", sraBasics, "Do you know every place in which your clients' information is kept: programs, devices, paper, mail, phones?",
			"information that nobody protects because nobody knows it is there", cfr("308(a)(1)(ii)(A)"), by("ACC-07")),
		q("basics-2", sraBasics, "Have you gone through these risks within the last year, and after each larger change?",
			"a protection that fits the practice of three years ago", cfr("308(a)(1)(ii)(A)", "308(a)(8)"), nil),
		q("basics-3", sraBasics, "Does every risk that you know of have somebody who answers for it, and a date?",
			"a known weakness that stays open and is then exploited", cfr("308(a)(1)(ii)(B)"), nil),
		q("basics-4", sraBasics, "Are the account's settings compared with what they should be every day, without you thinking of it?",
			"a setting that somebody loosened and nobody noticed", cfr("308(a)(1)(ii)(D)", "308(a)(8)"), by("MON-20")),
		q("basics-5", sraBasics, "Is nothing in the account besides what this practice uses?",
			"a forgotten server or store as a way in", cfr("308(a)(1)(ii)(A)"), by("NET-01", "S3-16")),

		q("policies-1", sraPolicies, "Are your security rules written down, current, and where whoever needs them finds them?",
			"everybody does what seems right, and nobody can show what was agreed", cfr("316(a)", "316(b)(1)"), by("ADM-13")),
		q("policies-2", sraPolicies, "Is one person named who answers for security?",
			"a problem that is everybody's and therefore nobody's", cfr("308(a)(2)"), by("ADM-04")),
		q("policies-3", sraPolicies, "Is it written what follows when somebody breaks the rules?",
			"carelessness that goes on because nothing follows", cfr("308(a)(1)(ii)(C)"), by("ADM-03")),
		q("policies-4", sraPolicies, "Are logs, decisions and old versions of your rules kept for six years, so that nobody can change them?",
			"no proof of what was done when it is asked for", cfr("316(b)(2)(i)"), by("CT-10")),
		q("policies-5", sraPolicies, "Is your notice to clients current, and do you know which laws besides HIPAA apply to your records?",
			"a complaint about a use that nobody was told of", cfr("520"), by("PRV-03", "PRV-08")),

		q("workforce-1", sraWorkforce, "Does everybody who works with records have a log-in of their own?",
			"nobody can tell who did it", cfr("312(a)(2)(i)"), by("IAM-16")),
		q("workforce-2", sraWorkforce, "Is nobody, and no key, allowed more than the task needs?",
			"one stolen key opens everything", cfr("308(a)(4)(ii)(B)", "502(b)"), by("IAM-07", "IAM-08", "IAM-09", "IAM-10")),
		q("workforce-3", sraWorkforce, "Does every sign-in of a person need a second factor?",
			"a guessed or phished password is enough", cfr("312(d)"), by("IAM-02", "IAM-05", "IAM-06")),
		q("workforce-4", sraWorkforce, "Are keys changed every 90 days, and unused ones taken away?",
			"an old key from a lost backup still works", cfr("308(a)(5)(ii)(D)"), by("IAM-12", "IAM-13")),
		q("workforce-5", sraWorkforce, "Does access end on the day somebody leaves, and is the list of accesses looked through each quarter?",
			"somebody who left in anger still reads records", cfr("308(a)(3)(ii)(C)"), by("IAM-23")),
		q("workforce-6", sraWorkforce, "Was everybody trained within a year: messages that lure, passwords, lost devices?",
			"somebody opens the door to whoever asks nicely", cfr("308(a)(5)(i)"), by("ADM-08")),

		q("data-1", sraData, "Are records encrypted where they are stored?",
			"a copied disk or bucket can be read", cfr("312(a)(2)(iv)"), by("S3-02")),
		q("data-2", sraData, "Are records encrypted on every way they travel?",
			"somebody in the same network reads along", cfr("312(e)(1)"), by("S3-09")),
		q("data-3", sraData, "Is it impossible for the public to reach the store of records?",
			"records found by a search engine", cfr("308(a)(3)(i)"), by("S3-05", "S3-06", "S3-07", "S3-08")),
		q("data-4", sraData, "Is every look at a record logged where those who look cannot change it?",
			"snooping that nobody can find or prove", cfr("312(b)"), by("CT-01", "CT-03", "CT-05", "CT-09")),
		q("data-5", sraData, "Does somebody read the activity each week, and does an alarm reach you for the worst of it?",
			"an intruder has months", cfr("308(a)(1)(ii)(D)"), by("CT-13", "MON-06")),
		q("data-6", sraData, "Can a deleted or overwritten record be brought back?",
			"a slip, or extortion, costs you the chart", cfr("312(c)(1)"), by("S3-11", "S3-12", "S3-13")),
		q("data-7", sraData, "Does the language model keep nothing of what it is sent, and run only where you decided?",
			"sessions in somebody else's training data", cfr("502(a)", "308(b)(1)"), by("BDR-01", "BDR-04", "BDR-07")),
		q("data-8", sraData, "Is what you send to a model limited to what the report needs?",
			"details of a life where they had no business", cfr("502(b)"), by("PRV-01")),
		q("data-9", sraData, "Are recordings of sessions deleted once they are documented?",
			"a voice that identifies its owner lies about for years", cfr("502(b)", "310(d)(2)(i)"), by("TRN-04")),

		q("practice-1", sraPractice, "Are the rooms locked, home office included, and do you know who has keys?",
			"a burglar takes the computer, or a visitor sits down at it", cfr("310(a)(1)"), by("PHY-01")),
		q("practice-2", sraPractice, "Is the disk of every computer that reaches records encrypted?",
			"a laptop left in a train is a breach", cfr("310(d)(1)", "312(a)(2)(iv)"), by("WKS-01")),
		q("practice-3", sraPractice, "Do screens lock by themselves within ten minutes, and can nobody read along?",
			"the next client reads about the last", cfr("310(b)", "312(a)(2)(iii)"), by("WKS-02", "PHY-02")),
		q("practice-4", sraPractice, "Are updates installed within a month, and is there protection from malicious software?",
			"a known hole is used", cfr("308(a)(5)(ii)(B)"), by("WKS-03", "WKS-04")),
		q("practice-5", sraPractice, "Do you know every device that held records, and is each erased or destroyed before it goes?",
			"records on a second-hand laptop", cfr("310(d)(2)(i)", "310(d)(2)(iii)"), by("WKS-09", "PHY-03")),
		q("practice-6", sraPractice, "Are the keys to the account kept in the computer's own vault, and nowhere in plain files?",
			"a backup, or a script from the web, takes the key along", cfr("312(d)"), by("WKS-05")),

		q("vendors-1", sraVendors, "Is the agreement with AWS in force?",
			"every record stored there is a violation", cfr("308(b)(1)"), by("BAA-01")),
		q("vendors-2", sraVendors, "Does every other service that handles your clients' information have an agreement: mail, calendar, phone, video, billing?",
			"a vendor that owes you nothing loses your records", cfr("308(b)(1)", "502(e)"), by("BAA-05")),
		q("vendors-3", sraVendors, "Have you read what these agreements say about incidents, subcontractors and the end?",
			"you hear of a breach from the newspaper", cfr("314(a)(2)(i)"), by("ORG-01")),
		q("vendors-4", sraVendors, "Do only services that the agreement covers touch records?",
			"an agreement that does not cover what you use", cfr("308(b)(1)"), by("BAA-04")),

		q("contingency-1", sraContingency, "Is there a written plan for incidents, and was it tried within a year?",
			"the first hours are lost with looking for a phone number", cfr("308(a)(6)(ii)"), by("ADM-09")),
		q("contingency-2", sraContingency, "Is there a plan to go on with care when the computer, the network or AWS is down?",
			"a client in crisis, and no number to call", cfr("308(a)(7)(ii)(C)"), by("ADM-10")),
		q("contingency-3", sraContingency, "Was a restore tried within a year, and do you know how long it takes?",
			"a backup that turns out to be none", cfr("308(a)(7)(ii)(B)", "308(a)(7)(ii)(D)"), by("S3-19", "ADM-11")),
		q("contingency-4", sraContingency, "Is there a second way in for an emergency, sealed and tried?",
			"a lost phone locks you out of your records", cfr("312(a)(2)(ii)"), by("IAM-21")),
		q("contingency-5", sraContingency, "Is every incident recorded and assessed, with the law's days counted?",
			"a late notice, which costs more than the breach", cfr("402", "404", "414"), by("BRN-01", "BRN-02")),
	}
}
