// Package catalogue is the controls as data: what each wants, in words, with its
// citations, severity, sets and the statement to sign; the requirements of the law that
// they answer; and the questions of the risk analysis. It judges nothing: package drift
// has a judge for each control.
package catalogue

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

// Controls returns the controls of a set, in display order. It includes those of the
// workstation; a scan leaves them out unless it runs on the workstation.
func Controls(set string) ([]Control, error) {
	if set == "" {
		set = Core
	}
	if !slices.Contains(Sets(), set) {
		return nil, fmt.Errorf("there is no set of controls %q; the sets are: %s", set, strings.Join(Sets(), ", "))
	}
	var of []Control
	for _, c := range slices.Concat(agreementControls(), identityControls(), storageControls(), keyControls(), trailControls(),
		monitoringControls(), modelControls(), surfaceControls(), workstationControls(), practiceControls()) {
		if c.In(set) {
			of = append(of, c)
		}
	}
	return of, nil
}

// The families, in their order.
const (
	FamilyAgreements  = "Agreements"
	FamilyIdentity    = "Identity"
	FamilyStorage     = "Storage"
	FamilyKeys        = "Keys"
	FamilyTrail       = "Audit trail"
	FamilyMonitoring  = "Monitoring"
	FamilyModels      = "AI and transcription"
	FamilySurface     = "Attack surface"
	FamilyWorkstation = "Workstation"
	FamilyPractice    = "The practice"
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
