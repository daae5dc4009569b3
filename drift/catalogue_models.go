package drift

func modelControls() []Control {
	return []Control{
		{
			ID: "BDR-01", Family: models, Severity: Critical, Remedy: Automatic, Sets: core(), judge: judgeRetention,
			Title:     "The AI service keeps nothing",
			Meaning:   "Bedrock's retention mode is pinned to “none”: neither prompts nor answers are stored or looked at. Any other mode leaves that open to the model or to AWS's default.",
			Guide:     "Set the account's Bedrock data retention to none in this region; set-up does it. Models that insist on retention stop working then.",
			Citations: cfr("502(a)", "502(b)", "308(b)(1)", "314(a)"),
		},
		{
			ID: "BDR-04", Family: models, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeGeography,
			Title:     "Models run in this part of the world only",
			Meaning:   "A model call may be answered in another region; the declared models stay inside your geography. The daily identity cannot call any other model, nor a worldwide profile.",
			Guide:     "Run set-up: it restores the daily identity's policy. If a declared model itself leaves the geography, declare another one in the configuration.",
			Citations: cfr("312(a)(1)", "308(a)(4)(ii)(B)", "502(b)"),
		},
		{
			ID: "BDR-05", Family: models, Severity: Medium, Remedy: Automatic, Sets: core(), judge: judgeModelAccess,
			Title:     "The declared models may be used",
			Meaning:   "AWS lists the account as entitled to each declared model, under its agreement. Drafting would fail without it, or run under terms that nobody has seen.",
			Guide:     "Run set-up: it shows each model's agreement and asks before it accepts. AWS may take up to 15 minutes to open a model afterwards.",
			Citations: cfr("308(b)(1)"),
		},
		{
			ID: "BDR-07", Family: models, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeInvocationLogging,
			Title:     "Prompts are not copied elsewhere",
			Meaning:   "Bedrock can log every prompt and answer in full, which makes a second store of records. It is off here, or goes to a bucket of the practice's own that is encrypted and private.",
			Guide:     "Turn off model invocation logging in the Bedrock console's settings; set-up does it. The trail still shows who called which model.",
			Citations: cfr("312(b)", "312(a)(2)(iv)", "502(b)"),
			Prowler:   []string{"bedrock_model_invocation_logging_enabled", "bedrock_model_invocation_logs_encryption_enabled"},
		},
		{
			ID: "TRN-01", Family: models, Severity: High, Remedy: Guided, Sets: core(), judge: judgeTranscripts,
			Title:     "Transcripts stay in the practice's storage",
			Meaning:   "A transcription that names no bucket leaves its text in one that belongs to AWS. Every transcript should be in the data bucket, under the same protection as the records.",
			Guide:     "Delete the transcription jobs whose text lies elsewhere in the Transcribe console; that deletes the text too when the bucket is AWS's own.",
			Citations: cfr("312(a)(1)", "312(a)(2)(iv)"),
		},
	}
}
