package text

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"claria/internal/safe"
)

// The limits of reading pictures with a program on this computer.
const (
	machineTime  = 60 * time.Second // of one picture
	machinePages = 50               // of one file
	machineText  = 4 << 20          // bytes of one picture's text
)

// recognizer finds the program that reads pictures, or returns "". Tests replace it.
var recognizer = func() string {
	found, err := exec.LookPath("tesseract")
	if err != nil {
		return ""
	}
	return found
}

// recognize reads the pictures of a file with tesseract, if it is installed. What it
// reads is marked as read by a machine. The pictures go to it through its standard
// input; it gets no environment but the place of its own data.
func (x *Extractor) recognize(ctx context.Context, f format, data []byte, read Reading) (Reading, error) {
	program := recognizer()
	if program == "" {
		return read, nil
	}
	if strings.HasPrefix(f.kind, "image/") && f.kind != "image/heic" {
		text := pictureText(ctx, program, data)
		pages := map[int]string{}
		for i, page := range strings.Split(strings.TrimSuffix(text, "\f"), "\f") {
			pages[i+1] = page
		}
		read.Unread = []Unread{{Unit: "page", Numbers: numbersTo(len(pages)), Of: len(pages), Reason: Picture}}
		return withMachine(ctx, read, pages), ctx.Err()
	}
	var wanted []int
	for _, u := range read.Unread {
		if u.Unit == "page" && u.Reason == Picture {
			wanted = append(wanted, u.Numbers...)
		}
	}
	if f.kind != "application/pdf" || len(wanted) == 0 {
		return read, ctx.Err()
	}
	pictures, err := x.children.picturesInChild(ctx, data, wanted[:min(len(wanted), machinePages)])
	if err != nil {
		return read, ctx.Err() // the reading without them is right
	}
	pages := map[int]string{}
	for n, picture := range pictures {
		pages[n] = pictureText(ctx, program, picture)
	}
	return withMachine(ctx, read, pages), ctx.Err()
}

func numbersTo(n int) (out []int) {
	for i := range n {
		out = append(out, i+1)
	}
	return out
}

// pictureText is the text that tesseract finds; empty if it fails.
func pictureText(ctx context.Context, program string, picture []byte) string {
	timed, cancel := context.WithTimeout(ctx, machineTime)
	defer cancel()
	cmd := exec.CommandContext(timed, program, "stdin", "stdout")
	cmd.Env = []string{"OMP_THREAD_LIMIT=1"}
	for _, own := range []string{"TESSDATA_PREFIX", "LD_LIBRARY_PATH"} {
		if v := os.Getenv(own); v != "" {
			cmd.Env = append(cmd.Env, own+"="+v)
		}
	}
	cmd.Dir, cmd.SysProcAttr, cmd.Stdin = "/", childAttributes(), bytes.NewReader(picture)
	out := &capped{left: machineText}
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		return ""
	}
	c := &child{cmd: cmd}
	finished := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		c.watch(timed, finished)
	}()
	err := cmd.Wait()
	close(finished)
	<-watched
	if err != nil {
		return ""
	}
	return out.String()
}

// capped keeps the beginning of what is written.
type capped struct {
	bytes.Buffer
	left int
}

func (c *capped) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.left -= n
	c.Buffer.Write(p[:n])
	return len(p), nil
}

// withMachine puts the text of pages in their places.
func withMachine(ctx context.Context, read Reading, pages map[int]string) Reading {
	var b builder
	done := map[int]bool{}
	place := func(p Passage) int {
		n := 0
		_, _ = fmt.Sscanf(p.Place.Reveal(), "page %d", &n)
		return n
	}
	var added []Passage
	for n, text := range pages {
		one := builder{place: safe.PHI(fmt.Sprintf("page %d, read by a machine", n))}
		if readPlain(ctx, []byte(text), &one) == nil && len(one.passages) > 0 {
			added, done[n] = append(added, one.passages...), true
		}
	}
	if len(done) == 0 {
		return read
	}
	all := append(slices.Clone(read.Passages), added...)
	slices.SortStableFunc(all, func(a, b Passage) int { return place(a) - place(b) })
	var err error
	for _, p := range all {
		if err = b.append(p); err != nil {
			break
		}
	}
	var unread []Unread
	machine := Unread{Unit: "page", Reason: Machine}
	for _, u := range read.Unread {
		if u.Unit == "page" && u.Reason == Picture {
			machine.Of = u.Of
			left := u
			left.Numbers, left.Count = nil, 0
			for _, n := range u.Numbers {
				if done[n] {
					machine.Numbers = append(machine.Numbers, n)
				} else {
					left.Numbers, left.Count = append(left.Numbers, n), left.Count+1
				}
			}
			if left.Count == 0 {
				continue
			}
			u = left
		}
		unread = append(unread, u)
	}
	machine.Count = len(machine.Numbers)
	unread = append(unread, machine)
	b.unread = unread
	if err != nil {
		b.breakOff(err)
	}
	return Reading{Kind: read.Kind, Passages: b.passages, Unread: b.unread}
}
