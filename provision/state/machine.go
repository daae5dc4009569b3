package state

import "time"

// Machine is the computer that Claria runs on, as far as it can be read without
// administrator rights. Package host/machine fills it in; what it could not read stays
// unknown.
type Machine struct {
	System string `json:"system"` // "linux", "darwin", "windows"

	Disk     Reading[Disk]     `json:"disk"`     // that holds Claria's files
	Lock     Reading[Lock]     `json:"lock"`     // of the desktop
	OwnLock  time.Duration     `json:"own_lock"` // idle time until Claria's screen locks; 0: never
	Updates  Reading[Updates]  `json:"updates"`
	Firewall Reading[Firewall] `json:"firewall"`

	// Secrets are the places that hold an AWS key in plain text, in words and without the
	// key. Empty: none was found.
	Secrets Reading[[]string] `json:"secrets"`
	// Loose are Claria's files that others on this computer can read.
	Loose Reading[[]string] `json:"loose"`
	// Leaks are Claria's unencrypted files that hold what looks like patient information:
	// the file and the kind of information, never the text.
	Leaks     Reading[[]string] `json:"leaks"`
	CoreDumps Reading[bool]     `json:"core_dumps"` // a crash writes the memory to disk
	Swap      Reading[Swap]     `json:"swap"`

	Build Reading[Build] `json:"build"`
	// Ledger is whether the evidence ledger on this computer is unaltered; absent: there is
	// none yet.
	Ledger Reading[Chain] `json:"ledger"`
}

// Disk is the volume under a directory.
type Disk struct {
	Encrypted bool   `json:"encrypted"`
	Device    string `json:"device"`       // "/dev/sda2", "C:"
	By        string `json:"by,omitempty"` // "LUKS", "FileVault", "BitLocker"
}

// Lock is the desktop's automatic lock.
type Lock struct {
	On    bool          `json:"on"`
	After time.Duration `json:"after"` // idle time until it locks
}

// Updates says how current the system is.
type Updates struct {
	Checked   time.Time `json:"checked,omitzero"`   // last check for new ones
	Installed time.Time `json:"installed,omitzero"` // zero: not known
	Automatic bool      `json:"automatic"`          // security updates install themselves
	By        string    `json:"by"`                 // "apt", "dnf", "Software Update", "Windows Update"
}

// Firewall is whether the system blocks incoming connections.
type Firewall struct {
	On bool   `json:"on"`
	By string `json:"by"`
}

// Swap is where the system writes memory that it has no room for.
type Swap struct {
	Areas int      `json:"areas"`
	Open  []string `json:"open,omitempty"` // areas on an unencrypted disk
}

// Build is the running program.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the sources; empty: not recorded
	Modified bool   `json:"modified,omitempty"` // the sources differed from that revision
	SHA256   string `json:"sha256,omitempty"`   // of the executable
	Writable bool   `json:"writable,omitempty"` // others on this computer can replace the executable
}

// Chain is the outcome of verifying the evidence ledger.
type Chain struct {
	Lines    int      `json:"lines"`
	Problems []string `json:"problems,omitempty"` // in words; empty: intact
}
