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

// scheduleCommand has this machine check the account every day.
func scheduleCommand(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "Check the account every day: install, status, remove",
		Long: "Has this machine run claria --identity auditor --check --quiet every day, as the identity that can\n" +
			"read no record. It prints only when something needs a person, so that cron mails only then.",
		Args: cobra.NoArgs,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			if e.demo {
				return errors.New("the practice account ends with the program: there is nothing to schedule")
			}
			return cmd.Root().PersistentPreRunE(cmd, args)
		},
	}
	cmd.AddCommand(scheduleInstall(e), scheduleStatus(e), scheduleRemove(e))
	return cmd
}

// machineOf is this machine, for package schedule.
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
		Short: "Run the check every day from now on",
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
					return fmt.Errorf("the check is scheduled with %s already: claria schedule remove first", other.Kind)
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
	flags.StringVar(&with, "with", "", "systemd, cron or launchd (default: what this machine has)")
	flags.StringVar(&at, "at", "", "local `TIME` of day, such as 07:42 (default: a random minute of the morning, or as it was)")
	flags.BoolVar(&show, "print", false, "print what would be written and install nothing")
	return cmd
}

// job is the daily check as it is run: by the binary that runs now, as the auditor.
func (e *env) job(s *session.Session, at string) (schedule.Job, error) {
	program, err := os.Executable()
	if err != nil {
		return schedule.Job{}, err
	}
	if program, err = filepath.EvalSymlinks(program); err != nil {
		return schedule.Job{}, err
	}
	job := schedule.Job{Program: program, Args: []string{"--identity", "auditor", "--check", "--quiet"}}
	// The morning, so that a laptop is on; a random minute, so that not all ask AWS at once.
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
	for _, name := range []string{"CLARIA_HOME", "AWS_CA_BUNDLE", "HTTPS_PROXY", "AWS_ENDPOINT_URL"} {
		if value, ok := e.LookupEnv(name); ok && value != "" {
			job.Environ = append(job.Environ, schedule.Pair{Name: name, Value: value})
		}
	}
	job.Passphrase, _ = e.LookupEnv(schedule.PassphraseVariable)
	if s != nil && s.State != "" {
		job.Log = filepath.Join(s.State, "check.log")
	}
	return job, nil
}

// tellAuditor says what the job still lacks.
func (e *env) tellAuditor(s *session.Session) {
	if s.Keyring == nil {
		fmt.Fprintf(e.Stderr, "The check will need the auditor's key: %s\n", safe.Line(s.KeyringErr.Error()))
		return
	}
	names, err := s.Keyring.Names()
	if err == nil && !slices.Contains(names, state.AuditorUser) {
		fmt.Fprintf(e.Stderr, "This machine's keyring holds no key of %s yet, and the check will fail until it does.\n", state.AuditorUser)
	}
	if _, named := e.LookupEnv(schedule.PassphraseVariable); !named && runtime.GOOS == "linux" {
		fmt.Fprintf(e.Stderr, "Where nobody is signed in, the keyring service may be locked: keep the auditor's key in the encrypted\n"+
			"file keyring, set %s to the file with its passphrase, and install again.\n", schedule.PassphraseVariable)
	}
}

func scheduleStatus(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "When the check runs next, and how the last one ended",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := e.machineOf()
			if err != nil {
				return err
			}
			s, err := e.ReadOnlySession(cmd.Context())
			if err != nil {
				fmt.Fprintf(e.Stderr, "claria: %s\n", said(err))
			}
			if !e.tellSchedule(cmd.Context(), s, m) {
				fmt.Fprintln(e.Stdout, "The check is not scheduled on this machine: claria schedule install")
			}
			return nil
		},
	}
}

// tellSchedule prints what is installed and the last run; false when nothing is.
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
	book, err := e.watching().Ledger(ctx, s)
	if err != nil {
		return len(installed) > 0
	}
	for entry, err := range book.Entries() {
		if err != nil || entry.Kind != ledger.Check || !entry.Who.Unattended || entry.Summary == nil {
			continue
		}
		fmt.Fprintf(e.Stdout, "last run %s (%s): %d ok, %d fail, %d unknown, exit code %d\n", words.Moment(entry.At, time.Local), words.Ago(e.Now(), entry.At), entry.Summary.Pass, entry.Summary.Fail, entry.Summary.Unknown, entry.Summary.ExitCode())
		return len(installed) > 0
	}
	if len(installed) > 0 {
		fmt.Fprintln(e.Stdout, "it has not run yet")
	}
	return len(installed) > 0
}

func scheduleRemove(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "remove",
		Short: "Do not run the check any more",
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
				fmt.Fprintln(e.Stdout, "The check was not scheduled on this machine.")
			}
			return err
		},
	}
}
