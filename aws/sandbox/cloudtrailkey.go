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
	if err := c.account.mayEncrypt(arn, trailPrincipal, t.arn(c.account.id), trailContext(t.arn(c.account.id))); err != nil {
		return trailError("InsufficientEncryptionPolicyException",
			"Insufficient permissions to access S3 bucket "+t.Bucket+" or KMS key "+arn+".")
	}
	t.KeyID = arn
	return nil
}

// trailContext is the encryption context that CloudTrail uses.
func trailContext(trail string) map[string]string {
	return map[string]string{"aws:cloudtrail:arn": trail}
}

// trailEncryption is how CloudTrail encrypts its files, independent of the bucket's
// default: logs with the trail's key, digests and all others with S3's key (CloudTrail
// user guide, "Encrypting CloudTrail log files with AWS KMS keys").
func (a *Account) trailEncryption(t *trail, digest bool) (sse, error) {
	if t.KeyID == "" || digest {
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
