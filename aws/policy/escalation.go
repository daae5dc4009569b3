package policy

import (
	"slices"
	"strings"
)

// Escalation is a way in which a caller who is not an administrator could become one,
// or act as somebody else.
type Escalation struct {
	Name  string // the actions that it needs: "iam:PassRole with lambda:CreateFunction"
	Means string // what the caller can do: "can run code of its own with a role's rights"
	// Source is the id of the way at pathfinding.cloud, or who else describes it.
	Source string
}

// step is one action that a way needs.
type step struct {
	action string
	// on are the resources on which the action widens rights, below
	// arn:aws:iam::ACCOUNT:; empty: any.
	on string
	// keys are condition keys whose values the way fixes; of several, one is enough.
	keys []map[string][]string
	// other: the action widens rights only on another user.
	other bool
	// bounded: the action widens rights only for a caller with a boundary.
	bounded bool
}

// way is an escalation and all the steps that it needs.
type way struct {
	source, means string
	steps         []step
}

// Escalations lists the ways in which the caller, a user or a role, could widen
// its rights under its policies; users are the ARNs of the account's users. It decides
// as CanEver does: a way that is not listed is certainly closed, and a listed one may be
// too cautious. CanAssume answers whether the caller can become a role that trusts it.
func Escalations(caller Caller, p Policies, users []string) []Escalation {
	var open []Escalation
	for _, w := range ways {
		if slices.ContainsFunc(w.steps, func(s step) bool { return !s.open(caller, p, users) }) {
			continue
		}
		names := make([]string, 0, len(w.steps))
		for _, s := range w.steps {
			names = append(names, s.action)
		}
		name := names[0]
		if len(names) > 1 {
			name += " with " + strings.Join(names[1:], " and ")
		}
		open = append(open, Escalation{name, w.means, w.source})
	}
	return open
}

// open reports whether the caller may take the step.
func (s step) open(caller Caller, p Policies, users []string) bool {
	if s.bounded && p.Boundary == nil || !p.mention(s.action) {
		return false
	}
	keys := s.keys
	if len(keys) == 0 {
		keys = []map[string][]string{nil}
	}
	may := func(on string) bool {
		return slices.ContainsFunc(keys, func(k map[string][]string) bool {
			return reach(Request{Caller: caller, Action: s.action, Resource: on, Keys: k}, p).Yes
		})
	}
	switch {
	case s.other:
		return slices.ContainsFunc(p.others(caller, s.action, users), may)
	case s.on == "":
		return may("*")
	default:
		return may("arn:aws:iam::" + caller.Account + ":" + s.on)
	}
}

// mention reports whether a statement of the identity's own policies allows the action on
// anything. It is a short cut: nearly every way is closed here.
func (p Policies) mention(action string) bool {
	e := &request{action: strings.ToLower(action)}
	return slices.ContainsFunc(p.Identity, func(d Document) bool {
		return slices.ContainsFunc(d.Statements, func(s Statement) bool {
			return s.Allow && slices.ContainsFunc(s.Actions, e.isAction) != s.NotAction
		})
	})
}

// CanAssume reports whether the caller could become a role: its own policies and
// the role's trust policy together allow it.
func CanAssume(caller Caller, p Policies, role string, trust Document) bool {
	p.Resource = &trust
	return CanEver(caller, "sts:AssumeRole", role, "", p).Yes
}
