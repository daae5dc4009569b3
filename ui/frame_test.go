package ui

import (
	"context"
	"iter"
	"testing"

	tea "charm.land/bubbletea/v2"

	"claria/ui/kit"
	"claria/ui/uitest"
)

func TestEscNeverQuits(t *testing.T) { uitest.Bubble(testEscNeverQuits)(t) }

func testEscNeverQuits(t *testing.T) {
	s := screens.New(t, 80, 24)
	for range 5 {
		s.Keys("esc")
	}
	if s.Quit {
		t.Fatal("esc quit the program")
	}
}

func TestCtrlCTwiceQuitsAndSaysWhatRuns(t *testing.T) {
	uitest.Bubble(testCtrlCTwiceQuitsAndSaysWhatRuns)(t)
}

func testCtrlCTwiceQuitsAndSaysWhatRuns(t *testing.T) {
	s := screens.New(t, 80, 24)
	s.Busy(kit.Job{Pane: kit.TodayPane, Slot: "x", Title: "Uploading"})
	s.Keys("ctrl+c")
	if s.Quit {
		t.Fatal("the first ctrl+c quit")
	}
	s.Sees("ctrl+c again quits. This stops: uploading.")
	s.Keys("esc")
	s.Keys("ctrl+c")
	if s.Quit {
		t.Fatal("two ctrl+c with a key between them quit")
	}
	s.Keys("ctrl+c")
	if !s.Quit {
		t.Fatal("ctrl+c twice did not quit")
	}
}

// q goes back, asks at the top, and is a letter while text is being typed.
func TestQGoesBackAndAsksAtTheTop(t *testing.T) { uitest.Bubble(testQGoesBackAndAsksAtTheTop)(t) }

func testQGoesBackAndAsksAtTheTop(t *testing.T) {
	s := screens.New(t, 80, 24, uitest.WithPlan(uitest.SampleSteps...))
	s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
	s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "S3-11"}))
	s.Keys("q")
	s.Hides("Quit Claria?", "desired")
	s.Keys("/")
	s.Typed("q")
	s.Sees("/ q")
	s.Keys("esc", "?")
	s.Sees("┌─ Keys")
	s.Keys("q")
	s.Hides("┌─ Keys")
	s.Keys("q")
	s.Sees("Quit Claria?", "Nothing is running, and nothing is unsaved.", "esc stay")
	s.Keys("q", "n", "esc")
	s.Hides("Quit Claria?")
	s.Busy(kit.Job{Pane: kit.TodayPane, Slot: "x", Title: "Uploading"})
	s.Keys("q")
	s.Sees("This stops: uploading.")
	s.Clock = s.Clock.Add(kit.Grace)
	if s.Keys("q", "enter"); s.Quit {
		t.Fatal("a key that does not confirm quit")
	}
	s.Clock = s.Clock.Add(kit.Grace)
	if s.Keys("y"); !s.Quit {
		t.Fatal("y did not quit")
	}
}

// A person must not believe that Claria is locked when it is not.
func TestLockingSaysThatItIsNotBuilt(t *testing.T) { uitest.Bubble(testLockingSaysThatItIsNotBuilt)(t) }

func testLockingSaysThatItIsNotBuilt(t *testing.T) {
	s := screens.New(t, 80, 24)
	s.Keys("ctrl+l")
	s.Sees("Locking is not built yet")
}

func TestQuitFromThePalette(t *testing.T) { uitest.Bubble(testQuitFromThePalette)(t) }

func testQuitFromThePalette(t *testing.T) {
	s := screens.New(t, 80, 24)
	s.Keys(":")
	s.Typed("quit")
	if s.Quit {
		t.Fatal("q typed in the palette quit")
	}
	s.Keys("enter")
	if !s.Quit {
		t.Fatal(":quit did not quit")
	}
}

func TestTooSmallIsOneSentence(t *testing.T) { uitest.Bubble(testTooSmallIsOneSentence)(t) }

func testTooSmallIsOneSentence(t *testing.T) {
	s := screens.New(t, 59, 30)
	s.Sees("Claria needs a window of 60×20; this one is 59×30.")
	s.Send(tea.WindowSizeMsg{Width: 60, Height: 20})
	s.Hides("Claria needs")
}

func TestTheBellRingsWhenNobodyLooks(t *testing.T) { uitest.Bubble(testTheBellRingsWhenNobodyLooks)(t) }

func testTheBellRingsWhenNobodyLooks(t *testing.T) {
	for _, blurred := range []bool{false, true} {
		s := screens.New(t, 80, 24)
		if blurred {
			s.Send(tea.BlurMsg{})
		}
		seq := func(context.Context) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) { yield(1, nil) }
		}
		s.Run(kit.Stream(s.Env.Jobs, kit.Job{Pane: kit.TodayPane, Slot: "x", Title: "Uploading"}, seq))
		s.Ended(kit.TodayPane, "x")
		if rang := len(s.Raw) > 0; rang != blurred {
			t.Errorf("terminal out of focus %v: the bell rang %v", blurred, rang)
		}
	}
}
