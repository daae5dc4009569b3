package drift

// PromiseRow is one promise of the product.
type PromiseRow struct {
	Requirement string
	Citation    string
	Says        string
	Controls    []string // that make it true
}

// Promise lists what the product promises, and the controls that make each row
// true. All of them are core, and each row has one that a call verifies.
func Promise() []PromiseRow {
	return []PromiseRow{
		{"encryption at rest", "164.312(a)(2)(iv)", "records are stored with AES-256 server-side encryption, enforced", []string{"S3-02", "S3-04"}},
		{"encryption in transit", "164.312(e)(1)", "every call uses TLS; anything else is refused", []string{"S3-09"}},
		{"access controls", "164.312(a)(1)", "a dedicated identity with least privilege, scoped to the data bucket", []string{"IAM-07", "IAM-08", "IAM-09", "IAM-10"}},
		{"audit controls", "164.312(b)", "CloudTrail records every call, reads of records included, in encrypted storage", []string{"CT-01", "CT-02", "CT-03", "CT-04", "CT-05", "CT-06", "CT-09"}},
		{"integrity", "164.312(c)(1)", "versions: nothing is silently overwritten or deleted", []string{"S3-11", "S3-12", "S3-13"}},
		// Every control supports this row; these two show that the scan itself runs, and
		// that someone can act on its findings.
		{"risk management", "164.308(a)(1)(ii)(B)", "all infrastructure is scanned and drift is reported", []string{"S3-16", "MON-20"}},
		{"no public exposure", "164.308(a)(3)(i)", "four public-access flags, bucket and account, and no public policy", []string{"S3-05", "S3-06", "S3-07", "S3-08"}},
		{"agreement with the cloud provider", "164.308(b)(1)", "an active agreement is checked, and provisioning is blocked without it", []string{"BAA-01", "BAA-02", "BAA-03"}},
		{"AI provider", "164.308(b)(1)", "Bedrock under the same agreement; nothing retained, nothing trained on", []string{"BDR-01", "BDR-05", "BDR-07"}},
		// The program itself ensures that a draft sends only a client's attached files, and
		// its tests check it; the rights of its identity limit what else could be sent.
		{"minimum necessary", "164.502(b)", "only files attached to the client go to the model", []string{"IAM-07", "IAM-08", "PRV-01"}},
		{"data residency", "164.312(a)(1)", "the user's own account, the chosen region, no access for anyone else", []string{"ACC-04", "BDR-04", "S3-10"}},
	}
}

// PromisedRule is one AWS Config rule of the HIPAA conformance pack that the
// product names as covered.
type PromisedRule struct {
	Rule     string
	Controls []string
}

// PromisedRules are the AWS Config rules that the product names as covered.
func PromisedRules() []PromisedRule {
	return []PromisedRule{
		{"s3-bucket-server-side-encryption-enabled", []string{"S3-02"}},
		{"s3-bucket-versioning-enabled", []string{"S3-11"}},
		{"s3-bucket-public-read-prohibited", []string{"S3-05", "S3-07", "S3-08"}},
		{"s3-bucket-public-write-prohibited", []string{"S3-05", "S3-07", "S3-08"}},
		{"cloudtrail-enabled", []string{"CT-01"}},
		{"iam-policy-no-statements-with-admin-access", []string{"IAM-07"}},
		{"iam-policy-no-statements-with-full-access", []string{"IAM-08"}},
		{"iam-root-access-key-check", []string{"IAM-01"}},
	}
}
