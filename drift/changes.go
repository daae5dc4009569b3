package drift

import "claria/drift/catalogue"

// Change is one control whose finding differs from the previous check.
type Change struct {
	ID     string            `json:"id"`
	Title  string            `json:"title"`
	Before *catalogue.Status `json:"before"` // nil: it was not judged then
	After  *catalogue.Status `json:"after"`  // nil: it is no longer judged
	// Was and Is are what was observed, before and after.
	Was string `json:"was"`
	Is  string `json:"is"`
}

// Worse reports whether a control that passed no longer passes.
func (c Change) Worse() bool {
	return c.After != nil && (*c.After == catalogue.Fail || *c.After == catalogue.Unknown) &&
		(c.Before == nil || *c.Before == catalogue.Pass || *c.After == catalogue.Fail && *c.Before != catalogue.Fail)
}

// Compare lists what changed from one report to the next: each control with
// another status, and each that still fails but for another reason, in the order
// of the current report; controls no longer judged come last. Reports of two
// accounts or sets are not compared.
func Compare(previous, current Report) []Change {
	changes := []Change{}
	if previous.Account != current.Account || previous.Set != current.Set {
		return changes
	}
	before := make(map[string]Finding, len(previous.Controls))
	for _, f := range previous.Controls {
		before[f.ID] = f
	}
	for _, is := range current.Controls {
		was, known := before[is.ID]
		delete(before, is.ID)
		switch {
		case !known:
			changes = append(changes, Change{ID: is.ID, Title: is.Title, After: new(is.Status), Is: is.Observed})
		case was.Status != is.Status, is.Status == catalogue.Fail && was.Observed != is.Observed:
			changes = append(changes, Change{
				ID: is.ID, Title: is.Title, Before: new(was.Status), After: new(is.Status), Was: was.Observed, Is: is.Observed,
			})
		}
	}
	for _, was := range previous.Controls {
		if _, gone := before[was.ID]; gone {
			changes = append(changes, Change{ID: was.ID, Title: was.Title, Before: new(was.Status), Was: was.Observed})
		}
	}
	return changes
}
