package drift

import "claria/audit"

// attribute marks what is worse than at the previous look, and names who did it
// where the trail tells.
func attribute(previous Report, current *Report, trail audit.Look) {}
