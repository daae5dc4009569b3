package clients

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"iter"
	"sync"

	"golang.org/x/sync/errgroup"

	"claria/aws"
)

// Target takes the bytes of one file, in any order. One of Commit and Discard ends it.
type Target interface {
	io.WriterAt
	io.ReaderAt
	Commit() error
	Discard()
}

// DownloadOptions say where files go.
type DownloadOptions struct {
	// Open begins the target of the file with this index. A nil Target says that the same
	// bytes are there already. It may be called for several files at once.
	Open    func(index int, file File) (Target, error)
	Control *Control // pauses the transfer; nil: it cannot be paused
}

// Download writes files, many at once and large ones in parts, and commits each after
// its checksum was verified. After a broken connection it continues where it stopped. An
// error ends the sequence only when ctx ends; the failure of one file is in its
// Progress.Err.
func (s *Store) Download(ctx context.Context, options DownloadOptions, files ...File) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		var all int64
		for _, f := range files {
			all += f.Size
		}
		r := s.newRun(options.Control, len(files), all)
		r.stream(ctx, yield, func(ctx context.Context) {
			var wg sync.WaitGroup
			for i, file := range files {
				event := Progress{Index: i, Name: file.Name, Total: file.Size}
				if err := r.gate.enter(ctx); err != nil {
					event.Err = aws.Wrap(err, "s3:GetObjectVersion", s.bucket)
					r.tell(event, false)
					continue
				}
				wg.Go(func() {
					defer r.gate.leave()
					r.tell(r.download(ctx, options, file, event))
				})
			}
			wg.Wait()
		})
	}
}

// download writes one file and returns its last event, and whether bytes were received.
func (r *run) download(ctx context.Context, options DownloadOptions, file File, event Progress) (Progress, bool) {
	fail := func(err error) (Progress, bool) {
		event.Err = err
		return event, false
	}
	if err := r.control.wait(ctx); err != nil {
		return fail(aws.Wrap(err, "s3:GetObjectVersion", r.store.bucket))
	}
	if err := checkFile(file); err != nil {
		return fail(err)
	}
	target, err := options.Open(event.Index, file)
	if err != nil {
		return fail(err)
	}
	if target == nil {
		event.Done, event.File, event.Same = file.Size, &file, true
		return event, false
	}
	defer target.Discard()
	r.step(event, false)
	pace := newPacer(func(done int64) {
		step := event
		step.Done = done
		r.step(step, true)
	})
	if err := r.receive(ctx, file, target, pace); err != nil {
		return fail(err)
	}
	if err := target.Commit(); err != nil {
		return fail(err)
	}
	event.Done, event.File = file.Size, &file
	return event, true
}

// receive writes a file's bytes to a target and verifies them.
func (r *run) receive(ctx context.Context, file File, target Target, pace *pacer) error {
	sum := sha256.New()
	if file.Size <= singleLimit {
		var done int64
		err := r.patient(ctx, func() error {
			n, err := r.store.span(ctx, file, done, file.Size, io.MultiWriter(sum, io.NewOffsetWriter(target, done)),
				func(n int64) { pace.at(done + n) })
			done += n
			return err
		})
		if err != nil {
			return err
		}
		return r.store.trusted(file, sum, done)
	}
	return r.receiveParts(ctx, file, target, pace)
}

// receiveParts fetches a large file in parts, and reads them again in their order for the
// checksum of the whole.
func (r *run) receiveParts(ctx context.Context, file File, target Target, pace *pacer) error {
	count := int((file.Size + partSize - 1) / partSize)
	arrived := make([]chan struct{}, count)
	for i := range arrived {
		arrived[i] = make(chan struct{})
	}
	sum, summed := sha256.New(), int64(0)
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		buffer := make([]byte, 256<<10)
		for i := range arrived {
			select {
			case <-arrived[i]:
			case <-both.Done():
				return both.Err()
			}
			start := int64(i) * partSize
			n, err := io.CopyBuffer(sum, io.NewSectionReader(target, start, min(partSize, file.Size-start)), buffer)
			if summed += n; err != nil {
				return err
			}
		}
		return nil
	})
	var mu sync.Mutex
	var total int64
	for i := range arrived {
		if r.control.wait(both) != nil || r.parts.Acquire(both, 1) != nil {
			break // the group has the error, or ctx
		}
		group.Go(func() error {
			defer r.parts.Release(1)
			start := int64(i) * partSize
			end, done, counted := min(start+partSize, file.Size), int64(0), int64(0)
			err := r.patient(both, func() error {
				n, err := r.store.span(both, file, start+done, end, io.NewOffsetWriter(target, start+done), func(n int64) {
					mu.Lock()
					total, counted = total+done+n-counted, done+n
					now := total
					mu.Unlock()
					pace.at(now)
				})
				done += n
				return err
			})
			close(arrived[i])
			return err
		})
	}
	err := group.Wait()
	switch {
	case ctx.Err() != nil:
		return aws.Wrap(ctx.Err(), "s3:GetObjectVersion", r.store.bucket)
	case errors.Is(err, context.Canceled):
		return aws.Wrap(err, "s3:GetObjectVersion", r.store.bucket)
	case err != nil:
		return err
	}
	return r.store.trusted(file, sum, summed)
}
