package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Evaluate decides as AWS documents it (IAM user guide, "Policy evaluation
// logic").
//
// An explicit Deny in any policy wins. Then, within one account, the identity's policies
// or the resource's policy must allow the request. A grant of the resource's policy to
// everyone, to the user or to the session itself is enough. A grant to a role is still
// limited by the permissions boundary and the session policies. A grant to the account
// is a delegation: the identity's policies must allow too. Across accounts both sides
// must allow. A role's trust policy and a KMS key's policy must allow even within one
// account.
//
// The account's root user is allowed without an identity policy, but not against a
// Deny. Exception: a bucket owner's root user can always read, replace and delete the
// bucket's policy. A service or an anonymous caller has only what the resource's policy
// grants.
func Evaluate(r Request, policies Policies) Decision {
	e := newRequest(r)
	e.bounded = policies.Boundary != nil
	if by, denied := e.denied(policies); denied {
		return Decision{Explicit: true, By: by}
	}
	granted, byResource := e.granted(policies.Resource)
	allowed := func(by string) Decision { return Decision{Allowed: true, By: by} }

	if e.root == "" && e.user == "" && e.role == "" && e.session == "" { // a service, or anonymous
		if granted == none {
			return Decision{}
		}
		return allowed(byResource)
	}

	byIdentity, identity := e.first(policies.Identity, "identity policy", true)
	boundary := policies.Boundary == nil
	if !boundary {
		_, boundary = e.first([]Document{*policies.Boundary}, "permissions boundary", true)
	}
	session := len(policies.Session) == 0
	if !session {
		_, session = e.first(policies.Session, "session policy", true)
	}
	within := boundary && session
	if e.root != "" {
		byIdentity, identity, within = "root user", true, true
	}

	if r.Owner != "" && r.Owner != e.account {
		if granted != none && identity && within {
			return allowed(byResource)
		}
		return Decision{}
	}
	if granted == none && policies.Resource != nil && resourceDecides(r.Action) {
		return Decision{}
	}
	switch {
	case granted == direct, granted == toRole && within:
		return allowed(byResource)
	case identity && within:
		return allowed(byIdentity)
	}
	return Decision{}
}

// resourceDecides reports whether the resource's policy must allow the action
// even in its own account: role trust policies and KMS key policies.
func resourceDecides(action string) bool {
	a := strings.ToLower(action)
	return strings.HasPrefix(a, "sts:assumerole") || strings.HasPrefix(a, "kms:")
}

// request is a Request prepared for evaluation: the caller's ARNs, and keys in lower case.
type request struct {
	Request
	account, root, user, role, session string // ARNs, except account; empty when the caller is of another kind
	federated                          bool   // session is a federated user's
	bounded                            bool   // the caller has a permissions boundary
	keys                               map[string][]string
	action                             string // in lower case
}

func newRequest(r Request) *request {
	e := &request{Request: r, account: r.Caller.Account, action: strings.ToLower(r.Action)}
	if parts := strings.SplitN(r.Caller.ARN, ":", 6); len(parts) == 6 {
		if e.account == "" {
			e.account = parts[4]
		}
		kind, name, _ := strings.Cut(parts[5], "/")
		switch kind {
		case "root":
			e.root = r.Caller.ARN
		case "user":
			e.user = r.Caller.ARN
		case "role":
			e.role = r.Caller.ARN
		case "assumed-role":
			e.session = r.Caller.ARN
			role, _, _ := strings.Cut(name, "/")
			e.role = "arn:" + parts[1] + ":iam::" + parts[4] + ":role/" + role
		case "federated-user":
			e.session, e.federated = r.Caller.ARN, true
		default:
			e.user = r.Caller.ARN
		}
	}
	e.keys = make(map[string][]string, len(r.Keys)+8)
	for k, v := range e.callerKeys() {
		e.keys[strings.ToLower(k)] = []string{v}
	}
	for k, v := range r.Keys {
		e.keys[strings.ToLower(k)] = v
	}
	return e
}

// callerKeys are the keys that follow from who calls and who owns the resource
// (IAM user guide, "AWS global condition context keys").
func (e *request) callerKeys() map[string]string {
	c := e.Caller
	keys := map[string]string{}
	if e.Owner != "" {
		keys["aws:ResourceAccount"] = e.Owner
	}
	switch {
	case c.Service != "":
		keys["aws:PrincipalIsAWSService"] = "true"
		keys["aws:PrincipalServiceName"] = c.Service
		return keys
	case c.ARN == "":
		keys["aws:PrincipalType"] = "Anonymous"
		keys["aws:userid"] = "anonymous"
		return keys
	}
	if e.Owner == "" && e.account != "" {
		keys["aws:ResourceAccount"] = e.account
	}
	keys["aws:PrincipalIsAWSService"] = "false"
	keys["aws:PrincipalArn"] = c.ARN
	keys["aws:PrincipalAccount"] = e.account
	if c.UserID != "" {
		keys["aws:userid"] = c.UserID
	}
	switch {
	case e.root != "":
		keys["aws:PrincipalType"] = "Account"
	case e.federated:
		keys["aws:PrincipalType"] = "FederatedUser"
	case e.role != "":
		keys["aws:PrincipalType"] = "AssumedRole"
		keys["aws:PrincipalArn"] = e.role
	default:
		keys["aws:PrincipalType"] = "User"
		keys["aws:username"] = c.ARN[strings.LastIndex(c.ARN, "/")+1:]
	}
	for k, v := range c.Tags {
		keys["aws:PrincipalTag/"+k] = v
	}
	return keys
}

// denied looks for a Deny that applies, in every policy.
func (e *request) denied(p Policies) (by string, denied bool) {
	var boundary []Document
	if p.Boundary != nil {
		boundary = []Document{*p.Boundary}
	}
	for _, group := range []struct {
		name      string
		documents []Document
	}{{"identity policy", p.Identity}, {"permissions boundary", boundary}, {"session policy", p.Session}} {
		if by, found := e.first(group.documents, group.name, false); found {
			return by, true
		}
	}
	if p.Resource == nil || e.root != "" && rootAlways[e.action] && (e.Owner == "" || e.Owner == e.account) {
		return "", false
	}
	for i, s := range p.Resource.Statements {
		if !s.Allow && e.names(s) != none && e.applies(*p.Resource, s) {
			return label(e.resourcePolicy(), s, i), true
		}
	}
	return "", false
}

// rootAlways are the actions that a bucket owner's root user can always perform,
// regardless of the bucket's policy (S3 API reference, PutBucketPolicy).
var rootAlways = map[string]bool{"s3:getbucketpolicy": true, "s3:putbucketpolicy": true, "s3:deletebucketpolicy": true}

// first finds an applicable statement of the wanted effect in policies that are
// attached to the caller and so name no principal.
func (e *request) first(documents []Document, name string, allow bool) (by string, found bool) {
	for _, d := range documents {
		for i, s := range d.Statements {
			if s.Allow == allow && e.applies(d, s) {
				return label(name, s, i), true
			}
		}
	}
	return "", false
}

// grant is how closely a statement of a resource's policy names the caller.
type grant uint8

const (
	none      grant = iota
	toAccount       // the caller's account: a delegation
	toRole          // the role whose session calls
	direct          // everyone, the user, the session, the service
)

// granted finds the closest Allow of the resource's policy.
func (e *request) granted(d *Document) (best grant, by string) {
	if d == nil {
		return none, ""
	}
	for i, s := range d.Statements {
		if !s.Allow {
			continue
		}
		if g := e.names(s); g > best && e.applies(*d, s) {
			best, by = g, label(e.resourcePolicy(), s, i)
		}
	}
	return best, by
}

// names reports how a statement of a resource's policy names the caller.
func (e *request) names(s Statement) grant {
	if !s.HasPrincipal {
		return none
	}
	if s.NotPrincipal {
		return e.excepted(s)
	}
	best := none
	for _, p := range s.Principals {
		best = max(best, e.is(p))
	}
	return best
}

// excepted is names for NotPrincipal. A Deny spares a caller only when all its ARNs
// (account and user; account, role and session) are listed, and never a caller with a
// permissions boundary (IAM user guide, "NotPrincipal" and "Permissions boundaries").
// An Allow reaches a caller only when none of its ARNs is listed.
func (e *request) excepted(s Statement) grant {
	var everyone, account, role, self bool
	for _, p := range s.Principals {
		everyone = everyone || p.Value == "*"
		switch e.is(p) {
		case toAccount:
			account = true
		case toRole:
			role = true
		case direct:
			self = true
		}
	}
	var spared bool
	switch {
	case s.Allow:
		spared = everyone || account || role || self
	case e.bounded:
	case everyone:
		spared = true
	case e.Caller.ARN == "", e.root != "": // a service or an anonymous caller has no account to list; root is its account
		spared = self
	case e.role != "" && e.session != "":
		spared = account && role && self
	case e.role != "":
		spared = account && role
	default:
		spared = account && self
	}
	if spared {
		return none
	}
	return direct
}

// is reports whether, and how closely, the principal is the caller.
func (e *request) is(p Principal) grant {
	switch p.Type {
	case "*":
		return direct
	case "Service":
		if e.Caller.Service != "" && (p.Value == e.Caller.Service || p.Value == "*") {
			return direct
		}
	case "AWS":
		switch {
		case p.Value == "*":
			return direct
		case e.Caller.ARN == "":
		case p.Value == "":
		case p.Value == e.user, p.Value == e.session:
			return direct
		case accountOf(p.Value) == e.account && e.account != "":
			if e.root != "" {
				return direct
			}
			return toAccount
		case e.role != "" && sameRole(p.Value, e.role):
			return toRole
		case e.Caller.UserID != "" && p.Value == e.Caller.UserID: // AIDA…: what AWS keeps of a deleted user
			return direct
		case e.role != "" && e.Caller.UserID != "" && p.Value == before(e.Caller.UserID, ":"): // AROA…
			return toRole
		}
	}
	return none
}

// accountOf returns the account that a principal of type AWS names, when it names one:
// "123456789012" or its root ARN, which mean the same.
func accountOf(principal string) string {
	if len(principal) == 12 && strings.Trim(principal, "0123456789") == "" {
		return principal
	}
	parts := strings.SplitN(principal, ":", 6)
	if len(parts) == 6 && parts[2] == "iam" && parts[5] == "root" {
		return parts[4]
	}
	return ""
}

// sameRole compares two role ARNs by account and name: a session's ARN does not contain
// its role's path, and a name is unique in an account.
func sameRole(a, b string) bool {
	x, y := strings.SplitN(a, ":", 6), strings.SplitN(b, ":", 6)
	return len(x) == 6 && len(y) == 6 && x[2] == "iam" && x[4] == y[4] &&
		strings.HasPrefix(x[5], "role/") && strings.HasPrefix(y[5], "role/") &&
		x[5][strings.LastIndex(x[5], "/"):] == y[5][strings.LastIndex(y[5], "/"):]
}

func before(s, separator string) string {
	s, _, _ = strings.Cut(s, separator)
	return s
}

// applies reports whether a statement is about the request's action and resource, and
// all its conditions hold.
func (e *request) applies(d Document, s Statement) bool {
	if slices.ContainsFunc(s.Actions, e.isAction) == s.NotAction {
		return false
	}
	if s.HasResource && slices.ContainsFunc(s.Resources, func(r string) bool { return e.isResource(d.Version, r) }) == s.NotResource {
		return false
	}
	return !slices.ContainsFunc(s.Conditions, func(c Condition) bool { return !e.holds(d.Version, c) })
}

func (e *request) isAction(action string) bool {
	if !strings.ContainsAny(action, "*?") { // most statements have one; a scan calls this thousands of times
		return strings.EqualFold(action, e.action)
	}
	return glob(strings.ToLower(action)).match(e.action)
}

func (e *request) isResource(version, resource string) bool {
	if resource == "*" {
		return true
	}
	p, ok := e.expand(version, resource, true)
	return ok && p.inSegments().match(e.Resource)
}

// resourcePolicy is the usual name of the policy of the request's resource.
func (e *request) resourcePolicy() string {
	switch before(e.action, ":") {
	case "s3":
		return "bucket policy"
	case "sts":
		return "trust policy"
	case "kms":
		return "key policy"
	}
	return "resource policy"
}

// label names a statement: by its Sid, or by its position, counted from 1.
func label(kind string, s Statement, i int) string {
	return kind + ": " + s.name(i)
}

func (s Statement) name(i int) string {
	if s.SID != "" {
		return s.SID
	}
	return fmt.Sprintf("statement %d", i+1)
}
