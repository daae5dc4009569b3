package permissions

// peoplePermissions are the rows of the table for People.
func peoplePermissions() []Permission {
	reads := func(sid string, on []string, actions ...string) Permission {
		return Permission{Policy: AuditorPolicy, Sid: sid, Room: "observe", Actions: actions, On: on}
	}
	star := func(p Permission) Permission {
		p.On, p.Why = []string{"*"}, noResource
		return p
	}
	return []Permission{
		reads("ReadSignIns", []string{"{account}:user/*"},
			"iam:GetLoginProfile", "iam:ListServiceSpecificCredentials", "iam:ListSSHPublicKeys", "iam:ListSigningCertificates"),
		// Generating a credential report changes nothing in the account.
		star(reads("ReadPeople", nil,
			"iam:ListUsers", "iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListSAMLProviders", "iam:ListOpenIDConnectProviders")),
		wide(star(reads("ReadDevices", nil, "iam:ListVirtualMFADevices"))),
		// Credentials can only be deactivated and activated, not deleted, so a mistake is
		// easy to correct.
		wide(Permission{
			Policy: ProvisionerPolicy, Sid: "SwitchOffKeys", Room: "apply", On: []string{"{account}:user/*"},
			Actions: []string{
				"iam:UpdateAccessKey", "iam:UpdateServiceSpecificCredential", "iam:UpdateSSHPublicKey", "iam:UpdateSigningCertificate",
			},
		}),
	}
}
