package drift

import "claria/provision"

// goodPlace is what only an account itself can say of Place.
func goodPlace(*provision.State) {}
