package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// terminal is a program on a pseudo-terminal whose output a terminal emulator shows.
type terminal struct {
	cmd  *exec.Cmd
	file *os.File

	mu      sync.Mutex
	screen  *vt.Emulator
	bytes   int64
	changed chan struct{}
}

func openTerminal(width, height int, environ []string, args ...string) (*terminal, error) {
	t := &terminal{cmd: exec.Command(args[0], args[1:]...), screen: vt.NewEmulator(width, height), changed: make(chan struct{}, 1)}
	t.cmd.Env = append(append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8"), environ...)
	file, err := pty.StartWithSize(t.cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
	if err != nil {
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

func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.String()
}

func (t *terminal) written() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

func (t *terminal) send(keys string) error {
	_, err := t.file.WriteString(keys)
	return err
}

// waitFor waits until the screen is as wanted.
func (t *terminal) waitFor(limit time.Duration, wanted func(string) bool) error {
	deadline := time.After(limit)
	for {
		if wanted(t.text()) {
			return nil
		}
		select {
		case <-t.changed:
		case <-deadline:
			return fmt.Errorf("the screen never came; it shows:\n%s", t.text())
		}
	}
}

// settle waits until nothing was written for a second, at most limit.
func (t *terminal) settle(limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		before := t.written()
		time.Sleep(time.Second)
		if t.written() == before {
			return
		}
	}
}

// resident is the program's resident memory in bytes.
func (t *terminal) resident() (int64, error) {
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

func (t *terminal) close() {
	_ = t.cmd.Process.Kill()
	_ = t.cmd.Wait()
	_ = t.file.Close()
	_ = t.screen.Close()
}
