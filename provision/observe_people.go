package provision

// people schedules the reads of People.
func (o *observer) people(*State) {}
