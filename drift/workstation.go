package drift

import (
	"fmt"
	"time"

	"claria/provision/state"
)

// The limits of the workstation's controls.
const (
	maxIdle       = 10 * time.Minute // until the screen locks
	maxUpdateDays = 30
	maxSkew       = 5 * time.Minute // AWS refuses signatures that are further off (Signature Version 4)
)

const thisMachine = "this computer"

// ofMachine is the judge of a control of the workstation. A scan leaves these
// controls out where it has no workstation to look at.
func ofMachine(desired string, judge func(*judgement, *Machine, *parts)) func(*judgement) verdict {
	return func(in *judgement) verdict {
		var p parts
		if in.Machine == nil {
			p.unknown("this computer was not looked at")
		} else {
			judge(in, in.Machine, &p)
		}
		return p.verdict(thisMachine, desired)
	}
}

func judgeDisk(_ *judgement, m *Machine, p *parts) {
	look(p, m.Disk, p.missing("no disk", "no disk was found under Claria's files"), func(d Disk) {
		if d.Encrypted {
			p.ok("%s is encrypted (%s)", d.Device, d.By)
			return
		}
		p.bad(d.Device+" is not encrypted", "whoever takes this computer can read its disk")
	})
}

func judgeLock(_ *judgement, m *Machine, p *parts) {
	if m.OwnLock > 0 && m.OwnLock <= maxIdle {
		p.ok("Claria locks itself after %s", minutes(m.OwnLock))
	} else {
		p.bad("Claria does not lock itself within "+minutes(maxIdle), "a workstation that is left alone stays open")
	}
	off := p.missing("the desktop does not lock itself", "a desktop that is left alone stays open")
	look(p, m.Lock, off, func(l Lock) {
		switch {
		case !l.On || l.After <= 0:
			off()
		case l.After > maxIdle:
			p.bad("the desktop locks after "+minutes(l.After), "that is later than "+minutes(maxIdle))
		default:
			p.ok("the desktop locks after %s", minutes(l.After))
		}
	})
}

func minutes(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%g min", d.Round(time.Second).Minutes())
}

func judgeUpdates(in *judgement, m *Machine, p *parts) {
	look(p, m.Updates, p.missing("no updates", "the system keeps no record of updates"), func(u Updates) {
		days := func(t time.Time) int { return int(in.Now.Sub(t).Hours() / 24) }
		switch {
		case u.Checked.IsZero():
			p.unknown("when " + u.By + " last asked for updates is not recorded")
		case days(u.Checked) > maxUpdateDays:
			p.bad(fmt.Sprintf("%s last asked for updates %d days ago", u.By, days(u.Checked)), "known holes stay open")
		default:
			p.ok("%s asked for updates %s ago", u.By, count(days(u.Checked), "day"))
		}
		switch {
		case u.Automatic:
			p.ok("security updates install themselves")
		case u.Installed.IsZero():
			p.unknown("when updates were last installed is not recorded")
		case days(u.Installed) > maxUpdateDays:
			p.bad(fmt.Sprintf("the last updates were installed %d days ago", days(u.Installed)), "updates are not installed")
		default:
			p.ok("updates installed %s ago", count(days(u.Installed), "day"))
		}
	})
}

func judgeFirewall(_ *judgement, m *Machine, p *parts) {
	off := p.missing("no firewall", "nothing keeps connections to this computer out")
	look(p, m.Firewall, off, func(f Firewall) {
		if f.On {
			p.ok("%s is on", f.By)
			return
		}
		p.bad(orText(f.By, "the firewall")+" is off", "nothing keeps connections to this computer out")
	})
}

func judgeSecrets(_ *judgement, m *Machine, p *parts) {
	look(p, m.Secrets, func() { p.ok("no key lies in the open") }, func(places []string) {
		for _, place := range places {
			p.bad(place, "a key of AWS lies in the open: "+place)
		}
		p.ok("no key lies in the open in shell histories, start-up files or ~/.aws")
	})
}

func judgeSkew(in *judgement) verdict {
	var p parts
	look(&p, in.Skew, func() { p.unknown("no answer of AWS told the time") }, func(off time.Duration) {
		if off.Abs() >= maxSkew {
			p.bad("off by "+off.Abs().Round(time.Second).String(), "AWS refuses calls, and the times in the evidence are wrong")
			return
		}
		p.ok("off by %s", off.Abs().Round(time.Second))
	})
	return p.verdict(thisMachine, "less than "+minutes(maxSkew)+" off AWS's clock")
}

func judgeTraces(_ *judgement, m *Machine, p *parts) {
	look(p, m.Loose, func() {}, func(files []string) {
		for _, f := range files {
			p.bad(f+" can be read by others", "other users of this computer can read a file of Claria's: "+f)
		}
		p.ok("Claria's files can be read by their owner only")
	})
	look(p, m.Leaks, func() {}, func(files []string) {
		for _, f := range files {
			p.bad(f, "a file of Claria's in the open holds what looks like patient information: "+f)
		}
		p.ok("no patient information in them")
	})
	look(p, m.CoreDumps, func() { p.ok("no core dumps") }, func(on bool) {
		if on {
			p.bad("core dumps are on", "a crash would write the memory, records included, to the disk")
			return
		}
		p.ok("core dumps are off")
	})
	look(p, m.Swap, func() { p.ok("no swap") }, func(s Swap) {
		for _, area := range s.Open {
			p.bad("swap on "+area+" is not encrypted", "memory, records included, may be written to the disk in the clear")
		}
		if s.Areas == 0 {
			p.ok("no swap")
		} else {
			p.ok("swap is encrypted or in memory")
		}
	})
}

func judgeProgram(_ *judgement, m *Machine, p *parts) {
	look(p, m.Build, func() { p.unknown("the program does not know its own version") }, func(b Build) {
		if b.Writable {
			p.bad("others can replace the program", "other users of this computer can put another program in Claria's place")
		}
		switch {
		case b.Modified:
			p.bad("built from changed sources", "this Claria was built from sources that differ from revision "+b.Revision)
		case b.Revision == "" && (b.Version == "" || b.Version == "(devel)"):
			p.unknown("the program does not say which version of the sources it was built from")
		default:
			p.ok("%s (SHA-256 %.12s…)", orText(b.Version, b.Revision), b.SHA256)
		}
	})
	look(p, m.Ledger, func() { p.ok("no evidence is kept here yet") }, func(c Chain) {
		for _, problem := range c.Problems {
			p.bad("the evidence was altered", problem)
		}
		p.ok("%s of evidence, unaltered", count(c.Lines, "line"))
	})
}

// skew is the reading of how far this computer's clock is off.
func skew(off time.Duration, known bool) state.Reading[time.Duration] {
	if !known {
		return state.Absent[time.Duration]()
	}
	return state.Known(off)
}
