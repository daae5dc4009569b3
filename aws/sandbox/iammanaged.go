package sandbox

import "time"

// awsManaged are the AWS managed policies of the demo account, by ARN. AdministratorAccess
// and PowerUserAccess are complete. The others cover the demo account's services: they
// follow AWS's policies, but are not copies of them.
func awsManaged() map[string]*iamPolicy {
	out := map[string]*iamPolicy{}
	for _, p := range []struct{ path, name, description, document string }{
		{
			"/", "AdministratorAccess", "Provides full access to AWS services and resources.",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		},
		{
			"/", "PowerUserAccess", "Provides full access to AWS services and resources, but does not allow management of Users and groups.",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},` +
				`{"Effect":"Allow","Action":["account:GetAccountInformation","account:GetPrimaryEmail","account:ListRegions",` +
				`"iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeEffectivePolicy",` +
				`"organizations:DescribeOrganization"],"Resource":"*"}]}`,
		},
		{
			"/", "ReadOnlyAccess", "Provides read-only access to AWS services and resources.",
			`{"Version":"2012-10-17","Statement":[{"Sid":"ReadOnlyActions","Effect":"Allow","Action":["access-analyzer:Get*",` +
				`"access-analyzer:List*","access-analyzer:ValidatePolicy","artifact:Get*","artifact:List*",` +
				`"bedrock:Get*","bedrock:List*","ce:Get*","cloudtrail:Describe*","cloudtrail:Get*","cloudtrail:List*",` +
				`"cloudtrail:LookupEvents","iam:Generate*","iam:Get*","iam:List*","iam:Simulate*",` +
				`"organizations:Describe*","organizations:List*","s3:DescribeJob","s3:Get*","s3:List*",` +
				`"sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken","transcribe:Get*","transcribe:List*"],"Resource":"*"}]}`,
		},
		{
			"/", "SecurityAudit", "The security audit template grants access to read security configuration metadata.",
			`{"Version":"2012-10-17","Statement":[{"Sid":"BaseSecurityAuditStatement","Effect":"Allow","Action":["access-analyzer:GetAnalyzer",` +
				`"access-analyzer:GetFinding*","access-analyzer:ListAnalyzers","access-analyzer:ListFindings*",` +
				`"bedrock:GetModelInvocationLoggingConfiguration","bedrock:List*","cloudtrail:DescribeTrails",` +
				`"cloudtrail:GetEventSelectors","cloudtrail:GetInsightSelectors","cloudtrail:GetTrail","cloudtrail:GetTrailStatus",` +
				`"cloudtrail:ListTags","cloudtrail:ListTrails","cloudtrail:LookupEvents",` +
				`"iam:GenerateCredentialReport","iam:Get*","iam:List*","iam:SimulateCustomPolicy",` +
				`"iam:SimulatePrincipalPolicy","organizations:Describe*","organizations:List*",` +
				`"s3:GetAccelerateConfiguration","s3:GetAccountPublicAccessBlock","s3:GetAnalyticsConfiguration","s3:GetBucket*",` +
				`"s3:GetEncryptionConfiguration","s3:GetInventoryConfiguration","s3:GetLifecycleConfiguration",` +
				`"s3:GetMetricsConfiguration","s3:GetObjectAcl","s3:GetObjectVersionAcl","s3:GetReplicationConfiguration",` +
				`"s3:ListAccessPoints","s3:ListAllMyBuckets",` +
				`"transcribe:GetTranscriptionJob","transcribe:ListTranscriptionJobs"],"Resource":"*"}]}`,
		},
		{
			"/", "AmazonBedrockFullAccess", "Provides full access to Amazon Bedrock as well as limited access to related services that are required by it.",
			`{"Version":"2012-10-17","Statement":[{"Sid":"BedrockAll","Effect":"Allow","Action":["bedrock:*"],"Resource":"*"}]}`,
		},
		{
			"/", "IAMUserChangePassword", "Provides the ability for an IAM user to change their own password.",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ChangePassword"],"Resource":["arn:aws:iam::*:user/${aws:username}"]},{"Effect":"Allow","Action":["iam:GetAccountPasswordPolicy"],"Resource":"*"}]}`,
		},
	} {
		// All AWS managed policies are older than any demo account.
		made := time.Date(2015, time.February, 6, 18, 39, 46, 0, time.UTC)
		arn := "arn:aws:iam::aws:policy" + p.path + p.name
		out[arn] = &iamPolicy{
			Name: p.name, ID: managedID(p.name), ARN: arn, Path: p.path, Description: p.description, Created: made, Updated: made,
			Default: "v1", Next: 2, Versions: []policyVersion{{ID: "v1", Document: p.document, Created: made}},
		}
	}
	return out
}

// managedID is a stable identifier for one of AWS's policies.
func managedID(name string) string {
	sum := hashHex([]byte(name))
	b := []byte("ANPA")
	for i := range 16 {
		b = append(b, idAlphabet[int(sum[i])%len(idAlphabet)])
	}
	return string(b)
}
