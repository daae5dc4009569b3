package provision

// desiredMonitoring fills in what Monitoring should be.
func desiredMonitoring(Settings, *State) {}

// monitoringRows are the things of Monitoring that a plan can change.
func monitoringRows(Settings, *State) []row { return nil }
