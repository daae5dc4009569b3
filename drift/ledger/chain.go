package ledger

import "claria/provision/state"

// Chain checks without a network that the ledger is unaltered: its lines
// by their hashes and signatures, and its end by this machine's record of what the
// audit bucket has. Absent: there is no line yet.
func (l *Ledger) Chain() state.Reading[state.Chain] {
	unread := func(err error) state.Reading[state.Chain] {
		return state.Unknown[state.Chain](state.Problem{Operation: "evidence ledger", Message: err.Error()})
	}
	head, err := l.Head()
	if sent, unsent := l.Mirrored(); err == nil && head.Sequence == 0 && (unsent != nil || sent.Sequence == 0) {
		return state.Absent[state.Chain]()
	}
	verdict, err := l.verdict()
	if err != nil {
		return unread(err)
	}
	found := state.Chain{Lines: verdict.Lines}
	for _, p := range verdict.Problems {
		found.Problems = append(found.Problems, p.String())
	}
	return state.Known(found)
}

// verdict is what Verify finds offline, with this machine's keys and its record of what
// the audit bucket has.
func (l *Ledger) verdict() (Verdict, error) {
	keys, err := l.PublicKeys()
	if err != nil {
		return Verdict{}, err
	}
	lines, err := l.Read()
	if err != nil {
		return Verdict{}, err
	}
	defer func() { _ = lines.Close() }()
	verdict := Verify(lines, keys...)
	if sent, err := l.Mirrored(); err == nil {
		verdict = verdict.Against(sent, "this machine's record of what it copied into the audit bucket")
	}
	return verdict, nil
}
