package register

import (
	"reflect"
	"time"

	"claria/provision/state"
)

// Declaration is what the practice declared its account to be, as the last of its
// computers recorded it. It is in the register so that another computer plans
// and judges the same way: one that did not know the strict profile would plan to
// undo it.
type Declaration struct {
	At       time.Time             `json:"at"`
	Practice string                `json:"practice,omitempty"`
	Strict   bool                  `json:"strict"`
	Models   []string              `json:"models,omitempty"`
	Alerts   string                `json:"alerts,omitempty"`
	Budget   int                   `json:"budget,omitempty"`
	Contact  *state.Contact        `json:"contact,omitempty"`
	Paper    *state.PaperAgreement `json:"paper,omitempty"`
}

// Declared returns the declaration in a computer's settings.
func Declared(s state.Settings, at time.Time) Declaration {
	return Declaration{
		At: at.UTC().Truncate(time.Second), Practice: s.Practice, Strict: s.Strict, Models: s.Models,
		Alerts: s.Alerts, Budget: s.Budget, Contact: s.Contact, Paper: s.PaperAgreement,
	}
}

// Same reports whether two declarations are equal, whenever they were made.
func (d Declaration) Same(other Declaration) bool {
	d.At, other.At = time.Time{}, time.Time{}
	if len(d.Models) == 0 && len(other.Models) == 0 {
		d.Models, other.Models = nil, nil
	}
	return reflect.DeepEqual(d, other)
}
