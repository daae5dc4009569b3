package provision

// People is what there is to know of the account's identities besides their policies and keys.
type People struct{}
