package policy

import (
	"slices"
	"strings"
)

// CanEver reports whether some request by the caller could be allowed the action on
// some resource that matches the pattern (an ARN with wildcards, owned by owner;
// empty: the caller's account). It is Evaluate for every resource and every condition
// key at once: an Allow counts unless it certainly does not apply, a Deny only when it
// certainly covers all of the pattern. Keys that follow from the caller (such as
// aws:PrincipalArn) are known; every other key can have any value. So a no is certain,
// and a yes may be too cautious.
func CanEver(caller Caller, action, pattern, owner string, p Policies) Answer {
	return reach(Request{Caller: caller, Action: action, Resource: pattern, Owner: owner}, p)
}

// reach is CanEver for a request with some known condition keys.
func reach(r Request, p Policies) Answer {
	e := newRequest(r)
	e.bounded = p.Boundary != nil
	action, owner := r.Action, r.Owner
	target := glob(r.Resource).inSegments()

	certainly := func(documents []Document, kind string) string {
		for _, d := range documents {
			for i, s := range d.Statements {
				if !s.Allow && e.covers(d, s, target) {
					return label(kind, s, i)
				}
			}
		}
		return ""
	}
	perhaps := func(documents []Document, kind string) string {
		for _, d := range documents {
			for i, s := range d.Statements {
				if s.Allow && e.mayApply(d, s, target) {
					return label(kind, s, i)
				}
			}
		}
		return ""
	}
	var boundary []Document
	if p.Boundary != nil {
		boundary = []Document{*p.Boundary}
	}
	for _, by := range []string{
		certainly(p.Identity, "identity policy"), certainly(boundary, "permissions boundary"), certainly(p.Session, "session policy"),
	} {
		if by != "" {
			return Answer{Reason: by + " refuses it"}
		}
	}
	granted, byResource := none, ""
	if p.Resource != nil {
		for i, s := range p.Resource.Statements {
			g := e.names(s)
			switch {
			case g == none:
			case !s.Allow && e.covers(*p.Resource, s, target) && (e.root == "" || !rootAlways[e.action]):
				return Answer{Reason: label(e.resourcePolicy(), s, i) + " refuses it"}
			case s.Allow && g > granted && e.mayApply(*p.Resource, s, target):
				granted, byResource = g, label(e.resourcePolicy(), s, i)
			}
		}
	}
	identity := perhaps(p.Identity, "identity policy")
	within := (p.Boundary == nil || perhaps(boundary, "") != "") && (len(p.Session) == 0 || perhaps(p.Session, "") != "")
	if e.root != "" {
		identity, within = "root user", true
	}
	foreign := owner != "" && owner != e.account
	switch {
	case foreign && (granted == none || identity == "" || !within),
		granted == none && p.Resource != nil && resourceDecides(action):
	case granted == direct, granted == toRole && within, foreign:
		return Answer{Yes: true, Reason: byResource + " allows it"}
	case identity != "" && within:
		return Answer{Yes: true, Reason: identity + " allows it"}
	}
	return Answer{Reason: "nothing allows it"}
}

// Allowing returns the statements of the policy that allow the action, including
// wildcard and Not forms.
func Allowing(d Document, action string) []Statement {
	e := &request{action: strings.ToLower(action)}
	var found []Statement
	for _, s := range d.Statements {
		if s.Allow && slices.ContainsFunc(s.Actions, e.isAction) != s.NotAction {
			found = append(found, s)
		}
	}
	return found
}

// covers reports whether the statement certainly applies to all of the target.
func (e *request) covers(d Document, s Statement, target pattern) bool {
	if slices.ContainsFunc(s.Actions, e.isAction) == s.NotAction {
		return false
	}
	for _, c := range s.Conditions {
		if held, known := e.knows(d.Version, c); !known || !held {
			return false
		}
	}
	if !s.HasResource {
		return true
	}
	if s.NotResource {
		return !slices.ContainsFunc(s.Resources, func(r string) bool { return e.resource(d.Version, r).meets(target) })
	}
	return slices.ContainsFunc(s.Resources, func(r string) bool { return e.resource(d.Version, r).covers(target) && e.settled(d.Version, r) })
}

// mayApply reports whether the statement may apply to some of the target.
func (e *request) mayApply(d Document, s Statement, target pattern) bool {
	if slices.ContainsFunc(s.Actions, e.isAction) == s.NotAction {
		return false
	}
	for _, c := range s.Conditions {
		if held, known := e.knows(d.Version, c); known && !held {
			return false
		}
	}
	if !s.HasResource {
		return true
	}
	if s.NotResource {
		return !slices.ContainsFunc(s.Resources, func(r string) bool {
			return e.resource(d.Version, r).covers(target) && e.settled(d.Version, r)
		})
	}
	return slices.ContainsFunc(s.Resources, func(r string) bool { return e.resource(d.Version, r).meets(target) })
}

// knows evaluates a condition when its outcome follows from the caller alone.
func (e *request) knows(version string, c Condition) (held, known bool) {
	if _, ok := e.keys[strings.ToLower(c.Key)]; !ok {
		return false, false
	}
	for _, v := range c.Values {
		if !e.settled(version, v) {
			return false, false
		}
	}
	return e.holds(version, c), true
}

// settled reports whether every variable in the text has a known value.
func (e *request) settled(version, s string) bool {
	_, ok := e.expand(version, s, true)
	return ok && (version != version2012 || !slices.ContainsFunc(segments(s), func(piece segment) bool {
		_, known := e.keys[strings.ToLower(piece.variable)]
		return piece.hasElse && !known // the fallback applies only when the key is missing
	}))
}

// resource is the pattern of a resource; an unknown variable can have any value.
func (e *request) resource(version, s string) pattern {
	if s == "*" {
		return glob(s)
	}
	if e.settled(version, s) {
		p, _ := e.expand(version, s, true)
		return p.inSegments()
	}
	var p pattern
	for _, piece := range segments(s) {
		if piece.variable == "" {
			p = append(p, glob(piece.text)...)
		} else {
			p = append(p, token{kind: anyRun})
		}
	}
	return p
}
