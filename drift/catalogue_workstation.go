package drift

func workstationControls() []Control { return nil }
