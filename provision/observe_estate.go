package provision

// estate schedules the reads of Estate.
func (o *observer) estate(*State) {}
