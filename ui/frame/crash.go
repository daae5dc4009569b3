package frame

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"

	tea "charm.land/bubbletea/v2"

	"claria/session"
)

// crash is a panic, kept until the terminal is restored.
type crash struct {
	what  string // no PHI: a runtime error's text, or only the type of the value
	stack []byte
}

func newCrash(r any) *crash {
	what := reflect.TypeOf(r).String()
	if err, ok := r.(runtime.Error); ok {
		what = err.Error()
	}
	return &crash{what: what, stack: debug.Stack()}
}

// Fault is what made the program stop, and where; empty: it runs.
func (f *Frame) Fault() string {
	if f.crash == nil {
		return ""
	}
	return f.crash.what + "\n" + string(f.crash.stack)
}

// guard turns a panic in a command into a message, so that the terminal is restored
// and a person reads a sentence.
func guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				msg = *newCrash(r)
			}
		}()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = guard(batch[i])
			}
		}
		return msg
	}
}

// report writes the crash to a file in dir (empty: the system's directory
// for temporary files) and returns an error that says so.
func (c *crash) report(options session.Screen, dir string) error {
	if dir == "" {
		dir = os.TempDir()
	}
	name := filepath.Join(dir, "claria-crash-"+options.Now().UTC().Format("20060102T150405Z")+".log")
	text := fmt.Sprintf("claria %s\n%s\n\n%s", options.Version, c.what, c.stack)
	err := os.MkdirAll(dir, 0o700) // on a new computer nothing else has made it yet
	if err == nil {
		err = os.WriteFile(name, []byte(text), 0o600)
	}
	if err != nil {
		return fmt.Errorf("claria crashed (%s), and the crash report could not be written: %w", c.what, err)
	}
	return fmt.Errorf("claria crashed, and its work stopped. The crash report holds no patient information: %s", name)
}
