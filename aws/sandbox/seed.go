package sandbox

// Seeds are the states a new account can start in:
//
//   - empty: a fresh account with an active BAA; its root user has MFA and one
//     access key, which is the starting credential
//   - no-baa: as empty, without the agreement
//   - demo: as empty; package practice makes a set-up practice of it
func Seeds() []string { return []string{"empty", "demo", "no-baa"} }

// Environ is the environment that starts work on the account: access key,
// secret and region (and nothing else), as NAME → value. The region comes under
// two names, for the AWS CLI and boto3 read only the older one. The key is the
// root user's; when that is deleted, only the region is left.
func (a *Account) Environ() map[string]string { return a.EnvironFor("") }

// EnvironFor is the environment that works as an IAM user: its oldest active
// key. An empty name is the root user.
func (a *Account) EnvironFor(user string) map[string]string {
	out := map[string]string{"AWS_REGION": a.options.Region, "AWS_DEFAULT_REGION": a.options.Region}
	a.view(func() {
		for _, key := range a.iam().keysOf(user) {
			if key.Active {
				out["AWS_ACCESS_KEY_ID"], out["AWS_SECRET_ACCESS_KEY"] = key.ID, key.Secret
				return
			}
		}
	})
	return out
}
