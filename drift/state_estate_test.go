package drift

import "claria/provision"

// goodEstate is what only an account itself can say of Estate.
func goodEstate(*provision.State) {}
