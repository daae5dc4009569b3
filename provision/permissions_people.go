package provision

// peoplePermissions are the rows of the table for People.
func peoplePermissions() []Permission { return nil }
