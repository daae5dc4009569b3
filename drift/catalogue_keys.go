package drift

func keyControls() []Control {
	return []Control{
		{
			ID: "KMS-01", Family: keys, Severity: High, Remedy: Automatic, Sets: core(),
			Title:     "Your encryption key works",
			Meaning:   "With a key of your own, records can be read only while it is enabled. Without one, AWS keeps the keys, and there is nothing that you could lose.",
			Guide:     "Run set-up: it makes the key where there is none, and enables it. A key of another kind has to be replaced: remove the alias in the KMS console and run set-up.",
			Citations: cfr("312(a)(2)(iv)"),
			Prowler:   []string{"kms_cmk_are_used", "kms_cmk_not_multi_region"},
		},
		{
			ID: "KMS-02", Family: keys, Severity: Medium, Remedy: Automatic, Sets: strict(),
			Title:     "Your encryption key is renewed every year",
			Meaning:   "AWS can renew what is inside a key each year, and still open what was encrypted before. The less one key encrypts, the less is lost with it.",
			Guide:     "Turn on automatic rotation of the key; set-up does it.",
			Citations: cfr("312(a)(2)(iv)"),
			Prowler:   []string{"kms_cmk_rotation_enabled"},
		},
		{
			ID: "KMS-03", Family: keys, Severity: Critical, Remedy: Automatic, Sets: core(),
			Title:       "Your encryption key is not being deleted",
			Meaning:     "A key that is deleted takes every record with it, for good. AWS waits some days before it does, and until then it can be called off.",
			Guide:       "Run set-up at once: it cancels the deletion and enables the key, or makes one where there never was one. Then find out in the trail who asked for the deletion (ScheduleKeyDeletion).",
			Citations:   cfr("308(a)(1)(ii)(B)", "308(a)(7)(ii)(A)"),
			ConfigRules: []string{"kms-cmk-not-scheduled-for-deletion"},
			Prowler:     []string{"kms_cmk_not_deleted_unintentionally"},
		},
		{
			ID: "KMS-04", Family: keys, Severity: High, Remedy: Guided, Sets: core(),
			Title:     "Nobody else may use your encryption key",
			Meaning:   "Whoever may use the key can open what it encrypts. Its policy and its grants let in nobody but this account's identities and its trail.",
			Guide:     "In the KMS console open the key: remove the named statement under Key policy; retire a grant with: aws kms revoke-grant.",
			Citations: cfr("312(a)(1)", "312(a)(2)(iv)"),
			Prowler:   []string{"kms_key_not_publicly_accessible"},
		},
		{
			ID: "KMS-05", Family: keys, Severity: Medium, Remedy: Guided, Sets: core(),
			Title:       "Nobody may decrypt with every key",
			Meaning:     "A policy that allows decrypting with every key opens whatever is encrypted now or later. Permission belongs to one key at a time.",
			Guide:       "In the IAM console narrow the named policy: in place of * name the key, or leave out kms:Decrypt and kms:ReEncrypt*.",
			Citations:   cfr("312(a)(2)(iv)"),
			ConfigRules: []string{"iam-customer-policy-blocked-kms-actions", "iam-inline-policy-blocked-kms-actions"},
			Prowler:     []string{"iam_policy_no_full_access_to_kms", "iam_inline_policy_no_full_access_to_kms"},
		},
	}
}
