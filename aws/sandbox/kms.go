package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"claria/aws/policy"
)

// kmsState is the customer managed keys in every region. It does not contain AWS managed
// keys such as aws/s3: anyone who may use the service may use its key.
type kmsState struct {
	Keys    []*kmsKey         `json:"keys,omitempty"`
	Aliases map[string]string `json:"aliases,omitempty"` // "us-east-1 alias/x" → key id
}

// A kmsKey is one symmetric encryption key. The sandbox does not encrypt anything with it.
type kmsKey struct {
	ID          string            `json:"id"`
	Region      string            `json:"region"`
	Created     time.Time         `json:"created"`
	Description string            `json:"description,omitempty"`
	State       string            `json:"state"` // Enabled, Disabled, PendingDeletion
	Deletion    time.Time         `json:"deletion,omitzero"`
	MultiRegion bool              `json:"multi_region,omitempty"`
	Rotation    int               `json:"rotation,omitempty"` // days; 0: off
	Policy      string            `json:"policy"`
	Tags        map[string]string `json:"tags,omitempty"`
	Grants      []kmsGrant        `json:"grants,omitempty"`
}

type kmsGrant struct {
	GrantId          string
	GranteePrincipal string
	Operations       []string
}

const kmsEnabled, kmsDisabled, kmsPending = "Enabled", "Disabled", "PendingDeletion"

func (a *Account) kms() *kmsState { return stateOf[kmsState](a, "kms") }

func kmsService() *service {
	read := func(name string, serve func(*call) error) *operation { return &operation{name: name, serve: serve} }
	change := func(name string, serve func(*call) error) *operation {
		return &operation{name: name, write: true, serve: serve}
	}
	state := func(name, to string) *operation {
		return change(name, func(c *call) error { return c.switchKey(name, to) })
	}
	return &service{
		name: "kms", protocol: json11,
		route: byTarget(byName(
			change("CreateKey", (*call).createKey), read("DescribeKey", (*call).describeKey), read("ListKeys", (*call).listKeys),
			change("CreateAlias", (*call).createAlias), change("DeleteAlias", (*call).deleteAlias), read("ListAliases", (*call).listAliases),
			state("EnableKey", kmsEnabled), state("DisableKey", kmsDisabled), state("CancelKeyDeletion", kmsDisabled),
			change("ScheduleKeyDeletion", (*call).scheduleKeyDeletion),
			change("EnableKeyRotation", (*call).enableKeyRotation), change("DisableKeyRotation", (*call).disableKeyRotation),
			read("GetKeyRotationStatus", (*call).keyRotationStatus),
			read("GetKeyPolicy", (*call).getKeyPolicy), change("PutKeyPolicy", (*call).putKeyPolicy),
			change("TagResource", (*call).tagKey), change("UntagResource", (*call).untagKey), read("ListResourceTags", (*call).listKeyTags),
			change("CreateGrant", (*call).createGrant), read("ListGrants", (*call).listGrants), change("RevokeGrant", (*call).revokeGrant),
		)),
		state:          func() any { return &kmsState{} },
		resourcePolicy: keyPolicyOf,
	}
}

func kmsError(code, message string) error { return fail(http.StatusBadRequest, code, message) }

func (k *kmsKey) arn(account string) string {
	return "arn:aws:kms:" + k.Region + ":" + account + ":key/" + k.ID
}

// keyPolicyOf returns the policy of a key by its ARN. Call it under view.
func keyPolicyOf(a *Account, resource string) *policy.Document {
	for _, k := range a.kms().Keys {
		if k.arn(a.id) == resource {
			d, err := a.policies.Parse(k.Policy)
			if err != nil {
				return nil // PutKeyPolicy refuses a policy that does not parse
			}
			return &d
		}
	}
	return nil
}

// keyNamed finds a key by id, ARN, alias or alias ARN in a region; call it under the
// account's lock.
func (a *Account) keyNamed(region, name string) (*kmsKey, error) {
	given := name
	if rest, ok := strings.CutPrefix(name, "arn:aws:kms:"); ok {
		parts := strings.SplitN(rest, ":", 3)
		if len(parts) != 3 || parts[1] != a.id {
			return nil, kmsError("NotFoundException", "Invalid arn "+given)
		}
		region, name = parts[0], strings.TrimPrefix(parts[2], "key/")
	}
	if strings.HasPrefix(name, "alias/") {
		id, ok := a.kms().Aliases[region+" "+name]
		if !ok {
			return nil, kmsError("NotFoundException", "Alias arn:aws:kms:"+region+":"+a.id+":"+name+" is not found.")
		}
		name = id
	}
	for _, k := range a.kms().Keys {
		if k.Region == region && k.ID == name {
			return k, nil
		}
	}
	return nil, kmsError("NotFoundException", "Key 'arn:aws:kms:"+region+":"+a.id+":key/"+name+"' does not exist")
}

// aliasesOf returns the aliases of a key; call it under the account's lock.
func (a *Account) aliasesOf(k *kmsKey) []string {
	all := []string{}
	for name, id := range a.kms().Aliases {
		if region, alias, _ := strings.Cut(name, " "); region == k.Region && id == k.ID {
			all = append(all, alias)
		}
	}
	slices.Sort(all)
	return all
}

// keyKeys returns the condition keys of a request about a key.
func (a *Account) keyKeys(k *kmsKey) map[string][]string {
	tags, aliases := a.labelsAt(a.now(), k)
	keys := map[string][]string{"kms:ResourceAliases": aliases, "kms:CallerAccount": {a.id}, "aws:ResourceAccount": {a.id}}
	for name, value := range tags {
		keys["aws:ResourceTag/"+name] = []string{value}
	}
	return keys
}

// onKey authorises an action on the key that a request names, and returns a copy of the key.
func (c *call) onKey(action, name string, tags ...kmsTag) (kmsKey, error) {
	var key kmsKey
	var keys map[string][]string
	var failed error
	c.account.view(func() {
		k, err := c.account.keyNamed(c.region, name)
		if err != nil {
			failed = err
			return
		}
		key, keys = *k, c.account.keyKeys(k)
		maps.Copy(keys, requestTags(tags))
	})
	if failed != nil {
		// Only a caller with the permission learns that a key does not exist.
		if err := c.authorize("kms:"+action, "arn:aws:kms:"+c.region+":"+c.account.id+":key/"+name, nil); err != nil &&
			!strings.Contains(name, "alias/") {
			return key, err
		}
		c.authorized = true
		return key, failed
	}
	c.touch(key.arn(c.account.id), "AWS::KMS::Key")
	return key, c.authorize("kms:"+action, key.arn(c.account.id), keys)
}

// changeKey changes a key after its authorisation.
func (c *call) changeKey(key kmsKey, change func(*kmsKey) error) error {
	return c.account.update("kms", func() error {
		k, err := c.account.keyNamed(key.Region, key.ID)
		if err != nil {
			return err
		}
		return change(k)
	})
}

// keyName is the input of the operations that name a key only.
type keyName struct{ KeyId string }

// aKey reads the input of an operation that only names a key, and authorises it.
func (c *call) aKey(action string) (kmsKey, error) {
	var in keyName
	if err := c.inputNoted(&in); err != nil {
		return kmsKey{}, err
	}
	return c.onKey(action, in.KeyId)
}

type kmsTag struct{ TagKey, TagValue string }

// requestTags returns the condition keys of a request with tags.
func requestTags(tags []kmsTag) map[string][]string {
	keys := map[string][]string{}
	for _, t := range tags {
		keys["aws:RequestTag/"+t.TagKey] = []string{t.TagValue}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], t.TagKey)
	}
	return keys
}

func defaultKeyPolicy(account string) string {
	return `{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",` +
		`"Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"kms:*","Resource":"*"}]}`
}

// createKey:
// https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
func (c *call) createKey() error {
	var in struct {
		Policy, Description, KeySpec, KeyUsage, Origin string
		MultiRegion                                    bool
		Tags                                           []kmsTag
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	keys := requestTags(in.Tags)
	k := &kmsKey{
		ID: keyID(), Region: c.region, Created: c.now, Description: in.Description, State: kmsEnabled, MultiRegion: in.MultiRegion,
		Policy: orDefault(in.Policy, defaultKeyPolicy(c.account.id)), Tags: map[string]string{},
	}
	for _, t := range in.Tags {
		k.Tags[t.TagKey] = t.TagValue
	}
	if err := c.authorize("kms:CreateKey", "*", keys); err != nil {
		return err
	}
	if len(in.Tags) > 0 {
		// The key does not have a policy yet, so the caller's own policies decide.
		arn := k.arn(c.account.id)
		if !c.mayByIdentity("kms:TagResource", arn, keys) {
			return c.denied("kms:TagResource", arn, "because no identity-based policy allows the kms:TagResource action")
		}
	}
	if orDefault(in.KeySpec, "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT" || orDefault(in.KeyUsage, "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT" ||
		orDefault(in.Origin, "AWS_KMS") != "AWS_KMS" {
		return kmsError("UnsupportedOperationException", "The demo account makes symmetric encryption keys only.")
	}
	if err := c.checkKeyPolicy(k.Policy); err != nil {
		return err
	}
	if err := c.account.update("kms", func() error {
		c.account.hideKey(c.now, &kmsKey{ID: k.ID}, "CreateKey")
		c.account.kms().Keys = append(c.account.kms().Keys, k)
		return nil
	}); err != nil {
		return err
	}
	c.touch(k.arn(c.account.id), "AWS::KMS::Key")
	return c.json(http.StatusOK, map[string]any{"KeyMetadata": c.keyMetadata(*k)})
}

func keyID() string {
	b := randomBytes(16)
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// checkKeyPolicy refuses a policy that does not parse or that would lock the
// account out of its key.
func (c *call) checkKeyPolicy(text string) error {
	d, err := policy.Parse([]byte(text))
	if err != nil {
		return kmsError("MalformedPolicyDocumentException", err.Error())
	}
	if allowsNotPrincipal(d) {
		return kmsError("MalformedPolicyDocumentException", "Allow with NotPrincipal is not allowed.")
	}
	mine := policy.CanEver(c.caller.Caller, "kms:PutKeyPolicy", "arn:aws:kms:"+c.region+":"+c.account.id+
		":key/*", c.account.id, policy.Policies{Resource: &d, Identity: []policy.Document{{
		Version: "2012-10-17", Statements: []policy.Statement{{Allow: true, Actions: []string{"*"}, Resources: []string{"*"}, HasResource: true}},
	}}})
	if !mine.Yes {
		return kmsError("MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.")
	}
	return nil
}

// metadataOnWire is a key as DescribeKey shows it.
type metadataOnWire struct {
	AWSAccountId, KeyId, Arn        string
	CreationDate                    epoch
	Enabled                         bool
	Description, KeyUsage, KeyState string
	DeletionDate                    *epoch `json:",omitempty"`
	Origin, KeyManager              string
	KeySpec, CustomerMasterKeySpec  string
	EncryptionAlgorithms            []string
	MultiRegion                     bool
}

func (c *call) keyMetadata(k kmsKey) metadataOnWire {
	m := metadataOnWire{
		AWSAccountId: c.account.id, KeyId: k.ID, Arn: k.arn(c.account.id), CreationDate: epoch{k.Created}, Enabled: k.State == kmsEnabled,
		Description: k.Description, KeyUsage: "ENCRYPT_DECRYPT", KeyState: k.State, Origin: "AWS_KMS", KeyManager: "CUSTOMER",
		KeySpec: "SYMMETRIC_DEFAULT", CustomerMasterKeySpec: "SYMMETRIC_DEFAULT", EncryptionAlgorithms: []string{"SYMMETRIC_DEFAULT"},
		MultiRegion: k.MultiRegion,
	}
	if k.State == kmsPending {
		m.DeletionDate = &epoch{k.Deletion}
	}
	return m
}

func (c *call) describeKey() error {
	k, err := c.aKey("DescribeKey")
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{"KeyMetadata": c.keyMetadata(k)})
}

func (c *call) listKeys() error {
	if err := c.authorize("kms:ListKeys", "*", nil); err != nil {
		return err
	}
	type one struct{ KeyId, KeyArn string }
	all := []one{}
	c.account.view(func() {
		for _, k := range c.account.kms().Keys {
			if k.Region == c.region {
				all = append(all, one{k.ID, k.arn(c.account.id)})
			}
		}
	})
	return c.json(http.StatusOK, map[string]any{"Keys": all, "Truncated": false})
}

func (c *call) invalidState(k kmsKey) error {
	return kmsError("KMSInvalidStateException", k.arn(c.account.id)+" is pending deletion.")
}

// switchKey enables or disables a key, or cancels its deletion. After that a key is disabled
// (KMS API reference, CancelKeyDeletion).
func (c *call) switchKey(action, to string) error {
	k, err := c.aKey(action)
	if err != nil {
		return err
	}
	if (k.State == kmsPending) != (action == "CancelKeyDeletion") {
		if action == "CancelKeyDeletion" {
			return kmsError("KMSInvalidStateException", k.arn(c.account.id)+" is not pending deletion.")
		}
		return c.invalidState(k)
	}
	if err := c.changeKey(k, func(k *kmsKey) error { k.State, k.Deletion = to, time.Time{}; return nil }); err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{"KeyId": k.arn(c.account.id)})
}

func (c *call) scheduleKeyDeletion() error {
	var in struct {
		KeyId               string
		PendingWindowInDays int
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	k, err := c.onKey("ScheduleKeyDeletion", in.KeyId)
	if err != nil {
		return err
	}
	if in.PendingWindowInDays == 0 {
		in.PendingWindowInDays = 30
	}
	if in.PendingWindowInDays < 7 || in.PendingWindowInDays > 30 {
		return kmsError("ValidationException", "PendingWindowInDays must be between 7 and 30")
	}
	if k.State == kmsPending {
		return c.invalidState(k)
	}
	at := c.now.AddDate(0, 0, in.PendingWindowInDays)
	if err := c.changeKey(k, func(k *kmsKey) error { k.State, k.Deletion = kmsPending, at; return nil }); err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{
		"KeyId": k.arn(c.account.id), "DeletionDate": epoch{at}, "KeyState": kmsPending, "PendingWindowInDays": in.PendingWindowInDays,
	})
}
