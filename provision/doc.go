// Package provision holds the account as it should be and the way there:
// Observe reads the account into a state.State, Desired renders the State it should
// have, MakePlan orders the steps between the two, and Apply does exactly an
// approved plan. A topic's files stand side by side: trail_observe.go reads the
// trail, trail_plan.go says what a plan may change about it; state/trail.go has its
// data and permissions/audit.go what may be called.
//
// Observe never writes. Plan and Desired are pure. It must not judge: what a
// difference means under the law is package drift's business.
package provision
