// Package terminal runs a program on a pseudo-terminal and shows what an
// emulator makes of its output: the screen as a person sees it, never raw bytes.
// The end-to-end tests and the benchmarks use it; the program itself does not.
package terminal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// Terminal is a program on a pseudo-terminal whose output a terminal emulator shows.
type Terminal struct {
	cmd  *exec.Cmd
	file *os.File

	mu      sync.Mutex
	screen  *vt.Emulator
	bytes   int64
	changed chan struct{}
}

// Open starts a program on a terminal of the given size. environ is added to the
// machine's environment.
func Open(width, height int, environ []string, args ...string) (*Terminal, error) {
	t := &Terminal{cmd: exec.Command(args[0], args[1:]...), screen: vt.NewEmulator(width, height), changed: make(chan struct{}, 1)}
	t.cmd.Env = append(append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8"), environ...)
	file, err := pty.StartWithSize(t.cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
	if err != nil {
		return nil, err
	}
	if file, err = pollable(file); err != nil {
		return nil, err
	}
	t.file = file
	// The emulator answers the program's questions (colours, modes); it blocks
	// unless its answers are read.
	go func() { _, _ = io.Copy(file, t.screen) }()
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			n, err := file.Read(buffer)
			t.mu.Lock()
			_, _ = t.screen.Write(buffer[:n])
			t.bytes += int64(n)
			t.mu.Unlock()
			select {
			case t.changed <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	return t, nil
}

// Text is the screen's rows, without styles.
func (t *Terminal) Text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.String()
}

// Bold reports whether the screen shows the text and its first sign is bold.
func (t *Terminal) Bold(text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for y, line := range strings.Split(t.screen.String(), "\n") {
		before, _, found := strings.Cut(line, text)
		if !found {
			continue
		}
		cell := t.screen.CellAt(ansi.StringWidth(before), y)
		return cell != nil && cell.Style.Attrs&uv.AttrBold != 0
	}
	return false
}

// Written is how many bytes the program has written so far.
func (t *Terminal) Written() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

// Send types keys.
func (t *Terminal) Send(keys string) error {
	_, err := t.file.WriteString(keys)
	return err
}

// WaitFor waits until the screen meets a condition.
func (t *Terminal) WaitFor(limit time.Duration, wanted func(string) bool) error {
	deadline := time.After(limit)
	for {
		if wanted(t.Text()) {
			return nil
		}
		select {
		case <-t.changed:
		case <-deadline:
			return fmt.Errorf("the expected screen did not appear; the screen shows:\n%s", t.Text())
		}
	}
}

// Settle waits until the program writes nothing for a second, for limit at most.
func (t *Terminal) Settle(limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		before := t.Written()
		time.Sleep(time.Second)
		if t.Written() == before {
			return
		}
	}
}

// Resident is the program's resident memory in bytes.
func (t *Terminal) Resident() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			var kB int64
			if _, err := fmt.Sscan(rest, &kB); err != nil {
				return 0, err
			}
			return kB * 1024, nil
		}
	}
	return 0, errors.New("no VmRSS in /proc")
}

// Close kills the program if it still runs.
func (t *Terminal) Close() {
	_ = t.cmd.Process.Kill()
	_ = t.cmd.Wait()
	_ = t.file.Close()
	_ = t.screen.Close()
}

// Wait waits for the program to end by itself and returns its exit code.
func (t *Terminal) Wait(limit time.Duration) (int, error) {
	done := make(chan struct{})
	go func() {
		_ = t.cmd.Wait() // the exit code tells
		close(done)
	}()
	select {
	case <-done:
		return t.cmd.ProcessState.ExitCode(), nil
	case <-time.After(limit):
		return 0, fmt.Errorf("the program still runs; the screen shows:\n%s", t.Text())
	}
}

// Resize changes the terminal's size.
func (t *Terminal) Resize(width, height int) error {
	t.mu.Lock()
	t.screen.Resize(width, height)
	t.mu.Unlock()
	return pty.Setsize(t.file, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
}

// Signal sends the program a signal.
func (t *Terminal) Signal(signal os.Signal) error { return t.cmd.Process.Signal(signal) }
