package drift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/aws/policy"
	"claria/drift/catalogue"
	"claria/internal/words"
	"claria/provision/permissions"
	"claria/provision/state"
)

// What AWS IAM Identity Center creates: roles below a path that nobody else can
// use, and the one directory that they trust (IAM Identity Center user guide,
// “Referencing permission sets”).
const centrePath = "/aws-reserved/sso.amazonaws.com/"

func fromCentre(provider string) bool {
	name := provider[strings.LastIndex(provider, "/")+1:]
	return strings.HasPrefix(name, "AWSSSO_") && strings.HasSuffix(name, "_DO_NOT_DELETE")
}

// judgePrincipals is IAM-17. What existed before the daily identity is what
// the owner set up from, and is shown. What came after, and what lets
// anyone outside in, fails. So does anything that can reach records or undo their
// protection, whenever it was created: a known identity still must not read them.
func judgePrincipals(in *judgement) verdict {
	var p evidence
	var setUp time.Time
	var before []string
	in.everyUser(&p, func(u state.User) {
		if u.Name == state.AdminUser {
			setUp = u.Created
		}
	})
	came := func(what string, made time.Time) {
		if setUp.IsZero() || made.Before(setUp) {
			before = append(before, what)
			return
		}
		p.bad(what, fmt.Sprintf("%s was created on %s, after set-up, and not by set-up", what, made.UTC().Format(time.DateOnly)))
	}
	in.everyUser(&p, func(u state.User) {
		if u.Name != state.AdminUser && u.Name != state.AuditorUser {
			came("user "+u.Name, u.Created)
		}
	})
	centre := false
	withReading(&p, in.observed.Roles, func() { p.unknown("the account's roles were not listed") }, func(roles []state.Role) {
		for _, r := range roles {
			centre = centre || strings.HasPrefix(r.Path, centrePath)
			switch {
			case serviceLinked(r), strings.HasPrefix(r.Path, centrePath):
			default:
				if declared, ours := in.ours(r); ours {
					in.trustsAsDeclared(&p, r, declared)
				} else if !in.trustsOutside(&p, r) {
					came("role "+r.Name, r.Created)
				}
			}
		}
	})
	directories := func(r state.Reading[[]string]) {
		withReading(&p, r, func() {}, func(arns []string) {
			for _, arn := range arns {
				if !fromCentre(arn) || !centre {
					name := arn[strings.LastIndex(arn, ":")+1:]
					p.bad(name, "the directory "+name+" may give its users access")
				}
			}
		})
	}
	directories(in.observed.People.SAML)
	directories(in.observed.People.OpenID)
	in.strangersReach(&p)
	p.ok("nobody from outside")
	if len(before) > 0 {
		slices.Sort(before)
		p.ok("from before set-up: %s", words.Few(before, ", "))
	}
	return p.verdict(
		"users, roles and directories of account "+in.observed.Account,
		"nobody from outside, and no identity created after set-up except by set-up",
	)
}

// ours returns the declared role that a role matches. A tag does not make it Claria's: anyone
// who creates a role writes its tags.
func (in *judgement) ours(r state.Role) (declared state.Role, ok bool) {
	roles, _ := in.desired.Roles.Value()
	i := slices.IndexFunc(roles, func(want state.Role) bool { return want.ARN == r.ARN })
	if i < 0 {
		return state.Role{}, false
	}
	return roles[i], true
}

// trustsAsDeclared notes a role of Claria's that others may assume, or for longer.
func (in *judgement) trustsAsDeclared(p *evidence, r, declared state.Role) {
	if !permissions.SameDocument(r.Trust, declared.Trust) {
		p.bad("role "+r.Name, "the identities that may become "+r.Name+" are not the declared ones")
		p.remedy = catalogue.Automatic
	}
	want, _ := declared.MaxHours.Value()
	withReading(p, r.MaxHours, func() {}, func(hours int) {
		if hours > want {
			p.bad(
				fmt.Sprintf("role %s for %s", r.Name, count(hours, "hour")),
				fmt.Sprintf("one code opens %s for %s instead of %d", r.Name, count(hours, "hour"), want),
			)
			p.remedy = catalogue.Automatic
		}
	})
}

// reach is something that only the practice's own identities may do with
// its two buckets.
type reach struct {
	does    string
	bucket  func(state.State) state.Bucket
	below   string // of the bucket: objects; empty: the bucket itself
	actions []string
}

func reaches() []reach {
	data := func(s state.State) state.Bucket { return s.DataBucket }
	logs := func(s state.State) state.Bucket { return s.AuditBucket }
	settings := []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutLifecycleConfiguration", "s3:PutBucketVersioning"}
	return []reach{
		{"read records", data, "/*", []string{"s3:GetObject", "s3:GetObjectVersion"}},
		{"write or delete records", data, "/*", []string{"s3:PutObject", "s3:DeleteObject"}},
		{"delete records permanently", data, "/records/*", []string{"s3:DeleteObjectVersion"}},
		{"change how records are kept", data, "", settings},
		{"write to the logs", logs, "/*", []string{"s3:PutObject"}},
		{"delete logs early", logs, "/*", []string{"s3:BypassGovernanceRetention"}},
		{"change how logs are kept", logs, "", settings},
	}
}

// strangersReach notes identities that are not the practice's own and can
// reach records or logs, by their own policies or by a bucket's. IAM-07 covers
// administrators, and IAM-09 Claria's own identities.
func (in *judgement) strangersReach(p *evidence) {
	own := []string{"user " + state.AdminUser, "user " + state.AuditorUser, "role " + state.ProvisionerRole}
	strangers := slices.DeleteFunc(in.holders(p), func(h holder) bool { return !h.whole || h.admin() || slices.Contains(own, h.name) })
	if len(strangers) == 0 {
		return
	}
	resource := map[string]*policy.Document{}
	unread := false
	for _, b := range []state.Bucket{in.observed.DataBucket, in.observed.AuditBucket} {
		setting(p, b, b.Policy, func() {}, func(text string) {
			if d, ok := in.parsed(p, "the policy of "+b.Name, text); ok {
				resource[b.Name] = &d
			}
		})
		_, failed := b.Policy.Problem()
		unread = unread || failed
	}
	if unread { // it may refuse what another policy allows
		return
	}
	for _, h := range strangers {
		var does []string
		for _, r := range reaches() {
			name := r.bucket(in.observed).Name
			has := h.has
			has.Resource = resource[name]
			if slices.ContainsFunc(r.actions, func(action string) bool {
				return policy.CanEver(h.caller, action, "arn:aws:s3:::"+name+r.below, "", has).Yes
			}) {
				does = append(does, r.does)
			}
		}
		if len(does) > 0 {
			p.bad(h.name+" may "+does[0], h.name+" may "+strings.Join(does, ", "))
		}
	}
}

// trustsOutside notes who outside the account may assume a role, and reports
// whether there is anyone. AWS services act inside the account; what a role
// may do through one is judged as its rights. The account that manages the
// organisation is the one from which a member account is set up.
func (in *judgement) trustsOutside(p *evidence, r state.Role) (outside bool) {
	trust, ok := in.parsed(p, "the trust policy of role "+r.Name, r.Trust)
	if !ok {
		return false
	}
	trust.Statements = slices.Clone(trust.Statements)
	for i, s := range trust.Statements {
		trust.Statements[i].Principals = slices.DeleteFunc(slices.Clone(s.Principals), func(one policy.Principal) bool {
			// A deleted principal remains as its id, and is nobody.
			return one.Type == "Service" || strings.HasPrefix(one.Value, "AIDA") || strings.HasPrefix(one.Value, "AROA")
		})
	}
	for _, who := range in.foreign(trust) {
		if managing, unread := in.managing(who); managing {
			continue
		} else if unread != "" {
			p.unknown("role " + r.Name + " trusts " + who + ", and " + unread)
			outside = true
			continue
		}
		outside = true
		p.bad("role "+r.Name+": "+who, "role "+r.Name+" gives access to "+strings.Replace(who, "*", "everyone", 1))
	}
	return outside
}

// managing reports whether a principal is the account that manages the organisation
// that this one is in; unread says why that is unknown.
func (in *judgement) managing(who string) (yes bool, unread string) {
	arn, ok := in.observed.Organization.Value() // arn:aws:organizations::444455556666:organization/o-…
	if problem, failed := in.observed.Organization.Problem(); failed {
		return false, problem.String()
	}
	parts := strings.Split(arn, ":")
	if !ok || len(parts) < 5 || parts[4] == in.observed.Account {
		return false, ""
	}
	return who == parts[4] || strings.HasPrefix(who, "arn:aws:iam::"+parts[4]+":"), ""
}
