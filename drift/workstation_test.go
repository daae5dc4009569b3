package drift

import (
	"testing"
	"time"

	"claria/drift/catalogue"
	"claria/provision/state"
)

func TestTheWorkstation(t *testing.T) {
	t.Parallel()
	on := func(change func(*state.Machine)) func(*Facts) { return func(f *Facts) { change(f.Machine) } }
	slow := state.Problem{Message: "the question took too long"}
	judgeCases(t, []placeCase{
		{id: "WKS-01", name: "encrypted", want: catalogue.Pass, says: "LUKS"},
		{id: "WKS-01", name: "open", facts: on(func(m *state.Machine) { m.Disk = state.Known(state.Disk{Device: "/dev/sda2"}) }), want: catalogue.Fail, says: "/dev/sda2 is not encrypted"},
		{id: "WKS-01", name: "cannot be told", facts: on(func(m *state.Machine) { m.Disk = state.Unknown[state.Disk](slow) }), want: catalogue.Unknown, says: "took too long"},

		{id: "WKS-02", name: "both lock", want: catalogue.Pass, says: "the desktop locks after 5 min"},
		{id: "WKS-02", name: "late", facts: on(func(m *state.Machine) { m.Lock = state.Known(state.Lock{On: true, After: time.Hour}) }), want: catalogue.Fail, says: "locks after 60 min"},
		{id: "WKS-02", name: "never", facts: on(func(m *state.Machine) { m.Lock = state.Known(state.Lock{}) }), want: catalogue.Fail, says: "does not lock itself"},
		{id: "WKS-02", name: "Claria does not", facts: on(func(m *state.Machine) { m.OwnLock = 0 }), want: catalogue.Fail, says: "Claria does not lock itself"},
		{id: "WKS-02", name: "unknown desktop", facts: on(func(m *state.Machine) { m.Lock = state.Unknown[state.Lock](slow) }), want: catalogue.Unknown},

		{id: "WKS-03", name: "current", want: catalogue.Pass, says: "apt checked for updates 1 day ago"},
		{id: "WKS-03", name: "by itself", facts: on(func(m *state.Machine) {
			m.Updates = state.Known(state.Updates{Checked: now, Automatic: true, By: "dnf"})
		}), want: catalogue.Pass, says: "install themselves"},
		{id: "WKS-03", name: "never asked since", facts: on(func(m *state.Machine) {
			m.Updates = state.Known(state.Updates{Checked: now.AddDate(0, 0, -31), Automatic: true, By: "apt"})
		}), want: catalogue.Fail, says: "31 days ago"},
		{id: "WKS-03", name: "never installed since", facts: on(func(m *state.Machine) {
			m.Updates = state.Known(state.Updates{Checked: now, Installed: now.AddDate(0, 0, -60), By: "apt"})
		}), want: catalogue.Fail, says: "installed 60 days ago"},
		{id: "WKS-03", name: "not recorded", facts: on(func(m *state.Machine) { m.Updates = state.Known(state.Updates{By: "apt"}) }), want: catalogue.Unknown, says: "not recorded"},

		{id: "WKS-04", name: "on", want: catalogue.Pass, says: "ufw is on"},
		{id: "WKS-04", name: "off", facts: on(func(m *state.Machine) { m.Firewall = state.Known(state.Firewall{By: "ufw"}) }), want: catalogue.Fail, says: "ufw is off"},
		{id: "WKS-04", name: "none", facts: on(func(m *state.Machine) { m.Firewall = state.Absent[state.Firewall]() }), want: catalogue.Fail, says: "no firewall"},
		{id: "WKS-04", name: "unknown", facts: on(func(m *state.Machine) { m.Firewall = state.Unknown[state.Firewall](slow) }), want: catalogue.Unknown},

		{id: "WKS-05", name: "none", want: catalogue.Pass, says: "no key in plain text"},
		{id: "WKS-05", name: "in a history", facts: on(func(m *state.Machine) { m.Secrets = state.Known([]string{"~/.bash_history, line 12"}) }), want: catalogue.Fail, says: "~/.bash_history, line 12"},
		{id: "WKS-05", name: "unread", facts: on(func(m *state.Machine) { m.Secrets = state.Unknown[[]string](slow) }), want: catalogue.Unknown},

		{id: "WKS-06", name: "right", want: catalogue.Pass, says: "off by 1s"},
		{id: "WKS-06", name: "behind", facts: func(f *Facts) { f.Skew = state.Known(-6 * time.Minute) }, want: catalogue.Fail, says: "off by 6m0s"},
		{id: "WKS-06", name: "nobody told the time", facts: func(f *Facts) { f.Skew = state.Absent[time.Duration]() }, want: catalogue.Unknown, says: "no answer from AWS"},

		{id: "WKS-07", name: "clean", want: catalogue.Pass, says: "no patient information"},
		{id: "WKS-07", name: "readable", facts: on(func(m *state.Machine) { m.Loose = state.Known([]string{"state/claria.log"}) }), want: catalogue.Fail, says: "state/claria.log can be read by others"},
		{id: "WKS-07", name: "a leak", facts: on(func(m *state.Machine) { m.Leaks = state.Known([]string{"state/claria.log: a social security number"}) }), want: catalogue.Fail, says: "social security"},
		{id: "WKS-07", name: "core dumps", facts: on(func(m *state.Machine) { m.CoreDumps = state.Known(true) }), want: catalogue.Fail, says: "core dumps are on"},
		{id: "WKS-07", name: "open swap", facts: on(func(m *state.Machine) { m.Swap = state.Known(state.Swap{Areas: 1, Open: []string{"/dev/sda3"}}) }), want: catalogue.Fail, says: "swap on /dev/sda3"},
		{id: "WKS-07", name: "unread", facts: on(func(m *state.Machine) { m.Leaks = state.Unknown[[]string](slow) }), want: catalogue.Unknown},

		{id: "WKS-08", name: "unaltered", want: catalogue.Pass, says: "v1.2.3 (SHA-256 ab12ab12ab12…); 12 lines"},
		{id: "WKS-08", name: "no evidence yet", facts: on(func(m *state.Machine) { m.Ledger = state.Absent[state.Chain]() }), want: catalogue.Pass, says: "no evidence is kept here yet"},
		{id: "WKS-08", name: "evidence altered", facts: on(func(m *state.Machine) {
			m.Ledger = state.Known(state.Chain{Lines: 3, Problems: []string{"line 2 is not what was signed"}})
		}), want: catalogue.Fail, says: "line 2"},
		{id: "WKS-08", name: "replaceable", facts: on(func(m *state.Machine) { m.Build = state.Known(state.Build{Version: "v1", Writable: true}) }), want: catalogue.Fail, says: "others can replace"},
		{id: "WKS-08", name: "changed sources", facts: on(func(m *state.Machine) {
			m.Build = state.Known(state.Build{Version: "v1", Revision: "abc", Modified: true})
		}), want: catalogue.Fail, says: "differ from revision abc"},
		{id: "WKS-08", name: "no version", facts: on(func(m *state.Machine) { m.Build = state.Known(state.Build{Version: "(devel)"}) }), want: catalogue.Unknown, says: "which sources"},
		{id: "WKS-08", name: "ledger unread", facts: on(func(m *state.Machine) { m.Ledger = state.Unknown[state.Chain](slow) }), want: catalogue.Unknown},

		{id: "WKS-09", name: "signed", facts: signs("WKS-09", 30), want: catalogue.Attested, says: "Ada Owner"},
		{id: "WKS-09", name: "not signed", facts: unsigned, want: catalogue.AttestDue, says: "nobody has signed"},
		{id: "WKS-09", name: "register unread", facts: registerDenied, want: catalogue.Unknown, says: "s3:GetObject"},
	})
	// Without a workstation to check, none of its controls passes.
	elsewhere := facts()
	elsewhere.Machine = nil
	for id, f := range judgeKnowing(t, catalogue.Strict, good(), settings(), elsewhere) {
		if f.Family == catalogue.FamilyWorkstation && id != "WKS-06" && id != "WKS-09" && f.Status != catalogue.Unknown {
			t.Errorf("without a workstation, %s is %s", id, f.Status)
		}
	}
}
