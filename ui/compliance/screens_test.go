package compliance

import (
	"claria/ui/kit"
	"claria/ui/uitest"
)

// screens show this pane only.
var screens = uitest.Only(kit.CompliancePane, New)

// sampled are screens whose catalogue is that of the sample reports.
var sampled = uitest.Only(kit.CompliancePane, func(e *kit.Env) *Pane {
	p := New(e)
	for _, control := range sampleControls {
		p.catalogue[control.ID] = control
	}
	return p
})
