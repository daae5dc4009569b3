package drift

import (
	"fmt"
	"slices"
	"strings"
)

// The sets of controls. Core is what a check judges by default:
// every critical and high control, and those others that AWS's HIPAA
// conformance pack or the product's own promises name and that cost at most
// cents. Strict is all of them. NPRM is Core plus, as advice that fails nothing, what
// the proposed Security Rule of January 2025 (90 FR 898) would add.
const (
	Core   = "core"
	Strict = "strict"
	NPRM   = "nprm"
)

// Sets are the names of the sets.
func Sets() []string { return []string{Core, Strict, NPRM} }

// Catalogue returns the controls of a set, in display order. It includes those of the
// workstation; a scan leaves them out unless it runs on the workstation.
func Catalogue(set string) ([]Control, error) {
	if set == "" {
		set = Core
	}
	if !slices.Contains(Sets(), set) {
		return nil, fmt.Errorf("there is no set of controls %q; the sets are: %s", set, strings.Join(Sets(), ", "))
	}
	var of []Control
	for _, c := range slices.Concat(agreementControls(), identityControls(), storageControls(), keyControls(), trailControls(),
		monitoringControls(), modelControls(), surfaceControls(), workstationControls(), practiceControls()) {
		if c.in(set) {
			of = append(of, c)
		}
	}
	return of, nil
}

func (c Control) in(set string) bool {
	return set == Strict || slices.Contains(c.Sets, Core) || set == NPRM && slices.Contains(c.Sets, NPRM)
}

// The families, in their order.
const (
	agreements  = "Agreements"
	identity    = "Identity"
	storage     = "Storage"
	keys        = "Keys"
	trail       = "Audit trail"
	monitoring  = "Monitoring"
	models      = "AI and transcription"
	surface     = "Attack surface"
	workstation = "Workstation"
	practice    = "The practice"
)

// cfr completes citations of 45 CFR part 164.
func cfr(sections ...string) []string {
	for i := range sections {
		sections[i] = "164." + sections[i]
	}
	return sections
}

func core() []string { return []string{Core} }

func strict() []string { return []string{Strict} }

func proposed(sets ...string) []string { return append(sets, NPRM) }
