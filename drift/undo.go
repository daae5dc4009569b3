package drift

import (
	"claria/drift/catalogue"
	"claria/provision"
	"claria/provision/state"
)

// Weakened are the controls that do not fail now and fail once the plan, which is one
// of provision.Undo, is carried out. observed and facts are what the account was judged
// from; what they lack counts neither way.
func Weakened(plan provision.Plan, observed state.State, settings state.Settings, facts Facts, set string) ([]Finding, error) {
	controls, err := catalogue.Controls(set)
	if err != nil || plan.Empty() {
		return nil, err
	}
	after, err := plan.Undone()
	if err != nil {
		return nil, err
	}
	settings = provision.Knowing(settings, observed)
	desired := provision.Desired(settings)
	now := Judge(observed, desired, settings, facts, controls)
	then := Judge(after, desired, settings, facts, controls)
	weaker := []Finding{}
	for i, f := range then {
		if f.Status == catalogue.Fail && now[i].Status != catalogue.Fail {
			weaker = append(weaker, f)
		}
	}
	return weaker, nil
}
