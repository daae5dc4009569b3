package clients

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"claria/aws/object"
	"claria/clients/text"
	"claria/internal/safe"
)

// PicturePages lists the pages of a file that are pictures and were not read, and of how
// many pages the file is.
func (f File) PicturePages() (pages []int, of int) {
	for _, u := range f.Unread {
		if u.Unit == "page" && u.Reason == text.Picture {
			pages, of = append(pages, u.Numbers...), max(of, u.Of)
		}
	}
	slices.Sort(pages)
	return pages, of
}

// AddPages adds the text of pages that a machine read from pictures, as a new version of
// the file: after the passages of the pages before them, marked as read by a machine. The
// bytes stay as they are. If the file changed in the meantime, the error is a Conflict.
func (s *Store) AddPages(ctx context.Context, file File, pages map[int][]text.Passage, by string) (File, error) {
	if err := checkFile(file); err != nil {
		return File{}, err
	}
	if err := s.allowed(ctx); err != nil {
		return File{}, err
	}
	old, err := s.Segments(ctx, file)
	if err != nil {
		return File{}, err
	}
	key := recordKey(file.Client, file.ID)
	o, err := s.objects.ReadVersion(ctx, key, file.Version)
	if err != nil {
		return File{}, err
	}
	var record fileRecord
	if err := decode(o.Data, &record); err != nil {
		return File{}, fmt.Errorf("%s/%s: %w", s.bucket, key, err)
	}
	passages := withPages(old, pages)
	if record.Text, err = s.putText(ctx, textKey(file.Client, file.ID), passages); err != nil {
		return File{}, err
	}
	record.Schema, record.Segments, record.Machine, record.Reader = schema, len(passages), by, text.Version
	record.Unread = machineRead(record.Unread, pages)
	record.Problem = ""
	return s.commit(ctx, file.Client, file.ID, record, object.IfMatch(file.etag))
}

// withPages inserts the passages of pages and numbers them all anew.
func withPages(old []text.Passage, pages map[int][]text.Passage) []text.Passage {
	out := slices.Clone(old)
	for n, added := range pages {
		for i := range added {
			added[i].Place = safe.PHI(fmt.Sprintf("page %d, read by a machine", n))
		}
		out = append(out, added...)
	}
	slices.SortStableFunc(out, func(a, b text.Passage) int { return pageOf(a) - pageOf(b) })
	at := 0
	for i := range out {
		out[i].Number, out[i].Start, out[i].End = i+1, at, at+len(out[i].Text)
		at = out[i].End + 1
	}
	return out
}

// pageOf is the page that a passage's place names; 0: none.
func pageOf(p text.Passage) int {
	number, ok := strings.CutPrefix(p.Place.Reveal(), "page ")
	if !ok {
		return 0
	}
	number, _, _ = strings.Cut(number, ",")
	n, _ := strconv.Atoi(number)
	return n
}

// machineRead is what the passages still lack once these pages were read.
func machineRead(unread []text.Unread, pages map[int][]text.Passage) []text.Unread {
	var out []text.Unread
	read := text.Unread{Unit: "page", Reason: text.Machine}
	for n := range pages {
		read.Numbers = append(read.Numbers, n)
	}
	for _, u := range unread {
		switch {
		case u.Unit == "page" && u.Reason == text.Picture:
			read.Of = max(read.Of, u.Of)
			u.Numbers = slices.DeleteFunc(slices.Clone(u.Numbers), func(n int) bool { return pages[n] != nil })
			if u.Count = len(u.Numbers); u.Count > 0 {
				out = append(out, u)
			}
		case u.Unit == "page" && u.Reason == text.Machine:
			read.Numbers, read.Of = append(read.Numbers, u.Numbers...), max(read.Of, u.Of)
		default:
			out = append(out, u)
		}
	}
	slices.Sort(read.Numbers)
	read.Numbers = slices.Compact(read.Numbers)
	read.Count = len(read.Numbers)
	return append(out, read)
}
