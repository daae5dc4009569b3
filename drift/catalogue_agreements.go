package drift

func agreementControls() []Control {
	return []Control{{
		ID: "BAA-01", Family: agreements, Severity: Critical, Remedy: Guided, Sets: core(), judge: judgeAgreement,
		Title:     "The agreement with AWS is in force",
		Meaning:   "AWS may hold records of your clients only under a Business Associate Addendum. Without it, storing them there is itself a violation, however well they are protected.",
		Guide:     "Sign in to the AWS console as the root user, open AWS Artifact, choose Agreements, accept the AWS Business Associate Addendum, then check again. If you signed one on paper, record its date and hash in the configuration.",
		Citations: cfr("308(b)(1)", "308(b)(3)", "314(a)(1)", "314(a)(2)(i)", "502(e)", "504(e)"),
	}}
}
