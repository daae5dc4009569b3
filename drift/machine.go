package drift

// Machine is the workstation that Claria runs on, as far as it can be looked at.
type Machine struct{}
