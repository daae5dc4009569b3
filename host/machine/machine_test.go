package machine

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claria/internal/safe"
	"claria/provision/state"
)

// tree makes files under a directory: a name that ends in "/" is a directory, a
// value that begins with "->" a link.
func tree(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		target, link := strings.CutPrefix(text, "->")
		var err error
		switch {
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o700)
		case link:
			err = os.Symlink(target, path)
		default:
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// answers runs commands by a table: the command line's beginning → what it prints;
// "!" before the text makes it fail.
func answers(table map[string]string) Runner {
	return func(_ context.Context, name string, args ...string) (string, error) {
		line := strings.Join(append([]string{name}, args...), " ")
		for begin, text := range table {
			if strings.HasPrefix(line, begin) {
				if text, failed := strings.CutPrefix(text, "!"); failed {
					return text, errors.New("exit status 1")
				}
				return text, nil
			}
		}
		return "", errors.New("executable file not found")
	}
}

func environ(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}

// sys is a Linux machine whose root is an LVM volume on LUKS and whose /data is a
// plain partition.
func sys() map[string]string {
	return map[string]string{
		"proc/self/mountinfo": "25 1 254:1 / / rw - ext4 /dev/mapper/vg-root rw\n" +
			"26 25 8:2 / /data rw - ext4 /dev/sda2 rw\n" +
			"27 25 0:40 / /pool rw - zfs tank/home rw\n" +
			"28 25 0:41 / /tmp rw - tmpfs tmpfs rw\n" +
			"29 25 0:42 / /fast rw - btrfs /dev/mapper/vg-root rw\n",
		"sys/dev/block/254:1":                   "->../../class/block/dm-1",
		"sys/dev/block/8:2":                     "->../../class/block/sda2",
		"sys/class/block/dm-1/dm/uuid":          "LVM-abc",
		"sys/class/block/dm-1/slaves/dm-0/":     "",
		"sys/class/block/dm-0/dm/uuid":          "CRYPT-LUKS2-0123-root",
		"sys/class/block/dm-0/slaves/sda1/":     "",
		"sys/class/block/sda2/size":             "1",
		"dev/mapper/vg-root":                    "->../dm-1",
		"proc/swaps":                            "Filename Type Size Used Priority\n/dev/zram0 partition 1 0 5\n/swap/file file 1 0 -2\n",
		"proc/sys/kernel/core_pattern":          "core\n",
		"var/lib/dpkg/status":                   "x",
		"var/lib/apt/lists/deb_dists_x_Release": "x",
		"etc/apt/apt.conf.d/20auto-upgrades":    "APT::Periodic::Unattended-Upgrade \"1\";\n",
		"etc/ufw/ufw.conf":                      "ENABLED=yes\n",
	}
}

func known[T any](t *testing.T, what string, r state.Reading[T]) T {
	t.Helper()
	v, ok := r.Value()
	if !ok {
		problem, _ := r.Problem()
		t.Errorf("%s is not known: %s", what, problem)
	}
	return v
}

func unknown[T any](t *testing.T, what string, r state.Reading[T], says string) {
	t.Helper()
	if problem, ok := r.Problem(); !ok || !strings.Contains(problem.String(), says) {
		t.Errorf("%s: %+v, want unknown with %q", what, r, says)
	}
}

func TestLinux(t *testing.T) {
	root, home := t.TempDir(), t.TempDir()
	tree(t, root, sys())
	options := Options{
		System: "linux", Root: root, Home: home, Temp: t.TempDir(), Dirs: []string{"/somewhere"},
		LookupEnv: environ(map[string]string{"XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}),
		Run: answers(map[string]string{
			"gsettings get org.gnome.desktop.screensaver lock-enabled": "true\n",
			"gsettings get org.gnome.desktop.screensaver lock-delay":   "uint32 30\n",
			"gsettings get org.gnome.desktop.session idle-delay":       "uint32 300\n",
			"systemctl is-active": "!active\ninactive\ninactive\n",
		}),
	}
	m := Look(t.Context(), options)
	if d := known(t, "disk", m.Disk); !d.Encrypted || d.By != "LUKS2" || d.Device != "/dev/mapper/vg-root" {
		t.Errorf("disk: %+v", d)
	}
	if l := known(t, "lock", m.Lock); !l.On || l.After != 330*time.Second {
		t.Errorf("lock: %+v", l)
	}
	if u := known(t, "updates", m.Updates); u.By != "apt" || !u.Automatic || u.Checked.IsZero() || u.Installed.IsZero() {
		t.Errorf("updates: %+v", u)
	}
	if f := known(t, "firewall", m.Firewall); !f.On || f.By != "ufw" {
		t.Errorf("firewall: %+v", f)
	}
	if s := known(t, "swap", m.Swap); s.Areas != 2 || len(s.Open) != 0 {
		t.Errorf("swap: %+v", s)
	}
	known(t, "core dumps", m.CoreDumps)

	for path, want := range map[string]struct {
		encrypted bool
		unknown   string
	}{
		"/": {encrypted: true}, "/tmp/x": {encrypted: true}, "/fast/home": {encrypted: true},
		"/data/claria": {}, "/database": {encrypted: true}, "/pool/x": {unknown: "zfs"},
	} {
		l := onLinux{&looker{Options: options.withDefaults(), ctx: t.Context()}}
		d, err := l.disk(path)
		if want.unknown != "" && (err == nil || !strings.Contains(err.Error(), want.unknown)) {
			t.Errorf("%s: %v", path, err)
		}
		if want.unknown == "" && (err != nil || d.Encrypted != want.encrypted) {
			t.Errorf("%s: %+v %v", path, d, err)
		}
	}

	// One unencrypted directory decides the answer, and so does one unencrypted swap partition.
	options.Dirs = []string{"/data/claria"}
	tree(t, root, map[string]string{
		"proc/swaps": "Filename Type Size\n/dev/sda2 partition 1\n", "proc/sys/kernel/core_pattern": "|/usr/lib/systemd/systemd-coredump %P\n",
		"etc/ufw/ufw.conf": "ENABLED=no\n",
	})
	m = Look(t.Context(), options)
	if d := known(t, "disk", m.Disk); d.Encrypted || d.Device != "/dev/sda2" {
		t.Errorf("disk: %+v", d)
	}
	if s := known(t, "swap", m.Swap); len(s.Open) != 1 || s.Open[0] != "/dev/sda2" {
		t.Errorf("swap: %+v", s)
	}
	if !known(t, "core dumps", m.CoreDumps) {
		t.Error("core dumps that are piped to a program are not noticed")
	}
	if f := known(t, "firewall", m.Firewall); f.On {
		t.Errorf("a firewall that is off: %+v", f)
	}

	// A machine that gives no answer is unknown, not fine.
	m = Look(t.Context(), Options{
		System: "linux", Root: t.TempDir(), Home: home, Temp: t.TempDir(), LookupEnv: environ(nil), Run: answers(nil),
	})
	unknown(t, "disk", m.Disk, "list of mounts")
	unknown(t, "lock", m.Lock, "no desktop runs here")
	unknown(t, "updates", m.Updates, "package manager")
	unknown(t, "firewall", m.Firewall, "systemctl does not say")
	unknown(t, "swap", m.Swap, "swap areas")
	unknown(t, "core dumps", m.CoreDumps, "core dumps")
}

// The answers are as each system prints them.
func TestOtherSystems(t *testing.T) {
	look := func(system string, table map[string]string) *state.Machine {
		return Look(t.Context(), Options{System: system, Home: t.TempDir(), Temp: t.TempDir(), LookupEnv: environ(nil), Run: answers(table)})
	}
	m := look("darwin", map[string]string{
		"/usr/bin/fdesetup status":            "FileVault is On.\n",
		"/usr/sbin/sysadminctl -screenLock":   "2026-11-22 08:00:00.000 sysadminctl[1:2] screenLock delay is 60 seconds\n",
		"/usr/bin/defaults -currentHost read": "300\n",
		"/usr/bin/defaults read /Library/Preferences/com.apple.SoftwareUpdate LastSuccessfulDate":               "2026-11-20 10:11:12 +0000\n",
		"/usr/bin/defaults read /Library/Preferences/com.apple.SoftwareUpdate AutomaticallyInstallMacOSUpdates": "1\n",
		"/usr/libexec/ApplicationFirewall/socketfilterfw":                                                       "Firewall is enabled. (State = 1)\n",
		"/usr/sbin/sysctl -n vm.swapusage":                                                                      "total = 1024.00M  used = 1.00M  free = 1023.00M  (encrypted)\n",
	})
	if d := known(t, "disk", m.Disk); !d.Encrypted || d.By != "FileVault" {
		t.Errorf("disk: %+v", d)
	}
	if l := known(t, "lock", m.Lock); l.After != 6*time.Minute {
		t.Errorf("lock: %+v", l)
	}
	if u := known(t, "updates", m.Updates); !u.Automatic || u.Checked.Day() != 20 {
		t.Errorf("updates: %+v", u)
	}
	if f := known(t, "firewall", m.Firewall); !f.On {
		t.Errorf("firewall: %+v", f)
	}
	if s := known(t, "swap", m.Swap); len(s.Open) != 0 {
		t.Errorf("swap: %+v", s)
	}
	m = look("darwin", map[string]string{
		"/usr/bin/fdesetup status":                        "FileVault is Off.\n",
		"/usr/libexec/ApplicationFirewall/socketfilterfw": "Firewall is disabled. (State = 0)\n",
	})
	if known(t, "disk", m.Disk).Encrypted || known(t, "firewall", m.Firewall).On {
		t.Error("settings that are off are reported as on")
	}
	unknown(t, "lock", m.Lock, "sysadminctl")

	m = look("windows", map[string]string{
		"manage-bde -status": "!ERROR: An attempt to access a required resource was denied.\n",
		"powershell":         "1\r\n",
		`reg query HKCU\Control Panel\Desktop /v ScreenSaveActive`:                     "\r\nHKEY_CURRENT_USER\\Control Panel\\Desktop\r\n    ScreenSaveActive    REG_SZ    1\r\n",
		`reg query HKCU\Control Panel\Desktop /v ScreenSaverIsSecure`:                  "    ScreenSaverIsSecure    REG_SZ    1\r\n",
		`reg query HKCU\Control Panel\Desktop /v ScreenSaveTimeOut`:                    "    ScreenSaveTimeOut    REG_SZ    600\r\n",
		`reg query HKLM\SOFTWARE\Microsoft\Windows\Windows Error Reporting\LocalDumps`: "!ERROR: The system was unable to find the specified registry key or value.\r\n",
		"netsh advfirewall": "Domain Profile Settings: \r\n-----\r\nState                                 ON\r\n\r\nPublic Profile Settings: \r\nState                                 ON\r\n",
	})
	if d := known(t, "disk", m.Disk); !d.Encrypted {
		t.Errorf("disk: %+v", d)
	}
	if l := known(t, "lock", m.Lock); !l.On || l.After != 10*time.Minute {
		t.Errorf("lock: %+v", l)
	}
	if !known(t, "firewall", m.Firewall).On || known(t, "core dumps", m.CoreDumps) || len(known(t, "swap", m.Swap).Open) != 0 {
		t.Errorf("windows: %+v", m)
	}
	unknown(t, "updates", m.Updates, "does not record")

	unknown(t, "disk of an unknown system", look("plan9", nil).Disk, "does not know")
}

func TestKeysAndRecordsLeftInTheOpen(t *testing.T) {
	home, state, temp := t.TempDir(), t.TempDir(), t.TempDir()
	const id, secret = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	tree(t, home, map[string]string{
		".bash_history":    "ls\nexport AWS_SECRET_ACCESS_KEY=" + secret + "\n",
		".zshrc":           "export EDITOR=vi\n",
		".profile":         "AWS_ACCESS_KEY_ID=" + id + "\n",
		".aws/credentials": "[default]\naws_access_key_id = " + id + "\naws_secret_access_key = " + secret + "\n",
	})
	tree(t, state, map[string]string{
		"claria.log": "started\n", "ledger/a.jsonl": "{}\n", "cache": "\x00\x01 123-45-6789 Jane Doe\x00\n",
		"old.log": "client Jane DOE came\n", "ids": "123-45-6789\n", "not": "000-12-3456 900-12-3456 2026-11-22 666-01-0100 123-00-4567\n",
	})
	tree(t, temp, map[string]string{"claria-12": "x", "claria-build": "123-45-6789", "other": "123-45-6789"})
	for path, mode := range map[string]os.FileMode{
		filepath.Join(home, ".aws/credentials"): 0o644, filepath.Join(temp, "claria-12"): 0o640,
		state: 0o755, filepath.Join(state, "claria.log"): 0o644, filepath.Join(state, "ledger/a.jsonl"): 0o644,
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	options := Options{
		System: "linux", Root: t.TempDir(), Home: home, Temp: temp, Dirs: []string{state, filepath.Join(state, "missing")},
		Canaries: []safe.PHI{safe.PHI("Jane Doe"), safe.PHI("Li")}, Keys: []string{id}, LookupEnv: environ(nil), Run: answers(nil),
	}
	m := Look(t.Context(), options)
	same := func(what string, got []string, want ...string) {
		t.Helper()
		if strings.Join(got, " | ") != strings.Join(want, " | ") {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	same("secrets", known(t, "secrets", m.Secrets), "~/.bash_history, line 2", "~/.profile, line 1",
		"~/.aws/credentials, line 2: the practice's own key", "~/.aws/credentials can be read by others")
	// A file in a directory that only its owner can enter is not open, whatever its mode.
	same("loose", known(t, "loose", m.Loose), state, state+"/claria.log", temp+"/claria-12")
	same("leaks", known(t, "leaks", m.Leaks), state+"/ids: what looks like a social security number", state+"/old.log: a client's name")
	for _, text := range append(known(t, "secrets", m.Secrets), known(t, "leaks", m.Leaks)...) {
		if strings.Contains(text, secret) || strings.Contains(strings.ToLower(text), "jane") || strings.Contains(text, "6789") {
			t.Errorf("the answer shows what was found: %s", text)
		}
	}

	// A file that cannot be read is not fine.
	if os.Getuid() != 0 {
		if err := os.Chmod(filepath.Join(home, ".bash_history"), 0); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(state, "ids"), 0); err != nil {
			t.Fatal(err)
		}
		m = Look(t.Context(), options)
		unknown(t, "secrets", m.Secrets, "~/.bash_history could not be searched")
		unknown(t, "leaks", m.Leaks, "could not all be searched")
	}
}

// A machine that hangs delays nobody: what it has not answered is unknown.
func TestNothingTakesLongerThanTheLimit(t *testing.T) {
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	began := time.Now()
	m := Look(t.Context(), Options{
		System: "darwin", Home: t.TempDir(), Temp: t.TempDir(), LookupEnv: environ(nil), Limit: 50 * time.Millisecond,
		Run: func(context.Context, string, ...string) (string, error) { <-hang; return "FileVault is On.", nil },
	})
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %s", took)
	}
	unknown(t, "disk", m.Disk, "did not answer within 50ms")
	known(t, "secrets", m.Secrets)
}

// This machine, whatever it is, answers within the limit and names its own program.
func TestThisMachine(t *testing.T) {
	state := t.TempDir()
	began := time.Now()
	m := Look(t.Context(), Options{Dirs: []string{state}, Version: "v9"})
	if took := time.Since(began); took > DefaultLimit+500*time.Millisecond {
		t.Errorf("it took %s", took)
	}
	if b, ok := m.Build.Value(); ok && (b.Version != "v9" || len(b.SHA256) != 64) {
		t.Errorf("the program: %+v", b)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", text)
}
