package kit

import (
	"context"
	"testing"

	tea "charm.land/bubbletea/v2"
)

func TestStaleAnswersAreDropped(t *testing.T) {
	js := newJobs(context.Background())
	deliver := func(cmd tea.Cmd) []tea.Msg {
		payload, _ := js.Receive(cmd().(JobMsg))
		return payload
	}
	j := Job{Pane: TodayPane, Slot: "files"}
	first := Ask(js, j, func(context.Context) (string, error) { return "of client A", nil })
	second := Ask(js, j, func(context.Context) (string, error) { return "of client B", nil })
	if got := deliver(first); got != nil {
		t.Errorf("a stale answer arrived: %v", got)
	}
	got := deliver(second)
	if len(got) != 1 || got[0].(Answer[string]).Value != "of client B" {
		t.Errorf("got %v, want the answer for client B", got)
	}
}
