// Package machine checks the workstation that Claria runs on: whether its disk is
// encrypted, its screen locks, its system is up to date, and whether parts of a
// record or a key are stored on it in the open.
//
// It only reads: files, and the answers of a few system commands. It needs no
// administrator rights, sends nothing anywhere, and never takes longer than its time
// limit: a question without an answer by then is unknown. It must not judge.
package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"claria/internal/safe"
	"claria/provision/state"
)

// Options say where to look. Every field but Dirs has a usable zero value.
type Options struct {
	// Dirs are the program's own directories: state, configuration, keyring.
	Dirs []string
	// Canaries are texts that must not occur in any unencrypted file: clients' names.
	Canaries []safe.PHI
	// Keys are the ids of the practice's access keys; they are not secret.
	Keys    []string
	OwnLock time.Duration // after which Claria's screen locks itself; 0: never
	Version string        // of the program

	Home       string // empty: the user's
	Temp       string // empty: the system's
	Executable string // empty: this program's
	LookupEnv  func(string) (string, bool)
	Run        Runner        // empty: the system's commands
	Root       string        // where the system's own files are; empty: "/"
	System     string        // empty: runtime.GOOS
	Limit      time.Duration // empty: DefaultLimit
}

// DefaultLimit is the longest that a check takes.
const DefaultLimit = 2 * time.Second

// Runner runs a command that only reads and returns its standard output and standard
// error together. The error says that the command could not run or failed.
type Runner func(ctx context.Context, name string, args ...string) (string, error)

// run runs a system command with its messages untranslated.
func run(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.WaitDelay = 100 * time.Millisecond // for a child that keeps the pipe open
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// looker is a check in progress.
type looker struct {
	Options
	ctx context.Context // of one check
}

// errNone says that there is no such thing on this machine.
var errNone = errors.New("there is none")

// errUnanswered says in words why a question has no answer.
type errUnanswered string

func (e errUnanswered) Error() string { return string(e) }

// system holds the questions that each operating system answers in its own way.
type system interface {
	disk(path string) (state.Disk, error)
	lock() (state.Lock, error)
	updates() (state.Updates, error)
	firewall() (state.Firewall, error)
	swap() (state.Swap, error)
	coreDumps() (bool, error)
}

// Look checks the machine. It always answers, within the limit. It does not read the
// ledger: the caller that verifies the ledger fills that in.
func Look(ctx context.Context, options Options) *state.Machine {
	l := &looker{Options: options.withDefaults()}
	ctx, cancel := context.WithTimeout(ctx, l.Limit)
	defer cancel()
	l.ctx = ctx
	m := &state.Machine{System: l.System, OwnLock: l.OwnLock}
	var s system
	switch l.System {
	case "linux":
		s = onLinux{l}
	case "darwin":
		s = onMac{l}
	case "windows":
		s = onWindows{l}
	default:
		s = onOther{}
	}
	// Answers are stored only here, so one that arrives after the limit, from a disk
	// that hangs, has no effect.
	answers := make(chan func(), 16)
	waiting := 0
	ask := func(read func() func()) {
		waiting++
		go func() { answers <- read() }()
	}
	ask(reader(l.Limit, &m.Disk, func() (state.Disk, error) { return l.weakest(s) }))
	ask(reader(l.Limit, &m.Lock, s.lock))
	ask(reader(l.Limit, &m.Updates, s.updates))
	ask(reader(l.Limit, &m.Firewall, s.firewall))
	ask(reader(l.Limit, &m.Swap, s.swap))
	ask(reader(l.Limit, &m.CoreDumps, s.coreDumps))
	ask(reader(l.Limit, &m.Secrets, l.secrets))
	ask(reader(l.Limit, &m.Loose, l.loose))
	ask(reader(l.Limit, &m.Leaks, l.leaks))
	ask(reader(l.Limit, &m.Build, l.build))
	for ; waiting > 0; waiting-- {
		select {
		case put := <-answers:
			put()
		case <-ctx.Done():
			return m
		}
	}
	return m
}

// reader makes a question whose answer goes into a reading. Until the answer arrives,
// the reading says that there is none.
func reader[T any](limit time.Duration, into *state.Reading[T], read func() (T, error)) func() func() {
	*into = unanswered[T](limit)
	return func() func() {
		value, err := read()
		return func() { *into = reading(value, err) }
	}
}

func reading[T any](value T, err error) state.Reading[T] {
	switch {
	case err == nil:
		return state.Known(value)
	case errors.Is(err, errNone):
		return state.Absent[T]()
	}
	return state.Unknown[T](state.Problem{Message: err.Error()})
}

// unanswered is a reading before its answer arrives.
func unanswered[T any](limit time.Duration) state.Reading[T] {
	return state.Unknown[T](state.Problem{Message: fmt.Sprintf("this computer did not answer within %s", limit)})
}

func (o Options) withDefaults() Options {
	if o.LookupEnv == nil {
		o.LookupEnv = os.LookupEnv
	}
	if o.Run == nil {
		o.Run = run
	}
	if o.Root == "" {
		o.Root = "/"
	}
	if o.System == "" {
		o.System = runtime.GOOS
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Home == "" {
		o.Home, _ = os.UserHomeDir() // empty: this directory is not searched
	}
	if o.Temp == "" {
		o.Temp = os.TempDir()
	}
	if o.Executable == "" {
		o.Executable, _ = os.Executable() // empty: it is not hashed
	}
	return o
}

// weakest is the least protected disk under the program's directories and the user's
// home: an unencrypted disk decides the answer.
func (l *looker) weakest(s system) (state.Disk, error) {
	var found state.Disk
	var unknown error
	for _, dir := range append([]string{l.Home}, l.Dirs...) {
		if dir == "" {
			continue
		}
		disk, err := s.disk(dir)
		switch {
		case err != nil:
			unknown = err
		case !disk.Encrypted:
			return disk, nil
		default:
			found = disk
		}
	}
	if unknown == nil && found == (state.Disk{}) {
		unknown = errUnanswered("there is no directory to check")
	}
	return found, unknown
}

// under is a path of the system's own files.
func (l *looker) under(path string) string { return filepath.Join(l.Root, path) }

// text is the content of a system file; empty when it cannot be read.
func (l *looker) text(path string) string {
	data, err := os.ReadFile(l.under(path))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// shown is a path as a person reads it: the home directory is ~.
func (l *looker) shown(path string) string {
	if rest, ok := strings.CutPrefix(path, l.Home); ok && l.Home != "" {
		return "~" + filepath.ToSlash(rest)
	}
	return filepath.ToSlash(path)
}

// onOther is a system that Claria does not know.
type onOther struct{}

const otherSystem = errUnanswered("Claria does not know this kind of system")

func (onOther) disk(string) (state.Disk, error)   { return state.Disk{}, otherSystem }
func (onOther) lock() (state.Lock, error)         { return state.Lock{}, otherSystem }
func (onOther) updates() (state.Updates, error)   { return state.Updates{}, otherSystem }
func (onOther) firewall() (state.Firewall, error) { return state.Firewall{}, otherSystem }
func (onOther) swap() (state.Swap, error)         { return state.Swap{}, otherSystem }
func (onOther) coreDumps() (bool, error)          { return false, otherSystem }
