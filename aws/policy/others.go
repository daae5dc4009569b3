package policy

import (
	"slices"
	"strings"
)

// others are those of the users, other than the caller, to whom an Allow of the caller's own
// policies may apply. It leaves out only what certainly does not match. In an account with a
// thousand users who each may change themselves, asking each of them about each of the others
// would take a million evaluations.
func (p Policies) others(caller Caller, action string, users []string) []string {
	endings := p.endings(caller, action)
	if len(endings) == 0 {
		return nil
	}
	var found []string
	for _, user := range users {
		if user != caller.ARN && slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(user, ending) }) {
			found = append(found, user)
		}
	}
	return found
}

// endings are the texts after the last wildcard of the resources in each Allow of the action;
// empty: the Allow may apply to any resource.
func (p Policies) endings(caller Caller, action string) []string {
	e := newRequest(Request{Caller: caller, Action: action, Resource: "*"})
	if e.root != "" || p.Resource != nil {
		return []string{""} // not only the identity's own policies decide
	}
	var all []string
	for _, d := range p.Identity {
		for _, s := range d.Statements {
			switch {
			case !s.Allow || slices.ContainsFunc(s.Actions, e.isAction) == s.NotAction:
			case !s.HasResource || s.NotResource:
				all = append(all, "")
			default:
				for _, r := range s.Resources {
					all = append(all, e.resource(d.Version, r).ending())
				}
			}
		}
	}
	return all
}

// ending is the text after the last wildcard.
func (p pattern) ending() string {
	at := len(p)
	for at > 0 && p[at-1].kind == literal {
		at--
	}
	var b strings.Builder
	for _, t := range p[at:] {
		b.WriteRune(t.literal)
	}
	return b.String()
}
