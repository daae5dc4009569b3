package provision

// desiredPeople fills in what People should be.
func desiredPeople(Settings, *State) {}

// peopleRows are the things of People that a plan can change.
func peopleRows(Settings, *State) []row { return nil }
