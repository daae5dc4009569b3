package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"claria/drift"
	"claria/drift/evidence"
	"claria/drift/ledger"
	"claria/session"
	"claria/session/watch"
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

func (c *check) run(ctx context.Context) error {
	before, err := c.sinceFile()
	if err != nil {
		return err
	}
	opening, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	s, err := c.CheckSession(opening)
	if err != nil {
		return err
	}
	seen, err := c.look(ctx, s, watch.Options{
		Set: c.set, Unattended: c.unattended(), Machine: c.here, Mirror: !c.noMirror, Alone: true, Limit: c.timeout,
	})
	if _, busy := errors.AsType[*ledger.BusyError](err); busy {
		return err
	}
	if err != nil {
		return c.explain(err)
	}
	if c.since == "last" {
		if before = seen.Previous; before == nil {
			fmt.Fprintf(c.Stderr, "claria: there is no earlier check of the %s controls to compare with: everything that fails counts this time\n", c.set)
		}
	}
	dossier := c.dossier(ctx, seen)
	if before != nil {
		dossier.Previous = before
	}
	err = c.answer(dossier, before)
	if err == nil && seen.Kept.Line != nil { // said already
		return coded(exitFailure)
	}
	return err
}

// unattended reports whether nobody is there, as under cron.
func (e *env) unattended() bool { return !e.IsTerminal(e.Stdin) && !e.IsTerminal(e.Stdout) }

// look looks at the account, and says what of it a report has no place for.
func (e *env) look(ctx context.Context, s *session.Session, options watch.Options) (watch.Seen, error) {
	seen, err := e.watching().Look(ctx, s, options)
	if err != nil {
		return seen, err
	}
	if seen.Followed {
		fmt.Fprintln(e.Stderr, takenOver)
	}
	if seen.Unfollowed != nil {
		fmt.Fprintf(e.Stderr, "claria: %s\n", said(seen.Unfollowed))
	}
	e.sayKept(seen.Kept)
	return seen, nil
}

// explain says of a scan that could not begin that its time was too short.
func (c *check) explain(err error) error {
	if late, ok := errors.AsType[*watch.LimitError](err); ok {
		err = fmt.Errorf("the check could not begin within %s (--timeout): %w", late.Limit, late.Err)
	}
	return &exitError{exitFailure, err} // an interrupted check was not evaluated, and says so as cron expects
}

// sinceFile is the report of the file that --since names; nil: it names none.
func (c *check) sinceFile() (*drift.Report, error) {
	if c.since == "" || c.since == "last" {
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

// dossier is what the formats need of a look.
func (e *env) dossier(ctx context.Context, seen watch.Seen) evidence.Dossier {
	d := e.reported(ctx, seen.Session, seen.Report)
	d.Register, _ = seen.Facts.Register.Value()
	d.Previous = seen.Previous
	return d
}

// reported is what the formats need besides the report.
func (e *env) reported(ctx context.Context, s *session.Session, report drift.Report) evidence.Dossier {
	d := evidence.Dossier{Report: report, Practice: s.Config.Practice, Version: e.version, Zone: time.Local}
	if lines, err := e.watching().Ledger(ctx, s); err == nil {
		d.Head, _ = lines.Head() // a dossier without it says so
	}
	return d
}
