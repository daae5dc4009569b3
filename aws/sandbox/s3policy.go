package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"claria/aws/policy"
)

// maxPolicy is the maximum size of a bucket policy: 20 KB.
const maxPolicy = 20 << 10

func parsePolicy(text string) (*policy.Document, error) {
	if text == "" {
		return nil, nil
	}
	d, err := policy.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	return &d, nil
}

func malformedPolicy(message, detail string) error {
	e := &apiError{status: http.StatusBadRequest, code: "MalformedPolicy", message: message}
	if detail != "" {
		e.extra = map[string]string{"Detail": detail}
	}
	return e
}

func policySetting() setting {
	s := setting{
		query: "policy", root: "Policy", status: http.StatusNoContent,
		names:  [3]string{"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"},
		action: [3]string{"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"},
		absent: absent("NoSuchBucketPolicy", "The bucket policy does not exist"),
	}
	// The answer is the policy itself, as JSON.
	s.read = func(b *bucket) any {
		if b.Settings.Policy == "" {
			return nil
		}
		return jsonDocument(b.Settings.Policy)
	}
	s.put = putPolicy
	s.drop = func(_ *call, b *bucket) error { b.Settings.Policy, b.policy = "", nil; return nil }
	return s
}

// jsonDocument is a setting that S3 answers as JSON.
type jsonDocument string

func putPolicy(c *call, raw []byte) error {
	if len(raw) == 0 || raw[0] != '{' {
		return malformedPolicy("Policies must be valid JSON and the first byte must be '{'", "")
	}
	if !json.Valid(raw) {
		return malformedPolicy("This policy contains invalid Json", "")
	}
	if len(raw) > maxPolicy {
		return fail(http.StatusBadRequest, "PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
	}
	d, err := policy.Parse(raw)
	if err != nil {
		return malformedPolicy(err.Error(), "")
	}
	name := c.params["Bucket"]
	var principals func(string) bool
	c.account.view(func() { principals = c.account.knownPrincipals() })
	for _, s := range d.Statements {
		if err := checkStatement(s, name, principals); err != nil {
			return err
		}
	}
	public := isPublic(d)
	return c.changeBucket(func(b *bucket) error {
		if public && c.account.blockOf(b).BlockPublicPolicy {
			return failf(http.StatusForbidden,
				"AccessDenied",
				"User: %s is not authorized to perform: s3:PutBucketPolicy on resource: %q because public policies are prevented by the "+
					"BlockPublicPolicy setting in S3 Block Public Access.", c.caller.ARN, bucketARN(name))
		}
		b.Settings.Policy, b.policy = string(raw), &d
		return nil
	})
}

// checkStatement checks what S3 requires of a statement beyond the policy language:
// principals that exist, actions of S3, resources in the bucket, and actions that apply to
// the resources.
func checkStatement(s policy.Statement, bucket string, known func(string) bool) error {
	if !s.HasPrincipal {
		return malformedPolicy("Missing required field Principal", "")
	}
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
	if s.Allow && s.NotPrincipal {
		return malformedPolicy("Allow with NotPrincipal is not allowed.", "")
	}
	for _, p := range s.Principals {
		if p.Type == "AWS" && p.Value != "*" && !known(p.Value) {
			return malformedPolicy("Invalid principal in policy", `"AWS" : "`+p.Value+`"`)
		}
	}
	for _, a := range s.Actions {
		if a != "*" && !strings.HasPrefix(strings.ToLower(a), "s3:") {
			return malformedPolicy("Policy has invalid action", a)
		}
	}
	onBucket, onObjects := s.NotResource, s.NotResource
	for _, r := range s.Resources {
		rest, ok := strings.CutPrefix(r, "arn:aws:s3:::")
		if r == "*" {
			rest, ok = "*", false // S3 requires the bucket's name
		}
		if !ok || rest != bucket && !strings.HasPrefix(rest, bucket+"/") && !wildcardFor(rest, bucket) {
			return malformedPolicy("Policy has invalid resource", r)
		}
		onBucket = onBucket || !strings.Contains(rest, "/")
		onObjects = onObjects || strings.ContainsAny(rest, "/*")
	}
	for _, cond := range s.Conditions {
		prefix, _, _ := strings.Cut(strings.ToLower(cond.Key), ":")
		if prefix != "aws" && prefix != "s3" && prefix != "kms" {
			return malformedPolicy("Policy has an invalid condition key", cond.Key)
		}
	}
	if s.NotAction {
		return nil
	}
	for _, a := range s.Actions {
		if !applies(a, onBucket, onObjects) {
			return malformedPolicy("Action does not apply to any resource(s) in statement", a)
		}
	}
	return nil
}

// allowsNotPrincipal reports whether a resource's policy allows everyone but the listed,
// which AWS supports for no resource.
func allowsNotPrincipal(d policy.Document) bool {
	return slices.ContainsFunc(d.Statements, func(s policy.Statement) bool { return s.Allow && s.NotPrincipal })
}

// wildcardFor reports whether a resource with wildcards matches the bucket.
func wildcardFor(pattern, bucket string) bool {
	return strings.ContainsAny(pattern, "*?") && (match(pattern, bucket) || match(pattern, bucket+"/x"))
}

// match is IAM's wildcard match: * for any run, ? for one character.
func match(pattern, s string) bool {
	for pattern != "" {
		switch pattern[0] {
		case '*':
			for i := len(s); i >= 0; i-- {
				if match(pattern[1:], s[i:]) {
					return true
				}
			}
			return false
		case '?':
			if s == "" {
				return false
			}
		default:
			if s == "" || s[0] != pattern[0] {
				return false
			}
		}
		pattern, s = pattern[1:], s[1:]
	}
	return s == ""
}

// objectActions are the actions on objects, from the Service Authorization Reference for
// Amazon S3. All other actions are on buckets.
func objectActions() []string {
	return []string{
		"abortmultipartupload", "bypassgovernanceretention", "deleteobject", "deleteobjecttagging", "deleteobjectversion",
		"deleteobjectversiontagging", "getobject", "getobjectacl", "getobjectattributes", "getobjectlegalhold", "getobjectretention",
		"getobjecttagging", "getobjecttorrent", "getobjectversion", "getobjectversionacl", "getobjectversionattributes",
		"getobjectversionforreplication", "getobjectversiontagging", "getobjectversiontorrent", "initiatereplication",
		"listmultipartuploadparts", "objectowneroverridetobucketowner", "putobject", "putobjectacl", "putobjectlegalhold",
		"putobjectretention", "putobjecttagging", "putobjectversionacl", "putobjectversiontagging", "replicatedelete",
		"replicateobject", "replicatetags", "restoreobject", "updateobjectencryption",
	}
}

// applies reports whether an action, which may have wildcards, applies to one of the
// resources.
func applies(action string, onBucket, onObjects bool) bool {
	pattern := strings.TrimPrefix(strings.ToLower(action), "s3:")
	objects := objectActions()
	forObjects := slices.ContainsFunc(objects, func(name string) bool { return match(pattern, name) })
	if strings.ContainsAny(pattern, "*?") {
		// A pattern without any object action can only mean bucket actions.
		return forObjects && onObjects || onBucket
	}
	if forObjects {
		return onObjects
	}
	return onBucket
}

func serveGetBucketPolicyStatus(c *call) error {
	if err := c.s3authorize("s3:GetBucketPolicyStatus"); err != nil {
		return err
	}
	var d *policy.Document
	if err := c.readBucket(func(b *bucket) error { d = b.policy; return nil }); err != nil {
		return err
	}
	if d == nil {
		return withBucket(absent("NoSuchBucketPolicy", "The bucket policy does not exist"), c.params["Bucket"])
	}
	return c.document("PolicyStatus", struct{ IsPublic bool }{isPublic(*d)})
}

// knownPrincipals returns a test for the IAM principals that a policy may name: any account,
// and existing users and roles of this one. Call it, and use the result, under view.
func (a *Account) knownPrincipals() func(string) bool {
	known := map[string]bool{}
	for _, u := range a.iam().Users {
		known["arn:aws:iam::"+a.id+":user"+u.Path+u.Name] = true
	}
	for _, r := range a.iam().Roles {
		known["arn:aws:iam::"+a.id+":role"+r.Path+r.Name] = true
	}
	return func(principal string) bool {
		if len(principal) == 12 && strings.Trim(principal, "0123456789") == "" {
			return true
		}
		parts := strings.SplitN(principal, ":", 6)
		if len(parts) != 6 || parts[0] != "arn" || len(parts[4]) != 12 {
			return false
		}
		if parts[5] == "root" || parts[2] == "sts" {
			return true
		}
		// Identities of other accounts cannot be looked up here.
		return parts[4] != a.id || known[principal]
	}
}

// allUsers and authenticatedUsers are the groups that make an ACL public.
const (
	allUsers           = "http://acs.amazonaws.com/groups/global/AllUsers"
	authenticatedUsers = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
	logDelivery        = "http://acs.amazonaws.com/groups/s3/LogDelivery"
)

// ownACL is an ACL that grants the owner everything and others nothing.
func (a *Account) ownACL(more ...grant) *accessControlPolicy {
	who := a.owner()
	out := &accessControlPolicy{Owner: who}
	out.AccessControlList.Grant = append([]grant{{Grantee: grantee{XSI: "CanonicalUser", ID: who.ID}, Permission: "FULL_CONTROL"}}, more...)
	return out
}

// cannedACLs are the ACLs that x-amz-acl names, beyond the owner's own grant.
func cannedACLs() map[string][]grant {
	group := func(uri, permission string) grant {
		return grant{Grantee: grantee{XSI: "Group", URI: uri}, Permission: permission}
	}
	return map[string][]grant{
		"private": nil, "bucket-owner-full-control": nil, "bucket-owner-read": nil, "aws-exec-read": nil,
		"public-read":        {group(allUsers, "READ")},
		"public-read-write":  {group(allUsers, "READ"), group(allUsers, "WRITE")},
		"authenticated-read": {group(authenticatedUsers, "READ")},
		"log-delivery-write": {group(logDelivery, "WRITE"), group(logDelivery, "READ_ACP")},
	}
}

func (p *accessControlPolicy) public() bool {
	return slices.ContainsFunc(p.AccessControlList.Grant, func(g grant) bool {
		return g.Grantee.URI == allUsers || g.Grantee.URI == authenticatedUsers
	})
}

// foreign reports whether an ACL grants anything to anyone but the owner.
func (p *accessControlPolicy) foreign() bool {
	return slices.ContainsFunc(p.AccessControlList.Grant, func(g grant) bool { return p.Owner == nil || g.Grantee.ID != p.Owner.ID })
}

// ownership says who owns a bucket's objects. Without ownership controls, as before April
// 2023, it is their writer.
func (b *bucket) ownership() string {
	if b.Settings.Ownership == nil {
		return "ObjectWriter"
	}
	return b.Settings.Ownership.Rule[0].ObjectOwnership
}

func noACLs() error {
	return fail(http.StatusBadRequest, "AccessControlListNotSupported", "The bucket does not allow ACLs")
}

// aclSetting stores a bucket's ACL. The sandbox shows it, but it grants no access: only
// policies do.
func aclSetting() setting {
	s := setting{
		query: "acl", root: "AccessControlPolicy",
		names:  [3]string{"GetBucketAcl", "PutBucketAcl", ""},
		action: [3]string{"GetBucketAcl", "PutBucketAcl", ""},
	}
	s.read = func(b *bucket) any { return *b.Settings.ACL }
	s.put = func(c *call, raw []byte) error {
		next, err := c.askedACL(raw)
		if err != nil {
			return err
		}
		return c.changeBucket(func(b *bucket) error {
			if b.ownership() == ownerEnforced {
				return noACLs()
			}
			if next.public() && c.account.blockOf(b).BlockPublicAcls {
				return failf(http.StatusForbidden,
					"AccessDenied",
					"User: %s is not authorized to perform: s3:PutBucketAcl on resource: %q because public ACLs are prevented by the BlockPublicAcls "+
						"setting in S3 Block Public Access.", c.caller.ARN, bucketARN(b.Name))
			}
			b.Settings.ACL = next
			return nil
		})
	}
	return s
}

// askedACL returns the ACL in a request's header or document.
func (c *call) askedACL(raw []byte) (*accessControlPolicy, error) {
	if name := c.request.Header.Get("X-Amz-Acl"); name != "" {
		grants, ok := cannedACLs()[name]
		if !ok {
			return nil, invalidArgument("The canned ACL is not one that S3 knows", "x-amz-acl", name)
		}
		return c.account.ownACL(grants...), nil
	}
	for name := range c.request.Header {
		if strings.HasPrefix(name, "X-Amz-Grant-") {
			return nil, fail(http.StatusNotImplemented, "NotImplemented",
				"The demo account takes canned ACLs and ACL documents, not grant headers")
		}
	}
	out := &accessControlPolicy{}
	if err := readXML(raw, "AccessControlPolicy", out); err != nil {
		return nil, err
	}
	return out, nil
}
