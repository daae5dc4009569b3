package setup

import (
	"claria/ui/kit"
	"claria/ui/uitest"
)

// screens show this pane only.
var screens = uitest.Only(kit.SetupPane, New)
