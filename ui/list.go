package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// list is rows of which one is selected. It draws only the rows that are seen,
// so a hundred thousand of them cost no more than ten. It keeps the selection on
// the same row (by key) when the rows are replaced.
//
// The selected row has a bar, and Draw makes its name bold, no more: moving the
// selection then repaints a few cells, which is what a slow SSH line feels.
type list[T any] struct {
	// Key names a row for as long as it exists.
	Key func(T) string
	// Draw draws a row in w columns. selected is true for the row that keys act
	// on: its name, and no more, is drawn with tokenSelected.
	Draw func(item T, w int, selected bool) string
	// Text is what the filter searches; nil: there is no filter.
	Text func(T) string
	// Keep is true for rows that stay whatever the filter says; nil: none.
	Keep func(T) bool
	// Skip is true for rows that cannot be selected: headings, texts; nil: none.
	Skip func(T) bool
	// Orders are what Sort goes through, the first to begin with; nil: there is one.
	Orders []order[T]

	given   []T // as they were set
	order   int // into Orders
	items   []T
	texts   []string // lower case, made when first filtered
	visible []int    // indexes into items; nil: all
	cursor  int      // into the visible rows
	offset  int      // first row drawn
	height  int      // rows last drawn, for page keys

	filter    field
	filtering bool // the filter line has the keys
	query     string
}

// order is one order of a list's rows.
type order[T any] struct {
	name    string           // "by name"
	compare func(a, b T) int // nil: as they were set
}

// Set replaces the rows.
func (l *list[T]) Set(items []T) {
	selected, had := l.Selected()
	l.given = items
	if len(l.Orders) > 0 && l.Orders[l.order].compare != nil {
		items = slices.Clone(items)
		slices.SortStableFunc(items, l.Orders[l.order].compare)
	}
	l.items, l.texts = items, nil
	l.apply()
	if had {
		l.Select(l.Key(selected))
	}
	l.clamp()
}

// Sort puts the rows in the next order and tells which that is. The selection
// stays on its row.
func (l *list[T]) Sort() (name string) {
	l.order = (l.order + 1) % len(l.Orders)
	l.Set(l.given)
	return l.Orders[l.order].name
}

// Items are all rows, filtered or not.
func (l *list[T]) Items() []T { return l.items }

// Len is how many rows the filter lets through.
func (l *list[T]) Len() int {
	if l.visible == nil {
		return len(l.items)
	}
	return len(l.visible)
}

func (l *list[T]) at(i int) T {
	if l.visible == nil {
		return l.items[i]
	}
	return l.items[l.visible[i]]
}

// Selected is the selected row; ok is false when there is none.
func (l *list[T]) Selected() (item T, ok bool) {
	if l.cursor < 0 || l.cursor >= l.Len() {
		return item, false
	}
	return l.at(l.cursor), true
}

// Select selects the row with this key, if it is there.
func (l *list[T]) Select(key string) bool {
	for i := range l.Len() {
		if l.Key(l.at(i)) == key {
			l.cursor = i
			l.clamp()
			return true
		}
	}
	return false
}

// First selects the first row that can be.
func (l *list[T]) First() { l.cursor = 0; l.clamp() }

// clamp puts the cursor on the nearest row that can be selected: down from where
// it is, or up when there is none below.
func (l *list[T]) clamp() { l.settle(1) }

func (l *list[T]) settle(direction int) {
	n := l.Len()
	l.cursor = max(0, min(l.cursor, n-1))
	if l.Skip != nil {
		at := l.cursor
		for at >= 0 && at < n && l.Skip(l.at(at)) {
			at += direction
		}
		if at < 0 || at >= n {
			for at = l.cursor; at >= 0 && at < n && l.Skip(l.at(at)); at -= direction {
			}
		}
		l.cursor = max(0, min(at, n-1))
	}
	l.scroll()
}

// scroll keeps the selected row in sight.
func (l *list[T]) scroll() {
	h := max(1, l.height)
	l.offset = max(0, min(l.offset, l.Len()-h))
	switch {
	case l.cursor < l.offset:
		l.offset = l.cursor
		// What heads the row and cannot be selected comes into sight with it.
		for l.Skip != nil && l.offset > 0 && l.cursor-l.offset < h-1 && l.Skip(l.at(l.offset-1)) {
			l.offset--
		}
	case l.cursor >= l.offset+h:
		l.offset = l.cursor - h + 1
	}
}

// CapturesInput is true while the filter is being typed.
func (l *list[T]) CapturesInput() bool { return l.filtering }

// Filtered reports whether a filter hides rows.
func (l *list[T]) Filtered() bool { return l.query != "" }

// Back leaves the filter: reports whether there was one.
func (l *list[T]) Back() bool {
	if !l.filtering && l.query == "" {
		return false
	}
	l.filtering = false
	l.setQuery("")
	return true
}

// Update takes a key; handled is false when it means nothing to a list.
func (l *list[T]) Update(msg tea.Msg) (handled bool) {
	if l.filtering {
		return l.typed(msg)
	}
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return false
	}
	page, direction := max(1, l.height-1), 1
	switch move(press.String()) {
	case "up":
		l.cursor--
		direction = -1
	case "down":
		l.cursor++
	case "page up":
		l.cursor -= page
		direction = -1
	case "page down":
		l.cursor += page
	case "first":
		l.cursor = 0
	case "last":
		l.cursor = l.Len() - 1
		direction = -1
	case "filter":
		if l.Text == nil {
			return false
		}
		l.filtering = true
		l.filter = newField(l.query)
	default:
		return false
	}
	l.settle(direction)
	return true
}

// typed takes a key while the filter is being typed: enter keeps the filter,
// esc drops it, the arrows move in what is left.
func (l *list[T]) typed(msg tea.Msg) bool {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch press.String() {
		case "esc":
			return l.Back()
		case "enter":
			l.filtering = false
			return true
		case "up", "down", "pgup", "pgdown":
			l.filtering = false
			handled := l.Update(msg)
			l.filtering = true
			return handled
		}
	}
	l.filter.Update(msg)
	l.setQuery(l.filter.Value())
	return true
}

func (l *list[T]) setQuery(query string) {
	if query == l.query {
		return
	}
	selected, had := l.Selected()
	l.query = query
	l.apply()
	l.cursor = 0
	if had {
		l.Select(l.Key(selected))
	}
	l.clamp()
}

// apply recomputes which rows the filter lets through: those that contain every
// word of it, in any case.
func (l *list[T]) apply() {
	words := strings.Fields(strings.ToLower(l.query))
	if len(words) == 0 {
		l.visible = nil
		return
	}
	if l.texts == nil {
		l.texts = make([]string, len(l.items))
		for i, item := range l.items {
			l.texts[i] = strings.ToLower(l.Text(item))
		}
	}
	l.visible = make([]int, 0, 64)
next:
	for i, text := range l.texts {
		if l.Keep == nil || !l.Keep(l.items[i]) {
			for _, word := range words {
				if !strings.Contains(text, word) {
					continue next
				}
			}
		}
		l.visible = append(l.visible, i)
	}
}

// View draws the list in w × h. focused is false when another column has the
// keys: the selection is then only a thin mark. While a filter is set, its line is the last.
func (l *list[T]) View(t *theme, w, h int, focused bool) string {
	rows := h
	if l.filtering || l.query != "" {
		rows--
	}
	l.height = rows // page keys and scrolling go by what was last drawn
	l.scroll()
	lines := make([]string, 0, h)
	for i := l.offset; i < l.Len() && len(lines) < rows; i++ {
		lines = append(lines, l.row(t, i, w, focused))
	}
	if l.Len() == 0 && l.query != "" {
		lines = append(lines, t.dim("  Nothing here contains that."))
	}
	if rows < h {
		for len(lines) < rows {
			lines = append(lines, "")
		}
		lines = append(lines, l.filterLine(t, w))
	}
	return strings.Join(lines, "\n")
}

func (l *list[T]) row(t *theme, i, w int, focused bool) string {
	bar := " "
	switch {
	case i != l.cursor || l.Skip != nil && l.Skip(l.at(i)):
	case focused:
		bar = t.accent("▌")
	default:
		bar = t.dim("▌")
	}
	return bar + " " + l.Draw(l.at(i), max(0, w-2), i == l.cursor && focused)
}

func (l *list[T]) filterLine(t *theme, w int) string {
	found, all := 0, 0
	for _, text := range l.texts { // headings have none
		if text != "" {
			all++
		}
	}
	for _, i := range l.visible {
		if l.texts[i] != "" {
			found++
		}
	}
	if l.visible == nil {
		found, all = len(l.items), len(l.items)
	}
	count := fmt.Sprintf("%d of %d", found, all)
	if !l.filtering {
		return ends(t.accent("/ ")+l.query, t.dim(count), w)
	}
	room := max(4, w-2-1-len(count))
	return fit(t.accent("/ ")+l.filter.View(room)+" "+t.dim(count), w)
}
