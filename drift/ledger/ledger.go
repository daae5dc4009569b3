// Package ledger keeps what every check found: one signed line a run, each
// holding the hash of the one before, so that an edited, removed or inserted
// line shows.
//
// It must not judge, and it holds no patient information.
package ledger
