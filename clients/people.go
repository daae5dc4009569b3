package clients

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"claria/aws"
	"claria/aws/object"
	"claria/internal/id"
	"claria/internal/safe"
)

// List lists the clients, sorted by name. When some records could not be read
// it returns the others and an *Unreadable.
func (s *Store) List(ctx context.Context) ([]Client, error) {
	keys, err := s.keys(ctx, clientPrefix)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, key := range keys {
		client, ok := strings.CutSuffix(strings.TrimPrefix(key, clientPrefix), recordSuffix)
		if ok && id.Check("client", client) == nil {
			ids = append(ids, client)
		}
	}
	out, err := each(ctx, ids, func(ctx context.Context, id string) (Client, bool, error) {
		client, _, err := s.client(ctx, id)
		if aws.KindOf(err) == aws.Absent {
			return Client{}, false, nil // deleted since it was listed
		}
		return client, true, err
	})
	if ctx.Err() != nil {
		return nil, aws.Wrap(ctx.Err(), "s3:GetObject", s.bucket)
	}
	slices.SortFunc(out, byName)
	return out, err
}

// client reads one client's record.
func (s *Store) client(ctx context.Context, client string) (Client, object.Object, error) {
	return s.clientVersion(ctx, client, "")
}

// clientVersion reads a version of one client's record; empty: the current one.
func (s *Store) clientVersion(ctx context.Context, client, version string) (Client, object.Object, error) {
	if err := id.Check("client", client); err != nil {
		return Client{}, object.Object{}, err
	}
	o, err := s.objects.ReadVersion(ctx, clientKey(client), version)
	if err != nil {
		return Client{}, object.Object{}, err
	}
	var record clientRecord
	if err := decode(o.Data, &record); err != nil {
		return Client{}, object.Object{}, fmt.Errorf("%s/%s: %w", s.bucket, clientKey(client), err)
	}
	return record.client(client), o, nil
}

// Add adds a client. Two clients may have the same name; their ids differ.
func (s *Store) Add(ctx context.Context, name safe.PHI) (Client, error) {
	if err := checkName("client", name); err != nil {
		return Client{}, err
	}
	if err := s.allowed(ctx); err != nil {
		return Client{}, err
	}
	id, err := id.New(s.Random)
	if err != nil {
		return Client{}, err
	}
	now := s.account.Now().UTC()
	record := Client{Name: name, Created: now, Changed: now}.record()
	data, err := json.Marshal(record)
	if err != nil {
		return Client{}, errors.New("the client's record could not be written as JSON")
	}
	if _, err := s.objects.Write(ctx, clientKey(id), data, object.IfAbsent()); err != nil {
		return Client{}, err
	}
	return record.client(id), nil
}

// Rename renames a client. If another computer changed the client first, the error is
// a Conflict.
func (s *Store) Rename(ctx context.Context, client string, name safe.PHI) (Client, error) {
	if err := checkName("client", name); err != nil {
		return Client{}, err
	}
	return s.Set(ctx, client, func(c *Client) { c.Name = name })
}

// Find returns the client with this id, name, or unique beginning of a name.
// Otherwise the error says that none or several match.
func (s *Store) Find(ctx context.Context, idOrName string) (Client, error) {
	if id, ok := id.Parse(idOrName); ok {
		client, _, err := s.client(ctx, id)
		if aws.KindOf(err) != aws.Absent {
			return client, err
		}
	}
	all, unread := s.List(ctx)
	if unread != nil && all == nil {
		return Client{}, unread
	}
	client, err := pick("client", all, idOrName)
	if err != nil {
		return Client{}, withUnread(err, unread)
	}
	return client, nil
}

// lost explains a Conflict to the user and returns other errors unchanged.
func lost(err error, what, next string) error {
	if aws.KindOf(err) != aws.Conflict {
		return err
	}
	return fmt.Errorf("%s was changed on another machine in the meantime; %s: %w", what, next, err)
}

// noClient turns an Absent error into a NoMatch.
func noClient(err error) error {
	if aws.KindOf(err) != aws.Absent {
		return err
	}
	return fmt.Errorf("%w: %w", &NoMatch{What: "client"}, err)
}
