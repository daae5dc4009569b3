package provision

// desiredEstate fills in what Estate should be.
func desiredEstate(_ Settings, state *State) {
	state.Estate = Estate{
		Buckets: Known([]OtherBucket{}),
		Logging: Absent[AccessLog](), Replication: Absent[[]Replication](),
		Targets: Known([]string{}), AccessPoints: Known([]AccessPoint{}), MultiRegion: Known([]AccessPoint{}),
		Insights: Absent[[]string](),
	}
}

// estateRows are the things of Estate that a plan can change.
func estateRows(Settings, *State) []row { return nil }
