package permissions

import "claria/provision/state"

// inventoryPermissions are the rows of the table for Inventory.
func inventoryPermissions() []Permission {
	read := func(sid string, on []string, actions ...string) Permission {
		return Permission{Policy: AuditorPolicy, Sid: sid, Room: "observe", Actions: actions, On: on}
	}
	list := read("ListBuckets", []string{"*"}, "s3:ListAllMyBuckets")
	list.Why = noResource
	// Every bucket of this account, with any name: copies of records may be in another one.
	others := read("ReadOtherBuckets", []string{"arn:aws:s3:::*"},
		"s3:GetEncryptionConfiguration", "s3:GetBucketPublicAccessBlock", "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus")
	others.When = Conditions{"StringEquals": {"aws:ResourceAccount": {"{account-id}"}}}
	points := read("ListAccessPoints", []string{"*"}, "s3:ListAccessPoints", "s3:ListMultiRegionAccessPoints", "s3:ListAccessGrantsInstances")
	points.Why = noResource
	return append(keyPermissions(),
		list, others,
		read("ReadAccessLog", []string{"{data}"}, "s3:GetBucketLogging", "s3:GetIntelligentTieringConfiguration"),
		Permission{
			Policy: ProvisionerWidePolicy, Sid: "ArchiveTiers", Room: "apply", On: []string{"{data}"}, Actions: []string{"s3:PutIntelligentTieringConfiguration"},
		},
		points,
		read("ReadAccessPoints", []string{"{points}"}, "s3:GetAccessPointPolicy"),
		read("ReadAccessGrants", []string{"{grants}"}, "s3:ListAccessGrants"),
		Permission{
			Policy: ProvisionerWidePolicy, Sid: "AccessPoints", Room: "apply", On: []string{"{points}"},
			Actions: []string{"s3:PutAccessPointPolicy", "s3:DeleteAccessPointPolicy"},
		},
		Permission{
			Policy: ProvisionerWidePolicy, Sid: "AccessGrants", Room: "apply", On: []string{"{grants}/grant/*"}, Actions: []string{"s3:DeleteAccessGrant"},
		},
		wide(read("ReadReplication", []string{"{data}"}, "s3:GetReplicationConfiguration")),
		wide(read("ReadInsights", []string{"{trail}"}, "cloudtrail:GetInsightSelectors")),
	)
}

// keyPermissions are the rows of the table for the strict profile. Without the profile
// they match no resource, except {key-kept}: the identities that could read what was
// stored under the key can still read it. The rows name the key by its alias or its tag,
// because its ARN is known only once it exists.
func keyPermissions() []Permission {
	aliased := Conditions{"ForAnyValue:StringEquals": {"kms:ResourceAliases": {"alias/{system}"}}}
	tagged := func(more Conditions) Conditions {
		all := Conditions{"StringEquals": {"aws:ResourceTag/" + state.SystemTag: {"{system}"}}}
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
	byS3 := Conditions{"StringEquals": {"kms:ViaService": {"s3.{region}.amazonaws.com"}}}
	row := func(policy, sid, room string, on []string, when Conditions, actions ...string) Permission {
		return Permission{Policy: policy, Sid: sid, Room: room, Actions: actions, On: on, When: when}
	}
	create := row(ProvisionerWidePolicy, "CreateKey", "apply", []string{"{strict}"},
		Conditions{"StringEquals": {"aws:RequestTag/" + state.SystemTag: {"{system}"}}}, "kms:CreateKey")
	create.Why = "a key has no name before it is created"
	find := row(ProvisionerWidePolicy, "FindKeys", "apply", []string{"{strict}"}, nil, "kms:ListKeys")
	find.Why = "a key whose creation was interrupted is found by its tag"
	return []Permission{
		row(AuditorWidePolicy, "ReadKey", "observe", []string{"{key-kept}"}, aliased,
			"kms:DescribeKey", "kms:ListResourceTags", "kms:GetKeyRotationStatus", "kms:GetKeyPolicy", "kms:ListGrants"),
		// The register, the evidence and the digests are in the audit bucket. Objects in the
		// data bucket have another encryption context, so this does not open them.
		row(AuditorWidePolicy, "OpenEvidence", "audit", []string{"{key-kept}"}, tagged(Conditions{
			"StringEquals": byS3["StringEquals"], "StringLike": {"kms:EncryptionContext:aws:s3:arn": {"{audit}", "{audit}/*"}},
		}), "kms:Decrypt", "kms:GenerateDataKey"),
		row(AdminPolicy, "OpenRecords", "clients", []string{"{key-kept}"}, tagged(byS3), "kms:Decrypt", "kms:GenerateDataKey"),
		create, find,
		// Without a condition, because a new tag counts for rights minutes after it is set.
		row(ProvisionerWidePolicy, "ReadTags", "apply", []string{"{key}"}, nil, "kms:ListResourceTags", "kms:DescribeKey"),
		row(ProvisionerWidePolicy, "TagKey", "apply", []string{"{key}"},
			Conditions{"StringEquals": {"aws:RequestTag/" + state.SystemTag: {"{system}"}}}, "kms:TagResource"),
		row(ProvisionerWidePolicy, "NameKey", "apply", []string{"{key-alias}"}, nil, "kms:CreateAlias"),
		row(ProvisionerWidePolicy, "MendKey", "apply", []string{"{key}"}, tagged(nil),
			"kms:CreateAlias", "kms:EnableKey", "kms:CancelKeyDeletion", "kms:EnableKeyRotation", "kms:PutKeyPolicy"),
		row(ProvisionerWidePolicy, "Insights", "apply", []string{"{strict-trail}"}, nil, "cloudtrail:PutInsightSelectors"),
	}
}
