package drift

import (
	"fmt"
	"slices"
	"strings"

	"claria/audit"
	"claria/drift/catalogue"
	"claria/provision/state"
)

func (in *judgement) theAccount() string { return "account " + in.observed.Account }

// changes passes the calls that changed something, as far as the trail was read, to
// known, with that window in words.
func (in *judgement) changes(p *evidence, known func(events []audit.Event, window string)) {
	withReading(p, in.Trail.Writes, func() { p.unknown("the trail has no events") }, func(events []audit.Event) {
		window := "since " + in.Trail.From.Format("2006-01-02")
		if !in.Trail.Complete {
			window = "the latest " + count(len(events), "change") + " " + window
		}
		known(events, window)
	})
}

// judgeServices is BAA-04.
func judgeServices(in *judgement) verdict {
	var p evidence
	in.changes(&p, func(events []audit.Event, window string) {
		used := map[string]bool{}
		for _, e := range events {
			if e.Error != "" || used[catalogue.Service(e.Source)] {
				continue
			}
			used[catalogue.Service(e.Source)] = true
			if !catalogue.Eligible(e.Source) {
				p.bad(e.Source, fmt.Sprintf("%s was used on %s (%s by %s); it is not on AWS's list of services that the agreement covers (%s)",
					catalogue.Service(e.Source), e.At.Format("2006-01-02"), e.Name, orText(e.Actor, "someone"), catalogue.EligibleAsOf))
			}
		}
		p.ok("%s, all covered (%s; list of %s)", count(len(used), "service"), window, catalogue.EligibleAsOf)
	})
	return p.verdict(in.theAccount(), "only services that the agreement with AWS covers")
}

// judgeRegions is ACC-04: no data is stored, and nothing was created, outside the declared
// region. The services that have no region record their calls in us-east-1.
func judgeRegions(in *judgement) verdict {
	var p evidence
	home := in.settings.Region
	if home == "" {
		home = in.observed.Region
	}
	for _, b := range []state.Bucket{in.observed.DataBucket, in.observed.AuditBucket} {
		withReading(
			&p,
			b.Region,
			p.missing("no "+b.Name, "the bucket "+b.Name+" does not exist, so records cannot be stored in the declared region"),
			func(region string) {
				if region != home {
					p.bad(b.Name+" in "+region, "one of Claria's buckets is in "+region)
				}
			},
		)
	}
	withReading(&p, in.observed.Inventory.Buckets, func() {}, func(buckets []state.OtherBucket) {
		for _, b := range buckets {
			if b.Region != home {
				p.bad(b.Name+" in "+b.Region, "the bucket "+b.Name+" is in "+b.Region)
			}
		}
		p.ok("%s in %s", count(len(buckets)+2, "bucket"), home)
	})
	in.changes(&p, func(events []audit.Event, window string) {
		for _, e := range events {
			if e.Error == "" && e.Region != "" && e.Region != home && !catalogue.HoldsNothing(e.Source) && !regionless(e.Source) {
				p.bad(
					e.Name+" in "+e.Region,
					fmt.Sprintf("%s in %s by %s on %s", e.Name, e.Region, orText(e.Actor, "someone"), e.At.Format("2006-01-02")),
				)
			}
		}
		p.ok("nothing else created in other regions (%s)", window)
	})
	return p.verdict(in.theAccount(), "data only in "+home)
}

// regionless reports whether a service has no regions; holdsNothing covers others.
func regionless(source string) bool {
	return slices.Contains([]string{"cloudfront", "globalaccelerator", "organizations", "route53", "shield", "waf"}, catalogue.Service(source))
}

const optedOut = "AWS may not use recordings and transcripts to improve its services (AI services opt-out)"

// judgeOptOut is ACC-03.
func judgeOptOut(in *judgement) verdict {
	var p evidence
	resource := in.theAccount()
	if in.observed.Organization.Absent() {
		// Only an organisation has such a policy. If nothing is transcribed, there
		// is nothing to opt out of.
		used, window := false, ""
		withReading(&p, in.observed.TranscriptionJobs, func() {}, func(jobs []state.TranscriptionJob) { used = len(jobs) > 0 })
		if events, ok := in.Trail.Writes.Value(); ok {
			window = ", none started since " + in.Trail.From.Format("2006-01-02")
			used = used || slices.ContainsFunc(events, func(e audit.Event) bool {
				return e.Name == "StartTranscriptionJob" && e.Error == "" && catalogue.Service(e.Source) == "transcribe"
			})
		}
		switch {
		case used:
			p.bad("transcription is used, without an organisation", "only an organisation can opt out, and this account is not in one")
		case len(p.unread) == 0:
			return verdict{
				status:   catalogue.NotApplicable,
				resource: resource,
				desired:  optedOut,
				observed: "no transcription job" + window + "; no organisation",
			}
		}
		return p.verdict(resource, optedOut)
	}
	none := p.missing("no opt-out policy", "no AI services opt-out policy applies to this account")
	withReading(&p, in.observed.Organization, none, func(string) {
		withReading(&p, in.observed.AccountSettings.OptOut, none, func(o state.OptOut) {
			if o.Out("transcribe") {
				p.ok("opted out")
				return
			}
			p.bad("not opted out", "the policy in effect lets AWS use recordings to improve its services")
		})
	})
	return p.verdict(resource, optedOut)
}

// judgeSecurityContact is ACC-01.
func judgeSecurityContact(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.AccountSettings.Security, p.missing("none", "AWS has no security contact"), func(c state.Contact) {
		if c.Email == "" || c.Phone == "" {
			p.bad("incomplete", "the security contact has no e-mail address or no phone number")
			return
		}
		if want := in.settings.Contact; want != nil && *want != c {
			p.bad(c.Name+", "+c.Email, "the security contact is not the declared one")
			return
		}
		p.ok("%s, %s", c.Name, c.Email)
	})
	return p.verdict(in.theAccount(), "a security contact with e-mail address and phone number")
}

// judgeContacts is ACC-02.
func judgeContacts(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.AccountSettings.Primary, p.missing("none", "the account has no primary contact"), func(c state.Primary) {
		if c.Name == "" || c.Phone == "" {
			p.bad("incomplete", "the primary contact has no name or no phone number")
			return
		}
		p.ok("primary contact on file (%s)", orText(c.Company, c.Name))
	})
	other := func(kind string, r state.Reading[state.Contact]) {
		withReading(&p, r, p.missing("no "+kind+" contact", "AWS sends "+kind+" questions only to the account's own address"),
			func(c state.Contact) { p.ok("%s: %s", kind, c.Email) })
	}
	other("billing", in.observed.AccountSettings.Billing)
	other("operations", in.observed.AccountSettings.Operations)
	return in.andStatement("ACC-02", p.verdict(in.theAccount(), "a primary, a billing and an operations contact, confirmed once a year"))
}

// judgeOptInRegions is ACC-05.
func judgeOptInRegions(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.AccountSettings.Regions, func() { p.unknown("AWS lists no region") }, func(regions []state.Region) {
		for _, r := range regions {
			if r.Optional() && r.Name != in.settings.Region {
				p.bad(r.Name, "the region "+r.Name+" is enabled and is not the declared one")
			}
		}
		p.ok("only the regions that every account has are enabled")
	})
	return p.verdict(in.theAccount(), "no unused region enabled")
}

// judgeBudget is ACC-06.
func judgeBudget(in *judgement) verdict {
	var p evidence
	none := p.missing("no budget", "nobody is warned of unexpected spending")
	withReading(&p, in.observed.AccountSettings.Budgets, none, func(budgets []state.Budget) {
		for _, b := range budgets {
			if b.Type == "COST" && b.Notifications > 0 {
				p.ok("%s: %s %s, %s", b.Name, b.Limit, b.Unit, count(b.Notifications, "notification"))
			}
		}
		switch {
		case len(p.fine) > 0:
		case len(budgets) > 0:
			p.bad(count(len(budgets), "budget")+" without notification", "no cost budget notifies anyone")
		default:
			none()
		}
	})
	return p.verdict(in.theAccount(), "a budget that sends a notification")
}

// judgeInventory is ACC-07: the inventory is what this scan found, and the practice
// has reviewed it.
func judgeInventory(in *judgement) verdict {
	var p evidence
	buckets := 0
	for _, b := range []state.Bucket{in.observed.DataBucket, in.observed.AuditBucket} {
		withReading(&p, b.Region, func() {}, func(string) { buckets++ })
	}
	withReading(&p, in.observed.Inventory.Buckets, func() {}, func(others []state.OtherBucket) { buckets += len(others) })
	users, roles := 0, 0
	withReading(&p, in.observed.Users, func() {}, func(all []state.User) { users = len(all) })
	withReading(&p, in.observed.Roles, func() {}, func(all []state.Role) { roles = len(all) })
	regions := 0
	withReading(&p, in.observed.AccountSettings.RegionContents, func() {}, func(all []state.RegionContents) { regions = len(all) })
	p.ok("%s", strings.Join([]string{
		count(buckets, "bucket"), count(users, "user"), count(roles, "role"), count(len(in.observed.Models), "model"),
		count(regions, "region") + " checked",
	}, ", "))
	return in.andStatement("ACC-07", p.verdict(in.theAccount(), "an inventory, reviewed within a year"))
}
