package provision

// desiredPlace fills in what Place should be.
func desiredPlace(Settings, *State) {}

// placeRows are the things of Place that a plan can change.
func placeRows(Settings, *State) []row { return nil }
