package register

// AttestationOf returns the newest signature under a control's text; nil: there is none.
func (r Register) AttestationOf(id string) *Attestation {
	var newest *Attestation
	for i, a := range r.Attestations {
		// Of two signatures at the same moment, the later in the register counts.
		if a.Control == id && (newest == nil || !a.At.Before(newest.At)) {
			newest = &r.Attestations[i]
		}
	}
	return newest
}

// DecisionOn returns the newest decision on a specification; nil: there is none.
func (r Register) DecisionOn(specification string) *Decision {
	var newest *Decision
	for i, d := range r.Decisions {
		if d.Specification == specification && (newest == nil || !d.At.Before(newest.At)) {
			newest = &r.Decisions[i]
		}
	}
	return newest
}

// ActionFor returns the newest open entry of the risk management plan for a control.
func (r Register) ActionFor(control string) *Action {
	for i := len(r.Actions) - 1; i >= 0; i-- {
		if a := &r.Actions[i]; a.Control == control && a.Done == "" && a.Owner != "" && a.Due != "" {
			return a
		}
	}
	return nil
}

// Analysis returns the newest signed risk analysis; nil: there is none.
func (r Register) Analysis() *RiskAnalysis {
	var newest *RiskAnalysis
	for i, a := range r.Analyses {
		if newest == nil || !a.At.Before(newest.At) {
			newest = &r.Analyses[i]
		}
	}
	return newest
}
