package sandbox

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"claria/aws/policy"
)

// authorize checks whether the caller may do action ("s3:GetObject") on the resource (an
// ARN, or "*"), with additional condition keys of the service. It collects the caller's
// identity policies, boundary and session policies and the resource's own policy, and
// fails with the service's AccessDenied. Do not call it under the account's lock.
func (c *call) authorize(action, resource string, keys map[string][]string) error {
	if c.action == "" {
		c.action, c.resource = action, resource
	}
	if err := c.strike(action); err != nil {
		return err
	}
	var decision policy.Decision
	var parts callerPolicies
	c.account.view(func() {
		parts = c.account.policiesFor(c.caller, c.now)
		parts.Resource = c.account.resourcePolicy(c.service, resource)
	})
	request := policy.Request{Caller: c.caller.Caller, Action: action, Resource: resource, Owner: c.account.id, Keys: c.keys(keys)}
	decision = policy.Evaluate(request, parts.Policies)
	if decided := c.account.options.Decided; decided != nil {
		decided(request, parts.Policies, decision)
	}
	if !decision.Allowed {
		return c.denied(action, resource, reasonFor(decision, request, parts))
	}
	c.authorized = true
	return nil
}

// allow marks the call as authorised without a check: for the few operations that AWS
// allows every authenticated caller, such as sts:GetCallerIdentity.
func (c *call) allow(action, resource string) error {
	if c.action == "" {
		c.action, c.resource = action, resource
	}
	if err := c.strike(action); err != nil {
		return err
	}
	c.authorized = true
	return nil
}

// may checks like authorize, but does not fail the call or record the action. Use it for
// answers that depend on a second permission (a missing object is NoSuchKey only to a
// caller who may list).
func (c *call) may(action, resource string, keys map[string][]string) bool {
	var parts callerPolicies
	c.account.view(func() {
		parts = c.account.policiesFor(c.caller, c.now)
		parts.Resource = c.account.resourcePolicy(c.service, resource)
	})
	return policy.Evaluate(policy.Request{
		Caller: c.caller.Caller, Action: action, Resource: resource, Owner: c.account.id, Keys: c.keys(keys),
	}, parts.Policies).Allowed
}

// authorizeService checks whether an AWS service ("cloudtrail.amazonaws.com") may do
// action on a resource as itself; only the resource's policy can allow it. source is the
// ARN of what it works for (aws:SourceArn). owner is the name of the service that owns
// the resource: "s3".
func (a *Account) authorizeService(owner, principal, action, resource, source string, keys map[string][]string) error {
	now := a.now()
	all := map[string][]string{
		"aws:SecureTransport": {"true"}, "aws:CurrentTime": {now.Format(time.RFC3339)}, "aws:EpochTime": {strconv.FormatInt(now.Unix(), 10)},
		"aws:SourceAccount": {a.id}, "aws:PrincipalIsAWSService": {"true"}, "aws:PrincipalServiceName": {principal},
		"aws:ViaAWSService": {"false"}, "s3:TlsVersion": {"1.3"}, "aws:RequestedRegion": {a.options.Region},
		"aws:UserAgent": {principal},
	}
	if source != "" {
		all["aws:SourceArn"] = []string{source}
	}
	for name, values := range keys {
		all[name] = values
	}
	var document *policy.Document
	a.view(func() { document = a.resourcePolicy(a.named(owner), resource) })
	decision := policy.Evaluate(policy.Request{
		Caller: policy.Caller{Service: principal}, Action: action, Resource: resource, Owner: a.id, Keys: all,
	}, policy.Policies{Resource: document})
	if decision.Allowed {
		return nil
	}
	return failf(http.StatusForbidden, "AccessDenied", "%s is not authorized to perform: %s on resource: %q", principal, action, resource)
}

// callerPolicies are a caller's policies, and whether a boundary or a session policy can
// be the reason for a refusal.
type callerPolicies struct {
	policy.Policies
}

func (a *Account) resourcePolicy(s *service, resource string) *policy.Document {
	if strings.HasPrefix(resource, "arn:aws:s3:::") {
		s = a.named("s3") // also when another service works on the object
	}
	if strings.HasPrefix(resource, "arn:aws:kms:") {
		s = a.named("kms") // also when another service uses the key
	}
	if s == nil || s.resourcePolicy == nil {
		return nil
	}
	return s.resourcePolicy(a, resource)
}

// keys returns the condition keys of every request and those of the service.
func (c *call) keys(own map[string][]string) map[string][]string {
	out := map[string][]string{
		"aws:SecureTransport":       {strconv.FormatBool(c.secure)},
		"aws:SourceIp":              {sourceIP(c.request)},
		"aws:CurrentTime":           {c.now.Format(time.RFC3339)},
		"aws:EpochTime":             {strconv.FormatInt(c.now.Unix(), 10)},
		"aws:UserAgent":             {c.request.UserAgent()},
		"aws:RequestedRegion":       {c.region},
		"aws:ViaAWSService":         {"false"},
		"aws:PrincipalIsAWSService": {"false"},
	}
	if referer := c.request.Referer(); referer != "" {
		out["aws:Referer"] = []string{referer}
	}
	if c.secure {
		out["s3:TlsVersion"] = []string{tlsVersion(c.request.TLS)}
	}
	if c.caller.anonymous {
		out["aws:PrincipalType"] = []string{"Anonymous"}
		out["aws:userid"] = []string{"anonymous"}
	} else {
		out["aws:PrincipalArn"] = []string{c.caller.principalARN()}
		out["aws:PrincipalAccount"] = []string{c.caller.Account}
		out["aws:userid"] = []string{c.caller.UserID}
		out["aws:PrincipalType"] = []string{map[string]string{"Root": "Account", "AssumedRole": "AssumedRole"}[c.caller.kind()]}
		if c.caller.kind() == "IAMUser" {
			out["aws:PrincipalType"] = []string{"User"}
			out["aws:username"] = []string{c.caller.user}
		}
		for name, value := range c.caller.Tags {
			out["aws:PrincipalTag/"+name] = []string{value}
		}
		// The MFA keys exist only for temporary credentials; a long-term key has
		// none, which is why policies use BoolIfExists.
		if !c.caller.issued.IsZero() {
			out["aws:MultiFactorAuthPresent"] = []string{strconv.FormatBool(c.caller.mfa)}
			out["aws:TokenIssueTime"] = []string{c.caller.issued.Format(time.RFC3339)}
			if c.caller.mfa {
				out["aws:MultiFactorAuthAge"] = []string{strconv.FormatInt(int64(c.now.Sub(c.caller.mfaSince).Seconds()), 10)}
			}
		}
	}
	for name, values := range own {
		out[name] = values
	}
	return out
}

func tlsVersion(state *tls.ConnectionState) string {
	if state == nil {
		return "1.3" // a loopback request counts as one over TLS
	}
	switch state.Version {
	case tls.VersionTLS10:
		return "1.0"
	case tls.VersionTLS11:
		return "1.1"
	case tls.VersionTLS12:
		return "1.2"
	default:
		return "1.3"
	}
}

// principalARN is aws:PrincipalArn: for a role session the role's ARN.
func (c caller) principalARN() string {
	if c.role == "" {
		return c.ARN
	}
	return c.roleARN
}

// denied is the service's AccessDenied. why is the last part of AWS's sentence.
func (c *call) denied(action, resource, why string) error {
	code := "AccessDenied"
	switch c.service.protocol {
	case restJSON, json11:
		code = "AccessDeniedException"
	case ec2Protocol:
		code = "UnauthorizedOperation"
	}
	who := c.caller.ARN
	if c.caller.anonymous {
		if c.service.protocol == restXML {
			return fail(http.StatusForbidden, code, "Access Denied")
		}
		who = "anonymous"
	}
	message := fmt.Sprintf("User: %s is not authorized to perform: %s", who, action)
	switch {
	case c.service.protocol == restXML || c.service.protocol == restXMLWrapped:
		message += fmt.Sprintf(" on resource: %q", resource)
	case resource != "" && resource != "*":
		message += " on resource: " + resource
	}
	if why != "" {
		message += " " + why
	}
	status := http.StatusForbidden
	if c.service.protocol == json11 {
		status = http.StatusBadRequest
	}
	return fail(status, code, message)
}

// reasonFor is the end of AWS's sentence about a denial: which kind of policy
// refused, or which kind failed to allow.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func reasonFor(decision policy.Decision, request policy.Request, parts callerPolicies) string {
	action := request.Action
	if decision.Explicit {
		kind, _, _ := strings.Cut(decision.By, ":")
		switch kind {
		case "identity policy":
			return "with an explicit deny in an identity-based policy"
		case "permissions boundary":
			return "with an explicit deny in a permissions boundary"
		case "session policy":
			return "with an explicit deny in a session policy"
		}
		return "with an explicit deny in a resource-based policy"
	}
	without := parts.Policies
	without.Boundary = nil
	if parts.Boundary != nil && policy.Evaluate(request, without).Allowed {
		return "because no permissions boundary allows the " + action + " action"
	}
	without = parts.Policies
	without.Session = nil
	if len(parts.Session) > 0 && policy.Evaluate(request, without).Allowed {
		return "because no session policy allows the " + action + " action"
	}
	if !strings.Contains(request.Caller.ARN, ":"+request.Owner+":") && parts.Resource == nil {
		return "because no resource-based policy allows the " + action + " action"
	}
	return "because no identity-based policy allows the " + action + " action"
}
