package reports

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"claria/aws"
	"claria/clients"
	"claria/internal/id"
	"claria/internal/words"
)

// readers is how many reports a listing reads at once.
const readers = 8

// List lists a client's reports, the last changed first. When some could not be read,
// it returns the others and an error that says how many and why.
func (d *Drafter) List(ctx context.Context, client string) ([]Report, error) {
	ids, err := d.ids(ctx, client)
	if err != nil {
		return nil, err
	}
	list := make([]Report, len(ids))
	failed := make([]error, len(ids))
	var group errgroup.Group
	group.SetLimit(readers)
	for i, id := range ids {
		group.Go(func() error {
			list[i], failed[i] = d.Get(ctx, client, id)
			return nil
		})
	}
	_ = group.Wait()
	if err := ctx.Err(); err != nil {
		return nil, aws.Wrap(err, "s3:GetObject", d.bucket)
	}
	readable := slices.DeleteFunc(list, func(r Report) bool { return r.ID == "" })
	slices.SortFunc(readable, func(a, b Report) int { return b.Changed.Compare(a.Changed) })
	if err := errors.Join(failed...); err != nil {
		return readable, fmt.Errorf("%s could not be read: %w", words.Count(len(ids)-len(readable), "report"), err)
	}
	return readable, nil
}

// ids lists the ids of a client's reports.
func (d *Drafter) ids(ctx context.Context, client string) ([]string, error) {
	dates, err := d.Dates(ctx, client)
	return slices.Sorted(maps.Keys(dates)), err
}

// Dates lists when each of a client's reports was last saved, by id. It reads no report.
func (d *Drafter) Dates(ctx context.Context, client string) (map[string]time.Time, error) {
	if err := id.Check("client", client); err != nil {
		return nil, err
	}
	dates := map[string]time.Time{}
	prefix := reportPrefix(client)
	for listed, err := range d.objects.List(ctx, prefix, "/") {
		if err != nil {
			return nil, err
		}
		report, ok := strings.CutSuffix(strings.TrimPrefix(listed.Key, prefix), ".json")
		if ok && id.Check("report", report) == nil {
			dates[report] = listed.Changed
		}
	}
	return dates, nil
}

// Find returns the client's report with this id or unique beginning of an id, in
// upper or lower case. "last" is the one changed last.
func (d *Drafter) Find(ctx context.Context, client, report string) (Report, error) {
	if strings.EqualFold(report, "last") {
		list, err := d.List(ctx, client)
		if len(list) > 0 {
			return list[0], nil
		}
		if err == nil {
			err = refuse("This client has no reports yet.")
		}
		return Report{}, err
	}
	report = strings.ToUpper(report)
	if id.Check("report", report) == nil {
		return d.Get(ctx, client, report)
	}
	ids, err := d.ids(ctx, client)
	if err != nil {
		return Report{}, err
	}
	ids = slices.DeleteFunc(ids, func(s string) bool { return report == "" || !strings.HasPrefix(s, report) })
	switch len(ids) {
	case 1:
		return d.Get(ctx, client, ids[0])
	case 0:
		return Report{}, refuse(`This client has no report with this id; "claria reports list" lists them.`)
	}
	return Report{}, refuse("%d reports have ids that begin like this; type more of the id.", len(ids))
}

// Get reads one report.
func (d *Drafter) Get(ctx context.Context, client, report string) (Report, error) {
	if err := errors.Join(id.Check("client", client), id.Check("report", report)); err != nil {
		return Report{}, err
	}
	kept, err := d.objects.Read(ctx, reportKey(client, report))
	if aws.KindOf(err) == aws.Absent {
		return Report{}, &Error{`This client has no report with this id; "claria reports list" lists them.`, err}
	}
	if err != nil {
		return Report{}, err
	}
	r, err := decode(kept.Data, client, report)
	if err != nil {
		return Report{}, fmt.Errorf("%s/%s: %w", d.bucket, reportKey(client, report), err)
	}
	r.Version, r.ETag = kept.Version, kept.ETag
	return r, nil
}

// Evidence returns the segments of a report's context, S1 … Sn in order, read from
// the same versions that were sent.
func (d *Drafter) Evidence(ctx context.Context, report Report) ([]Passage, error) {
	sources, err := d.sources(ctx, report)
	if err != nil {
		return nil, err
	}
	return sources.list, nil
}

// sources reads the passages from which a saved report was drafted.
func (d *Drafter) sources(ctx context.Context, report Report) (*passages, error) {
	var p passages
	for i, attached := range report.Context {
		file, err := d.store.At(ctx, clients.File{ID: attached.File, Client: report.Client}, attached.Version)
		if err != nil {
			return nil, &Error{fmt.Sprintf("The version of attached file %d that was sent can no longer be read. Draft a new report from the "+
				"current files.", i+1), err}
		}
		segments, err := d.store.Segments(ctx, file)
		if err != nil {
			return nil, err
		}
		if file.SHA256 != attached.SHA256 || len(segments) != attached.Count || len(p.list)+1 != attached.First {
			return nil, refuse("Attached file %d differs from the one that this report was drafted from. Draft a new report from the current files.",
				i+1)
		}
		file.Name, file.Version, file.Unread = attached.Name, attached.Version, attached.Unread
		p.add(file, segments)
	}
	return &p, nil
}
