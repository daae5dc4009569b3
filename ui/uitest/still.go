package uitest

import "testing"

// Still is a state of the screen with golden frames, one for each size.
type Still struct {
	Name string
	With []Change
	Draw func(s *Screen)
}

// DrawFrames compares stills at every size; open makes the screen.
func DrawFrames(t *testing.T, open func(t testing.TB, w, h int, with ...Change) *Screen, stills []Still) {
	t.Helper()
	for _, one := range stills {
		for _, size := range Sizes {
			t.Run(one.Name+"-"+size.Name, Bubble(func(t *testing.T) {
				s := open(t, size.W, size.H, one.With...)
				one.Draw(s)
				s.Golden(one.Name + "-" + size.Name)
			}))
		}
	}
}
