package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"claria/drift"
	"claria/drift/evidence"
	"claria/drift/ledger"
	"claria/host/machine"
	"claria/internal/config"
	"claria/provision/state"
	"claria/session"
)

// check is one run of the scan for cron.
type check struct {
	*env
	format   evidence.Format
	set      string
	since    string // "last", a file, or empty
	failOn   string
	nagios   bool
	quiet    bool
	noMirror bool
	here     bool // this computer is judged too
	timeout  time.Duration
}

// checkCommand is the scan for cron: it only reads the account, never prompts, and
// its exit code tells the outcome.
func checkCommand(e *env) *cobra.Command {
	c := &check{env: e}
	var format string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Judge the account against every control; also claria --check, for cron",
		Long: "Reads the account and judges every control of the set. It changes no setting and never prompts.\n" +
			"Exit code: 0 all is well, 1 something could not be evaluated, 2 something fails (2 wins);\n" +
			"with --nagios 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. With --since only what became worse since\n" +
			"then fails; with --fail-on only what matters that much does, and a clock of the law that ran out.\n\n" +
			"Each run adds a signed line to the evidence ledger on this machine and copies it into the audit\n" +
			"bucket, where nobody can take it away: claria evidence tells more.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if c.format, err = evidence.Find(format); err != nil {
				return err
			}
			if err := oneOf("fail-on", c.failOn, "critical", "high", "medium", "low", "due"); err != nil {
				return err
			}
			if err := oneOf("controls", c.set, drift.Sets()...); err != nil {
				return err
			}
			if c.format.Binary && e.IsTerminal(e.Stdout) {
				return fmt.Errorf("--format %s is not for a terminal: send it to a file, or use claria evidence export -o FILE", format)
			}
			err = c.run(cmd.Context())
			if exit, ok := errors.AsType[*exitError](err); c.nagios && err != nil && (!ok || exit.err != nil) {
				// The line is what the monitoring system reads.
				fmt.Fprintf(e.Stdout, "CLARIA UNKNOWN - %s\n", said(err))
				return &exitError{code: 3}
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&format, "format", "text", "text, json, ocsf, oscal, csv, junit, prometheus, nagios, html or pdf")
	flags.StringVar(&c.set, "controls", drift.Core, "the `SET` of controls: core, strict (all) or nprm (core, and what is only proposed as advice)")
	flags.StringVar(&c.since, "since", "", "last, or a `FILE` with an earlier report as JSON: fail only for what became worse since")
	flags.StringVar(&c.failOn, "fail-on", "low", "the least `SEVERITY` that fails: critical, high, medium, low, or due for unsigned statements too")
	flags.BoolVar(&c.nagios, "nagios", false, "print one line and answer with Nagios's exit codes")
	flags.BoolVarP(&c.quiet, "quiet", "q", false, "print nothing when all is well, and else only what is not")
	flags.BoolVar(&c.noMirror, "no-mirror", false, "do not copy the ledger's lines into the audit bucket")
	flags.BoolVar(&c.here, "workstation", false, "judge this computer too")
	flags.DurationVar(&c.timeout, "timeout", 2*time.Minute, "give up after this long; what was not read by then is unknown")
	return cmd
}

// mirrorTime is how long copying the ledger's lines may take.
const mirrorTime = 30 * time.Second

func (c *check) run(ctx context.Context) error {
	scanning, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	s, err := c.CheckSession(scanning)
	if err != nil {
		return err
	}
	release, err := ledger.Acquire(s.State, "check")
	if err != nil {
		return err
	}
	defer release()
	// Without a configuration the credential tells which account's trail and register to read.
	if err := s.Locate(scanning); err != nil {
		return c.explain(scanning, err)
	}
	if s.Config.Identity == "auditor" { // it declares nothing itself, and judges by what is declared now
		if err := c.takeOver(scanning, s); err != nil {
			fmt.Fprintf(c.Stderr, "claria: %s\n", said(err))
		}
	}
	book, err := c.ledger(scanning, s)
	if err != nil {
		return c.explain(scanning, err)
	}
	before, err := c.before(book, s.Settings.Account)
	if err != nil {
		return err
	}
	options := drift.Options{
		Set: c.set, Runs: book.Runs(), Unattended: !c.IsTerminal(c.Stdin) && !c.IsTerminal(c.Stdout), Previous: book.Last("", c.set),
	}
	if !options.Unattended {
		options.Runs = elsewhere(scanning, s, options.Runs)
	}
	if c.here {
		options.Machine = c.machine(scanning, s, book)
	}
	result, err := drift.Scan(scanning, s.Account, s.Settings, options)
	if err != nil {
		return c.explain(scanning, err)
	}
	entry := ledger.Entry{Kind: ledger.Check, Who: c.who(scanning, s, options.Unattended), Report: &result.Report}
	c.keep(ctx, s, book, entry, !c.noMirror && stands(result.State.AuditBucket))
	dossier := c.dossier(s, book, result.Report)
	if register, ok := result.Facts.Register.Value(); ok {
		dossier.Register = register
	}
	if dossier.Previous = options.Previous; before != nil {
		dossier.Previous = before
	}
	return c.answer(dossier, before)
}

// explain says of a scan that could not begin that its time was too short.
func (c *check) explain(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("the check could not begin within %s (--timeout): %w", c.timeout, err)
	}
	return &exitError{exitFailure, err} // an interrupted check was not evaluated, and says so as cron expects
}

// before is the report that --since asks to compare with; nil: there is none.
func (c *check) before(book *ledger.Ledger, account string) (*drift.Report, error) {
	switch c.since {
	case "":
		return nil, nil
	case "last":
		if last := book.Last(account, c.set); last != nil {
			return last, nil
		}
		fmt.Fprintf(c.Stderr, "claria: there is no earlier check of the %s controls to compare with: everything that fails counts this time\n", c.set)
		return nil, nil
	}
	data, err := os.ReadFile(c.since)
	if err != nil {
		return nil, fmt.Errorf("--since: %w", err)
	}
	var report drift.Report
	if err := json.Unmarshal(data, &report); err != nil || report.Schema != 1 {
		return nil, fmt.Errorf("--since: %s is no report of claria --check --format json", c.since)
	}
	return &report, nil
}

// recently is how far back another machine's checks are looked for: twice what may
// lie between two daily ones.
const recently = 52 * time.Hour

// elsewhere adds the checks that other machines mirrored, so that a person who
// looks in person is not told that nothing runs by itself. What cannot be read
// leaves the runs as they are.
func elsewhere(ctx context.Context, s *session.Session, here []drift.Run) []drift.Run {
	if slices.ContainsFunc(here, func(r drift.Run) bool { return r.Unattended && s.Account.Now().Sub(r.At) < 24*time.Hour }) {
		return here
	}
	entries, err := ledger.Remote(ctx, s.Account, state.AuditBucketName(s.Settings), s.Account.Now().Add(-recently))
	if err != nil {
		return here
	}
	all := append(slices.Clone(here), ledger.RunsOf(entries)...)
	slices.SortFunc(all, func(a, b drift.Run) int { return b.At.Compare(a.At) })
	return all
}

// machine looks at this computer, and at the ledger that is kept on it.
func (e *env) machine(ctx context.Context, s *session.Session, book *ledger.Ledger) *drift.Machine {
	options := machine.Options{Version: e.version, LookupEnv: e.LookupEnv}
	if !s.Demo {
		if places, err := config.Locate(e.LookupEnv); err == nil {
			options.Dirs = []string{places.State, filepath.Dir(places.File), places.Keyring}
		}
	}
	look := machine.Look(ctx, options)
	look.Ledger = book.Chain()
	return look
}

// answer prints the dossier and returns the exit code.
func (c *check) answer(d evidence.Dossier, before *drift.Report) error {
	if before != nil && (before.Account != d.Report.Account || before.Set != d.Report.Set) {
		return fmt.Errorf("--since: that report is of account %s and the %s controls, this one of account %s and the %s controls: there is nothing to compare",
			before.Account, before.Set, d.Report.Account, d.Report.Set)
	}
	if c.nagios {
		line, code := evidence.Nagios(d)
		fmt.Fprintln(c.Stdout, line)
		return coded(code)
	}
	counts := c.counts(d.Report, before)
	code := exitOK
	switch {
	case slices.ContainsFunc(d.Report.Controls, counts):
		code = 2
	case d.Report.Summary.Unknown > 0:
		code = 1
	}
	if c.quiet && c.format.Name == "text" {
		// A mail from cron says what needs a person, not the rest.
		d.Report.Controls = slices.DeleteFunc(slices.Clone(d.Report.Controls), func(f drift.Finding) bool {
			return f.Status != drift.Unknown && !counts(f)
		})
	}
	if !c.quiet || code != exitOK {
		if err := c.format.Write(c.Stdout, d); err != nil {
			return &exitError{max(code, exitFailure), err}
		}
	}
	return coded(code)
}

func coded(code int) error {
	if code == exitOK {
		return nil
	}
	return &exitError{code: code}
}

// counts reports whether a finding makes the check fail.
func (c *check) counts(now drift.Report, before *drift.Report) func(drift.Finding) bool {
	ranks := []drift.Severity{drift.Critical, drift.High, drift.Medium, drift.Low, drift.Info}
	least := slices.Index(ranks, drift.Severity(c.failOn))
	if c.failOn == "low" || c.failOn == "due" {
		least = len(ranks) - 1
	}
	worse := map[string]bool{}
	if before != nil {
		for _, change := range drift.Compare(*before, now) {
			worse[change.ID] = change.Worse()
		}
	}
	return func(f drift.Finding) bool {
		switch {
		case before != nil && !worse[f.ID], f.Advice:
			return false
		case f.Status == drift.AttestDue:
			return c.failOn == "due"
		case f.Status != drift.Fail:
			return false
		}
		return f.Overdue || slices.Index(ranks, f.Severity) <= least
	}
}

// stands reports whether a bucket is known to exist: before set-up there is none
// to mirror into.
func stands(b state.Bucket) bool {
	_, ok := b.Region.Value()
	return ok
}

// dossier is what the formats need besides the report.
func (e *env) dossier(s *session.Session, book *ledger.Ledger, report drift.Report) evidence.Dossier {
	d := evidence.Dossier{Report: report, Practice: s.Config.Practice, Version: e.version, Zone: time.Local}
	if head, err := book.Head(); err == nil {
		d.Head = head
	}
	return d
}
