package schedule

import (
	"context"
	"encoding/xml"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func job() Job {
	return Job{
		Program: "/home/dr o'neil/bin/claria 100%", Args: []string{"--identity", "auditor", "--check", "--quiet"}, Hour: 7, Minute: 5,
		Environ: []Pair{{"CLARIA_HOME", `/srv/my "practice" & $co`}},
	}
}

// A crontab keeps its other lines and never gets ours twice.
func TestCrontab(t *testing.T) {
	line := Line(job())
	if want := `5 7 * * * CLARIA_HOME='/srv/my "practice" & $co' '/home/dr o'\''neil/bin/claria 100\%' --identity auditor --check --quiet ` +
		`# claria-check`; line != want {
		t.Errorf("line\n%s\nwant\n%s", line, want)
	}
	mine := "MAILTO=me@example.org\n\n0 1 * * * backup # claria-check-list\n"
	with := Crontab(mine, line)
	if with != mine+line+"\n" || Crontab(with, line) != with {
		t.Errorf("installed: %q", with)
	}
	later := job()
	later.Hour = 9
	if moved := Crontab(line+"\n"+mine, Line(later)); moved != Line(later)+"\n"+mine {
		t.Errorf("moved: %q", moved)
	}
	if Crontab(with, "") != mine || Crontab(line+"\n", "") != "" || Crontab("", line) != line+"\n" {
		t.Errorf("removed: %q", Crontab(with, ""))
	}
	// cron turns \% back into % and passes the rest to sh, so the words arrive unchanged.
	shown := job()
	shown.Program = os.Args[0]
	words := strings.SplitN(strings.ReplaceAll(Line(shown), `\%`, "%"), " ", 6)
	cmd := exec.Command("sh", "-c", strings.Replace(words[5], "--identity", "-test.run=^TestCrontabChild$ -test.v --", 1))
	cmd.Env = append(os.Environ(), "SCHEDULE_TEST_CHILD=1")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), `home=/srv/my "practice" & $co;`) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestCrontabChild(t *testing.T) {
	if os.Getenv("SCHEDULE_TEST_CHILD") == "" {
		t.Skip("it is what the line of the crontab runs")
	}
	t.Logf("home=%s;", os.Getenv("CLARIA_HOME"))
}

// The job finds the same files and the same way to AWS as the person who installs it.
func TestTheEnvironmentIsCarried(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]string{
		"CLARIA_HOME": "practice", "AWS_CA_BUNDLE": "../network.pem", "SSL_CERT_FILE": "/etc/certificates.pem", "SSL_CERT_DIR": "a:/b",
		"HTTP_PROXY": "http://one:8080", "http_proxy": "http://two:8080", "https_proxy": "http://three:8080", "HTTPS_PROXY": "http://four:8080",
		"no_proxy": "10.0.0.0/8", "NO_PROXY": "localhost", "AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "", "AWS_SECRET_ACCESS_KEY": "s",
	}
	pairs, err := Environ(func(name string) (string, bool) { v, ok := given[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"CLARIA_HOME": filepath.Join(here, "practice"), "AWS_CA_BUNDLE": filepath.Join(filepath.Dir(here), "network.pem"),
		"SSL_CERT_FILE": "/etc/certificates.pem", "SSL_CERT_DIR": filepath.Join(here, "a") + ":/b", "AWS_USE_FIPS_ENDPOINT": "true",
		"HTTP_PROXY": "http://one:8080", "http_proxy": "http://two:8080", "https_proxy": "http://three:8080", "HTTPS_PROXY": "http://four:8080",
		"no_proxy": "10.0.0.0/8", "NO_PROXY": "localhost",
	}
	got := map[string]string{}
	for _, pair := range pairs {
		got[pair.Name] = pair.Value
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestSystemdUnits(t *testing.T) {
	j := job()
	service := Service(j)
	for _, want := range []string{
		`ExecStart="/home/dr o'neil/bin/claria 100%%" "--identity" "auditor" "--check" "--quiet"`,
		`Environment="CLARIA_HOME=/srv/my \"practice\" & $co"`, "#LoadCredential=claria-passphrase:",
	} {
		if !strings.Contains(service, want) {
			t.Errorf("no %s in\n%s", want, service)
		}
	}
	j.Passphrase = "/home/me/pass"
	if service = Service(j); !strings.Contains(service,
		"\nLoadCredential=claria-passphrase:/home/me/pass\nEnvironment=CLARIA_KEYRING_PASSPHRASE_FILE=%d/claria-passphrase\n") {
		t.Errorf("passphrase: %s", service)
	}
	if timer := Timer(j); !strings.Contains(timer, "OnCalendar=*-*-* 07:05:00\nPersistent=true\n") {
		t.Error(timer)
	}
	// systemd itself judges the unit where it is installed.
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("no systemd-analyze")
	}
	dir := t.TempDir()
	j.Program = "/bin/true"
	for name, text := range map[string]string{"claria-check.service": Service(j), "claria-check.timer": Timer(j)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("systemd-analyze", "verify", "--man=no", filepath.Join(dir, "claria-check.service"),
		filepath.Join(dir, "claria-check.timer")).CombinedOutput()
	if err != nil || strings.Contains(string(out), "claria-check") {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}

func TestAgentIsAPropertyList(t *testing.T) {
	j := job()
	j.Log = "/tmp/a&b.log"
	var read struct {
		Dict struct {
			Keys    []string `xml:"key"`
			Strings []string `xml:"string"`
			Array   []string `xml:"array>string"`
		} `xml:"dict"`
	}
	text := Agent(j)
	if err := xml.Unmarshal([]byte(text), &read); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if strings.Join(read.Dict.Array, "|") != j.Program+"|--identity|auditor|--check|--quiet" || read.Dict.Strings[1] != j.Log {
		t.Errorf("%+v", read.Dict)
	}
}

// system is a machine whose commands are simulated.
type system struct {
	crontab  string
	active   bool
	linger   string
	ran      []string
	refuse   string // the command that fails
	noSystem bool
}

func (s *system) run(_ context.Context, stdin, name string, args ...string) (string, error) {
	command := strings.Join(append([]string{name}, args...), " ")
	s.ran = append(s.ran, command)
	fail := func(said string) (string, error) {
		return "", &CommandError{command, said, errors.New("exit status 1")}
	}
	switch {
	case s.refuse != "" && strings.HasPrefix(command, s.refuse):
		return fail("not today")
	case command == "crontab -l" && s.crontab == "":
		return fail("no crontab for me")
	case command == "crontab -l":
		return s.crontab, nil
	case command == "crontab -":
		s.crontab = stdin
	case name == "systemctl" && s.noSystem:
		return fail("Failed to connect to bus")
	case strings.Contains(command, "enable --now"), strings.HasPrefix(command, "launchctl bootstrap"):
		s.active = true
	case strings.Contains(command, "disable --now"), strings.HasPrefix(command, "launchctl bootout"):
		s.active = false
	case strings.Contains(command, "is-active"), strings.HasPrefix(command, "launchctl print"):
		if !s.active {
			return fail("inactive")
		}
	case name == "loginctl":
		return s.linger + "\n", nil
	}
	return "", nil
}

func machine(t *testing.T, os string, s *system, has ...string) Machine {
	return Machine{
		OS: os, UID: 1000, Home: t.TempDir(), Run: s.run, Now: func() time.Time { return time.Date(2026, 11, 21, 7, 5, 0, 0, time.Local) },
		Has: func(name string) bool { return strings.Contains(strings.Join(has, " "), name) },
	}
}

// Each kind is installed, shown, installed again without a change, and removed.
func TestInstallStatusRemove(t *testing.T) {
	for _, c := range []struct {
		os   string
		has  []string
		dead bool
		kind Kind
	}{
		{"linux", []string{"systemctl", "crontab"}, false, Systemd},
		{"linux", []string{"systemctl", "crontab"}, true, Cron},
		{"linux", []string{"crontab"}, false, Cron},
		{"darwin", []string{"crontab", "launchctl"}, false, Launchd},
	} {
		s := &system{noSystem: c.dead, linger: "no"}
		m, ctx := machine(t, c.os, s, c.has...), t.Context()
		kind, err := m.Detect(ctx)
		if err != nil || kind != c.kind {
			t.Errorf("%s %v: %s, %v", c.os, c.has, kind, err)
			continue
		}
		if got := m.Status(ctx); len(got) != 0 {
			t.Errorf("%s: before: %+v", kind, got)
		}
		for range 2 {
			if err := m.Install(ctx, kind, job()); err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			got := m.Status(ctx)
			if len(got) != 1 || got[0].Kind != kind || !got[0].Active || got[0].Next.Format("2006-01-02 15:04") != "2026-11-22 07:05" {
				t.Errorf("%s: %+v", kind, got)
			} else if strings.Contains(got[0].Hint, "enable-linger") != (kind == Systemd) {
				t.Errorf("%s: hint %q", kind, got[0].Hint)
			}
		}
		if n := strings.Count(strings.Join(s.ran, "\n"), "crontab -\n"); kind == Cron && n > 1 {
			t.Errorf("the crontab was written %d times", n)
		}
		if gone, err := m.Remove(ctx); err != nil || len(gone) != 1 || gone[0] != kind {
			t.Errorf("%s: removed %v, %v", kind, gone, err)
		}
		if got := m.Status(ctx); len(got) != 0 || s.crontab != "" || s.active {
			t.Errorf("%s: after: %+v", kind, got)
		}
		if gone, err := m.Remove(ctx); err != nil || len(gone) != 0 {
			t.Errorf("%s: removed again %v, %v", kind, gone, err)
		}
	}
	for _, os := range []string{"windows", "linux"} {
		if _, err := machine(t, os, &system{}).Detect(t.Context()); err == nil ||
			!strings.Contains(err.Error(), "--identity auditor --check --quiet") {
			t.Errorf("%s without anything: %v", os, err)
		}
	}
}

// A crontab that cannot be read is not overwritten.
func TestACrontabThatCannotBeReadStays(t *testing.T) {
	s := &system{crontab: "0 1 * * * backup\n", refuse: "crontab -l"}
	if err := machine(t, "linux", s, "crontab").Install(t.Context(), Cron, job()); err == nil || s.crontab != "0 1 * * * backup\n" {
		t.Errorf("%v, crontab %q", err, s.crontab)
	}
}
