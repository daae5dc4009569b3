package text

import "testing"

func TestUnreadIsSaidInASentence(t *testing.T) {
	for _, c := range []struct {
		unread Unread
		want   string
	}{
		{Unread{Unit: "page", Numbers: []int{2, 3}, Of: 3, Reason: Picture}, "pages 2 and 3 of 3 were not read: they are pictures"},
		{Unread{Unit: "page", Numbers: []int{2}, Of: 2, Reason: Damaged}, "page 2 of 2 was not read: it is damaged"},
		{Unread{Unit: "page", Numbers: []int{1, 4, 5, 6, 9}, Of: 12, Reason: Picture}, "pages 1, 4–6 and 9 of 12 were not read: they are pictures"},
		{Unread{Unit: "letter", Count: 14, Page: 2, Reason: NoLetters}, "14 letters on page 2 were not read: their font does not say which letters they are"},
		{Unread{Unit: "word", Count: 1, Page: 1, Reason: White}, "1 word on page 1 was left out: it has the colour of the paper"},
		{Unread{Unit: "page", Numbers: []int{2}, Of: 3, Reason: Machine}, "page 2 of 3 was read by a machine: check the text against the picture"},
		{Unread{Unit: "row", Reason: Damaged}, "some rows were not read: they are damaged"},
	} {
		if got := c.unread.String(); got != c.want {
			t.Errorf("%+v:\n%s\nwant:\n%s", c.unread, got, c.want)
		}
	}
}

func TestShortCountsOnlyWhatIsMissing(t *testing.T) {
	unread := []Unread{
		{Unit: "page", Numbers: []int{2}, Of: 3, Reason: Picture},
		{Unit: "page", Numbers: []int{3}, Of: 3, Reason: Damaged},
		{Unit: "word", Count: 5, Page: 1, Reason: White},
		{Unit: "letter", Count: 14, Page: 1, Reason: NoLetters},
	}
	if got, want := Short(unread), "2 of 3 pages, 14 letters not read"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Short(unread[2:3]); got != "" {
		t.Errorf("what is hidden on purpose counts as missing: %q", got)
	}
}

func TestNothingAfterAControlCharacterIsLost(t *testing.T) {
	for _, odd := range []string{"\u0090", "\u009d", "\x1b]", "\x00", "\u0098", "\x1bP"} {
		text := "He said " + odd + "and then reported a plan to hurt himself"
		got := reading(t, "note.txt", []byte(text))
		visible := ""
		if len(odd) == 2 && odd[0] == 0x1b {
			visible = odd[1:]
		}
		if want := "paragraph: He said " + visible + "and then reported a plan to hurt himself\n"; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
