package clients

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"claria/aws"
	"claria/aws/object"
	"claria/clients/text"
	"claria/internal/id"
)

// Files lists a client's committed files, by name, and deleted ones only if deleted
// is true. When some records could not be read, it returns the others and an
// *Unreadable.
func (s *Store) Files(ctx context.Context, client string, deleted bool) ([]File, error) {
	if err := id.Check("client", client); err != nil {
		return nil, err
	}
	wanted, err := s.records(ctx, client, deleted)
	if err != nil {
		return nil, err
	}
	out, err := each(ctx, wanted, func(ctx context.Context, r object.Version) (File, bool, error) {
		id, _ := recordID(client, r.Key)
		file, err := s.file(ctx, client, id, r.ID)
		if aws.KindOf(err) == aws.Absent {
			return File{}, false, nil // deleted since it was listed
		}
		file.Deleted = r.Marker
		return file, true, err
	})
	if ctx.Err() != nil {
		return nil, aws.Wrap(ctx.Err(), "s3:GetObject", s.bucket)
	}
	slices.SortFunc(out, byName)
	return out, err
}

// records are the record objects of a client's files: the current version of
// each (ID empty), and when deleted ones are wanted too, the last real
// version of those under a delete marker (Marker true).
func (s *Store) records(ctx context.Context, client string, deleted bool) ([]object.Version, error) {
	prefix := bytesKey(client, "")
	var out []object.Version
	if !deleted {
		keys, err := s.keys(ctx, prefix)
		for _, key := range keys {
			if _, ok := recordID(client, key); ok {
				out = append(out, object.Version{Key: key})
			}
		}
		return out, err
	}
	histories, err := s.objects.Versions(ctx, prefix)
	for key, history := range histories {
		if _, ok := recordID(client, key); !ok {
			continue
		}
		if !history[0].Marker {
			out = append(out, object.Version{Key: key})
		} else if last, ok := lastVersion(history); ok {
			out = append(out, object.Version{Key: key, ID: last.ID, Marker: true})
		}
	}
	return out, err
}

// lastVersion is the newest entry that is not a delete marker.
func lastVersion(history []object.Version) (object.Version, bool) {
	i := slices.IndexFunc(history, func(v object.Version) bool { return !v.Marker })
	if i < 0 {
		return object.Version{}, false
	}
	return history[i], true
}

// file reads one file's record; a version of it when version is not empty.
func (s *Store) file(ctx context.Context, client, id, version string) (File, error) {
	key := recordKey(client, id)
	o, err := s.objects.ReadVersion(ctx, key, version)
	if err != nil {
		return File{}, err
	}
	var record fileRecord
	if err := decode(o.Data, &record); err != nil {
		return File{}, fmt.Errorf("%s/%s: %w", s.bucket, key, err)
	}
	if o.Version == "" {
		o.Version = version
	}
	return record.file(client, id, o), nil
}

// FindFile returns the client's file with this id or unique name.
func (s *Store) FindFile(ctx context.Context, client, idOrName string) (File, error) {
	file, err := s.FindAny(ctx, client, idOrName)
	if err == nil && file.Deleted {
		return File{}, errors.New("the file is deleted; \"claria files restore CLIENT FILE\" brings it back")
	}
	return file, err
}

// FindAny is FindFile that also finds deleted files, after those that are not
// deleted.
func (s *Store) FindAny(ctx context.Context, client, idOrName string) (File, error) {
	files, unread := s.Files(ctx, client, false)
	if unread != nil && files == nil {
		return File{}, unread
	}
	file, err := pick("file", files, idOrName)
	none, missing := errors.AsType[*NoMatch](err)
	if !missing {
		return file, err
	}
	all, allErr := s.Files(ctx, client, true)
	if allErr != nil && all == nil {
		return File{}, allErr
	}
	gone := slices.DeleteFunc(all, func(f File) bool { return !f.Deleted })
	file, err = pick("file", gone, idOrName)
	if _, still := errors.AsType[*NoMatch](err); still {
		return File{}, withUnread(none, unread)
	}
	return file, err
}

// Segments returns a file's numbered text; none if the file has no text, as its
// Problem explains.
func (s *Store) Segments(ctx context.Context, file File) ([]text.Passage, error) {
	if err := checkFile(file); err != nil {
		return nil, err
	}
	if file.text == "" {
		return nil, nil
	}
	key := textKey(file.Client, file.ID)
	o, err := s.objects.ReadVersion(ctx, key, file.text)
	if err != nil {
		return nil, err
	}
	var text fileText
	if err := decode(o.Data, &text); err != nil {
		return nil, fmt.Errorf("%s/%s: %w", s.bucket, key, err)
	}
	segments, err := text.segments()
	if err != nil {
		return nil, fmt.Errorf("%s/%s: %w", s.bucket, key, err)
	}
	return segments, nil
}

// At returns the file as it was in one of its versions, for Segments and Get.
func (s *Store) At(ctx context.Context, file File, version string) (File, error) {
	if err := checkFile(file); err != nil {
		return File{}, err
	}
	then, err := s.file(ctx, file.Client, file.ID, version)
	if err != nil {
		return File{}, noVersion(err)
	}
	then.Deleted = file.Deleted
	return then, nil
}

// checkFile refuses a File that did not come from a listing.
func checkFile(file File) error {
	return errors.Join(id.Check("client", file.Client), id.Check("file", file.ID))
}

// noVersion explains that the version does not exist.
func noVersion(err error) error {
	switch aws.KindOf(err) {
	case aws.Absent, aws.Invalid:
		return fmt.Errorf("the file has no such version; \"claria files versions CLIENT FILE\" lists them: %w", err)
	}
	return err
}
