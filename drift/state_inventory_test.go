package drift

import "claria/provision/state"

// goodEstate fills in what only an account itself can say about Estate.
func goodEstate(s *state.State) {
	// A bucket that another tool created, in good order.
	name := "cloudformation-templates"
	s.Inventory.Buckets = state.Known([]state.OtherBucket{{
		Name: name, Region: "us-east-1", Encryption: state.Known(state.Encryption{Algorithm: "AES256"}),
		PublicAccess: s.DataBucket.PublicAccess, PolicyPublic: state.Known(false),
		Policy: state.Known(statement(`{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::` + name + `", "arn:aws:s3:::` + name + `/*"],
			"Condition": {"Bool": {"aws:SecureTransport": "false"}}}`)),
	}})
}
