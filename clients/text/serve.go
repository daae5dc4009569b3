package text

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"claria/clients/text/pdf"
	"claria/internal/safe"
)

// exitMemory is the exit code of a child that has taken too much memory.
const exitMemory = 77

// Every program that can read files can be its own child, the tests too. An init
// function runs before main and before flags are read.
func init() {
	if len(os.Args) == 1 && os.Args[0] == childName {
		os.Exit(serve(os.Stdin, os.Stdout))
	}
}

// readFile is what a child does with a file. Tests replace it by readers that fail.
var readFile = func(ctx context.Context, suffix string, data []byte) Reading {
	named, known := formatOf(safe.PHI(suffix))
	return extract(ctx, sniff(data, named, known), data)
}

// job is one file to read.
type job struct {
	request
	data []byte
}

// serve reads files until the input ends, which is when the parent ends.
func serve(in io.Reader, out io.Writer) int {
	limitChild()
	debug.SetMemoryLimit(softMemory)
	debug.SetTraceback("none") // a trace may show values
	go watchOwnMemory()
	jobs := make(chan job)
	go func() {
		buffered := bufio.NewReaderSize(in, 64<<10)
		for {
			j, err := readJob(buffered)
			if err != nil {
				os.Exit(0) // even in the middle of a file: nobody waits for it
			}
			jobs <- j
		}
	}()
	for j := range jobs {
		ctx, cancel := context.WithTimeout(context.Background(), j.Limit)
		var a answer
		if len(j.Pages) > 0 {
			a.Pictures = pdf.Pictures(ctx, j.data, j.Pages)
		} else {
			a = toAnswer(readFile(ctx, j.Suffix, j.data))
		}
		body, err := json.Marshal(a)
		cancel()
		if err != nil || writeFrame(out, body) != nil {
			return 1
		}
		if len(body)+len(j.data) > 8<<20 {
			debug.FreeOSMemory()
		}
	}
	return 0
}

func readJob(r io.Reader) (job, error) {
	var j job
	head, err := readFrame(r, 1<<10)
	if err != nil {
		return j, err
	}
	if err := json.Unmarshal(head, &j.request); err != nil {
		return j, err
	}
	if j.Size < 0 || j.Size > MaxSource {
		return j, errBigSource
	}
	j.data = make([]byte, j.Size)
	_, err = io.ReadFull(r, j.data)
	return j, err
}

// watchOwnMemory ends the process past its limit. Not every system lets the parent see
// how much memory a child has.
func watchOwnMemory() {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for range time.Tick(watchEvery) {
		metrics.Read(sample)
		if sample[0].Value.Uint64()-sample[1].Value.Uint64() > ownMemory {
			os.Exit(exitMemory)
		}
	}
}
