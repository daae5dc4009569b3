package provision

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// document is a policy as it is written; every list is a list, so that what we
// write reads the same for everyone.
type document struct {
	Version   string      `json:"Version"`
	Statement []statement `json:"Statement"`
}

type statement struct {
	Sid         string     `json:"Sid,omitempty"`
	Effect      string     `json:"Effect"`
	Principal   any        `json:"Principal,omitempty"` // "*" or map[string]string
	Action      []string   `json:"Action"`
	Resource    []string   `json:"Resource,omitempty"`
	NotResource []string   `json:"NotResource,omitempty"`
	Condition   conditions `json:"Condition,omitempty"`
}

// conditions is operator → key → values.
type conditions map[string]map[string][]string

func (d document) String() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic("provision: a policy of strings always marshals: " + err.Error())
	}
	return string(text)
}

const policyVersion = "2012-10-17"

// ownSid is how the Sids of our bucket policy statements begin; they tell our
// statements from those that others added.
const ownSid = "Claria"

// dataPolicy is the data bucket's policy.
func dataPolicy(s Settings) string {
	bucket := bucketARN(DataBucketName(s))
	// aws:PrincipalArn is the role's own ARN for a role session, and …:root for
	// the root user, who stays able to break the glass.
	others := conditions{"ArnNotEquals": {"aws:PrincipalArn": {s.ProvisionerARN(), s.iamARN("root")}}}
	put := func(sid string, when conditions) statement {
		return statement{
			Sid: sid, Effect: "Deny", Principal: "*", Action: []string{"s3:PutObject"},
			Resource: []string{bucket + "/*"}, Condition: when,
		}
	}
	declared := tlsOnly(bucket)
	encryption := "AES256"
	if s.Strict {
		encryption = kmsEncryption
		// A key of somebody else's would leave records that its owner can shut away.
		declared = append(declared, put("ClariaOwnKeys", conditions{
			"StringNotLike": {"s3:x-amz-server-side-encryption-aws-kms-key-id": {s.regional("kms", "*")}},
			"Null":          {"s3:x-amz-server-side-encryption-aws-kms-key-id": {"false"}},
		}))
	}
	return document{policyVersion, append(
		declared,
		put("ClariaDeclaredEncryption", conditions{
			"StringNotEquals": {"s3:x-amz-server-side-encryption": {encryption}},
			"Null":            {"s3:x-amz-server-side-encryption": {"false"}},
		}),
		// SSE-C would leave records that only the uploader can read.
		put("ClariaNoCustomerKeys", conditions{
			"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": {"false"}},
		}),
		// Recordings are deleted for good once documented, so their versions are left out.
		statement{
			Sid: "ClariaVersionsAreKept", Effect: "Deny", Principal: "*", Action: []string{"s3:DeleteObjectVersion"},
			NotResource: []string{bucket + "/" + recordingsPrefix + "*"}, Condition: others,
		},
		statement{
			Sid: "ClariaSettingsAreKept", Effect: "Deny", Principal: "*",
			Action:   []string{"s3:PutLifecycleConfiguration", "s3:PutBucketVersioning", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"},
			Resource: []string{bucket}, Condition: others,
		},
	)}.String()
}

// auditPolicy is the audit bucket's policy: TLS, and CloudTrail for this trail
// only (CloudTrail user guide, "Amazon S3 bucket policy for CloudTrail").
func auditPolicy(s Settings) string {
	bucket := bucketARN(AuditBucketName(s))
	trail := map[string]string{"Service": "cloudtrail.amazonaws.com"}
	return document{policyVersion, append(
		tlsOnly(bucket),
		statement{
			Sid: "ClariaTrailChecks", Effect: "Allow", Principal: trail,
			Action: []string{"s3:GetBucketAcl"}, Resource: []string{bucket},
			Condition: conditions{"StringEquals": {"aws:SourceArn": {s.trailARN()}}},
		},
		statement{
			Sid: "ClariaTrailWrites", Effect: "Allow", Principal: trail,
			Action: []string{"s3:PutObject"}, Resource: []string{bucket + "/" + trailPrefix + "/AWSLogs/" + s.Account + "/*"},
			Condition: conditions{"StringEquals": {
				"aws:SourceArn": {s.trailARN()}, "s3:x-amz-acl": {"bucket-owner-full-control"},
			}},
		},
	)}.String()
}

// keyPolicy is the encryption key's policy: this account's own policies decide who
// uses it, the trail encrypts its logs with it (CloudTrail user guide, "Configure
// AWS KMS key policies for CloudTrail"), and nobody but the provisioner and the
// root user may take it away.
func keyPolicy(s Settings) string {
	trail := map[string]string{"Service": "cloudtrail.amazonaws.com"}
	this := []string{"*"} // in a key's policy: this key
	return document{policyVersion, []statement{
		{
			Sid: "ClariaAccountDecides", Effect: "Allow", Principal: map[string]string{"AWS": s.iamARN("root")},
			Action: []string{"kms:*"}, Resource: this,
		},
		{
			Sid: "ClariaTrailEncrypts", Effect: "Allow", Principal: trail, Action: []string{"kms:GenerateDataKey*"}, Resource: this,
			Condition: conditions{
				"StringEquals": {"aws:SourceArn": {s.trailARN()}},
				"StringLike":   {"kms:EncryptionContext:aws:cloudtrail:arn": {"arn:aws:cloudtrail:*:" + s.Account + ":trail/*"}},
			},
		},
		{
			Sid: "ClariaTrailDescribes", Effect: "Allow", Principal: trail, Action: []string{"kms:DescribeKey"}, Resource: this,
			Condition: conditions{"StringEquals": {"aws:SourceArn": {s.trailARN()}}},
		},
		{
			Sid: "ClariaKeyIsKept", Effect: "Deny", Principal: "*", Action: []string{"kms:DisableKey", "kms:ScheduleKeyDeletion"}, Resource: this,
			Condition: conditions{"ArnNotEquals": {"aws:PrincipalArn": {s.ProvisionerARN(), s.iamARN("root")}}},
		},
	}}.String()
}

func tlsOnly(bucket string) []statement {
	deny := func(sid string, when conditions) statement {
		return statement{
			Sid: sid, Effect: "Deny", Principal: "*", Action: []string{"s3:*"},
			Resource: []string{bucket, bucket + "/*"}, Condition: when,
		}
	}
	return []statement{
		deny("ClariaTLSOnly", conditions{"Bool": {"aws:SecureTransport": {"false"}}}),
		deny("ClariaTLS12", conditions{"NumericLessThan": {"s3:TlsVersion": {"1.2"}}}),
	}
}

// provisionerTrust is who may become the provisioner.
func provisionerTrust(s Settings) string {
	return document{policyVersion, []statement{{
		Sid: "ClariaAdminMayMend", Effect: "Allow", Principal: map[string]string{"AWS": s.userARN(AdminUser)},
		Action: []string{"sts:AssumeRole"},
		// Bool, not BoolIfExists: a plain access key has no such key at all, and the
		// thief of one must not pass.
		Condition: conditions{"Bool": {"aws:MultiFactorAuthPresent": {"true"}}},
	}}}.String()
}

// SameDocument reports whether two policy documents say the same: the order of
// statements and of lists, a list of one and its single value, white space, and
// the case of actions and condition keys make no difference.
func SameDocument(a, b string) bool {
	if a == b {
		return true
	}
	ca, errA := canonical(a)
	cb, errB := canonical(b)
	return errA == nil && errB == nil && ca == cb
}

// canonical is the one spelling of a policy document.
func canonical(text string) (string, error) {
	statements, err := parseStatements(text)
	if err != nil {
		return "", err
	}
	spelled := make([]string, 0, len(statements))
	for _, s := range statements {
		spelled = append(spelled, spell(s))
	}
	slices.Sort(spelled)
	return strings.Join(spelled, "\n"), nil
}

// parseStatements reads a document's statements, each as plain JSON.
func parseStatements(text string) ([]map[string]any, error) {
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

// spell is the one spelling of a statement.
func spell(statement map[string]any) string {
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
	text, err := json.Marshal(out) // maps are written in the order of their keys
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
