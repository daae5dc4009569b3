package provision

// monitoringPermissions are the rows of the table for Monitoring.
func monitoringPermissions() []Permission { return nil }
