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
	return append(keyPermissions(),
		list, others,
		read("ReadAccessLog", []string{"{data}"}, "s3:GetBucketLogging"),
		points,
		wide(read("ReadReplication", []string{"{data}"}, "s3:GetReplicationConfiguration")),
		wide(read("ReadInsights", []string{"{trail}"}, "cloudtrail:GetInsightSelectors")),
	)
}

// keyPermissions are those of the strict profile's key and of what else it turns
// on; without it they are on nothing, but that what was stored under the key
// ({key-kept}) stays open to whoever could open it. Which key it is, an ARN could say only once
// it exists, so its alias or its tag does.
func keyPermissions() []Permission {
	aliased := conditions{"ForAnyValue:StringEquals": {"kms:ResourceAliases": {"alias/{system}"}}}
	tagged := func(more conditions) conditions {
		all := conditions{"StringEquals": {"aws:ResourceTag/" + SystemTag: {"{system}"}}}
		for operator, keys := range more {
			if all[operator] == nil {
				all[operator] = map[string][]string{}
			}
			for key, values := range keys {
				all[operator][key] = values
			}
		}
		return all
	}
	byS3 := conditions{"StringEquals": {"kms:ViaService": {"s3.{region}.amazonaws.com"}}}
	row := func(policy, sid, room string, on []string, when conditions, actions ...string) Permission {
		return Permission{Policy: policy, Sid: sid, Room: room, Actions: actions, On: on, When: when}
	}
	create := row(provisionerWidePolicy, "CreateKey", "apply", []string{"{strict}"},
		conditions{"StringEquals": {"aws:RequestTag/" + SystemTag: {"{system}"}}}, "kms:CreateKey")
	create.Why = "a key has no name before it exists"
	return []Permission{
		row(auditorWidePolicy, "ReadKey", "observe", []string{"{key-kept}"}, aliased,
			"kms:DescribeKey", "kms:ListResourceTags", "kms:GetKeyRotationStatus", "kms:GetKeyPolicy", "kms:ListGrants"),
		// The register, the evidence and the digests lie in the audit bucket. What
		// is in the data bucket has another context, and stays shut.
		row(auditorWidePolicy, "OpenEvidence", "audit", []string{"{key-kept}"}, tagged(conditions{
			"StringEquals": byS3["StringEquals"], "StringLike": {"kms:EncryptionContext:aws:s3:arn": {"{audit}", "{audit}/*"}},
		}), "kms:Decrypt", "kms:GenerateDataKey"),
		row(adminPolicy, "OpenRecords", "clients", []string{"{key-kept}"}, tagged(byS3), "kms:Decrypt", "kms:GenerateDataKey"),
		create,
		row(provisionerWidePolicy, "TagKey", "apply", []string{"{key}"},
			conditions{"StringEquals": {"aws:RequestTag/" + SystemTag: {"{system}"}}}, "kms:TagResource"),
		row(provisionerWidePolicy, "NameKey", "apply", []string{"{key-alias}"}, nil, "kms:CreateAlias"),
		row(provisionerWidePolicy, "MendKey", "apply", []string{"{key}"}, tagged(nil),
			"kms:CreateAlias", "kms:EnableKey", "kms:CancelKeyDeletion", "kms:EnableKeyRotation", "kms:PutKeyPolicy"),
		row(provisionerWidePolicy, "Insights", "apply", []string{"{strict-trail}"}, nil, "cloudtrail:PutInsightSelectors"),
	}
}
