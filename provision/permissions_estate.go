package provision

// estatePermissions are the calls that Estate needs.
func estatePermissions() []Permission {
	read := func(sid string, on []string, actions ...string) Permission {
		return Permission{Policy: auditorPolicy, Sid: sid, Room: "observe", Actions: actions, On: on}
	}
	list := read("ListBuckets", []string{"*"}, "s3:ListAllMyBuckets")
	list.Why = noResource
	// Every bucket of this account, whatever its name: an open one beside the
	// records is as good a way in as any.
	others := read("ReadOtherBuckets", []string{"arn:aws:s3:::*"},
		"s3:GetEncryptionConfiguration", "s3:GetBucketPublicAccessBlock", "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus")
	others.When = conditions{"StringEquals": {"aws:ResourceAccount": {"{account-id}"}}}
	points := wide(read("ReadAccessPoints", []string{"*"}, "s3:ListAccessPoints", "s3:ListMultiRegionAccessPoints"))
	points.Why = noResource
	return []Permission{
		list, others,
		read("ReadAccessLog", []string{"{data}"}, "s3:GetBucketLogging"),
		points,
		wide(read("ReadReplication", []string{"{data}"}, "s3:GetReplicationConfiguration")),
		wide(read("ReadInsights", []string{"{trail}"}, "cloudtrail:GetInsightSelectors")),
	}
}
