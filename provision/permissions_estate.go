package provision

// estatePermissions are the rows of the table for Estate.
func estatePermissions() []Permission { return nil }
