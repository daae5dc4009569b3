package clients

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"sync"

	"golang.org/x/sync/errgroup"

	"claria/aws"
	"claria/aws/object"
	"claria/clients/text"
	"claria/internal/id"
	"claria/internal/safe"
)

// PutOptions are how files are uploaded. The zero value asks nothing and is not paused.
type PutOptions struct {
	// Ask is called for each file after its text was read and before anything of it is
	// stored, except for bytes that can be read only once, which are stored but not
	// committed then. Its error refuses the file. It may be called for several files at
	// once. Nil: nothing is asked.
	Ask     func(context.Context, Question) (Answer, error)
	Control *Control // pauses the transfer; nil: it cannot be paused
	Name    safe.PHI // of one file: another name than it has on this computer
}

// Question is a file that is about to be stored.
type Question struct {
	Client   string
	File     File // without ID, Version and, when its bytes are not read yet, SHA256
	Was      File // the file of this name, of which this becomes a version; no ID: none
	Passages []text.Passage
}

// Answer is what a person said about a file. Empty fields leave the file as it was.
type Answer struct {
	Class Class
	Label Label
}

// Put uploads the files at these local paths, many at once, and the files in folders (see
// Gather). It checksums each, extracts its text, asks options.Ask, and commits it with
// its record object. A file with a name that the client already has becomes a new
// version of that file.
//
// An error ends the sequence: the gate, an unknown client, a failed listing, or ctx.
// The failure of one file is in its Progress.Err.
func (s *Store) Put(ctx context.Context, client string, options PutOptions, paths ...string) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		known, err := s.prepare(ctx, client)
		if err != nil {
			yield(Progress{}, err)
			return
		}
		found := Gather(paths...)
		if options.Name != "" {
			if len(found) != 1 {
				yield(Progress{}, errors.New("several files cannot have one name"))
				return
			}
			found[0].Name = options.Name
		}
		var all int64
		for _, f := range found {
			all += f.Size
		}
		r := s.newRun(options.Control, len(found), all)
		put := &putting{run: r, client: client, known: known, ask: options.Ask}
		r.stream(ctx, yield, func(ctx context.Context) { put.all(ctx, found) })
	}
}

// stream yields the events of a transfer. When the reader stops or ctx ends, it waits
// until all that is under way is stopped.
func (r *run) stream(ctx context.Context, yield func(Progress, error) bool, transfer func(context.Context)) {
	work, cancel := context.WithCancel(r.listening(ctx))
	defer cancel()
	go func() {
		defer close(r.events)
		transfer(work)
	}()
	for event := range r.events {
		if !yield(event, nil) {
			cancel()
			for range r.events { // until everything is stopped
			}
			return
		}
	}
	if ctx.Err() != nil {
		yield(Progress{}, aws.Wrap(ctx.Err(), "s3:PutObject", r.store.bucket))
	}
}

// putting is an upload of files to a client.
type putting struct {
	*run
	client string
	known  map[string]File
	left   leftovers
	ask    func(context.Context, Question) (Answer, error)
}

// all uploads what was found.
func (p *putting) all(ctx context.Context, found []Found) {
	first := map[safe.PHI]bool{}
	var wg sync.WaitGroup
	for i, f := range found {
		event := Progress{Index: i, Name: f.Name, Total: f.Size, Skipped: f.Skip, Err: f.Err}
		switch {
		case event.Over():
		case first[f.Name]:
			event.Err = errors.New("another of these files has the same name, and this one would become a version of it: " +
				"give it another name (--name)")
		default:
			first[f.Name] = true
			event.Err = p.gate.enter(ctx)
			if event.Err != nil {
				event.Err = aws.Wrap(event.Err, "s3:PutObject", p.store.bucket)
			}
		}
		if event.Over() {
			p.tell(event, false)
			continue
		}
		wg.Go(func() {
			defer p.gate.leave()
			p.tell(p.path(ctx, f, event))
		})
	}
	wg.Wait()
	if ctx.Err() == nil {
		p.abandon(ctx)
	}
}

// path stores one local file and returns its last event, and whether bytes were sent.
func (p *putting) path(ctx context.Context, f Found, event Progress) (Progress, bool) {
	if event.Err = p.control.wait(ctx); event.Err != nil {
		event.Err = aws.Wrap(event.Err, "s3:PutObject", p.store.bucket)
		return event, false
	}
	src, err := openPath(f.Path)
	if err != nil {
		event.Err = err
		return event, false
	}
	defer func() { _ = src.close() }()
	src.name, event.Total = f.Name, src.size
	p.step(event, false)
	pace := newPacer(func(done int64) {
		step := event
		step.Done, step.kept = done, src.kept
		p.step(step, true)
	})
	file, same, err := p.source(ctx, src, pace.at)
	if err != nil {
		event.Err = err
		return event, false
	}
	event.Done, event.File, event.Same, event.kept = src.size, &file, same, src.kept
	_, was := p.known[src.name.Reveal()]
	event.Replaced = was && !same
	return event, !same
}

// PutReader stores the bytes of r under a name: standard input, or bytes in memory.
func (s *Store) PutReader(ctx context.Context, client string, name safe.PHI, r io.Reader) (File, error) {
	file, _, err := s.PutFrom(ctx, client, PutOptions{}, name, r)
	return file, err
}

// PutFrom is PutReader with options. Its second result is true when the client already
// had the same bytes under this name.
func (s *Store) PutFrom(ctx context.Context, client string, options PutOptions, name safe.PHI, from io.Reader) (File, bool, error) {
	if err := checkName("file", name); err != nil {
		return File{}, false, err
	}
	known, err := s.prepare(ctx, client)
	if err != nil {
		return File{}, false, err
	}
	head, err := io.ReadAll(io.LimitReader(from, singleLimit))
	if err != nil {
		return File{}, false, inWords(err)
	}
	r := s.newRun(options.Control, 1, 0)
	p := &putting{run: r, client: client, known: known, ask: options.Ask}
	ctx = r.listening(ctx)
	if len(head) == singleLimit {
		file, err := p.once(ctx, name, io.MultiReader(bytes.NewReader(head), from))
		return file, false, err
	}
	return p.source(ctx, memory(name, head), nil)
}

// prepare asks the gate, checks that the client exists, and returns its files by
// name.
func (s *Store) prepare(ctx context.Context, client string) (map[string]File, error) {
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
	known := map[string]File{}
	for _, f := range files {
		if was, twice := known[f.Name.Reveal()]; !twice || f.Added.After(was.Added) {
			known[f.Name.Reveal()] = f
		}
	}
	return known, nil
}

// source stores one source, unless the client already has the same bytes under its
// name.
func (p *putting) source(ctx context.Context, src *source, progress func(int64)) (File, bool, error) {
	if err := checkName("file", src.name); err != nil {
		return File{}, false, err
	}
	was, there := p.known[src.name.Reveal()]
	if src.size <= wholeLimit {
		give, err := p.hold(ctx, src.size)
		if err != nil {
			return File{}, false, aws.Wrap(err, "s3:PutObject", p.store.bucket)
		}
		defer give()
		if err := src.load(); err != nil {
			return File{}, false, err
		}
	}
	// A larger one is read for its checksum while it is sent, unless that is wanted before.
	var d digest
	if src.size <= text.MaxSource || there && was.Size == src.size {
		var err error
		if d, err = src.read(ctx); err != nil {
			return File{}, false, p.stopped(ctx, err)
		}
	}
	if there && was.SHA256 == d.sha && was.Size == d.size {
		return was, true, nil
	}
	record, passages, err := p.reading(ctx, src.name, src.size, d, was, func() ([]byte, func(), error) { return src.all(ctx, p.run, d) })
	if err != nil {
		return File{}, false, p.stopped(ctx, err)
	}
	if src.size > singleLimit {
		if src.parts = p.adopt(ctx, src, was); src.parts != nil {
			was.ID = src.parts.file
		}
	}
	file, err := p.send(ctx, was, record, passages, func(ctx context.Context, key string) (string, digest, error) {
		return p.upload(ctx, key, src, d, progress)
	})
	return file, false, err
}

// stopped is an error of reading a file, or that the transfer was stopped.
func (p *putting) stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return aws.Wrap(ctx.Err(), "s3:PutObject", p.store.bucket)
	}
	return err
}

// once stores bytes that can be read only once. If they may contain text, it keeps them
// in memory up to the size from which text is read.
func (p *putting) once(ctx context.Context, name safe.PHI, from io.Reader) (File, error) {
	was := p.known[name.Reveal()]
	id, err := p.idFor(was)
	if err != nil {
		return File{}, err
	}
	kept := &keeper{}
	version, d, err := p.store.uploadStream(ctx, bytesKey(p.client, id), io.TeeReader(from, kept))
	if err != nil {
		return File{}, err
	}
	record, passages, err := p.reading(ctx, name, d.size, d, was, func() ([]byte, func(), error) { return kept.data, func() {}, nil })
	if err != nil {
		return File{}, p.stopped(ctx, err)
	}
	was.ID = id
	return p.send(ctx, was, record, passages, func(context.Context, string) (string, digest, error) { return version, d, nil })
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

func (p *putting) idFor(was File) (string, error) {
	if was.ID != "" {
		return was.ID, nil
	}
	return id.New(p.store.Random)
}

// reading reads a file's text and asks about it. It returns the record as far as it is
// known.
func (p *putting) reading(ctx context.Context, name safe.PHI, size int64, d digest, was File,
	load func() ([]byte, func(), error),
) (fileRecord, []text.Passage, error) {
	record := fileRecord{
		Schema: schema, Name: name.Reveal(), Size: size, SHA256: d.sha, Added: p.store.account.Now().UTC(), Source: "upload",
	}
	give := func() {}
	read, err := p.store.texts.Read(ctx, name, size, func() (data []byte, err error) {
		data, give, err = load()
		return data, err
	})
	give()
	if err != nil {
		return record, nil, err
	}
	record.Type, record.Problem, record.Segments = read.Kind, read.Problem, len(read.Passages)
	record.Unread, record.Reader = read.Unread, text.Version
	// A new version of a file stays what a person said the file is.
	record.Class, record.Label = was.Class, was.Label.wire()
	if p.ask == nil {
		return record, read.Passages, nil
	}
	answer, err := p.ask(ctx, Question{
		Client: p.client, File: record.file(p.client, "", object.Object{}), Was: was, Passages: read.Passages,
	})
	if answer.Class != "" {
		record.Class = answer.Class
	}
	if answer.Label != (Label{}) {
		record.Label = answer.Label.wire()
	}
	return record, read.Passages, err
}

// send stores a file's bytes and text at the same time, then commits the file.
func (p *putting) send(ctx context.Context, was File, record fileRecord, passages []text.Passage,
	bytes func(ctx context.Context, key string) (version string, d digest, err error),
) (File, error) {
	id, err := p.idFor(was)
	if err != nil {
		return File{}, err
	}
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		return p.patient(both, func() error {
			version, d, err := bytes(both, bytesKey(p.client, id))
			record.Bytes, record.Size, record.SHA256 = version, d.size, d.sha
			return err
		})
	})
	if len(passages) > 0 {
		group.Go(func() error {
			return p.patient(both, func() (err error) {
				record.Text, err = p.store.putText(both, textKey(p.client, id), passages)
				return err
			})
		})
	}
	if err := group.Wait(); err != nil {
		return File{}, err
	}
	var file File
	err = p.patient(ctx, func() (err error) {
		file, err = p.store.commit(ctx, p.client, id, record, object.IfMatch(was.etag))
		return err
	})
	return file, err
}
