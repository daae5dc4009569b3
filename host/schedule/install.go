package schedule

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Runner runs a system command with a text on its standard input and returns its
// standard output.
type Runner func(ctx context.Context, stdin, name string, args ...string) (string, error)

// Machine is where jobs are installed.
type Machine struct {
	OS     string // runtime.GOOS
	UID    int
	Home   string // the user's home directory
	Config string // the user's configuration directory of the XDG; empty: Home/.config
	Run    Runner
	// Has reports whether a command is installed.
	Has func(name string) bool
	Now func() time.Time
}

// CommandError is a system command that failed.
type CommandError struct {
	Command string
	Said    string // on standard error
	Err     error
}

func (e *CommandError) Error() string {
	said := strings.TrimSpace(e.Said)
	if said == "" {
		said = e.Err.Error()
	}
	return e.Command + ": " + said
}

// Unwrap returns the cause.
func (e *CommandError) Unwrap() error { return e.Err }

// Execute is the Runner that runs commands.
func Execute(ctx context.Context, stdin, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &said
	if err := cmd.Run(); err != nil {
		return out.String(), &CommandError{strings.Join(append([]string{name}, args...), " "), said.String(), err}
	}
	return out.String(), nil
}

// Status is an installed job.
type Status struct {
	Kind   Kind
	Where  string // the file, or "crontab"
	Active bool   // the system will run it
	Next   time.Time
	Hint   string // what the person should do; empty: nothing
}

// Detect finds what can run a job on this machine.
func (m Machine) Detect(ctx context.Context) (Kind, error) {
	switch {
	case m.OS == "darwin":
		return Launchd, nil
	case m.OS == "windows":
		return "", errors.New("on Windows, create a daily task in Task Scheduler that runs: claria --identity auditor --check --quiet")
	case m.Has("systemctl") && m.userSystemd(ctx):
		return Systemd, nil
	case m.Has("crontab"):
		return Cron, nil
	}
	return "", errors.New(
		"this machine has neither a systemd user instance nor crontab: run claria --identity auditor --check --quiet daily " +
			"with the scheduler that it has (--print shows the line)")
}

// userSystemd reports whether the user's systemd answers.
func (m Machine) userSystemd(ctx context.Context) bool {
	_, err := m.Run(ctx, "", "systemctl", "--user", "show-environment")
	return err == nil
}

// file is a file to write.
type file struct{ path, content string }

func (m Machine) units() string {
	config := m.Config
	if config == "" {
		config = filepath.Join(m.Home, ".config")
	}
	return filepath.Join(config, "systemd", "user")
}

func (m Machine) files(kind Kind, j Job) []file {
	switch kind {
	case Systemd:
		return []file{{filepath.Join(m.units(), unit+".service"), Service(j)}, {filepath.Join(m.units(), unit+".timer"), Timer(j)}}
	case Launchd:
		return []file{{m.agent(), Agent(j)}}
	}
	return nil
}

func (m Machine) agent() string {
	return filepath.Join(m.Home, "Library", "LaunchAgents", label+".plist")
}

// Print returns what Install would write, for a person to read.
func (m Machine) Print(kind Kind, j Job) string {
	if kind == Cron {
		return Line(j) + "\n"
	}
	var b strings.Builder
	for _, f := range m.files(kind, j) {
		fmt.Fprintf(&b, "# %s\n%s\n", f.path, f.content)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Install makes the job run from now on and replaces an earlier one of the same kind.
// Installing the same job again changes nothing.
func (m Machine) Install(ctx context.Context, kind Kind, j Job) error {
	if kind == Cron {
		return m.crontab(ctx, Line(j))
	}
	changed := false
	for _, f := range m.files(kind, j) {
		wrote, err := write(f)
		if err != nil {
			return err
		}
		changed = changed || wrote
	}
	if kind == Systemd {
		if _, err := m.Run(ctx, "", "systemctl", "--user", "daemon-reload"); err != nil {
			return err
		}
		if _, err := m.Run(ctx, "", "systemctl", "--user", "enable", "--now", unit+".timer"); err != nil {
			return err
		}
		if changed { // an enabled timer keeps its old time until it restarts
			_, err := m.Run(ctx, "", "systemctl", "--user", "restart", unit+".timer")
			return err
		}
		return nil
	}
	if changed {
		_, _ = m.Run(ctx, "", "launchctl", "bootout", m.target()) // it may not be loaded
	} else if m.active(ctx, kind) {
		return nil
	}
	_, err := m.Run(ctx, "", "launchctl", "bootstrap", fmt.Sprintf("gui/%d", m.UID), m.agent())
	return err
}

func (m Machine) target() string { return fmt.Sprintf("gui/%d/%s", m.UID, label) }

// Remove removes the job in every kind that is installed and returns those kinds.
func (m Machine) Remove(ctx context.Context) ([]Kind, error) {
	var gone []Kind
	for _, s := range m.Status(ctx) {
		var err error
		switch s.Kind {
		case Cron:
			err = m.crontab(ctx, "")
		case Systemd:
			_, _ = m.Run(ctx, "", "systemctl", "--user", "disable", "--now", unit+".timer") // it may not be enabled
			for _, f := range m.files(Systemd, Job{}) {
				err = errors.Join(err, remove(f.path))
			}
			_, reload := m.Run(ctx, "", "systemctl", "--user", "daemon-reload")
			err = errors.Join(err, reload)
		case Launchd:
			_, _ = m.Run(ctx, "", "launchctl", "bootout", m.target())
			err = remove(m.agent())
		}
		if err != nil {
			return gone, err
		}
		gone = append(gone, s.Kind)
	}
	return gone, nil
}

// Status returns the installed jobs of every kind.
func (m Machine) Status(ctx context.Context) []Status {
	var found []Status
	add := func(kind Kind, where, text string) {
		hour, minute, ok := timeOf(kind, text)
		if !ok {
			return
		}
		s := Status{Kind: kind, Where: where, Active: m.active(ctx, kind), Next: Next(m.Now(), hour, minute)}
		switch {
		case !s.Active:
			s.Hint = "it is installed but does not run; run claria schedule install again"
		case kind == Systemd && m.lingers(ctx) == "no":
			s.Hint = "it runs only while you are signed in; to run it always, run loginctl enable-linger"
		}
		found = append(found, s)
	}
	for _, at := range []struct {
		kind Kind
		path string
	}{{Systemd, filepath.Join(m.units(), unit+".timer")}, {Launchd, m.agent()}} {
		if data, err := os.ReadFile(at.path); err == nil {
			add(at.kind, at.path, string(data))
		}
	}
	if m.Has("crontab") {
		if text, err := m.Run(ctx, "", "crontab", "-l"); err == nil {
			add(Cron, "crontab", text)
		}
	}
	return found
}

func (m Machine) active(ctx context.Context, kind Kind) bool {
	var err error
	switch kind {
	case Systemd:
		_, err = m.Run(ctx, "", "systemctl", "--user", "is-active", unit+".timer")
	case Launchd:
		_, err = m.Run(ctx, "", "launchctl", "print", m.target())
	}
	return err == nil
}

// lingers is "yes" or "no" as logind says; empty when logind does not answer.
func (m Machine) lingers(ctx context.Context) string {
	out, err := m.Run(ctx, "", "loginctl", "show-user", fmt.Sprint(m.UID), "--property=Linger", "--value")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(out)
}

// crontab adds our line to the user's crontab or removes it.
func (m Machine) crontab(ctx context.Context, line string) error {
	before, err := m.Run(ctx, "", "crontab", "-l")
	if err != nil {
		failed, ok := errors.AsType[*CommandError](err)
		if !ok || !strings.Contains(strings.ToLower(failed.Said), "no crontab") {
			return err // never overwrite a crontab that cannot be read
		}
		before = ""
	}
	after := Crontab(before, line)
	if after == before {
		return nil
	}
	_, err = m.Run(ctx, after, "crontab", "-")
	return err
}

// write writes a file unless it already has this content, and reports whether it did.
func write(f file) (bool, error) {
	if have, err := os.ReadFile(f.path); err == nil && string(have) == f.content {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return false, err
	}
	return true, os.WriteFile(f.path, []byte(f.content), 0o600)
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
