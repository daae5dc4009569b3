package drift

func trailControls() []Control {
	return []Control{
		{
			ID: "CT-01", Family: trail, Severity: Critical, Remedy: Automatic, Sets: core(), judge: judgeTrailLogging,
			Title:       "A trail is recording",
			Meaning:     "CloudTrail writes down who did what in the account, and when. Without it nobody can tell after the fact whether a record was opened.",
			Guide:       "Create the trail, or start its logging; set-up does it.",
			Citations:   cfr("312(b)", "308(a)(1)(ii)(D)", "308(a)(3)(ii)(A)", "308(a)(5)(ii)(C)", "308(a)(6)(ii)"),
			ConfigRules: []string{"cloudtrail-enabled"},
			Prowler:     []string{"cloudtrail_multi_region_enabled"},
		},
		{
			ID: "CT-02", Family: trail, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeTrailRegions,
			Title:       "Every region is covered",
			Meaning:     "An intruder likes the regions that nobody looks at. The trail records all of them, and the services that have no region.",
			Guide:       "Make the trail a multi-region trail that includes global services; set-up does it.",
			Citations:   cfr("312(b)", "312(e)(2)(i)"),
			ConfigRules: []string{"multi-region-cloudtrail-enabled"},
			Prowler:     []string{"cloudtrail_multi_region_enabled"},
		},
		{
			ID: "CT-03", Family: trail, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeTrailValidation,
			Title:       "Log files are validated",
			Meaning:     "CloudTrail signs a digest of the log files every hour, so that nobody can change or remove one unnoticed. Logs that could have been altered prove nothing.",
			Guide:       "Turn on log file validation of the trail; set-up does it.",
			Citations:   cfr("312(c)(1)", "312(c)(2)", "312(b)"),
			ConfigRules: []string{"cloud-trail-log-file-validation-enabled"},
			Prowler:     []string{"cloudtrail_log_file_validation_enabled"},
		},
		{
			ID: "CT-04", Family: trail, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeManagementEvents,
			Title:     "Every change and look at the account is logged",
			Meaning:   "Reads and writes of the account's settings are recorded, model calls and key use included. A gap here is where tampering would hide.",
			Guide:     "Have the trail record management events, read and write, without leaving a service out; set-up does it.",
			Citations: cfr("312(b)"),
			Prowler:   []string{"cloudtrail_multi_region_enabled_logging_management_events", "cloudtrail_bedrock_logging_enabled"},
		},
		{
			ID: "CT-05", Family: trail, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeDataEvents,
			Title:       "Record reads and writes are logged",
			Meaning:     "The trail says who opened or changed which record, and when. A client who asks for an account of it can be answered, and so can an auditor.",
			Guide:       "Have the trail record data events, read and write, for the objects of the data bucket; set-up does it. It costs about $0.10 per 100,000 events.",
			Citations:   cfr("312(b)", "312(a)(2)(i)", "308(a)(1)(ii)(D)", "528"),
			ConfigRules: []string{"cloudtrail-s3-dataevents-enabled"},
			Prowler:     []string{"cloudtrail_s3_dataevents_read_enabled", "cloudtrail_s3_dataevents_write_enabled"},
		},
		{
			ID: "CT-06", Family: trail, Severity: High, Remedy: Guided, Sets: core(), judge: judgeDelivery,
			Title:     "Logs really arrive",
			Meaning:   "A trail can be switched on and yet deliver nothing, when its bucket refuses it. What was not delivered is lost as evidence.",
			Guide:     "If the audit bucket's policy was changed, set-up repairs it; then wait a few minutes and check again. Otherwise open the trail in the CloudTrail console: it shows the error.",
			Citations: cfr("312(b)", "308(a)(1)(ii)(D)"),
		},
		{
			ID: "CT-09", Family: trail, Severity: Critical, Remedy: Automatic, Sets: core(), judge: judgeAuditBucket,
			Title:     "Logs are out of reach of daily work",
			Meaning:   "Logs lie in a bucket of their own that is private, keeps versions, and takes logs from this trail only. The identity that works with records can neither write nor delete there, so a stolen key cannot cover its tracks.",
			Guide:     "Run set-up: it restores the audit bucket's settings and the daily identity's policy. A further policy that somebody attached to claria-admin has to be detached by hand.",
			Citations: cfr("312(b)", "312(c)(1)", "308(a)(3)(i)"),
			Prowler: []string{
				"cloudtrail_logs_s3_bucket_is_not_publicly_accessible", "cloudtrail_logs_s3_bucket_access_logging_enabled",
				"cloudtrail_bucket_requires_mfa_delete",
			},
		},
		{
			ID: "CT-10", Family: trail, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeLogRetention,
			Title:     "Logs are kept for six years",
			Meaning:   "The law asks for six years of documentation. Object Lock keeps every log file that long, even from an administrator who wants it gone.",
			Guide:     "Set the audit bucket's default retention to at least 2190 days and remove rules that expire logs earlier; set-up does it.",
			Citations: cfr("316(b)(2)(i)", "312(c)(1)"),
			Prowler:   []string{"s3_bucket_object_lock"},
		},
	}
}
