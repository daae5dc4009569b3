package drift

func surfaceControls() []Control { return nil }
