package catalogue

func surfaceControls() []Control {
	return []Control{
		{
			ID: "NET-01", Family: FamilySurface, Severity: Medium, Remedy: Guided, Sets: strict(),
			Title:     "Nothing else runs in the account",
			Meaning:   "The practice's account holds records and runs models, nothing more. A server or database in any region was either forgotten or created by an intruder, and no other control covers it.",
			Guide:     "Find out who owns it and delete it in the console of that region. If you need it, move it to its own account, or have its settings checked with another tool, for example Prowler's HIPAA checks.",
			Citations: cfr("308(a)(1)(ii)(A)"),
		},
		{
			ID: "NET-02", Family: FamilySurface, Severity: Low, Remedy: Guided, Sets: strict(),
			Title:       "The default networks are closed",
			Meaning:     "AWS creates a network in every region, with a security group whose members can talk freely. Nobody needs these networks here, and an intruder's server would start in one.",
			Guide:       "In the named region: VPC console, Your VPCs, delete the default VPC. Or open its default security group and delete all of its inbound and outbound rules.",
			Citations:   cfr("312(e)(1)"),
			ConfigRules: []string{"vpc-default-security-group-closed"},
			Prowler:     []string{"ec2_securitygroup_default_restrict_traffic"},
		},
		{
			ID: "NET-03", Family: FamilySurface, Severity: Low, Remedy: Automatic, Sets: strict(),
			Title:       "New disks are encrypted and snapshots private",
			Meaning:     "If someone creates a server one day, its disk is then encrypted by default. A copy of that disk cannot be shared publicly either.",
			Guide:       "Put strict = true into claria.toml; the next plan then sets both in every region, which is free. To do it by hand: EC2 console, Settings, Data protection and security, in each region.",
			Citations:   cfr("312(a)(2)(iv)"),
			ConfigRules: []string{"ec2-ebs-encryption-by-default", "ebs-snapshot-public-restorable-check"},
			Prowler:     []string{"ec2_ebs_default_encryption"},
		},
		{
			ID: "NET-04", Family: FamilySurface, Severity: Low, Remedy: Guided, Sets: strict(),
			Title:       "No script is public, and secrets are rotated",
			Meaning:     "A Systems Manager document can hold addresses and passwords, and can be made public by mistake. A secret that is never rotated keeps working for anyone who has seen it.",
			Guide:       "Systems Manager console, Documents, Owned by me, Details, Permissions: make it private. Secrets Manager console: turn on rotation, or delete the secret.",
			Citations:   cfr("312(a)(1)"),
			ConfigRules: []string{"ssm-document-not-public", "secretsmanager-rotation-enabled-check"},
		},
	}
}
