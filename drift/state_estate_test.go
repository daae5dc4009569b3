package drift

import "claria/provision"

// goodEstate is what only an account itself can say of Estate.
func goodEstate(s *provision.State) {
	// A bucket that some other tool made, as it should be.
	name := "cloudformation-templates"
	s.Estate.Buckets = provision.Known([]provision.OtherBucket{{
		Name: name, Region: "us-east-1", Encryption: provision.Known(provision.Encryption{Algorithm: "AES256"}),
		PublicAccess: s.DataBucket.PublicAccess, PolicyPublic: provision.Known(false),
		Policy: provision.Known(statement(`{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::` + name + `", "arn:aws:s3:::` + name + `/*"],
			"Condition": {"Bool": {"aws:SecureTransport": "false"}}}`)),
	}})
}
