package provision

// Place is the account itself: its contacts, regions, organisation, spending, and what else runs in it.
type Place struct{}
