package sandbox

import (
	"net/http"
	"strings"

	"claria/aws/policy"
)

// How other services use a key: S3 on behalf of the caller, CloudTrail as itself.

// usableKey is the ARN of an enabled key.
func (a *Account) usableKey(region, name string) (arn string, err error) {
	a.view(func() {
		var k *kmsKey
		if k, err = a.keyNamed(region, name); err != nil {
			return
		}
		switch arn = k.arn(a.id); k.State {
		case kmsEnabled:
		case kmsDisabled:
			err = kmsError("DisabledException", arn+" is disabled.")
		default:
			err = kmsError("KMSInvalidStateException", arn+" is pending deletion.")
		}
	})
	return arn, err
}

// mayEncrypt checks whether a service may encrypt with a key as itself.
func (a *Account) mayEncrypt(arn, principal, source string, context map[string]string) error {
	keys := map[string][]string{}
	for name, value := range context {
		keys["kms:EncryptionContext:"+name] = []string{value}
	}
	return a.authorizeService("kms", principal, "kms:GenerateDataKey", arn, source, keys)
}

// useKey checks whether the caller may use the key of an object through S3, and returns the
// key's ARN. Anyone who may use S3 may use the AWS managed key for S3 (KMS developer guide,
// "AWS managed keys").
func (c *call) useKey(action, bucketName, key string, e sse) (string, error) {
	if e.Algorithm == "" || e.Algorithm == "AES256" || strings.HasSuffix(e.Key, ":key/00000000-5333-4000-8000-"+c.account.id) {
		return e.Key, nil
	}
	arn, err := c.account.usableKey(c.region, e.Key)
	if err != nil {
		// S3 reports KMS's refusals under its own names.
		return "", fail(http.StatusBadRequest, "KMS."+errorCode(err), strings.TrimPrefix(err.Error(), errorCode(err)+": "))
	}
	context := objectARN(bucketName, key)
	if e.BucketKey {
		context = bucketARN(bucketName)
	}
	var keys map[string][]string
	c.account.view(func() {
		k, err := c.account.keyNamed(c.region, arn)
		if err == nil {
			keys = c.account.keyKeys(k)
		}
	})
	if keys == nil { // deleted in the meantime
		return "", fail(http.StatusBadRequest, "KMS.NotFoundException", "Key '"+arn+"' does not exist")
	}
	keys["kms:ViaService"] = []string{"s3." + c.region + ".amazonaws.com"}
	keys["kms:EncryptionContext:aws:s3:arn"] = []string{context}
	keys["kms:EncryptionContextKeys"] = []string{"aws:s3:arn"}
	return arn, c.authorize(action, arn, keys)
}

// mayByIdentity evaluates only the caller's own policies, for a resource without a policy.
func (c *call) mayByIdentity(action, resource string, keys map[string][]string) bool {
	var parts callerPolicies
	c.account.view(func() { parts = c.account.policiesFor(c.caller, c.now) })
	document, err := c.account.policies.Parse(defaultKeyPolicy(c.account.id))
	if err != nil {
		return false
	}
	parts.Resource = &document
	return policy.Evaluate(policy.Request{
		Caller: c.caller.Caller, Action: action, Resource: resource, Owner: c.account.id, Keys: c.keys(keys),
	}, parts.Policies).Allowed
}
