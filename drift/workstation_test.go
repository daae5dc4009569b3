package drift

import (
	"testing"
	"time"

	"claria/provision/state"
)

func TestTheWorkstation(t *testing.T) {
	t.Parallel()
	on := func(change func(*Machine)) func(*Facts) { return func(f *Facts) { change(f.Machine) } }
	slow := state.Problem{Message: "the question took too long"}
	judgeCases(t, []placeCase{
		{id: "WKS-01", name: "encrypted", want: Pass, says: "LUKS"},
		{id: "WKS-01", name: "open", facts: on(func(m *Machine) { m.Disk = state.Known(Disk{Device: "/dev/sda2"}) }), want: Fail, says: "/dev/sda2 is not encrypted"},
		{id: "WKS-01", name: "cannot be told", facts: on(func(m *Machine) { m.Disk = state.Unknown[Disk](slow) }), want: Unknown, says: "took too long"},

		{id: "WKS-02", name: "both lock", want: Pass, says: "the desktop locks after 5 min"},
		{id: "WKS-02", name: "late", facts: on(func(m *Machine) { m.Lock = state.Known(Lock{On: true, After: time.Hour}) }), want: Fail, says: "locks after 60 min"},
		{id: "WKS-02", name: "never", facts: on(func(m *Machine) { m.Lock = state.Known(Lock{}) }), want: Fail, says: "does not lock itself"},
		{id: "WKS-02", name: "Claria does not", facts: on(func(m *Machine) { m.OwnLock = 0 }), want: Fail, says: "Claria does not lock itself"},
		{id: "WKS-02", name: "unknown desktop", facts: on(func(m *Machine) { m.Lock = state.Unknown[Lock](slow) }), want: Unknown},

		{id: "WKS-03", name: "current", want: Pass, says: "apt checked for updates 1 day ago"},
		{id: "WKS-03", name: "by itself", facts: on(func(m *Machine) {
			m.Updates = state.Known(Updates{Checked: now, Automatic: true, By: "dnf"})
		}), want: Pass, says: "install themselves"},
		{id: "WKS-03", name: "never asked since", facts: on(func(m *Machine) {
			m.Updates = state.Known(Updates{Checked: now.AddDate(0, 0, -31), Automatic: true, By: "apt"})
		}), want: Fail, says: "31 days ago"},
		{id: "WKS-03", name: "never installed since", facts: on(func(m *Machine) {
			m.Updates = state.Known(Updates{Checked: now, Installed: now.AddDate(0, 0, -60), By: "apt"})
		}), want: Fail, says: "installed 60 days ago"},
		{id: "WKS-03", name: "not recorded", facts: on(func(m *Machine) { m.Updates = state.Known(Updates{By: "apt"}) }), want: Unknown, says: "not recorded"},

		{id: "WKS-04", name: "on", want: Pass, says: "ufw is on"},
		{id: "WKS-04", name: "off", facts: on(func(m *Machine) { m.Firewall = state.Known(Firewall{By: "ufw"}) }), want: Fail, says: "ufw is off"},
		{id: "WKS-04", name: "none", facts: on(func(m *Machine) { m.Firewall = state.Absent[Firewall]() }), want: Fail, says: "no firewall"},
		{id: "WKS-04", name: "unknown", facts: on(func(m *Machine) { m.Firewall = state.Unknown[Firewall](slow) }), want: Unknown},

		{id: "WKS-05", name: "none", want: Pass, says: "no key in plain text"},
		{id: "WKS-05", name: "in a history", facts: on(func(m *Machine) { m.Secrets = state.Known([]string{"~/.bash_history, line 12"}) }), want: Fail, says: "~/.bash_history, line 12"},
		{id: "WKS-05", name: "unread", facts: on(func(m *Machine) { m.Secrets = state.Unknown[[]string](slow) }), want: Unknown},

		{id: "WKS-06", name: "right", want: Pass, says: "off by 1s"},
		{id: "WKS-06", name: "behind", facts: func(f *Facts) { f.Skew = state.Known(-6 * time.Minute) }, want: Fail, says: "off by 6m0s"},
		{id: "WKS-06", name: "nobody told the time", facts: func(f *Facts) { f.Skew = state.Absent[time.Duration]() }, want: Unknown, says: "no answer from AWS"},

		{id: "WKS-07", name: "clean", want: Pass, says: "no patient information"},
		{id: "WKS-07", name: "readable", facts: on(func(m *Machine) { m.Loose = state.Known([]string{"state/claria.log"}) }), want: Fail, says: "state/claria.log can be read by others"},
		{id: "WKS-07", name: "a leak", facts: on(func(m *Machine) { m.Leaks = state.Known([]string{"state/claria.log: a social security number"}) }), want: Fail, says: "social security"},
		{id: "WKS-07", name: "core dumps", facts: on(func(m *Machine) { m.CoreDumps = state.Known(true) }), want: Fail, says: "core dumps are on"},
		{id: "WKS-07", name: "open swap", facts: on(func(m *Machine) { m.Swap = state.Known(Swap{Areas: 1, Open: []string{"/dev/sda3"}}) }), want: Fail, says: "swap on /dev/sda3"},
		{id: "WKS-07", name: "unread", facts: on(func(m *Machine) { m.Leaks = state.Unknown[[]string](slow) }), want: Unknown},

		{id: "WKS-08", name: "unaltered", want: Pass, says: "v1.2.3 (SHA-256 ab12ab12ab12…); 12 lines"},
		{id: "WKS-08", name: "no evidence yet", facts: on(func(m *Machine) { m.Ledger = state.Absent[Chain]() }), want: Pass, says: "no evidence is kept here yet"},
		{id: "WKS-08", name: "evidence altered", facts: on(func(m *Machine) {
			m.Ledger = state.Known(Chain{Lines: 3, Problems: []string{"line 2 is not what was signed"}})
		}), want: Fail, says: "line 2"},
		{id: "WKS-08", name: "replaceable", facts: on(func(m *Machine) { m.Build = state.Known(Build{Version: "v1", Writable: true}) }), want: Fail, says: "others can replace"},
		{id: "WKS-08", name: "changed sources", facts: on(func(m *Machine) {
			m.Build = state.Known(Build{Version: "v1", Revision: "abc", Modified: true})
		}), want: Fail, says: "differ from revision abc"},
		{id: "WKS-08", name: "no version", facts: on(func(m *Machine) { m.Build = state.Known(Build{Version: "(devel)"}) }), want: Unknown, says: "which sources"},
		{id: "WKS-08", name: "ledger unread", facts: on(func(m *Machine) { m.Ledger = state.Unknown[Chain](slow) }), want: Unknown},

		{id: "WKS-09", name: "signed", facts: signs("WKS-09", 30), want: Attested, says: "Ada Owner"},
		{id: "WKS-09", name: "not signed", facts: unsigned, want: AttestDue, says: "nobody has signed"},
		{id: "WKS-09", name: "register unread", facts: registerDenied, want: Unknown, says: "s3:GetObject"},
	})
	// Without a workstation to check, none of its controls passes.
	elsewhere := facts()
	elsewhere.Machine = nil
	for id, f := range judgeKnowing(t, Strict, good(), settings(), elsewhere) {
		if f.Family == workstation && id != "WKS-06" && id != "WKS-09" && f.Status != Unknown {
			t.Errorf("without a workstation, %s is %s", id, f.Status)
		}
	}
}
