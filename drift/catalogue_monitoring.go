package drift

// askAlerts is the way to alarms, which nobody gets unasked: they are mail.
const askAlerts = "Set alerts = \"you@example.org\" in claria.toml and run claria setup: it makes the topic and the rules, which cost cents. Then follow the link in the mail that AWS sends. "

// whatIsHeard is what a rule cannot hear of.
const whatIsHeard = "A rule hears of what happens in the practice's own region, and, of sign-ins and IAM, in us-east-1; a call made in a third region raises no alarm."

func monitoringControls() []Control {
	return append([]Control{
		{
			ID: "MON-01", Family: monitoring, Severity: Medium, Remedy: Guided, Sets: strict(),
			Title:       "AWS watches the account for intruders",
			Meaning:     "GuardDuty looks through the account's logs for the traces of intruders and stolen keys. It costs a few dollars a month in a small practice, so set-up does not turn it on by itself.",
			Guide:       "Open GuardDuty in the AWS console in the practice's region, choose Get started, then Enable GuardDuty. The first 30 days are free and show what it will cost.",
			Citations:   cfr("308(a)(1)(ii)(A)", "308(a)(1)(ii)(D)", "308(a)(5)(ii)(B)", "308(a)(5)(ii)(C)", "308(a)(6)(i)", "308(a)(8)"),
			ConfigRules: []string{"guardduty-enabled-centralized"},
			Prowler:     []string{"guardduty_is_enabled"},
		},
		{
			ID: "MON-02", Family: monitoring, Severity: Low, Remedy: Guided, Sets: strict(),
			Title:     "AWS watches the records' storage for intruders",
			Meaning:   "GuardDuty's S3 protection notices when records are read or deleted in an unusual way. It is a part of GuardDuty and is paid by the number of reads and writes.",
			Guide:     "Open GuardDuty in the AWS console, choose S3 Protection, and enable it.",
			Citations: cfr("308(a)(5)(ii)(B)"),
			Prowler:   []string{"guardduty_s3_protection_enabled"},
		},
		{
			ID: "MON-03", Family: monitoring, Severity: High, Remedy: Guided, Sets: core(),
			Title:     "No alarm of AWS's is left unanswered",
			Meaning:   "A GuardDuty finding of high severity means that somebody may be using the account. Each must be looked at, and archived only when it is explained.",
			Guide:     "Open GuardDuty in the AWS console, choose Findings, and read each one of high severity. If it is real, change the keys and record an incident; then archive the finding.",
			Citations: cfr("308(a)(6)(ii)"),
			Prowler:   []string{"guardduty_no_high_severity_findings"},
		},
		{
			ID: "MON-04", Family: monitoring, Severity: Medium, Remedy: Automatic, Sets: strict(),
			Title:     "AWS looks for access from outside",
			Meaning:   "IAM Access Analyzer reads every policy and says what can be reached from outside the account. It is free.",
			Guide:     "Run set-up: it makes an analyzer for access from outside.",
			Citations: cfr("308(a)(4)(i)", "308(a)(8)"),
			Prowler:   []string{"accessanalyzer_enabled"},
		},
		{
			ID: "MON-05", Family: monitoring, Severity: High, Remedy: Guided, Sets: core(),
			Title:     "Nothing can be reached from outside the account",
			Meaning:   "Access Analyzer's active findings are the buckets, roles and keys that somebody outside the account can use. A practice of its own should have none that it does not know of.",
			Guide:     "Open IAM, Access Analyzer in the AWS console and read each active finding. Take the access away, or archive the finding if you gave the access on purpose.",
			Citations: cfr("308(a)(4)(i)", "312(a)(1)"),
			Prowler:   []string{"accessanalyzer_enabled_without_findings"},
		},
		{
			ID: "MON-06", Family: monitoring, Severity: Medium, Remedy: Guided, Sets: strict(),
			Title:       "An alarm reaches a person",
			Meaning:     "Alarms are mailed to an address whose owner agreed to get them. Until the link in AWS's first mail was followed, every alarm is lost.",
			Guide:       askAlerts + "The link is good for two days; after that run claria setup again, and look into the folder for unwanted mail.",
			Citations:   cfr("308(a)(6)(i)", "308(a)(6)(ii)"),
			ConfigRules: []string{"cloudwatch-alarm-action-check"},
			Prowler:     []string{"cloudwatch_alarm_actions_enabled", "cloudwatch_alarm_actions_alarm_state_configured"},
		},
		{
			ID: "MON-07", Family: monitoring, Severity: Medium, Remedy: Guided, Sets: strict(),
			Title: "Alarms travel protected",
			Meaning: "The topics that pass messages on are encrypted, closed to strangers, and speak TLS only. For the program's own topic AWS's encryption of its disks counts: " +
				"EventBridge cannot write to a topic under SNS's own key, and its messages name neither a client nor a file.",
			Guide:       "Run set-up to mend the program's own topic. For another one, open SNS in the AWS console, choose the topic, Edit, and turn on encryption or take the public statement out of its access policy.",
			Citations:   cfr("312(a)(2)(iv)", "312(e)(1)"),
			ConfigRules: []string{"sns-encrypted-kms"},
			Prowler:     []string{"sns_topics_kms_encryption_at_rest_enabled", "sns_topics_not_publicly_accessible", "sns_subscription_not_using_http_endpoints"},
		},
	}, append(alarmControls(),
		Control{
			ID: "MON-17", Family: monitoring, Severity: Medium, Remedy: Guided, Sets: strict(),
			Title:     "Log groups are kept and closed",
			Meaning:   "What is written to CloudWatch Logs stays for a year at least and is open to nobody outside. Every log group is encrypted; with strict = true it has to be with a key of the practice's own.",
			Guide:     "Open CloudWatch, Log groups in the AWS console, choose the named group, Actions, Edit retention setting, and take one year or more.",
			Citations: cfr("312(a)(2)(iv)", "312(b)"),
			Prowler:   []string{"cloudwatch_log_group_kms_encryption_enabled", "cloudwatch_log_group_retention_policy_specific_days_enabled", "cloudwatch_log_group_not_publicly_accessible"},
		},
		Control{
			ID: "MON-18", Family: monitoring, Severity: Low, Remedy: Guided, Sets: strict(),
			Title:     "AWS Config keeps a second record of settings",
			Meaning:   "AWS Config records every change of a setting and judges it by AWS's own HIPAA rules. It is a second opinion that costs money for each change and each rule.",
			Guide:     "Open AWS Config in the console, choose Set up, then Conformance packs, Deploy, and take Operational Best Practices for HIPAA Security. Or accept that it is not there with claria waive.",
			Citations: cfr("308(a)(1)(ii)(A)", "308(a)(8)"),
			Prowler:   []string{"config_recorder_all_regions_enabled"},
		},
		Control{
			ID: "MON-19", Family: monitoring, Severity: Low, Remedy: Guided, Sets: strict(),
			Title:       "Security Hub gathers what AWS finds",
			Meaning:     "Security Hub puts the findings of AWS's services on one page and costs a little for each. A practice that reads this check's findings can do without.",
			Guide:       "Open Security Hub in the AWS console and choose Go to Security Hub, Enable. Or accept that it is not there with claria waive.",
			Citations:   cfr("308(a)(8)"),
			ConfigRules: []string{"securityhub-enabled"},
			Prowler:     []string{"securityhub_enabled"},
		},
		Control{
			ID: "MON-20", Family: monitoring, Severity: Medium, Remedy: Guided, Sets: core(), Methods: []Method{ByMachine},
			Title:     "This check runs by itself, every day",
			Meaning:   "A setting that somebody changes on Tuesday should not wait for your next visit. A check that runs every day without you finds it, and its silence is found too.",
			Guide:     "Run claria schedule install on a machine that is on every day, then claria schedule status.",
			Citations: cfr("308(a)(1)(ii)(D)", "308(a)(8)"),
		},
	)...)
}

// alarmControls are MON-08 to MON-16: one for each thing to be told of.
func alarmControls() []Control {
	rows := []struct{ id, title, meaning, prowler string }{
		{
			"MON-08", "You are told when the root user is used",
			"The root user can undo every protection and is needed a few times a year. Any use that you do not know of is an intruder's.",
			"cloudwatch_log_metric_filter_root_usage",
		},
		{
			"MON-09", "You are told when a sign-in fails",
			"A wrong password now and then is yours; twenty in an hour are somebody else's. The mail tells you when, so that you can tell which.",
			"cloudwatch_log_metric_filter_authentication_failures",
		},
		{
			"MON-10", "You are told when somebody signs in without a second factor",
			"Every person who signs in to the console should have a second factor. A sign-in without one is a forgotten user or a stolen password.",
			"cloudwatch_log_metric_filter_sign_in_without_mfa",
		},
		{
			"MON-11", "You are told when a call is refused",
			"An intruder with a key tries what the key can do, and most of it is refused. Those refusals are the earliest trace there is.",
			"cloudwatch_log_metric_filter_unauthorized_api_calls",
		},
		{
			"MON-12", "You are told when somebody's rights change",
			"Whoever wants more than they have changes a policy first. After set-up that happens rarely enough to look at each time.",
			"cloudwatch_log_metric_filter_policy_changes",
		},
		{
			"MON-13", "You are told when the audit trail is changed",
			"The trail shows who read which record. Who wants not to be seen stops it first.",
			"cloudwatch_log_metric_filter_and_alarm_for_cloudtrail_configuration_changes_enabled",
		},
		{
			"MON-14", "You are told when a bucket's protection changes",
			"A changed bucket policy can open every record to the world. You hear of it within minutes, not at the next check.",
			"cloudwatch_log_metric_filter_for_s3_bucket_policy_changes",
		},
		{
			"MON-15", "You are told when an encryption key is to go",
			"Without its key a record is lost for good, and AWS waits a week or more before it deletes one. The mail is your time to stop it.",
			"cloudwatch_log_metric_filter_disable_or_scheduled_deletion_of_kms_cmk",
		},
		{
			"MON-16", "You are told when AWS Config is changed",
			"AWS Config, where it is used, records how settings were. Turning it off is how a change is hidden.",
			"cloudwatch_log_metric_filter_and_alarm_for_aws_config_configuration_changes_enabled",
		},
	}
	all := make([]Control, 0, len(rows))
	for _, r := range rows {
		all = append(all, Control{
			ID: r.id, Family: monitoring, Severity: Medium, Remedy: Guided, Sets: strict(),
			Title: r.title, Meaning: r.meaning, Guide: askAlerts + whatIsHeard,
			Citations: cfr("308(a)(5)(ii)(C)", "308(a)(6)(i)", "308(a)(6)(ii)", "308(a)(1)(ii)(D)"), Prowler: []string{r.prowler},
		})
	}
	return all
}
