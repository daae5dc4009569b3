package clients

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"claria/internal/id"
	"claria/internal/safe"
)

// NoMatch says that nothing has this id or name. Near has the most similar names, for
// the screen; the error text itself contains no name.
type NoMatch struct {
	What string // "client", "file"
	Near []safe.PHI
}

// Error says what is missing and where to look.
func (e *NoMatch) Error() string {
	list := "claria clients list"
	if e.What == "file" {
		list = "claria files list CLIENT"
	}
	return fmt.Sprintf("no %s has this id or name; %q shows them", e.What, list)
}

// ManyMatch says that several clients or files have this name.
type ManyMatch struct {
	What string
	IDs  []string
}

// Error names the ids to choose from.
func (e *ManyMatch) Error() string {
	return fmt.Sprintf("%d %ss have this name; use one of their ids: %s", len(e.IDs), e.What, strings.Join(e.IDs, ", "))
}

// withUnread adds to a NoMatch that some records could not be searched.
func withUnread(missing, unread error) error {
	if unread == nil {
		return missing
	}
	return fmt.Errorf("%w; and %w", missing, unread)
}

// named is anything that can be found by id or name.
type named interface {
	id() string
	name() string
}

func (c Client) id() string   { return c.ID }
func (c Client) name() string { return c.Name.Reveal() }
func (f File) id() string     { return f.ID }
func (f File) name() string   { return f.Name.Reveal() }

// matches are the ways to compare a name, strictest first. The first one that finds
// anything decides.
func matches() []func(name, asked string) bool {
	return []func(name, asked string) bool{
		func(name, asked string) bool { return name == asked },
		strings.EqualFold,
		// The screen may show a name in another form; that form can be typed as well.
		func(name, asked string) bool { return strings.EqualFold(safe.Line(name), safe.Line(asked)) },
		func(name, asked string) bool { return len(asked) > 0 && strings.HasPrefix(lower(name), lower(asked)) },
	}
}

func lower(s string) string { return strings.ToLower(s) }

// pick finds the item with this id or name.
func pick[T named](what string, items []T, idOrName string) (T, error) {
	var zero T
	if id, ok := id.Parse(idOrName); ok {
		for _, item := range items {
			if item.id() == id {
				return item, nil
			}
		}
	}
	for _, match := range matches() {
		var found []T
		for _, item := range items {
			if match(item.name(), idOrName) {
				found = append(found, item)
			}
		}
		switch len(found) {
		case 0:
			continue
		case 1:
			return found[0], nil
		}
		ids := make([]string, len(found))
		for i, item := range found {
			ids[i] = item.id()
		}
		return zero, &ManyMatch{What: what, IDs: ids}
	}
	return zero, &NoMatch{What: what, Near: near(items, idOrName)}
}

// Select returns the files that are asked for, each once, in the order of files. A word is
// an id, a name, or a pattern as in a shell (*, ?, [a-z]), which leaves case aside. A
// pattern without a slash is for the last part of a name, so that *.pdf also finds
// school/report.pdf. A word that finds nothing is an error.
func Select(files []File, words ...string) ([]File, error) {
	wanted := map[string]bool{}
	for _, word := range words {
		file, err := pick("file", files, word)
		if err == nil {
			wanted[file.ID] = true
			continue
		}
		none, missing := errors.AsType[*NoMatch](err)
		if !missing || !strings.ContainsAny(word, "*?[") {
			return nil, err
		}
		found := false
		for _, f := range files {
			name := lower(f.name())
			if !strings.Contains(word, "/") {
				name = path.Base(name)
			}
			ok, wrong := path.Match(lower(word), name)
			if wrong != nil {
				return nil, errors.New("a pattern is incomplete: a [ has no ]")
			}
			if ok {
				wanted[f.ID], found = true, true
			}
		}
		if !found {
			return nil, none
		}
	}
	var out []File
	for _, f := range files {
		if wanted[f.ID] {
			out = append(out, f)
		}
	}
	return out, nil
}

// near returns up to three names with a word that begins like a word in asked.
func near[T named](items []T, asked string) []safe.PHI {
	var out []safe.PHI
	for _, want := range strings.Fields(lower(asked)) {
		if len(want) < 3 {
			continue
		}
		for _, item := range items {
			alike := slices.ContainsFunc(strings.Fields(lower(item.name())), func(word string) bool {
				return strings.HasPrefix(word, want[:3])
			})
			if name := safe.PHI(item.name()); alike && !slices.Contains(out, name) && len(out) < 3 {
				out = append(out, name)
			}
		}
	}
	return out
}

// byName orders by name, ignoring case, then by id.
func byName[T named](a, b T) int {
	if c := strings.Compare(lower(a.name()), lower(b.name())); c != 0 {
		return c
	}
	return strings.Compare(a.id(), b.id())
}
