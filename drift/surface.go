package drift

import (
	"fmt"

	"claria/drift/catalogue"
	"claria/provision/state"
)

// The rules of AWS's HIPAA conformance pack about compute, databases and networks
// need no judging in an account that has none; these controls prove that it has none.

// grounds calls judge for each region.
func (in *judgement) grounds(p *evidence, judge func(state.RegionContents)) {
	withReading(p, in.observed.AccountSettings.RegionContents, func() { p.unknown("AWS lists no region") }, func(all []state.RegionContents) {
		for _, g := range all {
			judge(g)
		}
	})
}

// inRegion is withReading that adds the region to what is unknown.
func inRegion[T any](p *evidence, region string, r state.Reading[T], known func(T)) {
	var own evidence
	withReading(&own, r, func() {}, known)
	for _, why := range own.unread {
		p.unknown(why + " in " + region)
	}
}

// judgeWorkloads is NET-01.
func judgeWorkloads(in *judgement) verdict {
	var p evidence
	regions := 0
	in.grounds(&p, func(g state.RegionContents) {
		regions++
		if len(g.Workloads) == 0 {
			p.unknown(g.Region + " was not read")
		}
		for _, w := range g.Workloads {
			inRegion(&p, g.Region, w.Count, func(n int) {
				if n > 0 {
					p.bad(fmt.Sprintf("%s in %s: at least %d", w.Kind, g.Region, n), "there are "+w.Kind+" in "+g.Region+", which no control covers")
				}
			})
		}
	})
	p.ok("none in %s", count(regions, "region"))
	return p.verdict(in.theAccount(), "no servers, databases, functions, containers, file systems or load balancers in any region")
}

// judgeNetworks is NET-02.
func judgeNetworks(in *judgement) verdict {
	var p evidence
	networks, regions := 0, 0
	in.grounds(&p, func(g state.RegionContents) {
		regions++
		inRegion(&p, g.Region, g.DefaultVPCs, func(ids []string) { networks += len(ids) })
		inRegion(&p, g.Region, g.OpenGroups, func(ids []string) {
			for _, id := range ids {
				p.bad(id+" in "+g.Region, "the default security group of a network in "+g.Region+" lets traffic through")
			}
		})
	})
	if networks == 0 {
		p.ok("no default network in %s", count(regions, "region"))
	} else {
		p.ok("%s, each with a closed default security group", count(networks, "default network"))
	}
	return p.verdict(in.theAccount(), "no default network, or one whose default security group is closed")
}

// judgeDisks is NET-03.
func judgeDisks(in *judgement) verdict {
	var p evidence
	regions := 0
	in.grounds(&p, func(g state.RegionContents) {
		regions++
		inRegion(&p, g.Region, g.EncryptDisks, func(on bool) {
			if !on {
				p.bad("not encrypted by default in "+g.Region, "a disk that is made in "+g.Region+" is not encrypted by default")
			}
		})
		inRegion(&p, g.Region, g.BlockSnapshots, func(state string) {
			if state != "block-all-sharing" {
				p.bad("snapshots "+state+" in "+g.Region, "a snapshot in "+g.Region+" can be public")
			}
		})
	})
	p.ok("on in %s", count(regions, "region"))
	return p.verdict(in.theAccount(), "disks encrypted by default and public snapshots blocked, in every region")
}

// judgeDocuments is NET-04.
func judgeDocuments(in *judgement) verdict {
	var p evidence
	secrets, documents, regions := 0, 0, 0
	in.grounds(&p, func(g state.RegionContents) {
		regions++
		inRegion(&p, g.Region, g.PublicDocuments, func(names []string) {
			documents += len(names)
			for _, name := range names {
				p.bad(name+" in "+g.Region, "everyone may run the Systems Manager document "+name+" in "+g.Region)
			}
		})
		inRegion(&p, g.Region, g.Secrets, func(all []state.Secret) {
			secrets += len(all)
			for _, s := range all {
				if !s.Rotates {
					p.bad("a secret in "+g.Region+" that is never rotated", "the secret "+s.Name+" in "+g.Region+" is not rotated automatically")
				}
			}
		})
	})
	if len(p.unread)+len(p.wrong) == 0 && secrets == 0 {
		return verdict{
			status: catalogue.NotApplicable, resource: in.theAccount(), desired: noneShared,
			observed: fmt.Sprintf("no public document and no secret in %s", count(regions, "region")),
		}
	}
	p.ok("%s, all rotated; no public document", count(secrets, "secret"))
	return p.verdict(in.theAccount(), noneShared)
}

const noneShared = "no public Systems Manager document; secrets rotated"
