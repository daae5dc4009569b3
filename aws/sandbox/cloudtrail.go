package sandbox

import (
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// trailState is CloudTrail's state: the trails, the event history, and the key that signs
// digests.
type trailState struct {
	Trails  []*trail       `json:"trails,omitempty"`
	History []historyEvent `json:"history,omitempty"` // oldest first
	Key     []byte         `json:"key,omitempty"`     // PKCS #1, DER; empty until a digest needs it
	KeySet  time.Time      `json:"key_set,omitzero"`

	signer *rsa.PrivateKey
}

// A trail is one trail with its settings and its status.
type trail struct {
	Name        string             `json:"name"`
	Region      string             `json:"region"` // home
	Bucket      string             `json:"bucket"`
	Prefix      string             `json:"prefix,omitempty"`
	Global      bool               `json:"global"`
	MultiRegion bool               `json:"multi_region"`
	Validation  bool               `json:"validation"`
	Basic       []basicSelector    `json:"basic,omitempty"`
	Advanced    []advancedSelector `json:"advanced,omitempty"`
	Insights    []insightSelector  `json:"insights,omitempty"`
	KeyID       string             `json:"key_id,omitempty"` // ARN of the KMS key; empty: SSE-S3
	Tags        map[string]string  `json:"tags,omitempty"`

	Logging       bool                `json:"logging"`
	Closing       bool                `json:"closing,omitempty"` // stopped, with a last delivery to come
	Started       time.Time           `json:"started,omitzero"`
	Stopped       time.Time           `json:"stopped,omitzero"`
	Pending       []json.RawMessage   `json:"pending,omitempty"` // records that wait for the next delivery
	Tried         time.Time           `json:"tried,omitzero"`    // last delivery or attempt, or start of logging
	Delivered     time.Time           `json:"delivered,omitzero"`
	DeliveryError string              `json:"delivery_error,omitempty"`
	DigestTime    time.Time           `json:"digest_time,omitzero"`
	DigestError   string              `json:"digest_error,omitempty"`
	Chains        map[string]*digests `json:"chains,omitempty"` // by region of the events

	delivering bool
}

func (a *Account) cloudtrail() *trailState { return stateOf[trailState](a, "cloudtrail") }

func (t *trail) arn(account string) string {
	return "arn:aws:cloudtrail:" + t.Region + ":" + account + ":trail/" + t.Name
}

func cloudTrailService() *service {
	read := func(name string, serve func(*call) error) *operation { return &operation{name: name, serve: serve} }
	change := func(name string, serve func(*call) error) *operation {
		return &operation{name: name, write: true, serve: serve}
	}
	return &service{
		name: "cloudtrail", protocol: json11,
		route: byTarget(byName(
			change("CreateTrail", (*call).createTrail),
			change("UpdateTrail", (*call).updateTrail),
			change("DeleteTrail", (*call).deleteTrail),
			read("GetTrail", (*call).getTrail),
			read("DescribeTrails", (*call).describeTrails),
			read("ListTrails", (*call).listTrails),
			read("GetTrailStatus", (*call).getTrailStatus),
			change("StartLogging", (*call).startLogging),
			change("StopLogging", (*call).stopLogging),
			change("PutEventSelectors", (*call).putEventSelectors),
			read("GetEventSelectors", (*call).getEventSelectors),
			read("GetInsightSelectors", (*call).getInsightSelectors),
			change("PutInsightSelectors", (*call).putInsightSelectors),
			read("ListPublicKeys", (*call).listPublicKeys),
			read("LookupEvents", (*call).lookupEvents),
			change("AddTags", (*call).addTrailTags),
			change("RemoveTags", (*call).removeTrailTags),
			read("ListTags", (*call).listTrailTags),
		)),
		state:   func() any { return &trailState{} },
		observe: func(a *Account, e event) { a.observeCall(e) },
	}
}

func trailError(code, message string) error { return fail(http.StatusBadRequest, code, message) }

// trailSettings are the fields of CreateTrail and UpdateTrail; nil: not given.
type trailSettings struct {
	Name                       string
	S3BucketName               *string
	S3KeyPrefix                *string
	IncludeGlobalServiceEvents *bool
	IsMultiRegionTrail         *bool
	EnableLogFileValidation    *bool
	SnsTopicName               *string `json:",omitempty"`
	CloudWatchLogsLogGroupArn  *string `json:",omitempty"`
	KmsKeyId                   *string `json:",omitempty"`
	IsOrganizationTrail        *bool   `json:",omitempty"`
	TagsList                   []wireTag
}

type wireTag struct {
	Key   string
	Value string
}

// trailInfo is a trail on the wire.
type trailInfo struct {
	Name                       string
	S3BucketName               string
	S3KeyPrefix                string `json:",omitempty"`
	IncludeGlobalServiceEvents bool
	IsMultiRegionTrail         bool
	HomeRegion                 string `json:",omitempty"`
	TrailARN                   string
	LogFileValidationEnabled   bool
	KmsKeyId                   string `json:",omitempty"` // an ARN
	HasCustomEventSelectors    *bool  `json:",omitempty"`
	HasInsightSelectors        *bool  `json:",omitempty"`
	IsOrganizationTrail        bool
}

func (t *trail) info(account string) trailInfo {
	custom, insights := t.Basic != nil || t.Advanced != nil, len(t.Insights) > 0
	return trailInfo{
		Name: t.Name, S3BucketName: t.Bucket, S3KeyPrefix: t.Prefix, IncludeGlobalServiceEvents: t.Global, IsMultiRegionTrail: t.MultiRegion,
		HomeRegion: t.Region, TrailARN: t.arn(account), LogFileValidationEnabled: t.Validation, KmsKeyId: t.KeyID,
		HasCustomEventSelectors: &custom, HasInsightSelectors: &insights,
	}
}

// brief is what CreateTrail and UpdateTrail answer.
func (t *trail) brief(account string) trailInfo {
	info := t.info(account)
	info.HomeRegion, info.HasCustomEventSelectors, info.HasInsightSelectors = "", nil, nil
	return info
}

var (
	trailName    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]$`)
	trailARN     = regexp.MustCompile(`^arn:aws:cloudtrail:([a-z0-9-]+):(\d{12}):trail/(.+)$`)
	adjacentMark = regexp.MustCompile(`[._-]{2}`)
)

// trailARNOf returns the ARN for the name or ARN in a request.
func (c *call) trailARNOf(nameOrARN string) (string, error) {
	if strings.HasPrefix(nameOrARN, "arn:") {
		if !trailARN.MatchString(nameOrARN) {
			return "", trailError("CloudTrailARNInvalidException", "The ARN is not a valid CloudTrail ARN: "+nameOrARN)
		}
		return nameOrARN, nil
	}
	if !trailName.MatchString(nameOrARN) || adjacentMark.MatchString(nameOrARN) {
		return "",
			trailError("InvalidTrailNameException",
				"Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_), "+
					"and must have 3 to 128 characters: "+nameOrARN)
	}
	return "arn:aws:cloudtrail:" + c.region + ":" + c.account.id + ":trail/" + nameOrARN, nil
}

// trailNamed finds a trail by ARN; call it under the account's lock.
func (c *call) trailNamed(arn string) (*trail, error) {
	for _, t := range c.account.cloudtrail().Trails {
		if t.arn(c.account.id) == arn {
			return t, nil
		}
	}
	return nil, trailError("TrailNotFoundException", "Unknown trail: "+arn+" for the user: "+c.account.id)
}

// onTrail authorises an action on the trail that a request names.
func (c *call) onTrail(action, nameOrARN string) (arn string, err error) {
	arn, err = c.trailARNOf(nameOrARN)
	if err != nil {
		// Only an authorised caller learns that the name is invalid.
		if denied := c.authorize("cloudtrail:"+action, "arn:aws:cloudtrail:"+c.region+":"+c.account.id+":trail/"+nameOrARN, nil); denied != nil {
			return "", denied
		}
		return "", err
	}
	c.touch(arn, "AWS::CloudTrail::Trail")
	return arn, c.authorize("cloudtrail:"+action, arn, nil)
}

// changeTrail changes a trail, which AWS allows in its home region only.
func (c *call) changeTrail(arn string, change func(*trail) error) error {
	return c.account.update("cloudtrail", func() error {
		t, err := c.trailNamed(arn)
		if err != nil {
			return err
		}
		if t.Region != c.region {
			return trailError("InvalidHomeRegionException", "This operation can be done only from the home region of the trail: "+t.Region)
		}
		return change(t)
	})
}

// readTrail reads a trail.
func (c *call) readTrail(arn string, read func(*trail)) error {
	var failed error
	c.account.view(func() {
		t, err := c.trailNamed(arn)
		if err != nil {
			failed = err
			return
		}
		read(t)
	})
	return failed
}

func (c *call) createTrail() error {
	var in trailSettings
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn, err := c.onTrail("CreateTrail", in.Name)
	if err != nil {
		return err
	}
	if len(in.TagsList) > 0 {
		if err := c.authorize("cloudtrail:AddTags", arn, tagKeys(in.TagsList)); err != nil {
			return err
		}
	}
	if strings.HasPrefix(in.Name, "arn:") {
		return trailError("InvalidTrailNameException", "A new trail is given a name, not an ARN.")
	}
	if in.S3BucketName == nil {
		return trailError("InvalidS3BucketNameException", "Bucket name cannot be blank!")
	}
	t := &trail{Name: in.Name, Region: c.region, Global: true}
	if err := c.applyTrail(t, in); err != nil {
		return err
	}
	t.Tags = tagMap(in.TagsList)
	err = c.account.update("cloudtrail", func() error {
		state := c.account.cloudtrail()
		here := 0
		for _, other := range state.Trails {
			if other.Region == c.region {
				here++
			}
			if other.Name == t.Name && (other.Region == c.region || other.MultiRegion || t.MultiRegion) {
				return trailError("TrailAlreadyExistsException", "Trail "+t.Name+" already exists for customer: "+c.account.id)
			}
		}
		if here >= 5 {
			return trailError("MaximumNumberOfTrailsExceededException", "User: "+c.account.id+" already has 5 trails in "+c.region+".")
		}
		state.Trails = append(state.Trails, t)
		return nil
	})
	if err != nil {
		return err
	}
	c.respond("trailARN", arn)
	return c.json(http.StatusOK, t.brief(c.account.id))
}

func (c *call) updateTrail() error {
	var in trailSettings
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn, err := c.onTrail("UpdateTrail", in.Name)
	if err != nil {
		return err
	}
	var draft trail
	if err := c.readTrail(arn, func(t *trail) { draft = *t }); err != nil {
		return err
	}
	if draft.Region == c.region {
		if err := c.applyTrail(&draft, in); err != nil {
			return err
		}
	}
	var out trailInfo
	err = c.changeTrail(arn, func(t *trail) error {
		if t.Bucket != draft.Bucket || t.Prefix != draft.Prefix || t.Validation != draft.Validation {
			// A chain of digests is stored in one bucket and begins when validation is enabled.
			t.Chains = map[string]*digests{t.Region: {Since: c.now}}
		}
		t.Bucket, t.Prefix, t.Global, t.MultiRegion, t.Validation = draft.Bucket, draft.Prefix, draft.Global, draft.MultiRegion, draft.Validation
		t.KeyID = draft.KeyID
		out = t.brief(c.account.id)
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, out)
}

// applyTrail puts the given settings into t and checks that CloudTrail can deliver with
// them.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func (c *call) applyTrail(t *trail, in trailSettings) error {
	set := func(to *bool, from *bool) {
		if from != nil {
			*to = *from
		}
	}
	set(&t.Global, in.IncludeGlobalServiceEvents)
	set(&t.MultiRegion, in.IsMultiRegionTrail)
	set(&t.Validation, in.EnableLogFileValidation)
	if in.S3BucketName != nil {
		t.Bucket = *in.S3BucketName
	}
	if in.S3KeyPrefix != nil {
		t.Prefix = strings.Trim(*in.S3KeyPrefix, "/")
	}
	given := func(s *string) bool { return s != nil && *s != "" }
	switch {
	case t.MultiRegion && !t.Global:
		return trailError("InvalidParameterCombinationException", "Multi-Region trail must include global service events.")
	case len(t.Prefix) > 200:
		return trailError("InvalidS3PrefixException", "S3 prefix is longer than 200 characters.")
	case in.IsOrganizationTrail != nil && *in.IsOrganizationTrail:
		return trailError("OrganizationsNotInUseException", "Your account is not a member of an organization.")
	case given(in.SnsTopicName):
		return trailError("InsufficientSnsTopicPolicyException", "SNS Topic does not exist or the topic policy is incorrect!")
	case given(in.CloudWatchLogsLogGroupArn):
		return trailError("InvalidCloudWatchLogsLogGroupArnException", "CloudTrail cannot validate the specified log group ARN.")
	}
	if in.KmsKeyId != nil {
		if err := c.trailKey(t, *in.KmsKeyId); err != nil {
			return err
		}
	}
	// A folder represents the future log files, as in AWS's example policy.
	err := c.account.mayDeliver(t.Bucket, t.folder(c.account.id, "CloudTrail")+"/"+c.region, trailPrincipal, t.arn(c.account.id))
	switch {
	case err == nil:
		return nil
	case errorCode(err) == "NoSuchBucket":
		return trailError("S3BucketDoesNotExistException", "S3 bucket "+t.Bucket+" does not exist!")
	default:
		return trailError("InsufficientS3BucketPolicyException", "Incorrect S3 bucket policy is detected for bucket: "+t.Bucket)
	}
}

const trailPrincipal = "cloudtrail.amazonaws.com"

func (c *call) deleteTrail() error {
	var in struct{ Name string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn, err := c.onTrail("DeleteTrail", in.Name)
	if err != nil {
		return err
	}
	err = c.changeTrail(arn, func(t *trail) error {
		state := c.account.cloudtrail()
		state.Trails = slices.DeleteFunc(state.Trails, func(other *trail) bool { return other == t })
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}

func (c *call) getTrail() error {
	var in struct{ Name string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn, err := c.onTrail("GetTrail", in.Name)
	if err != nil {
		return err
	}
	var out struct{ Trail trailInfo }
	if err := c.readTrail(arn, func(t *trail) { out.Trail = t.info(c.account.id) }); err != nil {
		return err
	}
	return c.json(http.StatusOK, out)
}

func (c *call) describeTrails() error {
	var in struct {
		Names  []string `json:"trailNameList"`
		Shadow *bool    `json:"includeShadowTrails"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("cloudtrail:DescribeTrails", "*", nil); err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, name := range in.Names {
		arn, err := c.trailARNOf(name)
		if err != nil {
			return err
		}
		wanted[arn] = true
	}
	out := []trailInfo{}
	c.account.view(func() {
		for _, t := range c.account.cloudtrail().Trails {
			shadow := t.Region != c.region && t.MultiRegion && (in.Shadow == nil || *in.Shadow)
			if len(in.Names) > 0 && wanted[t.arn(c.account.id)] || len(in.Names) == 0 && (t.Region == c.region || shadow) {
				out = append(out, t.info(c.account.id))
			}
		}
	})
	return c.json(http.StatusOK, map[string]any{"trailList": out})
}

func (c *call) listTrails() error {
	if err := c.authorize("cloudtrail:ListTrails", "*", nil); err != nil {
		return err
	}
	type short struct{ TrailARN, Name, HomeRegion string }
	out := []short{}
	c.account.view(func() {
		for _, t := range c.account.cloudtrail().Trails {
			if t.Region == c.region || t.MultiRegion {
				out = append(out, short{t.arn(c.account.id), t.Name, t.Region})
			}
		}
	})
	return c.json(http.StatusOK, map[string]any{"Trails": out})
}

func (c *call) startLogging() error { return c.switchLogging("StartLogging", true) }
func (c *call) stopLogging() error  { return c.switchLogging("StopLogging", false) }

func (c *call) switchLogging(action string, on bool) error {
	var in struct{ Name string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn, err := c.onTrail(action, in.Name)
	if err != nil {
		return err
	}
	err = c.changeTrail(arn, func(t *trail) error {
		if t.Logging == on {
			return nil
		}
		t.Logging = on
		if on {
			// A chain of digests does not span a time without logging.
			t.Started, t.Tried, t.Chains = c.now, c.now, nil
		} else {
			t.Stopped, t.Closing = c.now, true
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}
