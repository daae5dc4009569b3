package drift

import (
	"context"
	"time"

	"claria/aws"
	"claria/provision"
)

// Scan observes the account and judges it. The error is for a scan that could
// not begin (no credential, no network at all, an unknown set); a read that
// fails is a finding that is unknown. The observed State is returned for a plan.
func Scan(ctx context.Context, account *aws.Account, settings provision.Settings, set string) (Report, provision.State, error) {
	controls, err := Catalogue(set)
	if err != nil {
		return Report{}, provision.State{}, err
	}
	if set == "" {
		set = Core
	}
	// How long it took is measured, not read off the account's clock, which a
	// practice account may set.
	began, calls := time.Now(), account.Calls()
	observed, err := provision.Observe(ctx, account, settings)
	if err != nil {
		return Report{}, provision.State{}, err
	}
	settings = settings.In(observed.Account)
	ended, took := account.Now(), time.Since(began)
	findings := Judge(observed, provision.Desired(settings), settings, Register{Now: ended}, controls)
	return Report{
		Schema: 1, Account: observed.Account, Region: observed.Region, Set: set,
		Started: ended.Add(-took).UTC(), ElapsedMS: took.Milliseconds(), APICalls: account.Calls() - calls,
		Summary: Summarize(findings), Controls: findings,
	}, observed, nil
}
