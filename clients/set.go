package clients

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"claria/aws"
	"claria/aws/object"
	"claria/internal/id"
	"claria/internal/safe"
)

// Set changes a client's record. If another computer changed it first, the error is a
// Conflict, and nothing is written.
func (s *Store) Set(ctx context.Context, client string, set func(*Client)) (Client, error) {
	now, o, err := s.client(ctx, client)
	if err != nil {
		return Client{}, noClient(err)
	}
	was := now.record()
	if set(&now); reflect.DeepEqual(was, now.record()) {
		return now, nil
	}
	if err := checkName("client", now.Name); err != nil {
		return Client{}, err
	}
	now.Changed = s.account.Now().UTC()
	record := now.record()
	data, err := json.Marshal(record)
	if err != nil {
		return Client{}, errors.New("the client's record could not be written as JSON")
	}
	if _, err := s.objects.Write(ctx, clientKey(client), data, object.IfMatch(o.ETag)); err != nil {
		return Client{}, lost(err, "the client", "list the clients and try again")
	}
	return record.client(client), nil
}

// Label records what a file is, as a person says it, and its class.
func (s *Store) Label(ctx context.Context, file File, label Label, class Class) (File, error) {
	return s.describe(ctx, file, func(r *fileRecord) { r.Label, r.Class = label.wire(), class })
}

// RenameFile gives a file another name. Its versions stay.
func (s *Store) RenameFile(ctx context.Context, file File, name safe.PHI) (File, error) {
	if err := checkName("file", name); err != nil {
		return File{}, err
	}
	return s.describe(ctx, file, func(r *fileRecord) { r.Name = name.Reveal() })
}

// describe changes a file's record and none of its bytes. If the file was changed since it
// was listed, the error is a Conflict.
func (s *Store) describe(ctx context.Context, file File, set func(*fileRecord)) (File, error) {
	if err := checkFile(file); err != nil {
		return File{}, err
	}
	key := recordKey(file.Client, file.ID)
	o, err := s.objects.Read(ctx, key)
	if err != nil {
		return File{}, err
	}
	if file.Version != "" && o.Version != file.Version {
		return File{}, lost(&aws.Error{
			Kind: aws.Conflict, Operation: "s3:PutObject", Resource: s.bucket + "/" + key, Err: errors.New("the file has a newer version"),
		}, "the file", "list the files and try again")
	}
	var record fileRecord
	if err := decode(o.Data, &record); err != nil {
		return File{}, fmt.Errorf("%s/%s: %w", s.bucket, key, err)
	}
	set(&record)
	record.Schema = schema
	return s.commit(ctx, file.Client, file.ID, record, object.IfMatch(o.ETag))
}

// DeleteClient adds a delete marker to a client's record: the client and its files are no
// longer listed, and nothing is erased. RestoreClient brings it back.
func (s *Store) DeleteClient(ctx context.Context, client string) error {
	if err := id.Check("client", client); err != nil {
		return err
	}
	_, there, err := s.current(ctx, clientKey(client))
	if err != nil {
		return err
	}
	if !there {
		return errors.New("the client is already deleted")
	}
	return s.remove(ctx, clientKey(client))
}

// DeletedClients lists the deleted clients, by name.
func (s *Store) DeletedClients(ctx context.Context) ([]Client, error) {
	histories, err := s.objects.Versions(ctx, clientPrefix)
	if err != nil {
		return nil, err
	}
	var gone []object.Version
	for _, history := range histories {
		if last, ok := lastVersion(history); ok && history[0].Marker {
			gone = append(gone, last)
		}
	}
	out, err := each(ctx, gone, func(ctx context.Context, v object.Version) (Client, bool, error) {
		name, ok := strings.CutSuffix(strings.TrimPrefix(v.Key, clientPrefix), recordSuffix)
		if ok = ok && id.Check("client", name) == nil; !ok {
			return Client{}, false, nil
		}
		client, _, err := s.clientVersion(ctx, name, v.ID)
		client.Deleted = true
		return client, true, err
	})
	slices.SortFunc(out, byName)
	return out, err
}

// RestoreClient brings a deleted client back as it was.
func (s *Store) RestoreClient(ctx context.Context, client string) (Client, error) {
	if err := s.allowed(ctx); err != nil {
		return Client{}, err
	}
	if err := id.Check("client", client); err != nil {
		return Client{}, err
	}
	histories, err := s.objects.Versions(ctx, clientKey(client))
	if err != nil {
		return Client{}, err
	}
	history := histories[clientKey(client)]
	last, ok := lastVersion(history)
	switch {
	case !ok:
		return Client{}, &NoMatch{What: "client"}
	case !history[0].Marker:
		return Client{}, errors.New("the client is not deleted")
	}
	then, o, err := s.clientVersion(ctx, client, last.ID)
	if err != nil {
		return Client{}, err
	}
	if _, err := s.objects.Write(ctx, clientKey(client), o.Data, object.IfAbsent()); err != nil {
		return Client{}, lost(err, "the client", "list the clients and try again")
	}
	return then, nil
}
