package kit

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// List is a list of rows, one of them selected. It draws only the visible rows, so
// a hundred thousand rows cost no more than ten. It keeps the selection on the same
// row (by key) when the rows are replaced.
//
// The selected row has a bar and a bold name, nothing else, so that moving the
// selection repaints only a few cells over a slow SSH line.
type List[T any] struct {
	// Key names a row for as long as it exists.
	Key func(T) string
	// Draw draws a row in w columns. selected is true for the row that keys act
	// on: only its name is drawn with TokenSelected.
	Draw func(item T, w int, selected bool) string
	// Text is what the filter searches; nil: no filter.
	Text func(T) string
	// Keep is true for rows that the filter never hides; nil: none.
	Keep func(T) bool
	// Skip is true for rows that cannot be selected: headings, texts; nil: none.
	Skip func(T) bool
	// Orders are the orders that Sort goes through; nil: one order only.
	Orders []Order[T]

	given   []T // in the order of Set
	order   int // into Orders
	items   []T
	texts   []string // lower case, made when first filtered
	visible []int    // indexes into items; nil: all
	cursor  int      // into the visible rows
	offset  int      // first row drawn
	height  int      // rows last drawn, for page keys

	filter    Field
	filtering bool // the filter line has the keys
	query     string
}

// Order is one order of a list's rows.
type Order[T any] struct {
	Name    string           // "by name"
	Compare func(a, b T) int // nil: the order of Set
}

// Set replaces the rows.
func (l *List[T]) Set(items []T) {
	selected, had := l.Selected()
	l.given = items
	if len(l.Orders) > 0 && l.Orders[l.order].Compare != nil {
		items = slices.Clone(items)
		slices.SortStableFunc(items, l.Orders[l.order].Compare)
	}
	l.items, l.texts = items, nil
	l.apply()
	if had {
		l.Select(l.Key(selected))
	}
	l.clamp()
}

// Sort puts the rows in the next order and returns its name. The selection
// stays on its row.
func (l *List[T]) Sort() (name string) {
	l.order = (l.order + 1) % len(l.Orders)
	l.Set(l.given)
	return l.Orders[l.order].Name
}

// Items are all rows, filtered or not.
func (l *List[T]) Items() []T { return l.items }

// Shown are the rows that the filter lets through, in their order.
func (l *List[T]) Shown() []T {
	shown := make([]T, 0, l.Len())
	for i := range l.Len() {
		shown = append(shown, l.at(i))
	}
	return shown
}

// Len is how many rows the filter lets through.
func (l *List[T]) Len() int {
	if l.visible == nil {
		return len(l.items)
	}
	return len(l.visible)
}

func (l *List[T]) at(i int) T {
	if l.visible == nil {
		return l.items[i]
	}
	return l.items[l.visible[i]]
}

// Selected is the selected row; ok is false when there is none.
func (l *List[T]) Selected() (item T, ok bool) {
	if l.cursor < 0 || l.cursor >= l.Len() {
		return item, false
	}
	return l.at(l.cursor), true
}

// Select selects the row with this key, and reports whether there is one.
func (l *List[T]) Select(key string) bool {
	for i := range l.Len() {
		if l.Key(l.at(i)) == key {
			l.cursor = i
			l.clamp()
			return true
		}
	}
	return false
}

// First selects the first row that can be selected.
func (l *List[T]) First() { l.cursor = 0; l.clamp() }

// clamp puts the cursor on the nearest row that can be selected: down from where
// it is, or up when there is none below.
func (l *List[T]) clamp() { l.settle(1) }

func (l *List[T]) settle(direction int) {
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

// scroll keeps the selected row visible.
func (l *List[T]) scroll() {
	h := max(1, l.height)
	l.offset = max(0, min(l.offset, l.Len()-h))
	switch {
	case l.cursor < l.offset:
		l.offset = l.cursor
		// The headings above the row become visible with it.
		for l.Skip != nil && l.offset > 0 && l.cursor-l.offset < h-1 && l.Skip(l.at(l.offset-1)) {
			l.offset--
		}
	case l.cursor >= l.offset+h:
		l.offset = l.cursor - h + 1
	}
}

// CapturesInput is true while the filter is being typed.
func (l *List[T]) CapturesInput() bool { return l.filtering }

// Filtered reports whether a filter hides rows.
func (l *List[T]) Filtered() bool { return l.query != "" }

// Back removes the filter, and reports whether there was one.
func (l *List[T]) Back() bool {
	if !l.filtering && l.query == "" {
		return false
	}
	l.filtering = false
	l.setQuery("")
	return true
}

// Update takes a key; handled is false when the key does nothing in a list.
func (l *List[T]) Update(msg tea.Msg) (handled bool) {
	if l.filtering {
		return l.typed(msg)
	}
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return false
	}
	page, direction := max(1, l.height-1), 1
	switch Move(press.String()) {
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
		l.filter = NewField(l.query)
	default:
		return false
	}
	l.settle(direction)
	return true
}

// typed takes a key while the filter is being typed: enter keeps the filter,
// esc removes it, the arrows move in the rows that it shows.
func (l *List[T]) typed(msg tea.Msg) bool {
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

func (l *List[T]) setQuery(query string) {
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

// apply finds the rows that the filter shows: those that contain every word of it,
// in upper or lower case.
func (l *List[T]) apply() {
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

// View draws the list in w × h. focused is false when another column has the focus:
// the selection is then dim. The last line shows the filter, if there is one.
func (l *List[T]) View(t *Theme, w, h int, focused bool) string {
	rows := h
	if l.filtering || l.query != "" {
		rows--
	}
	l.height = rows // page keys and scrolling use what was last drawn
	l.scroll()
	lines := make([]string, 0, h)
	for i := l.offset; i < l.Len() && len(lines) < rows; i++ {
		lines = append(lines, l.row(t, i, w, focused))
	}
	if l.Len() == 0 && l.query != "" {
		lines = append(lines, t.Dim("  No row contains that."))
	}
	if rows < h {
		for len(lines) < rows {
			lines = append(lines, "")
		}
		lines = append(lines, l.filterLine(t, w))
	}
	return strings.Join(lines, "\n")
}

func (l *List[T]) row(t *Theme, i, w int, focused bool) string {
	bar := " "
	switch {
	case i != l.cursor || l.Skip != nil && l.Skip(l.at(i)):
	case focused:
		bar = t.Accent("▌")
	default:
		bar = t.Dim("▌")
	}
	return bar + " " + l.Draw(l.at(i), max(0, w-2), i == l.cursor && focused)
}

func (l *List[T]) filterLine(t *Theme, w int) string {
	found, all := 0, 0
	for _, text := range l.texts { // headings have no text
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
		return Ends(t.Accent("/ ")+l.query, t.Dim(count), w)
	}
	room := max(4, w-2-1-len(count))
	return Fit(t.Accent("/ ")+l.filter.View(room)+" "+t.Dim(count), w)
}
