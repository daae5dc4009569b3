package provision

// desiredEstate fills in what Estate should be.
func desiredEstate(Settings, *State) {}

// estateRows are the things of Estate that a plan can change.
func estateRows(Settings, *State) []row { return nil }
