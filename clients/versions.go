package clients

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"claria/aws"
	"claria/aws/object"
	"claria/internal/id"
)

// Versions lists a file's versions, newest first, delete markers included. When some
// could not be read, it returns all of them, those with empty Size and Bytes, and an
// *Unreadable.
func (s *Store) Versions(ctx context.Context, file File) ([]Version, error) {
	history, err := s.fileHistory(ctx, file)
	if err != nil {
		return nil, err
	}
	out := make([]Version, len(history))
	var at []int
	for i, e := range history {
		out[i] = Version{ID: e.ID, Changed: e.Changed, Latest: e.Latest, Deleted: e.Marker}
		if !e.Marker {
			at = append(at, i)
		}
	}
	_, err = each(ctx, at, func(ctx context.Context, i int) (int, bool, error) {
		then, err := s.file(ctx, file.Client, file.ID, history[i].ID)
		out[i].Bytes, out[i].Size = then.bytes, then.Size
		return i, true, err
	})
	return out, err
}

// fileHistory lists the versions of a file's record, newest first.
func (s *Store) fileHistory(ctx context.Context, file File) ([]object.Version, error) {
	if err := checkFile(file); err != nil {
		return nil, err
	}
	key := recordKey(file.Client, file.ID)
	histories, err := s.objects.Versions(ctx, key)
	if err != nil {
		return nil, err
	}
	if len(histories[key]) == 0 {
		return nil, &NoMatch{What: "file"}
	}
	return histories[key], nil
}

// Delete adds a delete marker to the file; Restore brings it back. It deletes the
// record first: from then on every listing shows the file as deleted, even if the
// rest is interrupted.
func (s *Store) Delete(ctx context.Context, file File) error {
	if err := checkFile(file); err != nil {
		return err
	}
	now, there, err := s.current(ctx, recordKey(file.Client, file.ID))
	if err != nil {
		return err
	}
	if !there {
		return errors.New("the file is already deleted; \"claria files restore\" brings it back")
	}
	if file.Version != "" && now.version != file.Version {
		return &aws.Error{
			Kind: aws.Conflict, Operation: "s3:DeleteObject", Resource: s.bucket + "/" + recordKey(file.Client, file.ID),
			Err: errors.New("the file has a newer version"),
		}
	}
	if err := s.remove(ctx, recordKey(file.Client, file.ID)); err != nil {
		return err
	}
	for _, key := range []string{bytesKey(file.Client, file.ID), textKey(file.Client, file.ID)} {
		if key == textKey(file.Client, file.ID) && file.text == "" {
			continue
		}
		if err := s.remove(ctx, key); err != nil {
			return fmt.Errorf("the file is deleted, but not all of its objects are; restore it and delete it again to finish: %w", err)
		}
	}
	return nil
}

// Restore makes the last real version of a deleted file current again, or the named
// version of any file. It writes the record last: until then every listing is
// unchanged.
func (s *Store) Restore(ctx context.Context, file File, version string) (File, error) {
	if err := s.allowed(ctx); err != nil {
		return File{}, err
	}
	history, err := s.fileHistory(ctx, file)
	if err != nil {
		return File{}, err
	}
	deleted := history[0].Marker
	switch last, ok := lastVersion(history); {
	case version != "":
	case !ok:
		return File{}, errors.New("the file has no version left to restore")
	case !deleted:
		return File{}, errors.New("the file is not deleted; name the version to restore: \"claria files versions CLIENT FILE\" lists them")
	default:
		version = last.ID
	}
	must := object.IfAbsent()
	if !deleted {
		now, there, err := s.current(ctx, recordKey(file.Client, file.ID))
		if err != nil {
			return File{}, err
		}
		if there && now.version == version {
			return s.file(ctx, file.Client, file.ID, "")
		}
		must = object.IfMatch(now.etag)
	}
	return s.bringBack(ctx, file, version, must)
}

// bringBack makes a version's bytes and text current again and commits a new record.
func (s *Store) bringBack(ctx context.Context, file File, version string, must object.Condition) (File, error) {
	o, err := s.objects.ReadVersion(ctx, recordKey(file.Client, file.ID), version)
	if err != nil {
		return File{}, noVersion(err)
	}
	var record fileRecord
	if err := decode(o.Data, &record); err != nil {
		return File{}, fmt.Errorf("%s/%s: %w", s.bucket, recordKey(file.Client, file.ID), err)
	}
	if record.Bytes, err = s.forward(ctx, bytesKey(file.Client, file.ID), record.Bytes); err != nil {
		return File{}, err
	}
	if record.Text != "" {
		if record.Text, err = s.forward(ctx, textKey(file.Client, file.ID), record.Text); err != nil {
			return File{}, err
		}
	}
	return s.commit(ctx, file.Client, file.ID, record, must)
}

// commit writes a file's record: the last step whenever a version is added or
// restored.
func (s *Store) commit(ctx context.Context, client, file string, record fileRecord, must object.Condition) (File, error) {
	var err error
	if record.Write, err = id.New(s.Random); err != nil {
		return File{}, err
	}
	data, err := json.Marshal(record)
	if err != nil {
		return File{}, errors.New("the file's record could not be written as JSON")
	}
	o, err := s.objects.Write(ctx, recordKey(client, file), data, must)
	if err != nil {
		return File{}, lost(err, "the file", "list the files and try again")
	}
	return record.file(client, file, o), nil
}
