package machine

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"claria/provision/state"
)

// onWindows asks Windows's own commands and the registry.
type onWindows struct{ *looker }

// disk asks the shell, which answers every user, when manage-bde fails for lack of
// administrator rights. 1 is on, 2 is off, 3 and 5 are in progress
// (System.Volume.BitLockerProtection).
func (l onWindows) disk(path string) (state.Disk, error) {
	drive := "C:"
	if v := filepath.VolumeName(path); len(v) == 2 {
		drive = v
	}
	d := state.Disk{Device: drive, By: "BitLocker"}
	if out, err := l.Run(l.ctx, "manage-bde", "-status", drive); err == nil {
		switch {
		case strings.Contains(out, "Protection On"):
			d.Encrypted = true
			return d, nil
		case strings.Contains(out, "Protection Off"):
			return d, nil
		}
	}
	out, err := l.Run(l.ctx, "powershell", "-NoProfile", "-NonInteractive", "-Command",
		"(New-Object -ComObject Shell.Application).NameSpace('"+drive+"').Self.ExtendedProperty('System.Volume.BitLockerProtection')")
	switch strings.TrimSpace(out) {
	case "1":
		d.Encrypted = true
		return d, nil
	case "2", "3", "5":
		return d, nil
	}
	_ = err
	return state.Disk{}, errUnanswered("Windows does not say whether the drive " + drive + " is encrypted")
}

// value is one value of the registry.
func (l onWindows) value(key, name string) (string, error) {
	out, err := l.Run(l.ctx, "reg", "query", key, "/v", name)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) >= 3 && strings.EqualFold(fields[0], name) && strings.HasPrefix(fields[1], "REG_") {
			return strings.Join(fields[2:], " "), nil
		}
	}
	return "", errNone
}

// lock reads the screen saver and the policy that locks an idle machine.
func (l onWindows) lock() (state.Lock, error) {
	const policy = `HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System`
	if text, err := l.value(policy, "InactivityTimeoutSecs"); err == nil {
		if n, err := strconv.ParseInt(text, 0, 64); err == nil && n > 0 {
			return state.Lock{On: true, After: time.Duration(n) * time.Second}, nil
		}
	}
	const desktop = `HKCU\Control Panel\Desktop`
	active, err := l.value(desktop, "ScreenSaveActive")
	if err != nil {
		return state.Lock{}, errUnanswered("Windows does not say how the screen locks")
	}
	secure, _ := l.value(desktop, "ScreenSaverIsSecure") // missing: no
	if active != "1" || secure != "1" {
		return state.Lock{}, nil
	}
	after, err := l.value(desktop, "ScreenSaveTimeOut")
	if err != nil {
		return state.Lock{}, errUnanswered("Windows does not say after how long the screen locks")
	}
	n, err := strconv.Atoi(after)
	if err != nil {
		return state.Lock{}, errUnanswered("Windows does not say after how long the screen locks")
	}
	return state.Lock{On: true, After: time.Duration(n) * time.Second}, nil
}

func (l onWindows) updates() (state.Updates, error) {
	const results = `HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\Results\`
	u := state.Updates{By: "Windows Update"}
	for step, into := range map[string]*time.Time{"Detect": &u.Checked, "Install": &u.Installed} {
		text, err := l.value(results+step, "LastSuccessTime")
		if err != nil {
			return u, errUnanswered("Windows does not record when it was last updated")
		}
		if *into, err = time.Parse("2006-01-02 15:04:05", text); err != nil {
			return u, errUnanswered("Windows records the time of its updates in a form that Claria does not understand")
		}
	}
	return u, nil
}

var firewallState = regexp.MustCompile(`(?mi)^State\s+(ON|OFF)`)

func (l onWindows) firewall() (state.Firewall, error) {
	out, _ := l.Run(l.ctx, "netsh", "advfirewall", "show", "allprofiles", "state")
	states := firewallState.FindAllStringSubmatch(out, -1)
	if len(states) == 0 {
		return state.Firewall{}, errUnanswered("netsh does not say whether the firewall is on")
	}
	for _, s := range states {
		if strings.EqualFold(s[1], "OFF") {
			return state.Firewall{By: "Windows Defender Firewall (one of its profiles)"}, nil
		}
	}
	return state.Firewall{On: true, By: "Windows Defender Firewall"}, nil
}

// swap is the page file, which is on the system drive and shares its encryption.
func (l onWindows) swap() (state.Swap, error) {
	disk, err := l.disk("")
	if err != nil {
		return state.Swap{}, err
	}
	s := state.Swap{Areas: 1}
	if !disk.Encrypted {
		s.Open = []string{disk.Device}
	}
	return s, nil
}

// coreDumps asks whether Windows Error Reporting keeps dumps of programs here.
func (l onWindows) coreDumps() (bool, error) {
	out, err := l.Run(l.ctx, "reg", "query", `HKLM\SOFTWARE\Microsoft\Windows\Windows Error Reporting\LocalDumps`)
	switch {
	case err == nil:
		return true, nil
	case strings.Contains(out, "unable to find"):
		return false, nil
	}
	return false, errUnanswered("Windows does not say whether it keeps dumps of programs")
}
