package today

import (
	"claria/ui/kit"
	"claria/ui/uitest"
)

// screens have this pane and no other.
var screens = uitest.Only(kit.TodayPane, New)
