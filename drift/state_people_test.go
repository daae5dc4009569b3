package drift

import "claria/provision"

// goodPeople is what only an account itself can say of People.
func goodPeople(*provision.State) {}
