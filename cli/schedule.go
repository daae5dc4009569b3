package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"claria/drift/ledger"
	"claria/host/schedule"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/provision/state"
	"claria/session"
)

// scheduleCommand schedules a daily check on this computer.
func scheduleCommand(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "Check the account every day: install, status, remove",
		Long: "Runs claria --identity auditor --check --quiet on this computer every day, as the identity that cannot\n" +
			"read records. It prints only when a person must act, so that cron sends an e-mail only then.",
		Args: cobra.NoArgs,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			if e.demo {
				return errors.New("the demo account ends with the program: there is nothing to schedule")
			}
			return cmd.Root().PersistentPreRunE(cmd, args)
		},
	}
	cmd.AddCommand(scheduleInstall(e), scheduleStatus(e), scheduleRemove(e))
	return cmd
}

// machineOf describes this computer for package schedule.
func (e *env) machineOf() (schedule.Machine, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return schedule.Machine{}, err
	}
	m := schedule.Machine{
		OS: runtime.GOOS, UID: os.Getuid(), Home: home, Run: schedule.Execute, Now: e.Now,
		Has: func(name string) bool { _, err := exec.LookPath(name); return err == nil },
	}
	if config, ok := e.LookupEnv("XDG_CONFIG_HOME"); ok && filepath.IsAbs(config) {
		m.Config = config
	}
	return m, nil
}

func scheduleInstall(e *env) *cobra.Command {
	var with, at string
	var show bool
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Run the check every day",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			s, err := e.ReadOnlySession(ctx)
			if err != nil && !show {
				return err
			}
			job, err := e.job(s, at)
			if err != nil {
				return err
			}
			m, err := e.machineOf()
			if err != nil {
				return err
			}
			kind := schedule.Kind(with)
			switch {
			case with == "":
				if kind, err = m.Detect(ctx); err != nil && !show {
					return err
				} else if err != nil {
					kind = schedule.Cron
				}
			case !slices.Contains(schedule.Kinds(), kind):
				return oneOf("with", with, "systemd", "cron", "launchd")
			}
			if show {
				fmt.Fprint(e.Stdout, m.Print(kind, job))
				return nil
			}
			for _, other := range m.Status(ctx) {
				if other.Kind != kind {
					return fmt.Errorf("the check is already scheduled with %s: run claria schedule remove first", other.Kind)
				}
			}
			if err := m.Install(ctx, kind, job); err != nil {
				return err
			}
			e.tellSchedule(ctx, s, m)
			e.tellAuditor(s)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&with, "with", "", "systemd, cron or launchd (default: what this computer has)")
	flags.StringVar(&at, "at", "", "local `TIME` of day, such as 07:42 (default: the current time of the job, or a random minute in the "+
		"morning)")
	flags.BoolVar(&show, "print", false, "print what would be installed, and install nothing")
	return cmd
}

// job returns the daily check: the current binary, as the auditor.
func (e *env) job(s *session.Session, at string) (schedule.Job, error) {
	program, err := os.Executable()
	if err != nil {
		return schedule.Job{}, err
	}
	if program, err = filepath.EvalSymlinks(program); err != nil {
		return schedule.Job{}, err
	}
	job := schedule.Job{Program: program, Args: []string{"--identity", "auditor", "--check", "--quiet"}}
	// In the morning, when a laptop is on; at a random minute, so that not all
	// computers call AWS at once.
	job.Hour, job.Minute = 7+rand.IntN(3), rand.IntN(60)
	if at != "" {
		if job.Hour, job.Minute, err = schedule.ParseTime(at); err != nil {
			return job, err
		}
	} else if m, err := e.machineOf(); err == nil {
		for _, installed := range m.Status(context.Background()) {
			job.Hour, job.Minute = installed.Next.Hour(), installed.Next.Minute()
		}
	}
	if job.Environ, err = schedule.Environ(e.LookupEnv); err != nil {
		return job, err
	}
	if file, ok := e.LookupEnv(schedule.PassphraseVariable); ok && file != "" {
		if job.Passphrase, err = filepath.Abs(file); err != nil {
			return job, err
		}
	}
	if s != nil && s.State != "" {
		job.Log, err = filepath.Abs(filepath.Join(s.State, "check.log"))
	}
	return job, err
}

// tellAuditor prints what the job still needs.
func (e *env) tellAuditor(s *session.Session) {
	if s.Keyring == nil {
		fmt.Fprintf(e.Stderr, "The check needs the auditor's key: %s\n", safe.Line(s.KeyringErr.Error()))
		return
	}
	names, err := s.Keyring.Names()
	if err == nil && !slices.Contains(names, state.AuditorUser) {
		fmt.Fprintf(e.Stderr, "This computer's keyring has no key of %s yet. The check fails until it has one.\n", state.AuditorUser)
	}
	if _, named := e.LookupEnv(schedule.PassphraseVariable); !named && runtime.GOOS == "linux" {
		fmt.Fprintf(e.Stderr, "While nobody is signed in, the keyring service may be locked. Store the auditor's key in the encrypted\n"+
			"file keyring, set %s to the file with its passphrase, and run claria schedule install again.\n", schedule.PassphraseVariable)
	}
}

func scheduleStatus(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show when the check runs next, and the result of the last one",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := e.machineOf()
			if err != nil {
				return err
			}
			s, err := e.ReadOnlySession(cmd.Context())
			if err != nil {
				fmt.Fprintf(e.Stderr, "claria: %s\n", e.said(err))
			}
			if !e.tellSchedule(cmd.Context(), s, m) {
				fmt.Fprintln(e.Stdout, "The check is not scheduled on this computer: run claria schedule install")
			}
			return nil
		},
	}
}

// tellSchedule prints what is installed and the last run. It returns false if nothing
// is installed.
func (e *env) tellSchedule(ctx context.Context, s *session.Session, m schedule.Machine) bool {
	installed := m.Status(ctx)
	for _, status := range installed {
		fmt.Fprintf(e.Stdout, "daily check with %s (%s), next %s\n", status.Kind, status.Where, status.Next.Format("2006-01-02 15:04 MST"))
		if status.Hint != "" {
			fmt.Fprintf(e.Stdout, "  %s\n", status.Hint)
		}
	}
	if s == nil || s.Settings.Account == "" {
		return len(installed) > 0
	}
	lines, err := e.watching().Ledger(ctx, s)
	if err != nil {
		return len(installed) > 0
	}
	for entry, err := range lines.Entries() {
		if err != nil || entry.Kind != ledger.Check || !entry.Who.Unattended || entry.Summary == nil {
			continue
		}
		fmt.Fprintf(e.Stdout, "last run %s (%s): %d ok, %d fail, %d unknown, exit code %d\n", words.Moment(entry.At, time.Local),
			words.Ago(e.Now(), entry.At), entry.Summary.Pass, entry.Summary.Fail, entry.Summary.Unknown, entry.Summary.ExitCode())
		return len(installed) > 0
	}
	if len(installed) > 0 {
		fmt.Fprintln(e.Stdout, "the check has not run yet")
	}
	return len(installed) > 0
}

func scheduleRemove(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "remove",
		Short: "Stop running the check",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := e.machineOf()
			if err != nil {
				return err
			}
			gone, err := m.Remove(cmd.Context())
			for _, kind := range gone {
				fmt.Fprintf(e.Stdout, "The daily check with %s is removed.\n", kind)
			}
			if err == nil && len(gone) == 0 {
				fmt.Fprintln(e.Stdout, "The check was not scheduled on this computer.")
			}
			return err
		},
	}
}
