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
		// A credential report is made of what is there; making one changes nothing.
		star(reads("ReadPeople", nil,
			"iam:ListUsers", "iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListSAMLProviders", "iam:ListOpenIDConnectProviders")),
		wide(star(reads("ReadDevices", nil, "iam:ListVirtualMFADevices"))),
		// Keys can be switched off and on again, nothing more: a key that is off by
		// mistake is back in a minute.
		wide(Permission{
			Policy: ProvisionerPolicy, Sid: "SwitchOffKeys", Room: "apply", On: []string{"{account}:user/*"},
			Actions: []string{"iam:UpdateAccessKey", "iam:UpdateServiceSpecificCredential", "iam:UpdateSSHPublicKey", "iam:UpdateSigningCertificate"},
		}),
	}
}
