package provision

// place schedules the reads of Place.
func (o *observer) place(*State) {}
