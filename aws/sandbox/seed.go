package sandbox

// Seeds are the states a new account can start in:
//
//   - empty: a fresh account with an active BAA; its root user has MFA and one
//     access key, which is the starting credential
//   - no-baa: as empty, without the agreement
//   - demo: as empty; package session/demo sets it up
func Seeds() []string { return []string{"empty", "demo", "no-baa"} }

// Environ is the environment for work on the account, as NAME → value: only access key,
// secret and region. The region has two names, because the AWS CLI and boto3 read only the
// older one. The key belongs to the root user; after it is deleted, only the region remains.
func (a *Account) Environ() map[string]string { return a.EnvironFor("") }

// EnvironFor is the environment for work as an IAM user, with its oldest active key. An
// empty name is the root user.
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
