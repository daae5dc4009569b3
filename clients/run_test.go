package clients

import "testing"

// Fewer files are under way when AWS asks for fewer requests, once for all that are under
// way at that time, and more again while it does not.
func TestTheGateGivesWayAndComesBack(t *testing.T) {
	t.Parallel()
	g := newGate(64)
	for range 64 {
		if err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 64 { // each of them hears it
		g.throttled()
	}
	if g.limit != 32 {
		t.Errorf("after one wave of refusals %d files are allowed", g.limit)
	}
	for range 64 {
		g.leave()
	}
	g.throttled()
	low := g.limit
	if low >= 32+64/growAfter || low < 16 {
		t.Errorf("after a second wave %d files are allowed", low)
	}
	for range 64 * growAfter {
		if err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.leave()
	}
	if g.limit != 64 {
		t.Errorf("without refusals %d files are allowed", g.limit)
	}
	for range 100 {
		g.throttled()
	}
	if g.limit < 1 {
		t.Error("nothing is allowed any more")
	}
}
