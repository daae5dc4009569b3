package permissions

import "claria/provision/state"

// monitoringPermissions are the rows of the table for Monitoring.
func monitoringPermissions() []Permission {
	read := func(sid string, on []string, actions ...string) Permission {
		return Permission{Policy: AuditorWidePolicy, Sid: sid, Room: "observe", Actions: actions, On: on}
	}
	write := func(sid string, on []string, actions ...string) Permission {
		return Permission{Policy: ProvisionerWidePolicy, Sid: sid, Room: "apply", Actions: actions, On: on}
	}
	whole := func(p Permission, why string) Permission {
		p.On, p.Why, p.When = []string{"*"}, why, inRegion()
		return p
	}
	const lists = "it lists what exists in the region, or the actions take no resource"
	rules := whole(read("ReadRules", nil, "events:ListRules"), lists)
	// One region only gets events of sign-ins and IAM.
	rules.When = Conditions{"StringEquals": {"aws:RequestedRegion": {"{region}", state.Everywhere}}}
	recordings := read("ReadRecordingVersions", []string{"{data}"}, "s3:ListBucketVersions")
	recordings.When = Conditions{"StringEquals": {"s3:prefix": {state.RecordingsPrefix}}}
	mantle := write("MantleRetention", []string{"*"}, "bedrock-mantle:PutAccountDataRetention", "bedrock-mantle:UpdateProject")
	// Retention may be turned off, never on.
	mantle.When = Conditions{"StringEquals": {"bedrock-mantle:DataRetentionMode": {"none"}}}
	mantle.Why = "one applies to the account; the other to projects, whose ids AWS chooses"
	subscribe := write("SubscribeAlerts", []string{"arn:aws:sns:*:{account-id}:{system}-alerts"}, "sns:Subscribe")
	subscribe.When = Conditions{"StringEquals": {"sns:Protocol": {"email"}}}
	return []Permission{
		whole(read("ReadWatchmen", nil,
			"guardduty:ListDetectors", "guardduty:ListFindings", "config:DescribeConfigurationRecorderStatus", "config:DescribeConformancePacks",
			"sns:ListTopics", "cloudwatch:DescribeAlarms",
			"logs:DescribeLogGroups", "logs:DescribeMetricFilters", "logs:DescribeResourcePolicies"), lists),
		read("ReadDetectors", []string{"arn:aws:guardduty:{region}:{account-id}:detector/*"}, "guardduty:GetDetector"),
		read("ReadHub", []string{"arn:aws:securityhub:{region}:{account-id}:hub/default"}, "securityhub:DescribeHub"),
		read("ReadAccessFindings", []string{"arn:aws:access-analyzer:{region}:{account-id}:analyzer/*"}, "access-analyzer:ListFindings"),
		read("ReadTopics", []string{"arn:aws:sns:*:{account-id}:*"},
			"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"),
		rules,
		read("ReadTargets", []string{"arn:aws:events:*:{account-id}:rule/*"}, "events:ListTargetsByRule", "events:ListTagsForResource"),
		whole(read("ReadModelAssets", nil,
			"bedrock-mantle:GetAccountDataRetention", "bedrock-mantle:ListProjects",
			"bedrock:ListGuardrails", "bedrock:ListAgents", "bedrock:ListKnowledgeBases", "bedrock:ListCustomModels", "bedrock:ListImportedModels",
			"bedrock:ListProvisionedModelThroughputs", "bedrock:ListModelInvocationJobs", "bedrock:ListEvaluationJobs",
			"bedrock:ListFoundationModels", "bedrock:ListInferenceProfiles",
			"transcribe:ListVocabularies", "transcribe:ListLanguageModels"), lists),
		read("ReadModels", []string{"{model}"}, "bedrock:GetFoundationModel"),
		read("ReadGuardrails", []string{"arn:aws:bedrock:{region}:{account-id}:guardrail/*"}, "bedrock:GetGuardrail"),
		recordings,

		// Even if somebody attaches other policies to the daily identity, it cannot turn on
		// retention at Bedrock's OpenAI-compatible endpoint.
		{
			Policy: AdminPolicy, Sid: "NeverKeepPromptsElsewhere", Room: "guard", Deny: true, On: []string{"*"},
			Actions: []string{"bedrock-mantle:PutAccountDataRetention", "bedrock-mantle:CreateProject", "bedrock-mantle:UpdateProject"},
		},

		// In the strict profile, transcripts must be encrypted with the practice's own key.
		{
			Policy: AdminPolicy, Sid: "TranscriptsUnderOwnKey", Room: "guard", Deny: true, On: []string{"{strict}"},
			Actions: []string{"transcribe:StartTranscriptionJob"},
			When:    Conditions{"StringNotEquals": {"transcribe:OutputEncryptionKMSKeyId": {"{key-alias}", "alias/{system}"}}},
		},

		mantle,
		write("AlertsTopic", []string{"arn:aws:sns:*:{account-id}:{system}-alerts"},
			"sns:CreateTopic", "sns:SetTopicAttributes", "sns:TagResource"),
		subscribe,
		write("AlertRules", []string{"arn:aws:events:*:{account-id}:rule/{system}-alert-*"},
			"events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource"),
	}
}
