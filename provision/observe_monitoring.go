package provision

// monitoring schedules the reads of Monitoring.
func (o *observer) monitoring(*State) {}
