package permissions

// doctorPermissions are the rows of the table for claria doctor, in addition to what a scan
// reads.
func doctorPermissions() []Permission {
	return []Permission{{
		Policy: AuditorWidePolicy, Sid: "ReadQuotas", Room: "doctor", Actions: []string{"servicequotas:ListServiceQuotas"},
		On: []string{"*"}, Why: noResource, When: inRegion(),
	}}
}
