package drift

import "claria/provision/state"

// goodEstate is what only an account itself can say of Estate.
func goodEstate(s *state.State) {
	// A bucket that some other tool made, as it should be.
	name := "cloudformation-templates"
	s.Inventory.Buckets = state.Known([]state.OtherBucket{{
		Name: name, Region: "us-east-1", Encryption: state.Known(state.Encryption{Algorithm: "AES256"}),
		PublicAccess: s.DataBucket.PublicAccess, PolicyPublic: state.Known(false),
		Policy: state.Known(statement(`{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::` + name + `", "arn:aws:s3:::` + name + `/*"],
			"Condition": {"Bool": {"aws:SecureTransport": "false"}}}`)),
	}})
}
