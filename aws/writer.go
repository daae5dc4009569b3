package aws

import "context"

// Writer is the same account and credential without ReadOnly. A check, which
// otherwise cannot write, mirrors its evidence with it and does nothing else.
func (a *Account) Writer(ctx context.Context) (*Account, error) {
	options := a.options
	options.ReadOnly = false
	return a.reopen(ctx, options)
}
