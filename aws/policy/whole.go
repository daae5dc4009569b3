package policy

import (
	"slices"
	"strings"
)

// A grant of everything can be written in many ways: "*", "s3:?*", a list of all first
// letters, NotAction, two statements of which each has a half. So these questions do not
// read the statements. They ask the policy about names that nobody has written down: a
// policy that allows all of them allows everything, apart from what it excepts by name.

// unreal is part of every name in a probe. No action and no resource of AWS has it.
const unreal = "qjx9"

// letters start the names of actions, alphanumerics those of resources.
const (
	letters       = "abcdefghijklmnopqrstuvwxyz"
	alphanumerics = letters + "0123456789"
)

// verbs are what the names of a service's actions start with, or are in full (Service
// Authorization Reference): a list that has all of them is the whole service too.
var verbs = map[string][]string{
	"s3": {
		"Abort", "Associate", "Bypass", "Create", "Delete", "Describe", "Dissociate", "Get", "Initiate", "List", "ObjectOwner", "Pause",
		"Put", "Replicate", "Restore", "Submit", "Tag", "Untag", "Update",
	},
	"kms": {
		"Cancel", "Connect", "Create", "Decrypt", "Delete", "Derive", "Describe", "Disable", "Disconnect", "Enable", "Encrypt", "Generate",
		"Get", "Import", "List", "Put", "ReEncrypt", "Replicate", "Retire", "Revoke", "Rotate", "Schedule", "Sign", "Synchronize", "Tag",
		"Untag", "Update", "Verify",
	},
}

// complete are the verbs that are the name of an action by themselves.
var complete = []string{"Decrypt", "Encrypt", "Sign", "Verify"}

// governing are the services that rule the account: who may do what in it, and whether it
// exists. They know no region.
var governing = []string{"iam", "organizations", "account"}

// Admin reports whether an identity's policy allows every action on every resource, or on
// every resource of a region, and over the account itself. NotAction and NotResource forms
// count: "everything but" includes everything that nobody thought of. A policy that excepts
// all that governs the account (AWS's PowerUserAccess) makes no administrator; ServiceWide
// names it. Statements with conditions count: a condition says when, not
// what. Apply InForce first for those whose time is over. A Deny without conditions
// takes away what it refuses.
func Admin(d Document) Answer {
	o := newOffer(d)
	by, ok := o.whole(unreal)
	if !ok {
		return Answer{Reason: "no statement allows every action on every resource"}
	}
	governs := false
	for _, service := range governing {
		if more, ok := o.whole(service); ok && !governs {
			by, governs = append(by, more...), true
		}
	}
	if !governs {
		return Answer{Reason: "it allows neither all of IAM nor the account's own settings"}
	}
	slices.Sort(by)
	by = slices.Compact(by)
	if len(by) > 1 {
		var names []string
		for _, i := range by {
			names = append(names, d.Statements[i].quoted(i))
		}
		return Answer{Yes: true, Reason: "statements " + strings.Join(names, " and ") + " together allow every action on every resource"}
	}
	s := d.Statements[by[0]]
	reason := "statement " + s.quoted(by[0]) + " allows every action"
	if s.NotAction && len(s.Actions) > 0 {
		reason += " but " + strings.Join(s.Actions, ", ")
	}
	reason += " on every resource"
	if s.NotResource && len(s.Resources) > 0 {
		reason += " but " + strings.Join(s.Resources, ", ")
	}
	return Answer{Yes: true, Reason: reason}
}

// ServiceWide lists the services of which the policy allows everything, apart from what
// it excepts by name, on every resource or on every resource of a type ("kms:*" on
// "key/*"), in one region or all; "*" means every service. Admin says what counts. The
// list is sorted.
func ServiceWide(d Document) []string {
	o := newOffer(d)
	if _, ok := o.whole(unreal); ok {
		return []string{"*"}
	}
	services := []string{}
	for _, service := range o.candidates() {
		if _, ok := o.whole(service); ok {
			services = append(services, service)
		}
	}
	return services
}

// OnEvery reports whether the policy allows one action on every resource of its service,
// as ServiceWide means it.
func OnEvery(d Document, action string) bool {
	o := newOffer(d)
	service, _, _ := strings.Cut(strings.ToLower(action), ":")
	return slices.ContainsFunc(o.families(service), func(family []string) bool {
		_, ok := o.all([]string{action}, family)
		return ok
	})
}

// offer is a policy that is asked about names.
type offer struct {
	document Document
	request  request
	// general: some Allow is not about the actions of named services only.
	general bool
	// written are the patterns for the actions of each service in an Allow.
	written map[string]written
	// arns are the resources of an Allow that are ARNs, in segments.
	arns [][]string
}

// written counts the patterns of one service's actions: all that have a wildcard, and those
// that start with one.
type written struct{ wild, leading int }

func newOffer(d Document) *offer {
	o := &offer{document: d, written: map[string]written{}}
	for _, s := range d.Statements {
		if !s.Allow {
			continue
		}
		o.general = o.general || s.NotAction
		for _, a := range s.Actions {
			service, name, _ := strings.Cut(strings.ToLower(a), ":")
			switch {
			case s.NotAction:
			case strings.ContainsAny(service, "*?"):
				o.general = true
			case strings.ContainsAny(name, "*?") || slices.Contains(complete, name):
				n := o.written[service]
				n.wild++
				if strings.ContainsAny(name[:1], "*?") {
					n.leading++
				}
				o.written[service] = n
			}
		}
		if s.NotResource {
			continue
		}
		for _, r := range s.Resources {
			if parts := strings.SplitN(r, ":", 6); len(parts) == 6 {
				o.arns = append(o.arns, parts)
			}
		}
	}
	return o
}

// fewest is how many patterns a service needs at least when none starts with a wildcard:
// one for each verb.
const fewest = 12

// candidates are the services that the policy may allow wholly, sorted.
func (o *offer) candidates() []string {
	var services []string
	for service, n := range o.written {
		if n.leading > 0 || n.wild >= fewest {
			services = append(services, service)
		}
	}
	if o.general {
		for _, arn := range o.arns {
			if service := arn[2]; service != "" && !strings.ContainsAny(service, "*?$") {
				services = append(services, service)
			}
		}
	}
	slices.Sort(services)
	return slices.Compact(services)
}

// whole reports whether every action of the service is allowed on all resources of one
// family, and by which statements.
func (o *offer) whole(service string) (by []int, ok bool) {
	if !o.general && o.written[service] == (written{}) {
		return nil, false
	}
	var actions, real []string
	for _, c := range letters {
		actions = append(actions, service+":"+string(c)+unreal)
	}
	for _, verb := range verbs[service] {
		if !slices.Contains(complete, verb) {
			verb += unreal
		}
		real = append(real, service+":"+verb)
	}
	for _, family := range o.families(service) {
		for _, names := range [][]string{actions, real} {
			if by, ok := o.all(names, family); ok {
				return by, true
			}
		}
	}
	return nil, false
}

// all reports whether the actions are allowed on the resources: each action and each
// resource at least once with the first of the others, and both in step.
func (o *offer) all(actions, resources []string) (by []int, ok bool) {
	if len(actions) == 0 || len(resources) == 0 {
		return nil, false
	}
	used := map[int]bool{}
	ask := func(action, resource string) bool {
		i, allowed := o.allows(action, resource)
		used[i] = true
		return allowed
	}
	for i := range max(len(actions), len(resources)) {
		action, resource := actions[i%len(actions)], resources[i%len(resources)]
		if !ask(action, resources[0]) || !ask(actions[0], resource) || !ask(action, resource) {
			return nil, false
		}
	}
	for i := range used {
		by = append(by, i)
	}
	slices.Sort(by)
	return by, true
}

// allows reports whether the policy allows an action on a resource under some condition,
// and by which statement. A variable's value is unknown, so a resource with one is not
// every resource.
func (o *offer) allows(action, resource string) (by int, ok bool) {
	e := &o.request
	e.action, e.Resource = strings.ToLower(action), resource
	by = -1
	for i, s := range o.document.Statements {
		if s.Allow && by >= 0 || !s.Allow && len(s.Conditions) > 0 {
			continue
		}
		if slices.ContainsFunc(s.Actions, e.isAction) == s.NotAction ||
			slices.ContainsFunc(s.Resources, func(r string) bool { return e.isResource(o.document.Version, r) }) == s.NotResource {
			continue
		}
		if !s.Allow {
			return 0, false
		}
		by = i
	}
	return by, by >= 0
}

// families are groups of a service's resources, all of which have names that nobody has
// written: those that the policy's own resources are about.
func (o *offer) families(service string) [][]string {
	var all [][]string
	for _, where := range o.places(service) {
		for _, kind := range o.kinds(service) {
			var family []string
			for _, c := range alphanumerics {
				switch service {
				case "s3":
					family = append(family, where.partition+"s3:::"+string(c)+unreal+"/"+string(c)+unreal)
				case "kms":
					if strings.ContainsRune("0123456789abcdef", c) {
						family = append(family, where.of(service)+"key/"+string(c)+"0a1b2c3-d4e5-4f60-8a9b-0c1d2e3f4a5b")
					}
				default:
					family = append(family, where.of(service)+kind+string(c)+unreal)
				}
			}
			all = append(all, family)
		}
	}
	return all
}

// kinds are the types of a service's resources that the policy speaks of in full, "table/",
// and "" for a type that nobody has written.
func (o *offer) kinds(service string) []string {
	kinds := []string{""}
	if service == "s3" || service == "kms" { // their types are known
		return kinds
	}
	for _, arn := range o.arns {
		end := strings.IndexAny(arn[5], "/:*?$")
		if end <= 0 || arn[5][end] != '/' && arn[5][end] != ':' || !glob(arn[2]).match(service) {
			continue
		}
		if rest := arn[5][end+1:]; rest != "" && strings.Trim(rest, "*?") == "" && !slices.Contains(kinds, arn[5][:end+1]) && len(kinds) < most {
			kinds = append(kinds, arn[5][:end+1])
		}
	}
	return kinds
}

// place is where resources are: a partition's prefix, a region and an account.
type place struct{ partition, region, account string }

func (p place) of(service string) string {
	if slices.Contains(governing, service) {
		p.region = ""
	}
	return p.partition + service + ":" + p.region + ":" + p.account + ":"
}

// most limits the places and the types that are asked about, so that no policy can make a
// check hang.
const most = 16

// places are where the policy's resources of a service can be.
func (o *offer) places(service string) []place {
	all := []place{}
	for _, arn := range o.arns {
		if !glob(arn[2]).match(service) {
			continue
		}
		p := place{
			"arn:" + concrete(arn[1], partitions[0]) + ":",
			concrete(arn[3], "us-east-1", "eu-central-1", "ap-southeast-2", "ca-central-1", "sa-east-1"),
			concrete(arn[4], "111122223333"),
		}
		if !slices.Contains(all, p) && len(all) < most {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		all = append(all, place{"arn:" + partitions[0] + ":", "us-east-1", "111122223333"})
	}
	return all
}

// concrete returns a text that the pattern matches: one of the usual ones when it can.
func concrete(pattern string, usual ...string) string {
	if !strings.ContainsAny(pattern, "*?") {
		return pattern
	}
	for _, u := range usual {
		if glob(pattern).match(u) {
			return u
		}
	}
	return strings.NewReplacer("*", "", "?", "1").Replace(pattern)
}
