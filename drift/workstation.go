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

// ofMachine returns the judge of a control of the workstation. A scan leaves these
// controls out when it has no workstation to check.
func ofMachine(desired string, judge func(*judgement, *state.Machine, *evidence)) func(*judgement) verdict {
	return func(in *judgement) verdict {
		var p evidence
		if in.Machine == nil {
			p.unknown("this computer was not checked")
		} else {
			judge(in, in.Machine, &p)
		}
		return p.verdict(thisMachine, desired)
	}
}

func judgeDisk(_ *judgement, m *state.Machine, p *evidence) {
	withReading(p, m.Disk, p.missing("no disk", "no disk was found under Claria's files"), func(d state.Disk) {
		if d.Encrypted {
			p.ok("%s is encrypted (%s)", d.Device, d.By)
			return
		}
		p.bad(d.Device+" is not encrypted", "anyone who takes this computer can read its disk")
	})
}

func judgeLock(_ *judgement, m *state.Machine, p *evidence) {
	if m.OwnLock > 0 && m.OwnLock <= maxIdle {
		p.ok("Claria locks itself after %s", minutes(m.OwnLock))
	} else {
		p.bad("Claria does not lock itself within "+minutes(maxIdle), "an unattended workstation stays open")
	}
	off := p.missing("the desktop does not lock itself", "an unattended desktop stays open")
	withReading(p, m.Lock, off, func(l state.Lock) {
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

func judgeUpdates(in *judgement, m *state.Machine, p *evidence) {
	withReading(p, m.Updates, p.missing("no updates", "the system has no record of updates"), func(u state.Updates) {
		days := func(t time.Time) int { return int(in.Now.Sub(t).Hours() / 24) }
		switch {
		case u.Checked.IsZero():
			p.unknown("the last time that " + u.By + " checked for updates is not recorded")
		case days(u.Checked) > maxUpdateDays:
			p.bad(fmt.Sprintf("%s last checked for updates %d days ago", u.By, days(u.Checked)), "known holes stay open")
		default:
			p.ok("%s checked for updates %s ago", u.By, count(days(u.Checked), "day"))
		}
		switch {
		case u.Automatic:
			p.ok("security updates install themselves")
		case u.Installed.IsZero():
			p.unknown("the last installation of updates is not recorded")
		case days(u.Installed) > maxUpdateDays:
			p.bad(fmt.Sprintf("the last updates were installed %d days ago", days(u.Installed)), "updates are not installed")
		default:
			p.ok("updates installed %s ago", count(days(u.Installed), "day"))
		}
	})
}

func judgeFirewall(_ *judgement, m *state.Machine, p *evidence) {
	off := p.missing("no firewall", "this computer accepts connections from others")
	withReading(p, m.Firewall, off, func(f state.Firewall) {
		if f.On {
			p.ok("%s is on", f.By)
			return
		}
		p.bad(orText(f.By, "the firewall")+" is off", "this computer accepts connections from others")
	})
}

func judgeSecrets(_ *judgement, m *state.Machine, p *evidence) {
	withReading(p, m.Secrets, func() { p.ok("no key in plain text") }, func(places []string) {
		for _, place := range places {
			p.bad(place, "an AWS key is stored in plain text:  "+place)
		}
		p.ok("no key in plain text in shell histories, start-up files or ~/.aws")
	})
}

func judgeSkew(in *judgement) verdict {
	var p evidence
	withReading(&p, in.Skew, func() { p.unknown("no answer from AWS had a time") }, func(off time.Duration) {
		if off.Abs() >= maxSkew {
			p.bad("off by "+off.Abs().Round(time.Second).String(), "AWS refuses calls, and the times in the evidence are wrong")
			return
		}
		p.ok("off by %s", off.Abs().Round(time.Second))
	})
	return p.verdict(thisMachine, "less than "+minutes(maxSkew)+" off AWS's clock")
}

func judgeTraces(_ *judgement, m *state.Machine, p *evidence) {
	withReading(p, m.Loose, func() {}, func(files []string) {
		for _, f := range files {
			p.bad(f+" can be read by others", "other users of this computer can read one of Claria's files:  "+f)
		}
		p.ok("only their owner can read Claria's files")
	})
	withReading(p, m.Leaks, func() {}, func(files []string) {
		for _, f := range files {
			p.bad(f, "one of Claria's unencrypted files holds what looks like patient information:  "+f)
		}
		p.ok("no patient information in them")
	})
	withReading(p, m.CoreDumps, func() { p.ok("no core dumps") }, func(on bool) {
		if on {
			p.bad("core dumps are on", "a crash would write memory, including records, to the disk")
			return
		}
		p.ok("core dumps are off")
	})
	withReading(p, m.Swap, func() { p.ok("no swap") }, func(s state.Swap) {
		for _, area := range s.Open {
			p.bad("swap on "+area+" is not encrypted", "memory, including records, may be written to the disk unencrypted")
		}
		if s.Areas == 0 {
			p.ok("no swap")
		} else {
			p.ok("swap is encrypted or in memory")
		}
	})
}

func judgeProgram(_ *judgement, m *state.Machine, p *evidence) {
	withReading(p, m.Build, func() { p.unknown("the program does not know its own version") }, func(b state.Build) {
		if b.Writable {
			p.bad("others can replace the program", "other users of this computer can replace the program")
		}
		switch {
		case b.Modified:
			p.bad("built from changed sources", "this Claria was built from sources that differ from revision "+b.Revision)
		case b.Revision == "" && (b.Version == "" || b.Version == "(devel)"):
			p.unknown("the program does not say which sources it was built from")
		default:
			p.ok("%s (SHA-256 %.12s…)", orText(b.Version, b.Revision), b.SHA256)
		}
	})
	withReading(p, m.Ledger, func() { p.ok("no evidence is kept here yet") }, func(c state.Chain) {
		for _, problem := range c.Problems {
			p.bad("the evidence was altered", problem)
		}
		p.ok("%s of evidence, unaltered", count(c.Lines, "line"))
	})
}

// skew returns the reading of how far this computer's clock is off.
func skew(off time.Duration, known bool) state.Reading[time.Duration] {
	if !known {
		return state.Absent[time.Duration]()
	}
	return state.Known(off)
}
