package drift

func practiceControls() []Control { return nil }
