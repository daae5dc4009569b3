// Package provision knows how the account should be and how to get there: Observe
// reads the account into a state.State, Desired is the State it should have,
// MakePlan orders the steps between the two, Apply does exactly an approved plan,
// and Undo plans a step back. The files of one topic share a prefix:
// trail_observe.go reads the trail, trail_plan.go says what a plan may change about
// it, setting_trail.go restores it; state/trail.go has its data and
// permissions/audit.go the calls that are allowed.
//
// Observe never writes. MakePlan and Desired are pure. The package does not judge:
// package drift says what a difference means under the law.
package provision
