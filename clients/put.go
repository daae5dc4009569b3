package clients

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"path/filepath"
	"sync"

	"claria/aws"
	"claria/aws/object"
	"claria/clients/text"
	"claria/internal/id"
	"claria/internal/safe"
)

// filesAtOnce is how many files are uploaded at the same time: enough to hide the
// round trips of many small ones.
const filesAtOnce = 4

// Put uploads the files at these local paths, several at once. It streams and
// checksums each, extracts its text, and commits it with its record object. A file
// with a name that the client already has becomes a new version of that file.
//
// An error ends the sequence: the gate, an unknown client, a failed listing, or ctx.
// The failure of one file is in its Progress.Err.
func (s *Store) Put(ctx context.Context, client string, paths ...string) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		known, err := s.prepare(ctx, client)
		if err != nil {
			yield(Progress{}, err)
			return
		}
		work, cancel := context.WithCancel(ctx)
		defer cancel()
		events := make(chan Progress, 64)
		go func() {
			defer close(events)
			s.putAll(work, client, known, paths, events)
		}()
		for event := range events {
			if !yield(event, nil) {
				cancel()
				for range events { // until every upload is aborted
				}
				return
			}
		}
		if ctx.Err() != nil {
			yield(Progress{}, aws.Wrap(ctx.Err(), "s3:PutObject", s.bucket))
		}
	}
}

// putAll uploads the paths and sends events. A full channel drops a step of progress,
// so that no upload waits for a reader; the last event of a file is always sent.
func (s *Store) putAll(ctx context.Context, client string, known map[safe.PHI]File, paths []string, events chan<- Progress) {
	slots := make(chan struct{}, filesAtOnce)
	first := map[safe.PHI]bool{}
	var wg sync.WaitGroup
	for i, path := range paths {
		event := Progress{Index: i, Files: len(paths), Name: safe.PHI(filepath.Base(path))}
		if first[event.Name] {
			event.Err = errors.New("another of these files has the same name, and this one would become a version of it: " +
				"give it another name (--name)")
			events <- event
			continue
		}
		first[event.Name] = true
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			s.putPath(ctx, client, known, path, event, events)
		})
	}
	wg.Wait()
}

// putPath stores one local file.
func (s *Store) putPath(ctx context.Context, client string, known map[safe.PHI]File, path string, event Progress, events chan<- Progress) {
	if err := ctx.Err(); err != nil {
		event.Err = aws.Wrap(err, "s3:PutObject", s.bucket)
		events <- event
		return
	}
	src, err := openPath(path)
	if err != nil {
		event.Err = err
		events <- event
		return
	}
	defer func() { _ = src.close() }()
	event.Total = src.size
	events <- event
	pace := newPacer(func(done int64) {
		step := event
		step.Done = done
		select {
		case events <- step:
		default:
		}
	})
	file, same, err := s.putSource(ctx, client, src, known, pace.at)
	if err != nil {
		event.Err = err
		events <- event
		return
	}
	event.Done, event.File, event.Same = src.size, &file, same
	if _, was := known[src.name]; was && !same {
		event.Replaced = true
	}
	events <- event
}

// PutReader stores the bytes of r under a name: standard input, or bytes in memory.
func (s *Store) PutReader(ctx context.Context, client string, name safe.PHI, r io.Reader) (File, error) {
	if err := checkName("file", name); err != nil {
		return File{}, err
	}
	known, err := s.prepare(ctx, client)
	if err != nil {
		return File{}, err
	}
	head, err := io.ReadAll(io.LimitReader(r, singleLimit))
	if err != nil {
		return File{}, inWords(err)
	}
	if len(head) == singleLimit {
		return s.putStream(ctx, client, name, io.MultiReader(bytes.NewReader(head), r), known)
	}
	file, _, err := s.putSource(ctx, client, memory(name, head), known, nil)
	return file, err
}

// prepare asks the gate, checks that the client exists, and returns its files by
// name.
func (s *Store) prepare(ctx context.Context, client string) (map[safe.PHI]File, error) {
	if err := s.allowed(ctx); err != nil {
		return nil, err
	}
	if _, _, err := s.client(ctx, client); err != nil {
		return nil, noClient(err)
	}
	files, err := s.Files(ctx, client, false)
	if _, partly := errors.AsType[*Unreadable](err); err != nil && !partly {
		return nil, err
	}
	known := map[safe.PHI]File{}
	for _, f := range files {
		if was, twice := known[f.Name]; !twice || f.Added.After(was.Added) {
			known[f.Name] = f
		}
	}
	return known, nil
}

// putSource stores one source, unless the client already has the same bytes under its
// name.
func (s *Store) putSource(ctx context.Context, client string, src *source, known map[safe.PHI]File,
	progress func(int64),
) (File, bool, error) {
	if err := checkName("file", src.name); err != nil {
		return File{}, false, err
	}
	d, err := src.read(ctx)
	if err != nil {
		if ctx.Err() != nil {
			err = aws.Wrap(ctx.Err(), "s3:PutObject", s.bucket)
		}
		return File{}, false, err
	}
	was, there := known[src.name]
	if there && was.SHA256 == d.sha && was.Size == d.size {
		return was, true, nil
	}
	id, err := s.idFor(was)
	if err != nil {
		return File{}, false, err
	}
	version, err := s.upload(ctx, bytesKey(client, id), src, d, progress)
	if err != nil {
		return File{}, false, err
	}
	file, err := s.finish(ctx, client, id, was, src.name, d, version, func() ([]byte, error) { return src.all(d) })
	return file, false, err
}

// putStream stores bytes that can be read only once. If they may contain text, it
// keeps them in memory up to the size from which text is read.
func (s *Store) putStream(ctx context.Context, client string, name safe.PHI, r io.Reader, known map[safe.PHI]File) (File, error) {
	was := known[name]
	id, err := s.idFor(was)
	if err != nil {
		return File{}, err
	}
	kept := &keeper{}
	version, d, err := s.uploadStream(ctx, bytesKey(client, id), io.TeeReader(r, kept))
	if err != nil {
		return File{}, err
	}
	return s.finish(ctx, client, id, was, name, d, version, func() ([]byte, error) { return kept.data, nil })
}

// keeper keeps what is written to it, and drops all of it above the size from which
// text is read.
type keeper struct {
	data []byte
	over bool
}

func (k *keeper) Write(b []byte) (int, error) {
	if k.over || len(k.data)+len(b) > text.MaxSource {
		k.data, k.over = nil, true
	} else {
		k.data = append(k.data, b...)
	}
	return len(b), nil
}

func (s *Store) idFor(was File) (string, error) {
	if was.ID != "" {
		return was.ID, nil
	}
	return id.New(s.Random)
}

// finish extracts and stores the text of stored bytes, then commits the file.
func (s *Store) finish(ctx context.Context, client, id string, was File, name safe.PHI, d digest, version string,
	data func() ([]byte, error),
) (File, error) {
	record := fileRecord{
		Schema: schema, Name: name.Reveal(), Size: d.size, SHA256: d.sha, Added: s.account.Now().UTC(), Source: "upload", Bytes: version,
	}
	read, err := s.texts.Read(ctx, name, d.size, data)
	if err != nil {
		return File{}, err
	}
	record.Type, record.Problem, record.Segments = read.Kind, read.Problem, len(read.Passages)
	record.Unread, record.Reader = read.Unread, text.Version
	// A new version of a file stays what a person said the file is.
	record.Class, record.Label = was.Class, was.Label.wire()
	if len(read.Passages) > 0 {
		if record.Text, err = s.putText(ctx, textKey(client, id), read.Passages); err != nil {
			return File{}, err
		}
	}
	return s.commit(ctx, client, id, record, object.IfMatch(was.etag))
}
