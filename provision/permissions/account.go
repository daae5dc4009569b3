package permissions

// accountPermissions are the rows of the table for AccountSettings.
func accountPermissions() []Permission {
	row := func(policy, sid, room string, on []string, actions ...string) Permission {
		return Permission{Policy: policy, Sid: sid, Room: room, Actions: actions, On: on}
	}
	star := func(policy, sid, room, why string, actions ...string) Permission {
		p := row(policy, sid, room, []string{"*"}, actions...)
		p.Why = why
		return p
	}
	contact := row(ProvisionerPolicy, "SecurityContact", "apply", []string{"{account-settings}"},
		"account:PutAlternateContact", "account:DeleteAlternateContact")
	// This condition key is a list (Service Authorization Reference, AWS Account Management).
	contact.When = Conditions{"ForAnyValue:StringEquals": {"account:AlternateContactTypes": {"SECURITY"}}}
	return []Permission{
		star(AuditorPolicy, "ReadOptOut", "observe", noResource, "organizations:DescribeEffectivePolicy"),
		wide(row(AuditorPolicy, "ReadAccountSettings", "observe", []string{"{account-settings}"},
			"account:GetAlternateContact", "account:GetContactInformation", "account:ListRegions")),
		wide(row(AuditorPolicy, "ReadBudgets", "observe", []string{"{budgets}"}, "budgets:ViewBudget")),
		wide(star(AuditorPolicy, "ReadWorkloads", "observe", "the scan checks whether anything exists, in any region",
			"ec2:DescribeInstances", "ec2:DescribeVpcs", "ec2:DescribeSecurityGroups",
			"ec2:GetEbsEncryptionByDefault", "ec2:GetSnapshotBlockPublicAccessState",
			"rds:DescribeDBInstances", "lambda:ListFunctions", "ecs:ListClusters", "elasticfilesystem:DescribeFileSystems",
			"elasticloadbalancing:DescribeLoadBalancers", "es:ListDomainNames", "dynamodb:ListTables",
			"ssm:ListDocuments", "ssm:DescribeDocumentPermission", "secretsmanager:ListSecrets")),
		wide(contact),
		wide(row(ProvisionerPolicy, "Budget", "apply", []string{"{budgets}"}, "budgets:ModifyBudget")),
		wide(star(ProvisionerPolicy, "DiskDefaults", "apply", noResource,
			"ec2:EnableEbsEncryptionByDefault", "ec2:EnableSnapshotBlockPublicAccess")),
	}
}
