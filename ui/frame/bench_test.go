package frame

import (
	"fmt"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"claria/session"
	"claria/ui/kit"
)

// longPane is a pane with only a long list.
type longPane struct {
	theme *kit.Theme
	list  kit.List[string]
}

func (p *longPane) Init() tea.Cmd { return nil }

func (p *longPane) Update(msg tea.Msg) tea.Cmd { p.list.Update(msg); return nil }

func (p *longPane) View(w, h int) string { return p.list.View(p.theme, w, h, true) }

func (p *longPane) Actions() []kit.Action { return nil }

func (p *longPane) CapturesInput() bool { return p.list.CapturesInput() }

// painted records when something was written to the terminal, and how much.
type painted struct{ writes chan int }

func (p painted) Write(b []byte) (int, error) {
	p.writes <- len(b)
	return len(b), nil
}

// BenchmarkKeyToPaint measures, in the real program with the real renderer, the
// time from a key press to its bytes on a list of 100,000 rows, and the bytes.
func BenchmarkKeyToPaint(b *testing.B) {
	options := session.Screen{Theme: "dark", Environ: []string{"TERM=xterm-256color"}}.WithDefaults()
	e := kit.NewEnv(b.Context(), &session.Session{SetUp: true}, options)
	rows := make([]string, 100_000)
	for i := range rows {
		rows[i] = fmt.Sprintf("client %06d", i)
	}
	long := &longPane{theme: e.Theme, list: kit.List[string]{
		Key: func(s string) string { return s }, Text: func(s string) string { return s },
		Draw: func(s string, w int, selected bool) string {
			if selected {
				s = e.Theme.In(kit.TokenSelected, s)
			}
			return kit.Ends(s, "12 files, 38 MB ", w)
		},
	}}
	long.list.Set(rows)
	f := &Frame{env: e, options: options, tabs: []Tab{{kit.ClientsPane, "Clients", long}}}
	out := painted{make(chan int, 1024)}
	p := tea.NewProgram(quietInit{f}, tea.WithInput(nil), tea.WithOutput(out), tea.WithWindowSize(120, 40),
		tea.WithFPS(fps), tea.WithColorProfile(colorprofile.TrueColor), tea.WithEnvironment(options.Environ), tea.WithoutSignals())
	done := make(chan error, 1)
	go func() { _, err := p.Run(); done <- err }()
	for n := 0; n < 1000; { // the first frame, not the queries of the terminal's modes
		n += <-out.writes
	}
	drain := func() {
		for len(out.writes) > 0 {
			<-out.writes
		}
	}

	var took []time.Duration
	var bytes []int
	b.ResetTimer()
	for i := range b.N {
		key := tea.KeyPressMsg{Code: tea.KeyDown}
		if i%100 == 99 {
			key.Code = tea.KeyPgDown
		}
		drain()
		start := time.Now()
		p.Send(key)
		n := <-out.writes
		took = append(took, time.Since(start))
		if i%100 != 99 {
			bytes = append(bytes, n)
		}
		<-time.After(time.Duration(i%7) * time.Millisecond) // so that keys are not in step with the renderer
	}
	b.StopTimer()
	p.Quit()
	for ended := false; !ended; {
		select {
		case <-out.writes:
		case <-done:
			ended = true
		}
	}
	slices.Sort(took)
	slices.Sort(bytes)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
	if len(bytes) > 0 {
		b.ReportMetric(float64(bytes[len(bytes)/2]), "B/move")
		b.ReportMetric(float64(bytes[len(bytes)*99/100]), "p99-B/move")
	}
}

// quietInit is the frame without its commands at the start.
type quietInit struct{ *Frame }

func (q quietInit) Init() tea.Cmd { return nil }

func (q quietInit) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := q.Frame.Update(msg)
	return q, cmd
}
