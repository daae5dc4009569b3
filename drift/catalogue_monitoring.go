package drift

func monitoringControls() []Control { return nil }
