package text

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"claria/internal/safe"
)

// A file may come from anyone, and a fault in a reader may let it take all memory or
// time. So a file is read in a child process, which the parent ends: the program and the
// other files continue. The child is this program, started again under childName. The
// file's bytes go to it through its standard input and the passages come back through its
// standard output. Nothing of a file is in an argument, the environment or a temporary
// file, and the child has no environment: it cannot know any credentials.
const childName = "claria-reader"

// The limits of a child.
const (
	maxResident = 512 << 20             // bytes of memory: past it, the parent ends the child
	softMemory  = 384 << 20             // GOMEMLIMIT: past it, the child collects garbage harder
	ownMemory   = 480 << 20             // bytes that the child has from the system: past it, it ends itself
	maxAnswer   = 256 << 20             // bytes of the child's answer
	grace       = 3 * time.Second       // past the deadline of a file, before the child is ended
	idleTime    = time.Second           // that a child waits for the next file
	watchEvery  = 20 * time.Millisecond // that a child's memory is looked at
	childFiles  = 500                   // that one child reads
	childBytes  = 64 << 20              // of files that one child reads
	smallFile   = 256 << 10             // bytes: a plain text up to this size needs no child
)

const (
	errMemory  = textError("reading its text took too much memory: split it")
	errStopped = textError("its text cannot be read: the file is damaged, or made so that reading it fails")
)

// errGone is the end of a child that nobody ended.
var errGone = errors.New("the reading process ended")

// request is what the parent asks for; the bytes of the file follow it.
type request struct {
	Suffix string // of the file's name
	Size   int64  // bytes of the file
	Limit  time.Duration
	Pages  []int // return the pictures of these pages of a PDF file, not its text
}

// answer is a reading on its way from the child. safe.PHI does not marshal itself.
type answer struct {
	Kind     string
	Passages []passageWire
	Unread   []Unread
	Problem  string
	Pictures map[int][]byte // by page
}

type passageWire struct {
	Kind  string   `json:"k"`
	Level int      `json:"l,omitempty"`
	Place string   `json:"p,omitempty"`
	Table int      `json:"t,omitempty"`
	Cells []string `json:"c,omitempty"`
	Text  string   `json:"x"`
}

func toAnswer(r Reading) answer {
	a := answer{Kind: r.Kind, Unread: r.Unread, Problem: r.Problem, Passages: make([]passageWire, len(r.Passages))}
	for i, p := range r.Passages {
		w := passageWire{Kind: p.Kind, Level: p.Level, Place: p.Place.Reveal(), Table: p.Table, Text: p.Text.Reveal()}
		for _, c := range p.Cells {
			w.Cells = append(w.Cells, c.Reveal())
		}
		a.Passages[i] = w
	}
	return a
}

func (a answer) reading() Reading {
	r := Reading{Kind: a.Kind, Unread: a.Unread, Problem: a.Problem}
	at := 0
	for i, w := range a.Passages {
		p := Passage{
			Number: i + 1, Start: at, End: at + len(w.Text), Kind: w.Kind, Level: w.Level,
			Place: safe.PHI(w.Place), Table: w.Table, Text: safe.PHI(w.Text),
		}
		for _, c := range w.Cells {
			p.Cells = append(p.Cells, safe.PHI(c))
		}
		at = p.End + 1
		r.Passages = append(r.Passages, p)
	}
	return r
}

// child is a running child process. One reading at a time uses it.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	files int
	bytes int64
	idle  *time.Timer
	ended sync.Once
}

// startChild starts this program again.
func startChild() (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS == "linux" {
		self = "/proc/self/exe" // it stays this version when an update replaces the file
	}
	cmd := &exec.Cmd{Path: self, Args: []string{childName}, Env: []string{}, Dir: "/", SysProcAttr: childAttributes()}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &child{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 64<<10)}, nil
}

// end ends the child and waits for its end. Its work is lost.
func (c *child) end() {
	c.ended.Do(func() {
		_ = c.in.Close()
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	})
}

// read lets the child read one file. After an error the child is of no more use.
func (c *child) read(ctx context.Context, r request, data []byte) (answer, error) {
	timed, cancel := context.WithTimeout(ctx, r.Limit+min(grace, r.Limit))
	defer cancel()
	var memory bool
	finished, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		memory = c.watch(timed, finished)
	}()
	a, err := c.exchange(r, data)
	close(finished)
	<-watched
	c.files, c.bytes = c.files+1, c.bytes+int64(len(data))
	switch {
	case err == nil:
		return a, nil
	case ctx.Err() != nil:
		c.end()
		return answer{}, ctx.Err()
	case timed.Err() != nil:
		c.end()
		return answer{}, errTooLong
	}
	// It has ended, or its answer is nonsense. Its exit code says more than a signal.
	_ = c.in.Close()
	waited := time.AfterFunc(grace, func() { _ = c.cmd.Process.Kill() })
	c.ended.Do(func() { _ = c.cmd.Wait() })
	waited.Stop()
	if memory || c.cmd.ProcessState.ExitCode() == exitMemory {
		return answer{}, errMemory
	}
	return answer{}, errGone
}

// watch ends the child at its deadline, or when it takes too much memory, which it
// reports, until the reading has finished.
func (c *child) watch(ctx context.Context, finished <-chan struct{}) bool {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-finished:
			return false
		case <-ctx.Done():
			_ = c.cmd.Process.Kill()
			return false
		case <-tick.C:
			if resident(c.cmd.Process.Pid) > maxResident {
				_ = c.cmd.Process.Kill()
				return true
			}
		}
	}
}

// exchange writes a request and reads its answer.
func (c *child) exchange(r request, data []byte) (answer, error) {
	head, err := json.Marshal(r)
	if err != nil {
		return answer{}, err
	}
	if err := writeFrame(c.in, head); err != nil {
		return answer{}, err
	}
	if _, err := c.in.Write(data); err != nil {
		return answer{}, err
	}
	body, err := readFrame(c.out, maxAnswer)
	if err != nil {
		return answer{}, err
	}
	var a answer
	err = json.Unmarshal(body, &a)
	return a, err
}

func writeFrame(w io.Writer, body []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint64(nil, uint64(len(body))), body...))
	return err
}

func readFrame(r io.Reader, most uint64) ([]byte, error) {
	var size [8]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint64(size[:])
	if n > most {
		return nil, errors.New("the answer is too long")
	}
	body := make([]byte, n)
	_, err := io.ReadFull(r, body)
	return body, err
}

// children are the child processes that wait for a file.
type children struct {
	mu   sync.Mutex
	idle []*child
	wait time.Duration // before a child without work ends; 0: idleTime
}

// take returns a child that waits, or nil.
func (k *children) take() *child {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.idle) == 0 {
		return nil
	}
	c := k.idle[len(k.idle)-1]
	k.idle = k.idle[:len(k.idle)-1]
	c.idle.Stop()
	return c
}

// give keeps a child for the next file, for a while. A child that has read much ends.
func (k *children) give(c *child) {
	k.mu.Lock()
	full := len(k.idle) >= extractions
	if !full && c.files < childFiles && c.bytes < childBytes {
		k.idle = append(k.idle, c)
		c.idle = time.AfterFunc(cmp.Or(k.wait, idleTime), func() { k.drop(c) })
		k.mu.Unlock()
		return
	}
	k.mu.Unlock()
	c.end()
}

// drop ends a child that waits still.
func (k *children) drop(c *child) {
	k.mu.Lock()
	i := slices.Index(k.idle, c)
	if i >= 0 {
		k.idle = slices.Delete(k.idle, i, i+1)
	}
	k.mu.Unlock()
	if i >= 0 {
		c.end()
	}
}

// inChild reads a file in a child process. The error is about the process or ctx.
func (k *children) inChild(ctx context.Context, name safe.PHI, data []byte, limit time.Duration) (Reading, error) {
	suffix := strings.ToLower(path.Ext(name.Reveal()))
	if len(suffix) > 16 {
		suffix = ""
	}
	a, err := k.ask(ctx, request{Suffix: suffix, Size: int64(len(data)), Limit: limit}, data)
	if told, ok := errors.AsType[textError](err); ok {
		return Reading{Kind: kindOf(name, data), Problem: told.Error()}, nil
	}
	return a.reading(), err
}

// picturesInChild gets the pictures of pages out of a PDF file.
func (k *children) picturesInChild(ctx context.Context, data []byte, pages []int) (map[int][]byte, error) {
	a, err := k.ask(ctx, request{Suffix: ".pdf", Size: int64(len(data)), Limit: readTime, Pages: pages}, data)
	return a.Pictures, err
}

// ask lets a child do something with a file. A textError is about the file.
func (k *children) ask(ctx context.Context, r request, data []byte) (answer, error) {
	for {
		c := k.take()
		kept := c != nil
		if !kept {
			var err error
			if c, err = startChild(); err != nil {
				return answer{}, fmt.Errorf("the process that reads files could not be started: %w", err)
			}
		}
		a, err := c.read(ctx, r, data)
		if err == nil {
			k.give(c)
			return a, nil
		}
		if ctx.Err() != nil {
			return answer{}, ctx.Err()
		}
		if errors.Is(err, errGone) {
			if kept {
				continue // an earlier file may have done it: a new child shows
			}
			err = errStopped
		}
		return answer{}, err
	}
}

// inProcess reports whether a file needs no child: nothing of it unpacks, and its
// reader goes through it once.
func (f format) inProcess(data []byte) bool {
	switch f.kind {
	case "text/plain", "text/csv", "text/tab-separated-values", vttKind, srtKind:
		return len(data) <= smallFile
	}
	return false
}
