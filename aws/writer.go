package aws

import "context"

// Writer returns the same account and credential without ReadOnly. A check, which
// otherwise cannot write, uses it only to mirror its evidence.
func (a *Account) Writer(ctx context.Context) (*Account, error) {
	options := a.options
	options.ReadOnly = false
	return a.reopen(ctx, options)
}
