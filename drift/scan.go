package drift

import (
	"context"
	"sync"
	"time"

	"claria/audit"
	"claria/aws"
	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/provision"
	"claria/provision/state"
)

// Options say what a scan judges and what it knows in addition to the account.
type Options struct {
	Set        string         // of controls; empty: Core
	Machine    *state.Machine // the workstation; nil: its controls are left out
	Unattended bool           // this is a check by cron or the like
	// Runs are the earlier checks, as Facts has them.
	Runs state.Reading[[]Run]
	// Previous is the latest report of the same account and set, to detect drift;
	// nil: there is none.
	Previous *Report
	// Trail is what the previous check in this process read from the trail: digests
	// verified a moment ago are not downloaded again. The zero Look is none.
	Trail audit.Look
}

// Result is a scan: the report, and what it was judged from.
type Result struct {
	Report Report
	State  state.State
	Facts  Facts
}

// Scan observes the account, its trail and the practice's register concurrently,
// and judges them. The error is for a scan that could not begin (no credential,
// no network at all, an unknown set); a read that fails is a finding that is
// unknown.
func Scan(ctx context.Context, account *aws.Account, settings state.Settings, options Options) (Result, error) {
	if options.Set == "" {
		options.Set = catalogue.Core
	}
	controls, err := catalogue.Controls(options.Set)
	if err != nil {
		return Result{}, err
	}
	settings.Wide = options.Set != catalogue.Core
	// The duration is measured, not computed from the account's clock, which a
	// demo account may set.
	began, calls := time.Now(), account.Calls()
	facts := Facts{Machine: options.Machine, Runs: options.Runs, Unattended: options.Unattended}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var reads sync.WaitGroup
	if settings.Account == "" { // before set-up there is neither trail nor register
		facts.Register = state.Absent[register.Register]()
	} else {
		reads.Go(func() { facts.Register = register.ReadRegister(ctx, account, settings) })
		reads.Go(func() { facts.Trail = audit.Recent(ctx, account, settings, options.Trail) })
	}
	observed, err := provision.Observe(ctx, account, settings)
	if err != nil {
		cancel()
		reads.Wait()
		return Result{}, err
	}
	reads.Wait()
	settings = provision.Knowing(settings, observed)
	ended, took := account.Now(), time.Since(began)
	facts.Now = ended
	facts.Skew = skew(account.Skew())
	if options.Previous != nil {
		facts.Agreement = options.Previous.Agreement
	}
	findings := Judge(observed, provision.Desired(settings), settings, facts, judged(controls, options.Machine != nil))
	report := Report{
		Schema: 1, Account: observed.Account, Region: observed.Region, Set: options.Set, Profile: profile(settings),
		Started: ended.Add(-took).UTC(), ElapsedMS: took.Milliseconds(), APICalls: account.Calls() - calls,
		Summary: Summarize(findings), Controls: findings, Agreement: relied(observed, facts),
	}
	attribute(options.Previous, &report, observed, facts.Trail)
	return Result{Report: report, State: observed, Facts: facts}, nil
}

func profile(s state.Settings) string {
	if s.Strict {
		return "strict"
	}
	return "base"
}

// judged leaves out the workstation's controls when there is no workstation to
// check: a check by cron may run on another machine.
func judged(controls []catalogue.Control, here bool) []catalogue.Control {
	if here {
		return controls
	}
	var kept []catalogue.Control
	for _, c := range controls {
		if c.Family != catalogue.FamilyWorkstation {
			kept = append(kept, c)
		}
	}
	return kept
}
