package register

import (
	"fmt"
	"slices"
	"strings"

	"claria/drift/catalogue"
)

// The choices that 164.306(d)(3) allows.
const (
	Implement     = "implement"
	Alternative   = "alternative"
	NotReasonable = "not reasonable"
)

// Choices returns the choices that 164.306(d)(3) allows.
func Choices() []string { return []string{Implement, Alternative, NotReasonable} }

// Check says what is wrong with a decision.
func (d Decision) Check() error {
	switch {
	case !slices.Contains(catalogue.Addressable(), d.Specification):
		return fmt.Errorf(
			"%q is not an addressable specification; the specifications are: %s",
			d.Specification,
			strings.Join(catalogue.Addressable(), ", "),
		)
	case !slices.Contains(Choices(), d.Choice):
		return fmt.Errorf("the choice must be one of %s, not %q", strings.Join(Choices(), ", "), d.Choice)
	case strings.TrimSpace(d.Why) == "":
		return fmt.Errorf("a decision on %s needs its reasons", d.Specification)
	case d.Choice == Alternative && strings.TrimSpace(d.Alternative) == "":
		return fmt.Errorf("a decision on %s needs the alternative", d.Specification)
	case strings.TrimSpace(d.Signer) == "":
		return fmt.Errorf("a decision on %s needs the name of the person who decided", d.Specification)
	}
	return nil
}
