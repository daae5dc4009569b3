package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"claria/provision/state"
)

// onLinux reads /proc, /sys and the package manager's own records.
type onLinux struct{ *looker }

// mount is one line of /proc/self/mountinfo (proc_pid_mountinfo(5)).
type mount struct{ device, point, kind, source string }

func (l onLinux) mounts() []mount {
	var all []mount
	for line := range strings.Lines(l.text("proc/self/mountinfo")) {
		before, after, ok := strings.Cut(line, " - ")
		fields, rest := strings.Fields(before), strings.Fields(after)
		if ok && len(fields) >= 5 && len(rest) >= 2 {
			all = append(all, mount{fields[2], unescape(fields[4]), rest[0], unescape(rest[1])})
		}
	}
	return all
}

// unescape undoes the octal escapes of /proc's tables.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

func (l onLinux) disk(path string) (state.Disk, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	var at mount
	for _, m := range l.mounts() {
		inside := path == m.point || strings.HasPrefix(path, strings.TrimSuffix(m.point, "/")+"/")
		if inside && len(m.point) >= len(at.point) { // of two on one point, the later is on top
			at = m
		}
	}
	switch {
	case at.point == "":
		return state.Disk{}, errUnanswered("the list of mounts does not name the disk under " + l.shown(path))
	case at.kind == "tmpfs" || at.kind == "ramfs":
		return state.Disk{Encrypted: true, Device: at.point, By: "memory only"}, nil
	case at.kind == "ecryptfs" || at.kind == "fuse.gocryptfs" || at.kind == "fuse.encfs":
		return state.Disk{Encrypted: true, Device: at.point, By: at.kind}, nil
	}
	block := l.under("sys/dev/block/" + at.device)
	if strings.HasPrefix(at.device, "0:") { // a file system over several devices, or over none
		if !strings.HasPrefix(at.source, "/dev/") {
			return state.Disk{}, errUnanswered("the " + at.kind + " file system does not say which disk it is on")
		}
		block = l.block(at.source)
	}
	encrypted, by, err := l.encrypted(block, 0)
	return state.Disk{Encrypted: encrypted, Device: at.source, By: by}, err
}

// block is the path in /sys of a device file.
func (l onLinux) block(device string) string {
	if target, err := os.Readlink(l.under(device)); err == nil { // /dev/mapper/name → ../dm-0
		device = target
	}
	return l.under("sys/class/block/" + filepath.Base(device))
}

// encrypted follows a block device down to what it is made of: it is encrypted when
// a layer below is dm-crypt on every path.
func (l onLinux) encrypted(block string, depth int) (bool, string, error) {
	if _, err := os.Stat(block); err != nil || depth > 8 {
		return false, "", errUnanswered("the layers of the disk cannot be read")
	}
	uuid, _ := os.ReadFile(filepath.Join(block, "dm/uuid")) // empty: not a device of the device mapper
	if kind, ok := strings.CutPrefix(string(uuid), "CRYPT-"); ok {
		kind, _, _ = strings.Cut(kind, "-")
		return true, kind, nil
	}
	slaves, _ := os.ReadDir(filepath.Join(block, "slaves")) // none: a physical device
	if len(slaves) == 0 {
		return false, "", nil
	}
	all := ""
	for _, slave := range slaves {
		encrypted, by, err := l.encrypted(l.under("sys/class/block/"+slave.Name()), depth+1)
		if err != nil || !encrypted {
			return false, "", err
		}
		all = by
	}
	return true, all, nil
}

func (l onLinux) swap() (state.Swap, error) {
	table := l.text("proc/swaps")
	if !strings.HasPrefix(table, "Filename") {
		return state.Swap{}, errUnanswered("the list of swap areas cannot be read")
	}
	var s state.Swap
	var unknown error
	for i, line := range strings.Split(table, "\n") {
		fields := strings.Fields(line)
		if i == 0 || len(fields) < 2 {
			continue
		}
		s.Areas++
		name := unescape(fields[0])
		if strings.HasPrefix(filepath.Base(name), "zram") { // compressed memory
			continue
		}
		var encrypted bool
		var err error
		if fields[1] == "file" {
			var disk state.Disk
			disk, err = l.disk(name)
			encrypted = disk.Encrypted
		} else {
			encrypted, _, err = l.encrypted(l.block(name), 0)
		}
		if err != nil {
			unknown = err
		} else if !encrypted {
			s.Open = append(s.Open, name)
		}
	}
	if len(s.Open) > 0 {
		unknown = nil // one unencrypted area is enough for an answer
	}
	return s, unknown
}

func (l onLinux) coreDumps() (bool, error) {
	pattern, err := os.ReadFile(l.under("proc/sys/kernel/core_pattern"))
	if err != nil {
		return false, errUnanswered("where core dumps go cannot be read")
	}
	// A pattern that pipes dumps to a program does so regardless of the limit (core(5)).
	if strings.HasPrefix(string(pattern), "|") {
		return !strings.HasPrefix(string(pattern), "|/bin/false"), nil
	}
	limit, err := coreLimit()
	return limit > 0, err
}

// lock asks the running desktop. The settings of a desktop that does not run say nothing.
func (l onLinux) lock() (state.Lock, error) {
	desktop, _ := l.LookupEnv("XDG_CURRENT_DESKTOP")
	schema := ""
	switch {
	case desktop == "":
		return state.Lock{}, errUnanswered("no desktop runs here, so there is no screen lock to check")
	case strings.Contains(desktop, "KDE"):
		return l.plasma()
	case strings.Contains(desktop, "GNOME"), strings.Contains(desktop, "Unity"), strings.Contains(desktop, "Budgie"):
		schema = "org.gnome.desktop"
	case strings.Contains(desktop, "Cinnamon"):
		schema = "org.cinnamon.desktop"
	default:
		return state.Lock{}, errUnanswered("Claria does not know how the desktop " + desktop + " locks the screen")
	}
	setting := func(of, key string) (string, error) {
		out, err := l.Run(l.ctx, "gsettings", "get", schema+"."+of, key)
		if err != nil {
			return "", errUnanswered("gsettings does not say how the desktop locks the screen")
		}
		return strings.TrimPrefix(strings.TrimSpace(out), "uint32 "), nil
	}
	on, err := setting("screensaver", "lock-enabled")
	if err != nil {
		return state.Lock{}, err
	}
	idle, err := setting("session", "idle-delay")
	if err != nil {
		return state.Lock{}, err
	}
	delay, err := setting("screensaver", "lock-delay")
	if err != nil {
		return state.Lock{}, err
	}
	idleSeconds, err1 := strconv.Atoi(idle)
	delaySeconds, err2 := strconv.Atoi(delay)
	if err1 != nil || err2 != nil || on != "true" && on != "false" {
		return state.Lock{}, errUnanswered("gsettings gives an answer that Claria does not understand")
	}
	if idleSeconds == 0 { // the desktop never counts as idle
		return state.Lock{}, nil
	}
	return state.Lock{On: on == "true", After: time.Duration(idleSeconds+delaySeconds) * time.Second}, nil
}

// plasma reads KDE's own file. A missing setting has its default: on, after five
// minutes (kscreenlocker, kscreensaversettings.kcfg).
func (l onLinux) plasma() (state.Lock, error) {
	lock := state.Lock{On: true, After: 5 * time.Minute}
	data, err := os.ReadFile(filepath.Join(l.Home, ".config/kscreenlockerrc"))
	if err != nil && !os.IsNotExist(err) {
		return state.Lock{}, errUnanswered("the desktop's settings cannot be read")
	}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch n, err := strconv.Atoi(value); {
		case name == "Autolock":
			lock.On = value != "false"
		case name == "Timeout" && err == nil:
			lock.After = time.Duration(n) * time.Minute
		}
	}
	return lock, nil
}

// modified is when the newest of some files changed; zero: there is no such file.
func (l onLinux) modified(patterns ...string) time.Time {
	var newest time.Time
	for _, pattern := range patterns {
		names, _ := filepath.Glob(l.under(pattern)) // the patterns are well-formed
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.ModTime().After(newest) {
				newest = info.ModTime()
			}
		}
	}
	return newest
}

// updates reads when the package lists were last fetched and the package database
// was last written.
func (l onLinux) updates() (state.Updates, error) {
	switch {
	case !l.modified("var/lib/dpkg/status").IsZero():
		periodic := l.text("etc/apt/apt.conf.d/20auto-upgrades")
		return state.Updates{
			By: "apt", Checked: l.modified("var/lib/apt/lists/*Release", "var/lib/apt/periodic/update-success-stamp"),
			Installed: l.modified("var/lib/dpkg/status"),
			Automatic: strings.Contains(periodic, `APT::Periodic::Unattended-Upgrade "1"`),
		}, nil
	case !l.modified("var/lib/rpm/*", "usr/lib/sysimage/rpm/*").IsZero():
		out, err := l.Run(l.ctx, "systemctl", "is-enabled", "dnf-automatic.timer", "dnf-automatic-install.timer", "rpm-ostreed-automatic.timer")
		_ = err // it fails when one of them is not enabled
		return state.Updates{
			By: "dnf", Checked: l.modified("var/cache/dnf/*", "var/cache/libdnf5/*"),
			Installed: l.modified("var/lib/rpm/*", "usr/lib/sysimage/rpm/*"),
			Automatic: strings.Contains("\n"+out, "\nenabled"),
		}, nil
	case !l.modified("var/lib/pacman/local").IsZero():
		return state.Updates{By: "pacman", Checked: l.modified("var/lib/pacman/sync/*"), Installed: l.modified("var/lib/pacman/local")}, nil
	}
	return state.Updates{}, errUnanswered("Claria does not know this system's package manager")
}

// firewall asks for the services that load the rules: only an administrator can read
// the rules themselves.
func (l onLinux) firewall() (state.Firewall, error) {
	names := []string{"ufw", "firewalld", "nftables"}
	out, err := l.Run(l.ctx, "systemctl", append([]string{"is-active"}, names...)...)
	states := strings.Fields(out)
	if len(states) != len(names) { // it also fails when one is not active
		return state.Firewall{}, errUnanswered("systemctl does not say which firewall runs")
	}
	_ = err
	for i, name := range names {
		if states[i] != "active" {
			continue
		}
		// The service of ufw is active even when ufw itself is turned off.
		if name == "ufw" && !strings.Contains(strings.ToLower(l.text("etc/ufw/ufw.conf")), "enabled=yes") {
			continue
		}
		return state.Firewall{On: true, By: name}, nil
	}
	return state.Firewall{By: fmt.Sprintf("every known firewall (%s)", strings.Join(names, ", "))}, nil
}
