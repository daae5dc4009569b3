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
	"claria/drift/catalogue"
	"claria/drift/evidence"
	"claria/drift/ledger"
	"claria/session"
	"claria/session/watch"
)

// check is one run of the check.
type check struct {
	*env
	format   evidence.Format
	set      string
	since    string // "last", a file, or empty
	failOn   string
	nagios   bool
	quiet    bool
	noMirror bool
	here     bool // also judge this computer
	timeout  time.Duration
}

// checkCommand is the check for cron: it only reads the account, never prompts, and
// its exit code is the result.
func checkCommand(e *env) *cobra.Command {
	c := &check{env: e}
	var format string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Judge the account against every control (also claria --check, for cron)",
		Long: "Reads the account and judges every control of the set. It changes no setting and never prompts.\n" +
			"Exit code: 0 no problem, 1 a control could not be judged or the check not recorded, 2 a control fails\n" +
			"(2 takes precedence); with --nagios 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. With --since, only what became worse since\n" +
			"then fails. With --fail-on, only that severity or higher fails, and legal deadlines that passed.\n\n" +
			"Each run adds a signed line to the evidence ledger on this computer and copies it into the audit\n" +
			"bucket, where nobody can delete it: see claria evidence.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if c.format, err = evidence.Find(format); err != nil {
				return err
			}
			if err := oneOf("fail-on", c.failOn, "critical", "high", "medium", "low", "due"); err != nil {
				return err
			}
			if err := oneOf("controls", c.set, catalogue.Sets()...); err != nil {
				return err
			}
			if c.format.Binary && e.IsTerminal(e.Stdout) {
				return fmt.Errorf("--format %s cannot be shown on a terminal: redirect it to a file, or use claria evidence export -o FILE", format)
			}
			err = c.run(cmd.Context())
			if exit, ok := errors.AsType[*exitError](err); c.nagios && err != nil && (!ok || exit.err != nil) {
				// The monitoring system reads this line.
				fmt.Fprintf(e.Stdout, "CLARIA UNKNOWN - %s\n", e.said(err))
				return &exitError{code: 3}
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&format, "format", "text", "text, json, ocsf, oscal, csv, junit, prometheus, nagios, html or pdf")
	flags.StringVar(&c.set, "controls", catalogue.Core, "the `SET` of controls: core, strict (all) or nprm "+
		"(core, and as advice what the proposed rule would add)")
	flags.StringVar(&c.since, "since", "", "last, or a `FILE` with an earlier report as JSON: fail only for what became worse since then")
	flags.StringVar(&c.failOn, "fail-on", "low", "the lowest `SEVERITY` that fails: critical, high, medium, low, "+
		"or due to include unsigned statements")
	flags.BoolVar(&c.nagios, "nagios", false, "print one line and use Nagios's exit codes")
	flags.BoolVarP(&c.quiet, "quiet", "q", false, "print nothing if there is no problem, else only the problems")
	flags.BoolVar(&c.noMirror, "no-mirror", false, "do not copy the ledger's lines into the audit bucket")
	flags.BoolVar(&c.here, "workstation", false, "also judge this computer")
	flags.DurationVar(&c.timeout, "timeout", 2*time.Minute, "stop reading after this long; what was not read is unknown")
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
			fmt.Fprintf(c.Stderr, "claria: there is no earlier check of the %s controls to compare with, so everything that fails counts\n", c.set)
		}
	}
	dossier := c.dossier(ctx, s, seen)
	if before != nil {
		dossier.Previous = before
	}
	err = c.answer(dossier, before)
	if err == nil && (seen.Kept.Line != nil || seen.Kept.Lost != nil) { // already printed
		return coded(exitFailure)
	}
	return err
}

// unattended reports whether no person is present, as under cron.
func (e *env) unattended() bool { return !e.IsTerminal(e.Stdin) && !e.IsTerminal(e.Stdout) }

// look looks at the account, and prints what a report has no place for.
func (e *env) look(ctx context.Context, s *session.Session, options watch.Options) (watch.Seen, error) {
	seen, err := e.watching().Look(ctx, s, options)
	if err != nil {
		return seen, err
	}
	if seen.Undecided != nil {
		fmt.Fprintf(e.Stderr, "claria: %s\n", e.said(seen.Undecided))
	}
	e.sayKept(seen.Kept)
	return seen, nil
}

// explain says that the time limit was too short if a scan could not start.
func (c *check) explain(err error) error {
	if late, ok := errors.AsType[*watch.LimitError](err); ok {
		err = fmt.Errorf("the check could not start within %s (--timeout): %w", late.Limit, late.Err)
	}
	return &exitError{exitFailure, err} // cron expects 1 for a check without a result
}

// sinceFile reads the report in the file of --since; nil: --since names no file.
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
		return nil, fmt.Errorf("--since: %s is not a report of claria --check --format json", c.since)
	}
	return &report, nil
}

// answer prints the dossier and returns the exit code.
func (c *check) answer(d evidence.Dossier, before *drift.Report) error {
	if before != nil && (before.Account != d.Report.Account || before.Set != d.Report.Set) {
		return fmt.Errorf("--since: that report is for account %s and the %s controls, this one for account %s and the %s controls: "+
			"they cannot be compared",
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
		// An e-mail from cron shows only what a person must act on.
		d.Report.Controls = slices.DeleteFunc(slices.Clone(d.Report.Controls), func(f drift.Finding) bool {
			return f.Status != catalogue.Unknown && !counts(f)
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
	ranks := []catalogue.Severity{catalogue.Critical, catalogue.High, catalogue.Medium, catalogue.Low, catalogue.Info}
	least := slices.Index(ranks, catalogue.Severity(c.failOn))
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
		case f.Status == catalogue.AttestDue:
			return c.failOn == "due"
		case f.Status != catalogue.Fail:
			return false
		}
		return f.Overdue || slices.Index(ranks, f.Severity) <= least
	}
}

// dossier returns what the formats need from a look.
func (e *env) dossier(ctx context.Context, s *session.Session, seen watch.Seen) evidence.Dossier {
	d := e.reported(ctx, s, seen.Report)
	d.Register, _ = seen.Facts.Register.Value()
	d.Previous = seen.Previous
	return d
}

// reported returns what the formats need in addition to the report.
func (e *env) reported(ctx context.Context, s *session.Session, report drift.Report) evidence.Dossier {
	d := evidence.Dossier{Report: report, Practice: s.Config.Practice, Version: e.version, Zone: time.Local}
	if lines, err := e.watching().Ledger(ctx, s); err == nil {
		d.Head, _ = lines.Head() // a dossier without it says so
	}
	return d
}
