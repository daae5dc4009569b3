package drift

func keyControls() []Control { return nil }
