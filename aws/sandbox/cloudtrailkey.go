package sandbox

import (
	"net/http"
	"slices"
)

// A trail's key and its Insights.

// trailKey puts the key that a request names into t, if CloudTrail may use it.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
func (c *call) trailKey(t *trail, name string) error {
	if name == "" {
		t.KeyID = ""
		return nil
	}
	arn, err := c.account.usableKey(c.region, name)
	if err != nil {
		switch errorCode(err) {
		case "NotFoundException":
			return trailError("KmsKeyNotFoundException", "The KMS key "+name+" does not exist, or is in another region than the bucket.")
		default:
			return trailError("KmsKeyDisabledException", "The KMS key "+name+" is not enabled.")
		}
	}
	if err := c.account.trailMayUse(arn, t); err != nil {
		return trailError("InsufficientEncryptionPolicyException",
			"Insufficient permissions to access S3 bucket "+t.Bucket+" or KMS key "+arn+".")
	}
	t.KeyID = arn
	return nil
}

// trailMayUse checks what CloudTrail needs of a key: to encrypt with it, to describe it and,
// if the bucket has an S3 Bucket Key, to decrypt ("Required KMS key policy sections for use
// with CloudTrail" on the page above).
func (a *Account) trailMayUse(key string, t *trail) error {
	source := t.arn(a.id)
	if err := a.mayEncrypt(key, trailPrincipal, source, trailContext(source)); err != nil {
		return err
	}
	if err := a.authorizeService("kms", trailPrincipal, "kms:DescribeKey", key, source, nil); err != nil {
		return err
	}
	bucketKey := false
	a.view(func() {
		b := a.s3().Buckets[t.Bucket]
		if b != nil && b.Settings.Encryption != nil {
			on := b.Settings.Encryption.Rule[0].BucketKey
			bucketKey = on != nil && *on
		}
	})
	if !bucketKey {
		return nil
	}
	return a.authorizeService("kms", trailPrincipal, "kms:Decrypt", key, source, map[string][]string{
		"kms:EncryptionContext:aws:s3:arn": {bucketARN(t.Bucket)},
	})
}

// trailContext is the encryption context that CloudTrail uses.
func trailContext(trail string) map[string]string {
	return map[string]string{"aws:cloudtrail:arn": trail}
}

// trailEncryption is how CloudTrail encrypts its files, independent of the bucket's
// default: logs and digests with the trail's key, or with S3's key if it has none (CloudTrail
// user guide, "Encrypting CloudTrail log files, digest files and event data stores with AWS
// KMS keys").
func (a *Account) trailEncryption(t *trail) (sse, error) {
	if t.KeyID == "" {
		return sse{Algorithm: "AES256"}, nil
	}
	arn, err := a.usableKey(t.Region, t.KeyID)
	if err == nil {
		err = a.mayEncrypt(arn, trailPrincipal, t.arn(a.id), trailContext(t.arn(a.id)))
	}
	return sse{Algorithm: "aws:kms", Key: arn}, err
}

// insightSelector is one kind of unusual activity that a trail looks for.
type insightSelector struct {
	InsightType     string
	EventCategories []string `json:",omitempty"`
}

func (c *call) getInsightSelectors() error {
	var in struct{ TrailName string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn, err := c.onTrail("GetInsightSelectors", in.TrailName)
	if err != nil {
		return err
	}
	return c.answerInsights(arn)
}

// answerInsights:
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetInsightSelectors.html
func (c *call) answerInsights(arn string) error {
	var kept []insightSelector
	if err := c.readTrail(arn, func(t *trail) { kept = t.Insights }); err != nil {
		return err
	}
	if len(kept) == 0 && c.op.name == "GetInsightSelectors" {
		return trailError("InsightNotEnabledException", "Insights is not enabled on the trail "+arn+".")
	}
	return c.json(http.StatusOK, map[string]any{"TrailARN": arn, "InsightSelectors": nonNil(kept)})
}

func (c *call) putInsightSelectors() error {
	var in struct {
		TrailName        string
		InsightSelectors []insightSelector
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn, err := c.onTrail("PutInsightSelectors", in.TrailName)
	if err != nil {
		return err
	}
	for _, s := range in.InsightSelectors {
		if !slices.Contains([]string{"ApiCallRateInsight", "ApiErrorRateInsight"}, s.InsightType) {
			return trailError("InvalidInsightSelectorsException", "The Insights type "+s.InsightType+" is not valid.")
		}
	}
	err = c.changeTrail(arn, func(t *trail) error {
		t.Insights = in.InsightSelectors
		return nil
	})
	if err != nil {
		return err
	}
	return c.answerInsights(arn)
}
