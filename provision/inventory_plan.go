package provision

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	types3 "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"

	"claria/aws"
	"claria/aws/policy"
	"claria/provision/access"
	"claria/provision/state"
)

// desiredInventory fills in what Inventory should be.
func desiredInventory(s state.Settings, snapshot *state.State) {
	snapshot.Inventory = state.Inventory{
		Buckets: state.Known([]state.OtherBucket{}),
		Logging: state.Absent[state.AccessLog](), Replication: state.Absent[[]state.Replication](),
		Targets: state.Known([]string{}), AccessPoints: state.Known([]state.AccessPoint{}), MultiRegion: state.Known([]state.AccessPoint{}),
		AccessGrants: state.Known([]state.AccessGrant{}), ArchiveTiers: state.Known([]string{}),
		Insights: state.Absent[[]string](),
	}
	if s.Strict {
		desiredKey(s, snapshot)
	}
}

const tiersID = "archive-tiers"

// archiveTiersResource turns off the Intelligent-Tiering configurations that archive records.
func archiveTiersResource(s state.Settings) resource {
	return resource{
		id: tiersID, title: "archive tiers of data bucket " + state.DataBucketName(s), controls: []string{"S3-13"},
		why: []string{"164.312(c)(1)", "164.308(a)(7)(ii)(A)"}, read: (*observer).archiveTiers,
		facts: func(st *state.State) []fact { return []fact{st.Inventory.ArchiveTiers} },
		diff: func(st *state.State) *change {
			ids, _ := st.Inventory.ArchiveTiers.Value()
			if len(ids) == 0 {
				return nil
			}
			before := "on: " + strings.Join(ids, ", ")
			return &change{
				op: Change, summary: "records stay where they can be read at once", before: before, after: "off", risk: Reversible,
				undo: "turn on again: " + strings.Join(ids, ", "),
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			all, err := w.observer.tierings(ctx, state.DataBucketName(s))
			if err != nil {
				return "", aws.Wrap(err, "s3:ListBucketIntelligentTieringConfigurations", state.DataBucketName(s))
			}
			for id, c := range all {
				c.Status = types3.IntelligentTieringStatusDisabled
				all[id] = c
			}
			return "", w.putTierings(ctx, all)
		},
	}
}

func (w *writer) putTierings(ctx context.Context, all map[string]types3.IntelligentTieringConfiguration) error {
	name := state.DataBucketName(w.settings)
	for id, c := range all {
		_, err := aws.S3(w.account).PutBucketIntelligentTieringConfiguration(ctx, &s3.PutBucketIntelligentTieringConfigurationInput{
			Bucket: &name, Id: &id, IntelligentTieringConfiguration: &c, ExpectedBucketOwner: &w.settings.Account,
		})
		if err != nil {
			return aws.Wrap(err, "s3:PutBucketIntelligentTieringConfiguration", name)
		}
	}
	return nil
}

func archiveTierSettings(s state.Settings) map[string]*setting {
	return map[string]*setting{tiersID: keep(whole[map[string]types3.IntelligentTieringConfiguration]{
		operation: "s3:ListBucketIntelligentTieringConfigurations", entries: true,
		ask: func(ctx context.Context, o *observer) (map[string]types3.IntelligentTieringConfiguration, error) {
			return o.tierings(ctx, state.DataBucketName(s))
		},
		see: func(st *state.State, r state.Reading[map[string]types3.IntelligentTieringConfiguration]) {
			changed, _ := r.Value()
			st.Inventory.ArchiveTiers = state.Derive(st.Inventory.ArchiveTiers, func(ids []string) []string {
				ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, is := changed[id]; return is })
				ids = append(ids, archiving(changed)...)
				slices.Sort(ids)
				return ids
			})
		},
		put: func(ctx context.Context, w *writer, all map[string]types3.IntelligentTieringConfiguration) error {
			return w.putTierings(ctx, all)
		},
	})}
}

// inventoryResources are what a plan can change about Inventory, except the encryption
// key: the buckets need it, so it comes before them (kmsResources).
func inventoryResources(s state.Settings, want *state.State) []resource {
	all := []resource{archiveTiersResource(s)}
	if _, wanted := want.Inventory.Insights.Value(); wanted {
		all = append(all, insightsResource(want))
	}
	return all
}

func insightsResource(want *state.State) resource {
	kinds, _ := want.Inventory.Insights.Value()
	trail, _ := want.Trail.Value()
	missing := func(st *state.State) (have, after []string) {
		have, _ = st.Inventory.Insights.Value()
		after = slices.Clone(have)
		for _, kind := range kinds {
			if !slices.Contains(have, kind) {
				after = append(after, kind)
			}
		}
		return have, after
	}
	return resource{
		id: "trail-insights", title: "insights of trail " + trail.Name, controls: []string{"CT-12"}, why: []string{"164.308(a)(1)(ii)(D)"},
		needs: []string{"trail", "trail/selectors"},
		read:  (*observer).insights,
		facts: func(st *state.State) []fact { return []fact{st.Inventory.Insights} },
		diff: func(st *state.State) *change {
			have, after := missing(st)
			if len(have) == len(after) {
				return nil
			}
			before := "off"
			if len(have) > 0 {
				before = strings.Join(have, ", ")
			}
			return &change{
				op: Change, summary: "detects unusual activity; $0.35 per 100,000 events", before: before, after: strings.Join(after, ", "),
				risk: Reversible, undo: "set it back to: " + before,
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			_, after := missing(w.have)
			var selectors []types.InsightSelector
			for _, kind := range after {
				selectors = append(selectors, types.InsightSelector{InsightType: types.InsightType(kind)})
			}
			_, err := aws.CloudTrail(w.account).PutInsightSelectors(ctx, &cloudtrail.PutInsightSelectorsInput{
				TrailName: &trail.ARN, InsightSelectors: selectors,
			})
			return "", aws.Wrap(err, "cloudtrail:PutInsightSelectors", trail.Name)
		},
	}
}

// guardedPolicy is a policy that decides who may reach records, logs or the key, and from
// which a plan removes what set-up did not write.
type guardedPolicy struct {
	id, title, of string // of names statements without a Sid: "records:3"
	ours          string
	read          func(*observer, *state.State)
	policy        func(*state.State) state.Reading[string]
	needs         []access.Asked          // what no statement may refuse
	shut          func(*state.State) bool // the policy is seen to refuse what the caller asked
	put           func(ctx context.Context, w *writer, document string) error
}

// offered are the statements whose removal a plan offers: an Allow that nobody declared, and a
// Deny that locks the practice out. What makes the resource public, or has one of Claria's
// Sids, goes when Claria's own policy is written.
func (g guardedPolicy) offered(s state.Settings, st *state.State) []access.Statement {
	text, _ := g.policy(st).Value()
	if text == "" {
		return nil
	}
	foreign, err := access.Foreign(text, g.ours, g.of)
	if err != nil { // writing Claria's own policy replaces it
		return nil
	}
	return slices.DeleteFunc(foreign, func(one access.Statement) bool {
		switch {
		case one.Replaced || one.Public:
			return true
		case one.Allow:
			return slices.Contains(s.Keep, one.Sid)
		}
		return !one.Locks(g.needs) || !one.Unconditional() && !g.shut(st)
	})
}

func (g guardedPolicy) resource(s state.Settings) resource {
	return resource{
		id: g.id, title: g.title, controls: []string{"S3-21", "S3-10"}, why: []string{"164.312(a)(1)", "164.308(a)(4)(i)"}, read: g.read,
		facts: func(st *state.State) []fact {
			return []fact{state.Derive(g.policy(st), func(string) []string {
				texts := []string{}
				for _, one := range g.offered(s, st) {
					texts = append(texts, one.String())
				}
				return texts
			})}
		},
		diff: func(st *state.State) *change {
			return removal(g.offered(s, st))
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			text, _ := g.policy(w.have).Value()
			left, err := access.Without(text, g.offered(s, w.have))
			if err != nil {
				return "", err
			}
			return "", g.put(ctx, w, left)
		},
	}
}

// removal is the change that removes statements; nil: there are none.
func removal(offered []access.Statement) *change {
	if len(offered) == 0 {
		return nil
	}
	c := &change{op: Change, after: "removed", risk: Reversible}
	var lets, locks, before []string
	for _, one := range offered {
		before = append(before, one.String())
		c.asks = append(c.asks, one.Name)
		if one.Allow {
			lets = append(lets, one.Name)
		} else {
			locks = append(locks, one.Name)
		}
	}
	c.before = strings.Join(before, "; ")
	c.undo = "add again: " + c.before
	var does []string
	if len(lets) > 0 {
		does = append(does, "removes what lets others in: "+strings.Join(lets, ", "))
	}
	if len(locks) > 0 {
		does = append(does, "removes what locks the practice out: "+strings.Join(locks, ", "))
	}
	c.summary = strings.Join(does, "; ")
	return c
}

// accessID is the id of the resource that removes statements from a bucket's policy.
func accessID(kind bucketKind) string { return "access/" + kind.id }

func bucketAccess(s state.Settings, kind bucketKind) guardedPolicy {
	ours, _ := kind.want.Policy.Value()
	arn := state.BucketARN(kind.want.Name)
	session := strings.NewReplacer(":iam:", ":sts:", ":role/", ":assumed-role/").Replace(s.ProvisionerARN()) + "/claria"
	may := func(who string, actions ...string) []access.Asked {
		var all []access.Asked
		for _, action := range actions {
			on := arn
			if strings.HasSuffix(action, "Object") {
				on += "/" + kind.keep.prefixes[0] + "x"
			}
			all = append(all, access.Asked{Caller: policy.Caller{ARN: who, Account: s.Account}, Action: action, Resource: on})
		}
		return all
	}
	settings := []string{"s3:ListBucket", "s3:GetBucketTagging", "s3:GetBucketPolicyStatus", "s3:GetBucketVersioning"}
	needs := slices.Concat(
		may(s.IAMARN("root"), settings...), may(s.UserARN(state.AuditorUser), settings...), may(session, append(settings, "s3:PutBucketPolicy")...),
		may(s.UserARN(state.AdminUser), append(settings, "s3:GetObject")...),
	)
	if kind.id == "data-bucket" {
		needs = append(needs, may(s.UserARN(state.AdminUser), "s3:PutObject")...)
	} else {
		trail := may("", "s3:GetBucketAcl", "s3:PutObject")
		for i := range trail {
			trail[i].Caller = policy.Caller{Service: "cloudtrail.amazonaws.com", Account: s.Account}
		}
		needs = append(needs, trail...)
	}
	return guardedPolicy{
		id: accessID(kind), title: kind.title + " " + kind.want.Name, ours: ours, of: kind.short, needs: needs,
		read: func(o *observer, st *state.State) {
			o.bucketTags(kind.pick(st))
			o.bucketPolicy(kind.pick(st))
		},
		policy: func(st *state.State) state.Reading[string] { return kind.pick(st).Policy },
		shut: func(st *state.State) bool {
			p, unknown := kind.pick(st).Tags.Problem()
			return unknown && p.Kind == aws.Denied
		},
		put: func(ctx context.Context, w *writer, document string) error {
			kept := bucketPolicyKept(s, kind)
			if document == "" {
				return kept.drop(ctx, w)
			}
			return kept.put(ctx, w, document)
		},
	}
}

// accessResources remove what lets others reach records and logs, or locks the practice out.
func accessResources(s state.Settings, want *state.State) []resource {
	all := []resource{
		bucketAccess(s, auditBucketKind(want)).resource(s), bucketAccess(s, dataBucketKind(want)).resource(s),
		accessPointsResource(s), accessGrantsResource(s),
	}
	if ours, strict := want.Inventory.KeyPolicy.Value(); strict {
		all = append(all, guardedPolicy{
			id: keyAccessID, title: "encryption key " + s.KeyAlias(), ours: ours, of: "key",
			read: func(o *observer, st *state.State) { o.encryptionKey(st) },
			policy: func(st *state.State) state.Reading[string] {
				return state.Derive(st.Inventory.KeyPolicy, withoutDefault)
			},
			shut: func(*state.State) bool { return false },
			put: func(ctx context.Context, w *writer, document string) error {
				k, _ := w.have.Inventory.Key.Value()
				if document == "" { // a key always has a policy
					document = ours
				}
				return w.putKeyPolicy(ctx, k.ARN, document)
			},
		}.resource(s))
	}
	return all
}

// pointPolicies are the policies of the access points to our buckets, by name; empty: none.
func pointPolicies(st *state.State) state.Reading[map[string]string] {
	points, known := st.Inventory.AccessPoints.Value()
	if !known {
		return state.Derive(st.Inventory.AccessPoints, func([]state.AccessPoint) map[string]string { return nil })
	}
	all := map[string]string{}
	for _, p := range points {
		if problem, unknown := p.Policy.Problem(); unknown {
			return state.Unknown[map[string]string](problem)
		}
		all[p.Name], _ = p.Policy.Value()
	}
	return state.Known(all)
}

// pointStatements are the statements of each access point's policy whose removal is offered.
func pointStatements(s state.Settings, st *state.State) (all []access.Statement, byPoint map[string][]access.Statement) {
	policies, _ := pointPolicies(st).Value()
	byPoint = map[string][]access.Statement{}
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		if policies[name] == "" {
			continue
		}
		foreign, err := access.Foreign(policies[name], "", name)
		if err != nil {
			continue // AWS stores no policy that cannot be read; the judge says that it is unknown
		}
		for _, one := range foreign {
			if one.Allow && !slices.Contains(s.Keep, one.Sid) {
				one.Words += " through access point " + name
				byPoint[name] = append(byPoint[name], one)
				all = append(all, one)
			}
		}
	}
	return all, byPoint
}

func accessPointsResource(s state.Settings) resource {
	return resource{
		id: pointsID, title: "access points of the buckets", controls: []string{"S3-21", "S3-10"},
		why: []string{"164.312(a)(1)", "164.308(a)(4)(i)"}, read: (*observer).accessPoints,
		facts: func(st *state.State) []fact { return []fact{pointPolicies(st)} },
		diff: func(st *state.State) *change {
			all, _ := pointStatements(s, st)
			return removal(all)
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			policies, _ := pointPolicies(w.have).Value()
			_, byPoint := pointStatements(s, w.have)
			next := map[string]string{}
			for name, drop := range byPoint {
				left, err := access.Without(policies[name], drop)
				if err != nil {
					return "", err
				}
				next[name] = left
			}
			return "", w.putPointPolicies(ctx, next)
		},
	}
}

const (
	pointsID    = "access/points"
	keyAccessID = "access/encryption-key"
)

// putPointPolicies writes the policies of access points; an empty one is deleted.
func (w *writer) putPointPolicies(ctx context.Context, policies map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		document := policies[name]
		if document == "" {
			_, err := aws.S3Control(w.account).DeleteAccessPointPolicy(ctx, &s3control.DeleteAccessPointPolicyInput{
				AccountId: &w.settings.Account, Name: &name,
			})
			if err != nil {
				return aws.Wrap(err, "s3control:DeleteAccessPointPolicy", name)
			}
			continue
		}
		_, err := aws.S3Control(w.account).PutAccessPointPolicy(ctx, &s3control.PutAccessPointPolicyInput{
			AccountId: &w.settings.Account, Name: &name, Policy: &document,
		})
		if err != nil {
			return aws.Wrap(err, "s3control:PutAccessPointPolicy", name)
		}
	}
	return nil
}

// accessPointSettings keeps the policies of access points.
func accessPointSettings() map[string]*setting {
	return map[string]*setting{pointsID: keep(whole[map[string]string]{
		of: pointPolicies, entries: true,
		see: func(st *state.State, r state.Reading[map[string]string]) {
			policies, _ := r.Value()
			st.Inventory.AccessPoints = state.Derive(st.Inventory.AccessPoints, func(points []state.AccessPoint) []state.AccessPoint {
				points = slices.Clone(points)
				for i, p := range points {
					document, kept := policies[p.Name]
					switch {
					case kept && document == "":
						points[i].Policy = state.Absent[string]()
					case kept:
						points[i].Policy = state.Known(document)
					}
				}
				return points
			})
		},
		put: func(ctx context.Context, w *writer, policies map[string]string) error {
			return w.putPointPolicies(ctx, policies)
		},
	})}
}

func accessGrantsResource(s state.Settings) resource {
	return resource{
		id: "access/grants", title: "access grants on the buckets", controls: []string{"S3-21"},
		why: []string{"164.312(a)(1)", "164.308(a)(4)(i)"}, read: (*observer).accessGrants,
		facts: func(st *state.State) []fact { return []fact{st.Inventory.AccessGrants} },
		diff: func(st *state.State) *change {
			grants, _ := st.Inventory.AccessGrants.Value()
			if len(grants) == 0 {
				return nil
			}
			c := &change{op: Delete, after: "removed", risk: Reversible}
			var before []string
			for _, g := range grants {
				c.asks = append(c.asks, g.ID)
				before = append(before, g.ID+" ("+g.Permission+" on "+g.Scope+" for "+g.Grantee+")")
			}
			c.before = strings.Join(before, "; ")
			c.summary = "removes what lets others in: " + strings.Join(c.asks, ", ")
			c.undo = "grant again, in the S3 console under Access Grants: " + c.before
			return c
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			grants, _ := w.have.Inventory.AccessGrants.Value()
			for _, g := range grants {
				_, err := aws.S3Control(w.account).DeleteAccessGrant(ctx, &s3control.DeleteAccessGrantInput{
					AccountId: &s.Account, AccessGrantId: &g.ID,
				})
				if err != nil {
					return "", aws.Wrap(err, "s3control:DeleteAccessGrant", g.ID)
				}
			}
			return "", nil
		},
	}
}
