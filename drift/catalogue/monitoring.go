package catalogue

// askAlerts says how to turn alerts on. They are mail, so nobody gets them unasked.
const askAlerts = "Set alerts = \"you@example.org\" in claria.toml and run claria setup: it creates the topic and the rules, which cost cents. Then follow the link in the mail that AWS sends. "

// whatIsHeard says which events a rule receives, and which it cannot.
const whatIsHeard = "A rule sees events in the practice's own region and, for sign-ins and IAM, in us-east-1. A call in a third region raises no alert."

func monitoringControls() []Control {
	return append([]Control{
		{
			ID: "MON-01", Family: FamilyMonitoring, Severity: Medium, Remedy: Guided, Sets: strict(),
			Title:       "AWS watches the account for intruders",
			Meaning:     "GuardDuty searches the account's logs for signs of intruders and stolen keys. It costs a few dollars a month in a small practice, so set-up does not turn it on by itself.",
			Guide:       "Open GuardDuty in the AWS console in the practice's region, choose Get started, then Enable GuardDuty. The first 30 days are free and show what it will cost.",
			Citations:   cfr("308(a)(1)(ii)(A)", "308(a)(1)(ii)(D)", "308(a)(5)(ii)(B)", "308(a)(5)(ii)(C)", "308(a)(6)(i)", "308(a)(8)"),
			ConfigRules: []string{"guardduty-enabled-centralized"},
			Prowler:     []string{"guardduty_is_enabled"},
		},
		{
			ID: "MON-02", Family: FamilyMonitoring, Severity: Low, Remedy: Guided, Sets: strict(),
			Title:     "AWS watches the records' storage for intruders",
			Meaning:   "GuardDuty's S3 protection notices when records are read or deleted in an unusual way. It is part of GuardDuty and is billed by the number of reads and writes.",
			Guide:     "Open GuardDuty in the AWS console, choose S3 Protection, and enable it.",
			Citations: cfr("308(a)(5)(ii)(B)"),
			Prowler:   []string{"guardduty_s3_protection_enabled"},
		},
		{
			ID: "MON-03", Family: FamilyMonitoring, Severity: High, Remedy: Guided, Sets: core(),
			Title:     "No AWS alert is left unanswered",
			Meaning:   "A GuardDuty finding of high severity means that someone may be using the account. Review each one, and archive it only when it is explained.",
			Guide:     "Open GuardDuty in the AWS console, choose Findings, and read each one of high severity. If it is real, change the keys and record an incident; then archive the finding.",
			Citations: cfr("308(a)(6)(ii)"),
			Prowler:   []string{"guardduty_no_high_severity_findings"},
		},
		{
			ID: "MON-04", Family: FamilyMonitoring, Severity: Medium, Remedy: Automatic, Sets: strict(),
			Title:     "AWS checks for outside access",
			Meaning:   "IAM Access Analyzer reads every policy and reports what can be reached from outside the account. It is free.",
			Guide:     "Run set-up: it creates an analyzer for outside access.",
			Citations: cfr("308(a)(4)(i)", "308(a)(8)"),
			Prowler:   []string{"accessanalyzer_enabled"},
		},
		{
			ID: "MON-05", Family: FamilyMonitoring, Severity: High, Remedy: Guided, Sets: core(),
			Title:     "Nothing is reachable from outside",
			Meaning:   "Access Analyzer's active findings are the buckets, roles and keys that someone outside the account can use. A practice should have none that it does not know about.",
			Guide:     "Open IAM, Access Analyzer in the AWS console and read each active finding. Remove the access, or archive the finding if you gave the access on purpose.",
			Citations: cfr("308(a)(4)(i)", "312(a)(1)"),
			Prowler:   []string{"accessanalyzer_enabled_without_findings"},
		},
		{
			ID: "MON-06", Family: FamilyMonitoring, Severity: Medium, Remedy: Guided, Sets: strict(),
			Title:       "Alerts reach a person",
			Meaning:     "Alerts are mailed to an address whose owner agreed to get them. Until someone follows the link in the first mail from AWS, every alert is lost.",
			Guide:       askAlerts + "The link is valid for two days; after that run claria setup again. Also look in your spam folder.",
			Citations:   cfr("308(a)(6)(i)", "308(a)(6)(ii)"),
			ConfigRules: []string{"cloudwatch-alarm-action-check"},
			Prowler:     []string{"cloudwatch_alarm_actions_enabled", "cloudwatch_alarm_actions_alarm_state_configured"},
		},
		{
			ID: "MON-07", Family: FamilyMonitoring, Severity: Medium, Remedy: Guided, Sets: strict(),
			Title:       "Alert topics are protected",
			Meaning:     "The topics that pass messages on are encrypted, closed to strangers, and accept TLS only. For the program's own topic AWS's disk encryption is enough: EventBridge cannot write to a topic under SNS's own key, and its messages name neither a client nor a file.",
			Guide:       "Run set-up to fix the program's own topic. For another one, open SNS in the AWS console, choose the topic, Edit, and turn on encryption or remove the public statement from its access policy.",
			Citations:   cfr("312(a)(2)(iv)", "312(e)(1)"),
			ConfigRules: []string{"sns-encrypted-kms"},
			Prowler:     []string{"sns_topics_kms_encryption_at_rest_enabled", "sns_topics_not_publicly_accessible", "sns_subscription_not_using_http_endpoints"},
		},
	}, append(AlarmControls(),
		Control{
			ID: "MON-17", Family: FamilyMonitoring, Severity: Medium, Remedy: Guided, Sets: strict(),
			Title:     "Log groups are retained and private",
			Meaning:   "CloudWatch Logs keeps its lines for at least a year, and nobody outside can read them. Every log group is encrypted; with strict = true, a key of the practice's own is required.",
			Guide:     "Open CloudWatch, Log groups in the AWS console, choose the named group, Actions, Edit retention setting, and choose one year or more.",
			Citations: cfr("312(a)(2)(iv)", "312(b)"),
			Prowler:   []string{"cloudwatch_log_group_kms_encryption_enabled", "cloudwatch_log_group_retention_policy_specific_days_enabled", "cloudwatch_log_group_not_publicly_accessible"},
		},
		Control{
			ID: "MON-18", Family: FamilyMonitoring, Severity: Low, Remedy: Guided, Sets: strict(),
			Title:     "AWS Config keeps a second record of settings",
			Meaning:   "AWS Config records every change of a setting and checks it against AWS's own HIPAA rules. It is a second opinion that costs money for each change and each rule.",
			Guide:     "Open AWS Config in the console, choose Set up, then Conformance packs, Deploy, and choose Operational Best Practices for HIPAA Security. Or accept that it is not used with claria waive.",
			Citations: cfr("308(a)(1)(ii)(A)", "308(a)(8)"),
			Prowler:   []string{"config_recorder_all_regions_enabled"},
		},
		Control{
			ID: "MON-19", Family: FamilyMonitoring, Severity: Low, Remedy: Guided, Sets: strict(),
			Title:       "Security Hub collects AWS's findings",
			Meaning:     "Security Hub shows the findings of AWS's services on one page and costs a little for each finding. A practice that reads this check's findings does not need it.",
			Guide:       "Open Security Hub in the AWS console and choose Go to Security Hub, Enable. Or accept that it is not used with claria waive.",
			Citations:   cfr("308(a)(8)"),
			ConfigRules: []string{"securityhub-enabled"},
			Prowler:     []string{"securityhub_enabled"},
		},
		Control{
			ID: "MON-20", Family: FamilyMonitoring, Severity: Medium, Remedy: Guided, Sets: core(), Methods: []Method{ByMachine},
			Title:     "This check runs by itself every day",
			Meaning:   "A setting that someone changes on Tuesday should not stay unnoticed until you next look. A check that runs every day finds the change, and a check that stops running is also noticed.",
			Guide:     "Run claria schedule install on a machine that is on every day, then claria schedule status.",
			Citations: cfr("308(a)(1)(ii)(D)", "308(a)(8)"),
		},
	)...)
}

// AlarmControls are MON-08 to MON-16: one for each kind of event that raises an alert.
func AlarmControls() []Control {
	rows := []struct{ id, title, meaning, prowler string }{
		{
			"MON-08", "An alert reports use of the root user",
			"The root user can undo every protection and is needed only a few times a year. If you did not use it yourself, an intruder did.",
			"cloudwatch_log_metric_filter_root_usage",
		},
		{
			"MON-09", "An alert reports failed sign-ins",
			"A wrong password now and then is yours; twenty in an hour are someone else's. The mail gives the time, so you know which it was.",
			"cloudwatch_log_metric_filter_authentication_failures",
		},
		{
			"MON-10", "An alert reports sign-ins without a second factor",
			"Everyone who signs in to the console should have a second factor. A sign-in without one means a forgotten user or a stolen password.",
			"cloudwatch_log_metric_filter_sign_in_without_mfa",
		},
		{
			"MON-11", "An alert reports refused calls",
			"An intruder tries what a stolen key can do, and most calls are refused. Those refusals are the earliest sign.",
			"cloudwatch_log_metric_filter_unauthorized_api_calls",
		},
		{
			"MON-12", "An alert reports changes of rights",
			"An intruder who wants more rights changes a policy first. After set-up that is rare enough to check each time.",
			"cloudwatch_log_metric_filter_policy_changes",
		},
		{
			"MON-13", "An alert reports changes of the audit trail",
			"The trail shows who read which record. An intruder who wants to hide stops it first.",
			"cloudwatch_log_metric_filter_and_alarm_for_cloudtrail_configuration_changes_enabled",
		},
		{
			"MON-14", "An alert reports changes of a bucket's protection",
			"A changed bucket policy can open every record to the world. The alert arrives within minutes, before the next check.",
			"cloudwatch_log_metric_filter_for_s3_bucket_policy_changes",
		},
		{
			"MON-15", "An alert reports deletion of an encryption key",
			"Without its key a record is lost forever. AWS waits a week or more before it deletes a key, so the mail gives you time to stop it.",
			"cloudwatch_log_metric_filter_disable_or_scheduled_deletion_of_kms_cmk",
		},
		{
			"MON-16", "An alert reports changes of AWS Config",
			"Where it is used, AWS Config records earlier settings. Turning it off hides a change.",
			"cloudwatch_log_metric_filter_and_alarm_for_aws_config_configuration_changes_enabled",
		},
	}
	all := make([]Control, 0, len(rows))
	for _, r := range rows {
		all = append(all, Control{
			ID: r.id, Family: FamilyMonitoring, Severity: Medium, Remedy: Guided, Sets: strict(),
			Title: r.title, Meaning: r.meaning, Guide: askAlerts + whatIsHeard,
			Citations: cfr("308(a)(5)(ii)(C)", "308(a)(6)(i)", "308(a)(6)(ii)", "308(a)(1)(ii)(D)"), Prowler: []string{r.prowler},
		})
	}
	return all
}
