package aws

// Keyring keeps access keys under the name of their identity ("claria-admin").
// Two exist: the machine's own keyring service and the encrypted file.
type Keyring interface {
	// Load returns the stored key; KindOf(err) is Absent when there is none.
	Load(name string) (Key, error)
	Store(name string, key Key) error
	Delete(name string) error
	// Names lists the identities that have a key here.
	Names() ([]string, error)
	// Backend says in words where keys are kept: "Secret Service", "encrypted file".
	Backend() string
}
