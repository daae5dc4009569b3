package kit

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

func TestLongListDrawsOnlyWhatShows(t *testing.T) {
	rows := make([]string, 100_000)
	for i := range rows {
		rows[i] = fmt.Sprintf("client %06d", i)
	}
	same := func(s string) string { return s }
	l := List[string]{Key: same, Text: same, Draw: func(s string, _ int, _ bool) string { return s }}
	l.Set(rows)
	look := NewTheme("dark", true, false, colorprofile.TrueColor)
	for i := range 200 {
		l.Update(tea.KeyPressMsg{Code: []rune{tea.KeyDown, tea.KeyPgDown, tea.KeyEnd, tea.KeyHome}[i%4]})
		if got := l.View(look, 100, 40, true); strings.Count(got, "\n") != 39 {
			t.Fatalf("%d rows are drawn, not 40", strings.Count(got, "\n")+1)
		}
	}
	for _, r := range "/client 09999" {
		l.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	if l.Len() != 11 { // 009999 and 09999x
		t.Errorf("the filter lets %d rows through, not 11", l.Len())
	}
}
