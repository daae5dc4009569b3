package permissions

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"claria/provision/state"
)

// OwnSid is the prefix of the Sids of our bucket policy statements. It distinguishes them
// from statements that others added.
const OwnSid = "Claria"

// DataPolicy is the policy of the data bucket.
func DataPolicy(s state.Settings) string {
	bucket := state.BucketARN(state.DataBucketName(s))
	// aws:PrincipalArn is the role's ARN for a role session, and …:root for the root user,
	// who stays allowed for emergencies.
	others := Conditions{"ArnNotEquals": {"aws:PrincipalArn": {s.ProvisionerARN(), s.IAMARN("root")}}}
	put := func(sid string, when Conditions) Statement {
		return Statement{
			Sid: sid, Effect: "Deny", Principal: "*", Action: []string{"s3:PutObject"},
			Resource: []string{bucket + "/*"}, Condition: when,
		}
	}
	declared := tlsOnly(bucket)
	encryption := "AES256"
	if s.Strict {
		encryption = KMSEncryption
		// The owner of another key could make its records unreadable.
		declared = append(declared, put("ClariaOwnKeys", Conditions{
			"StringNotLike": {"s3:x-amz-server-side-encryption-aws-kms-key-id": {s.Regional("kms", "*")}},
			"Null":          {"s3:x-amz-server-side-encryption-aws-kms-key-id": {"false"}},
		}))
	}
	return Document{Version: PolicyVersion, Statement: append(
		declared,
		put("ClariaDeclaredEncryption", Conditions{
			"StringNotEquals": {"s3:x-amz-server-side-encryption": {encryption}},
			"Null":            {"s3:x-amz-server-side-encryption": {"false"}},
		}),
		// With SSE-C only the uploader could read the record.
		put("ClariaNoCustomerKeys", Conditions{
			"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": {"false"}},
		}),
		// Recordings are deleted permanently once documented, so their versions are left out.
		Statement{
			Sid: "ClariaVersionsAreKept", Effect: "Deny", Principal: "*", Action: []string{"s3:DeleteObjectVersion"},
			NotResource: []string{bucket + "/" + state.RecordingsPrefix + "*"}, Condition: others,
		},
		Statement{
			Sid: "ClariaSettingsAreKept", Effect: "Deny", Principal: "*",
			Action:   []string{"s3:PutLifecycleConfiguration", "s3:PutBucketVersioning", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"},
			Resource: []string{bucket}, Condition: others,
		},
	)}.String()
}

// AuditPolicy is the audit bucket's policy: TLS, and CloudTrail for this trail
// only (CloudTrail user guide, "Amazon S3 bucket policy for CloudTrail").
func AuditPolicy(s state.Settings) string {
	bucket := state.BucketARN(state.AuditBucketName(s))
	trail := map[string]string{"Service": "cloudtrail.amazonaws.com"}
	return Document{Version: PolicyVersion, Statement: append(
		tlsOnly(bucket),
		Statement{
			Sid: "ClariaTrailChecks", Effect: "Allow", Principal: trail,
			Action: []string{"s3:GetBucketAcl"}, Resource: []string{bucket},
			Condition: Conditions{"StringEquals": {"aws:SourceArn": {s.TrailARN()}}},
		},
		Statement{
			Sid: "ClariaTrailWrites", Effect: "Allow", Principal: trail,
			Action: []string{"s3:PutObject"}, Resource: []string{bucket + "/" + state.TrailPrefix + "/AWSLogs/" + s.Account + "/*"},
			Condition: Conditions{"StringEquals": {
				"aws:SourceArn": {s.TrailARN()}, "s3:x-amz-acl": {"bucket-owner-full-control"},
			}},
		},
	)}.String()
}

// KeyPolicy is the encryption key's policy: the account's IAM policies decide who uses
// it, the trail encrypts its logs with it (CloudTrail user guide, "Configure AWS KMS key
// policies for CloudTrail"), and only the provisioner and the root user may disable or
// delete it.
func KeyPolicy(s state.Settings) string {
	trail := map[string]string{"Service": "cloudtrail.amazonaws.com"}
	this := []string{"*"} // in a key policy: this key
	return Document{Version: PolicyVersion, Statement: []Statement{
		{
			Sid: "ClariaAccountDecides", Effect: "Allow", Principal: map[string]string{"AWS": s.IAMARN("root")},
			Action: []string{"kms:*"}, Resource: this,
		},
		{
			Sid: "ClariaTrailEncrypts", Effect: "Allow", Principal: trail, Action: []string{"kms:GenerateDataKey*"}, Resource: this,
			Condition: Conditions{
				"StringEquals": {"aws:SourceArn": {s.TrailARN()}},
				"StringLike":   {"kms:EncryptionContext:aws:cloudtrail:arn": {"arn:aws:cloudtrail:*:" + s.Account + ":trail/*"}},
			},
		},
		{
			Sid: "ClariaTrailDescribes", Effect: "Allow", Principal: trail, Action: []string{"kms:DescribeKey"}, Resource: this,
			Condition: Conditions{"StringEquals": {"aws:SourceArn": {s.TrailARN()}}},
		},
		// With an S3 Bucket Key, a trail can be created or changed only if it may also decrypt.
		{
			Sid: "ClariaTrailDecrypts", Effect: "Allow", Principal: trail, Action: []string{"kms:Decrypt"}, Resource: this,
			Condition: Conditions{"StringEquals": {"aws:SourceArn": {s.TrailARN()}}},
		},
		{
			Sid: "ClariaKeyIsKept", Effect: "Deny", Principal: "*", Action: []string{"kms:DisableKey", "kms:ScheduleKeyDeletion"}, Resource: this,
			Condition: Conditions{"ArnNotEquals": {"aws:PrincipalArn": {s.ProvisionerARN(), s.IAMARN("root")}}},
		},
	}}.String()
}

func tlsOnly(bucket string) []Statement {
	deny := func(sid string, when Conditions) Statement {
		return Statement{
			Sid: sid, Effect: "Deny", Principal: "*", Action: []string{"s3:*"},
			Resource: []string{bucket, bucket + "/*"}, Condition: when,
		}
	}
	return []Statement{
		deny("ClariaTLSOnly", Conditions{"Bool": {"aws:SecureTransport": {"false"}}}),
		deny("ClariaTLS12", Conditions{"NumericLessThan": {"s3:TlsVersion": {"1.2"}}}),
	}
}

// ProvisionerTrust is who may assume the provisioner role.
func ProvisionerTrust(s state.Settings) string {
	return Document{Version: PolicyVersion, Statement: []Statement{{
		Sid: "ClariaAdminMayMend", Effect: "Allow", Principal: map[string]string{"AWS": s.UserARN(state.AdminUser)},
		Action: []string{"sts:AssumeRole"},
		// Bool, not BoolIfExists: requests with a plain access key lack this condition key,
		// and a stolen access key must not pass.
		Condition: Conditions{"Bool": {"aws:MultiFactorAuthPresent": {"true"}}},
	}}}.String()
}

// SameDocument reports whether two policy documents mean the same. It ignores the order
// of statements and lists, white space, the case of actions and condition keys, and
// whether a single value is in a list.
func SameDocument(a, b string) bool {
	if a == b {
		return true
	}
	ca, errA := canonical(a)
	cb, errB := canonical(b)
	return errA == nil && errB == nil && ca == cb
}

// canonical is the normal form of a policy document.
func canonical(text string) (string, error) {
	statements, err := ParseStatements(text)
	if err != nil {
		return "", err
	}
	spelled := make([]string, 0, len(statements))
	for _, s := range statements {
		spelled = append(spelled, Spell(s))
	}
	slices.Sort(spelled)
	return strings.Join(spelled, "\n"), nil
}

// ParseStatements reads a document's statements as plain JSON.
func ParseStatements(text string) ([]map[string]any, error) {
	var d struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, fmt.Errorf("policy document: %w", err)
	}
	var many []map[string]any
	if err := json.Unmarshal(d.Statement, &many); err == nil {
		return many, nil
	}
	var one map[string]any
	if err := json.Unmarshal(d.Statement, &one); err != nil {
		return nil, fmt.Errorf("policy document: %w", err)
	}
	return []map[string]any{one}, nil
}

// Spell is the normal form of a statement, as SameDocument compares them.
func Spell(statement map[string]any) string {
	out := map[string]any{}
	for key, value := range statement {
		switch key {
		case "Action", "NotAction":
			actions := list(value)
			for i, a := range actions {
				actions[i] = strings.ToLower(a)
			}
			slices.Sort(actions)
			out[key] = slices.Compact(actions)
		case "Resource", "NotResource":
			out[key] = list(value)
		case "Principal", "NotPrincipal":
			kinds, ok := value.(map[string]any)
			if !ok {
				kinds = map[string]any{"AWS": value} // "*" is {"AWS": "*"}
			}
			out[key] = lists(kinds, false)
		case "Condition":
			operators, _ := value.(map[string]any)
			spelled := map[string]any{}
			for operator, keys := range operators {
				inner, _ := keys.(map[string]any)
				spelled[operator] = lists(inner, true)
			}
			out[key] = spelled
		default:
			out[key] = value
		}
	}
	text, err := json.Marshal(out) // json sorts the keys of a map
	if err != nil {
		return fmt.Sprint(out)
	}
	return string(text)
}

func lists(in map[string]any, foldKeys bool) map[string][]string {
	out := map[string][]string{}
	for key, value := range in {
		if foldKeys {
			key = strings.ToLower(key)
		}
		out[key] = list(value)
	}
	return out
}

// list is a value or a list of values as a sorted list of text.
func list(value any) []string {
	many, ok := value.([]any)
	if !ok {
		many = []any{value}
	}
	out := make([]string, 0, len(many))
	for _, v := range many {
		out = append(out, fmt.Sprint(v))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

const (
	// KMSEncryption is the algorithm of a bucket under a key of KMS.
	KMSEncryption = "aws:kms"
	// Compliance is the retention mode of Object Lock that nobody can shorten.
	Compliance = "COMPLIANCE"
)
