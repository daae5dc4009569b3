//go:build unix

package text

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"claria/internal/safe"
)

// A child of this test reads files named .hostile as no reader should.
var _ = func() bool {
	normal := readFile
	readFile = func(ctx context.Context, suffix string, data []byte) Reading {
		if suffix != ".hostile" {
			return normal(ctx, suffix, data)
		}
		switch string(data) {
		case "memory":
			var kept [][]byte
			for {
				block := make([]byte, 1<<20)
				for i := range block {
					block[i] = byte(i)
				}
				kept = append(kept, block)
				if len(kept) > 4_000 {
					return Reading{Problem: strconv.Itoa(len(kept))}
				}
			}
		case "exit":
			os.Exit(3)
		case "panic":
			go func() { panic(string(data)) }()
			select {}
		case "hang":
			for n := 0; ; n++ {
				_ = n
			}
		case "nonsense":
			fmt.Print("not an answer, and much longer than eight bytes")
			os.Exit(0)
		}
		var core syscall.Rlimit
		_ = syscall.Getrlimit(syscall.RLIMIT_CORE, &core)
		where, _ := os.Getwd()
		return Reading{Problem: fmt.Sprintf("environment %d arguments %d in %s core %d process %d",
			len(os.Environ()), len(os.Args), where, core.Cur, os.Getpid())}
	}
	return true
}()

// kids are the children of this test.
var kids = children{wait: time.Hour}

func hostile(t *testing.T, how string) Reading {
	t.Helper()
	out, err := kids.inChild(t.Context(), "x.hostile", []byte(how), 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// After each way of failing, the next file is read.
func TestAFileThatEndsItsReaderEndsNothingElse(t *testing.T) {
	for how, want := range map[string]textError{
		"memory": errMemory, "exit": errStopped, "panic": errStopped, "hang": errTooLong, "nonsense": errStopped,
	} {
		if got := hostile(t, how); got.Problem != want.Error() {
			t.Errorf("%s: got %q, want %q", how, got.Problem, want)
		}
		out, err := NewExtractor().Read(t.Context(), "note.rtf", 20, func() ([]byte, error) { return []byte(`{\rtf1 the next one}`), nil })
		if err != nil || len(out.Passages) != 1 || out.Passages[0].Text.Reveal() != "the next one" {
			t.Errorf("after %s: %q, %v", how, out.Problem, err)
		}
	}
}

func TestTheChildKnowsNothingOfTheParent(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "a secret")
	if got := hostile(t, "tell").Problem; !strings.HasPrefix(got, "environment 0 arguments 1 in / core 0 ") {
		t.Errorf("the child has more than it needs: %s", got)
	}
}

func TestOneChildReadsManyFiles(t *testing.T) {
	first, second := hostile(t, "tell"), hostile(t, "tell again")
	if first.Problem != second.Problem {
		t.Errorf("two children read two small files: %q, %q", first.Problem, second.Problem)
	}
}

// A child that dies while it waits costs the next file nothing.
func TestAKilledChildIsReplaced(t *testing.T) {
	said := hostile(t, "tell").Problem
	pid, err := strconv.Atoi(said[strings.LastIndexByte(said, ' ')+1:])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := hostile(t, "tell").Problem; !strings.HasPrefix(got, "environment 0") || got == said {
		t.Errorf("after its child was killed: %q", got)
	}
}

func TestStoppingEndsTheChild(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if _, err := kids.inChild(ctx, "x.hostile", []byte("hang"), time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestNoChildOutlivesItsParent kills a parent in the middle of a reading.
func TestNoChildOutlivesItsParent(t *testing.T) {
	if os.Getenv("CLARIA_TEST_PARENT") != "" {
		fmt.Println("pid", hostile(t, "tell").Problem) // the same child goes on with the next file
		_, _ = kids.inChild(t.Context(), "x.hostile", []byte("hang"), time.Hour)
		return
	}
	parent := exec.Command(os.Args[0], "-test.run=^TestNoChildOutlivesItsParent$", "-test.v")
	parent.Env = append(os.Environ(), "CLARIA_TEST_PARENT=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	child := 0
	for lines := bufio.NewScanner(out); child == 0 && lines.Scan(); {
		if at := strings.Index(lines.Text(), "process "); at >= 0 {
			child, _ = strconv.Atoi(lines.Text()[at+len("process "):])
		}
	}
	if child == 0 || syscall.Kill(child, 0) != nil {
		t.Fatalf("the parent has no child: %d", child)
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
	deadline := time.After(10 * time.Second)
	for tick := time.Tick(5 * time.Millisecond); running(child); {
		select {
		case <-tick:
		case <-deadline:
			t.Fatalf("process %d outlives its parent", child)
		}
	}
}

// running reports whether a process runs; one that has ended and waits for its new
// parent does not.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(status), ") Z ")
}

func TestAReadingComesBackAsItWas(t *testing.T) {
	in := Reading{Kind: "text/html", Unread: []Unread{{Unit: "page", Numbers: []int{2}, Of: 3, Reason: Picture}}, Passages: []Passage{
		{Number: 1, Start: 0, End: 5, Kind: Heading, Level: 2, Text: "Maëx", Place: "page 1"},
		{Number: 2, Start: 6, End: 12, Kind: HeaderRow, Table: 1, Text: "a |  | c", Cells: []safe.PHI{"a", "", "c"}},
	}}
	in.Passages[1].End = 6 + len("a |  | c")
	got := toAnswer(in).reading()
	if fmt.Sprint(len(got.Passages), got.Kind, got.Unread) != fmt.Sprint(2, in.Kind, in.Unread) {
		t.Fatalf("got %v", got)
	}
	for i, p := range got.Passages {
		w := in.Passages[i]
		if p.Number != w.Number || p.Start != w.Start || p.End != w.End || p.Kind != w.Kind || p.Level != w.Level || p.Table != w.Table ||
			p.Text != w.Text || p.Place != w.Place || len(p.Cells) != len(w.Cells) {
			t.Errorf("passage %d changed", i+1)
		}
	}
}

// BenchmarkChild is what a file costs in a child that is there, and in a new one.
func BenchmarkChild(b *testing.B) {
	data := []byte(`{\rtf1 one}`)
	b.Run("kept", func(b *testing.B) {
		for b.Loop() {
			if _, err := kids.inChild(b.Context(), "a.rtf", data, time.Minute); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			c, err := startChild()
			if err != nil {
				b.Fatal(err)
			}
			if _, err := c.read(b.Context(), request{Suffix: ".rtf", Size: int64(len(data)), Limit: time.Minute}, data); err != nil {
				b.Fatal(err)
			}
			c.end()
		}
	})
}
