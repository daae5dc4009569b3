package catalogue

// Question is one question of the risk analysis. The sections follow the
// HHS Security Risk Assessment Tool; the questions are original.
type Question struct {
	ID      string   // "data-3", stable, never reused
	Section string   // one of Sections
	Text    string   // the answer is yes, partly, no or not applicable; yes is the safe one
	Threat  string   // what can happen while the answer is not yes
	Cites   []string // 45 CFR
	// Controls prefill the answer from a scan; empty: a person answers.
	Controls []string
}

// QuestionsVersion increases when a question is added or changes its meaning:
// an analysis of older questions is then due again.
const QuestionsVersion = 1

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
		q("basics-1", sraBasics, "Do you know every place where your clients' information is kept: programs, devices, paper, mail, phones?",
			"nobody protects information that nobody knows about", cfr("308(a)(1)(ii)(A)"), by("ACC-07")),
		q("basics-2", sraBasics, "Have you reviewed these risks within the last year, and after each major change?",
			"protections fit the practice of three years ago", cfr("308(a)(1)(ii)(A)", "308(a)(8)"), nil),
		q("basics-3", sraBasics, "Does every known risk have a responsible person and a date?",
			"a known weakness stays open and is exploited", cfr("308(a)(1)(ii)(B)"), nil),
		q("basics-4", sraBasics, "Are the account's settings checked automatically every day?",
			"someone weakens a setting and nobody notices", cfr("308(a)(1)(ii)(D)", "308(a)(8)"), by("MON-20")),
		q("basics-5", sraBasics, "Does the account contain only what this practice uses?",
			"a forgotten server or bucket lets an intruder in", cfr("308(a)(1)(ii)(A)"), by("NET-01", "S3-16")),

		q("policies-1", sraPolicies, "Are your security rules written down, current, and easy to find for everyone who needs them?",
			"everyone does what seems right, and nobody can show what was agreed", cfr("316(a)", "316(b)(1)"), by("ADM-13")),
		q("policies-2", sraPolicies, "Is one named person responsible for security?",
			"a problem belongs to everyone, so nobody solves it", cfr("308(a)(2)"), by("ADM-04")),
		q("policies-3", sraPolicies, "Do you have written sanctions for anyone who breaks the rules?",
			"carelessness continues because it has no consequences", cfr("308(a)(1)(ii)(C)"), by("ADM-03")),
		q("policies-4", sraPolicies, "Are logs, decisions and old versions of your rules kept unchangeable for six years?",
			"you cannot prove what was done", cfr("316(b)(2)(i)"), by("CT-10")),
		q("policies-5", sraPolicies, "Is your notice to clients current, and do you know which other laws apply to your records?",
			"a client complains about a use that the notice does not mention", cfr("520"), by("PRV-03", "PRV-08")),

		q("workforce-1", sraWorkforce, "Does everyone who works with records have their own log-in?",
			"nobody can say who did what", cfr("312(a)(2)(i)"), by("IAM-16")),
		q("workforce-2", sraWorkforce, "Does every person and every key have only the rights that the task needs?",
			"one stolen key opens everything", cfr("308(a)(4)(ii)(B)", "502(b)"), by("IAM-07", "IAM-08", "IAM-09", "IAM-10")),
		q("workforce-3", sraWorkforce, "Does every person need a second factor to sign in?",
			"a guessed or phished password is enough", cfr("312(d)"), by("IAM-02", "IAM-05", "IAM-06")),
		q("workforce-4", sraWorkforce, "Are keys replaced every 90 days, and unused ones removed?",
			"an old key from a lost backup still works", cfr("308(a)(5)(ii)(D)"), by("IAM-12", "IAM-13")),
		q("workforce-5", sraWorkforce, "Does access end on the day someone leaves, and do you review all access each quarter?",
			"someone who left in anger can still read records", cfr("308(a)(3)(ii)(C)"), by("IAM-23")),
		q("workforce-6", sraWorkforce, "Was everyone trained within the last year on phishing, passwords and lost devices?",
			"someone gives access to a friendly stranger", cfr("308(a)(5)(i)"), by("ADM-08")),

		q("data-1", sraData, "Are records encrypted where they are stored?",
			"a copied disk or bucket can be read", cfr("312(a)(2)(iv)"), by("S3-02")),
		q("data-2", sraData, "Are records always encrypted in transit?",
			"someone on the same network reads the records", cfr("312(e)(1)"), by("S3-09")),
		q("data-3", sraData, "Is the storage of records closed to the public?",
			"a search engine finds your records", cfr("308(a)(3)(i)"), by("S3-05", "S3-06", "S3-07", "S3-08")),
		q("data-4", sraData, "Is every read of a record logged where the reader cannot change the log?",
			"nobody can find or prove snooping", cfr("312(b)"), by("CT-01", "CT-03", "CT-05", "CT-09")),
		q("data-5", sraData, "Does someone review the activity each week, and do you get an alert for serious events?",
			"an intruder stays unnoticed for months", cfr("308(a)(1)(ii)(D)"), by("CT-13", "MON-06")),
		q("data-6", sraData, "Can you restore a deleted or overwritten record?",
			"a mistake, or extortion, costs you the chart", cfr("312(c)(1)"), by("S3-11", "S3-12", "S3-13")),
		q("data-7", sraData, "Does the language model keep nothing that you send, and run only where you decided?",
			"sessions end up in someone else's training data", cfr("502(a)", "308(b)(1)"), by("BDR-01", "BDR-04", "BDR-07")),
		q("data-8", sraData, "Do you send a model only what the report needs?",
			"private details reach a model that did not need them", cfr("502(b)"), by("PRV-01")),
		q("data-9", sraData, "Are recordings of sessions deleted once they are written up?",
			"a voice that identifies its owner stays stored for years", cfr("502(b)", "310(d)(2)(i)"), by("TRN-04")),

		q("practice-1", sraPractice, "Are your rooms locked, including the home office, and do you know who has keys?",
			"a burglar takes the computer, or a visitor sits down at it", cfr("310(a)(1)"), by("PHY-01")),
		q("practice-2", sraPractice, "Is the disk of every computer that reaches records encrypted?",
			"a laptop left on a train is a breach", cfr("310(d)(1)", "312(a)(2)(iv)"), by("WKS-01")),
		q("practice-3", sraPractice, "Do screens lock automatically within ten minutes, and are they out of others' sight?",
			"one client reads about another", cfr("310(b)", "312(a)(2)(iii)"), by("WKS-02", "PHY-02")),
		q("practice-4", sraPractice, "Are updates installed within a month, and is there protection from malicious software?",
			"an intruder uses a known hole", cfr("308(a)(5)(ii)(B)"), by("WKS-03", "WKS-04")),
		q("practice-5", sraPractice, "Do you know every device that held records, and is each erased or destroyed before disposal?",
			"records are found on a second-hand laptop", cfr("310(d)(2)(i)", "310(d)(2)(iii)"), by("WKS-09", "PHY-03")),
		q("practice-6", sraPractice, "Are the keys to the account stored in the computer's keyring, and not in plain files?",
			"a backup, or a script from the web, copies the key", cfr("312(d)"), by("WKS-05")),

		q("vendors-1", sraVendors, "Is the agreement with AWS in force?",
			"every record stored there is a violation", cfr("308(b)(1)"), by("BAA-01")),
		q("vendors-2", sraVendors, "Does every other service that handles your clients' information have an agreement: mail, calendar, phone, video, billing?",
			"a vendor without obligations to you loses your records", cfr("308(b)(1)", "502(e)"), by("BAA-05")),
		q("vendors-3", sraVendors, "Have you read what these agreements say about incidents, subcontractors and termination?",
			"you learn of a breach from the newspaper", cfr("314(a)(2)(i)"), by("ORG-01")),
		q("vendors-4", sraVendors, "Do only services under the agreement handle records?",
			"the agreement does not cover what you use", cfr("308(b)(1)"), by("BAA-04")),

		q("contingency-1", sraContingency, "Is there a written plan for incidents, and was it tested within the last year?",
			"you lose the first hours looking for a phone number", cfr("308(a)(6)(ii)"), by("ADM-09")),
		q("contingency-2", sraContingency, "Is there a plan to continue care when the computer, the network or AWS is down?",
			"a client is in crisis and you have no number to call", cfr("308(a)(7)(ii)(C)"), by("ADM-10")),
		q("contingency-3", sraContingency, "Was a restore tested within the last year, and do you know how long it takes?",
			"the backup does not work", cfr("308(a)(7)(ii)(B)", "308(a)(7)(ii)(D)"), by("S3-19", "ADM-11")),
		q("contingency-4", sraContingency, "Is there a sealed and tested emergency access?",
			"a lost phone locks you out of your records", cfr("312(a)(2)(ii)"), by("IAM-21")),
		q("contingency-5", sraContingency, "Is every incident recorded and assessed, with the legal deadlines tracked?",
			"a late notice costs more than the breach", cfr("402", "404", "414"), by("BRN-01", "BRN-02")),
	}
}
