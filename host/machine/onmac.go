package machine

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"claria/provision/state"
)

// onMac asks macOS's own commands.
type onMac struct{ *looker }

func (l onMac) disk(string) (state.Disk, error) {
	out, _ := l.Run(l.ctx, "/usr/bin/fdesetup", "status") // its answer says more than its exit code
	switch {
	case strings.Contains(out, "FileVault is On"):
		return state.Disk{Encrypted: true, Device: "the startup disk", By: "FileVault"}, nil
	case strings.Contains(out, "FileVault is Off"):
		return state.Disk{Device: "the startup disk"}, nil
	}
	return state.Disk{}, errUnanswered("fdesetup does not say whether FileVault is on")
}

var lockDelay = regexp.MustCompile(`screenLock delay is (\d+) seconds`)

// lock adds the time until the screen turns off and the time until it then asks for a password.
func (l onMac) lock() (state.Lock, error) {
	out, _ := l.Run(l.ctx, "/usr/sbin/sysadminctl", "-screenLock", "status")
	var after time.Duration
	match := lockDelay.FindStringSubmatch(out)
	switch {
	case strings.Contains(out, "screenLock is off"):
		return state.Lock{}, nil
	case strings.Contains(out, "immediate"):
	case match != nil:
		n, _ := strconv.Atoi(match[1]) // digits
		after = time.Duration(n) * time.Second
	default:
		return state.Lock{}, errUnanswered("sysadminctl does not say how the screen locks")
	}
	idle, err := l.Run(l.ctx, "/usr/bin/defaults", "-currentHost", "read", "com.apple.screensaver", "idleTime")
	n, wrong := strconv.Atoi(strings.TrimSpace(idle))
	switch {
	case err != nil || wrong != nil:
		return state.Lock{}, errUnanswered("the screen saver's delay is at its default, which macOS does not show")
	case n == 0: // never
		return state.Lock{}, nil
	}
	return state.Lock{On: true, After: after + time.Duration(n)*time.Second}, nil
}

func (l onMac) updates() (state.Updates, error) {
	const settings = "/Library/Preferences/com.apple.SoftwareUpdate"
	u := state.Updates{By: "Software Update"}
	out, err := l.Run(l.ctx, "/usr/bin/defaults", "read", settings, "LastSuccessfulDate")
	if err != nil {
		return u, errUnanswered("macOS does not say when it last looked for updates")
	}
	if u.Checked, err = time.Parse("2006-01-02 15:04:05 -0700", strings.TrimSpace(out)); err != nil {
		return u, errUnanswered("macOS gives the time of its last look for updates in a form that Claria does not understand")
	}
	out, err = l.Run(l.ctx, "/usr/bin/defaults", "read", settings, "AutomaticallyInstallMacOSUpdates")
	u.Automatic = err == nil && strings.TrimSpace(out) == "1"
	return u, nil
}

func (l onMac) firewall() (state.Firewall, error) {
	out, _ := l.Run(l.ctx, "/usr/libexec/ApplicationFirewall/socketfilterfw", "--getglobalstate")
	switch {
	case strings.Contains(out, "enabled"), strings.Contains(out, "blocking all"):
		return state.Firewall{On: true, By: "the macOS firewall"}, nil
	case strings.Contains(out, "disabled"):
		return state.Firewall{By: "the macOS firewall"}, nil
	}
	return state.Firewall{}, errUnanswered("socketfilterfw does not say whether the firewall is on")
}

func (l onMac) swap() (state.Swap, error) {
	out, err := l.Run(l.ctx, "/usr/sbin/sysctl", "-n", "vm.swapusage")
	switch {
	case err != nil:
		return state.Swap{}, errUnanswered("sysctl does not say how swap is encrypted")
	case strings.Contains(out, "(encrypted)"):
		return state.Swap{Areas: 1}, nil
	}
	return state.Swap{Areas: 1, Open: []string{"the startup disk"}}, nil
}

func (l onMac) coreDumps() (bool, error) {
	limit, err := coreLimit()
	return limit > 0, err
}
