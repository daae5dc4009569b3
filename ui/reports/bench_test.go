package reports

import (
	"strings"
	"testing"

	"claria/internal/safe"
	"claria/reports"
)

// BenchmarkGrowingDraft draws one frame of a report of 77 kB while its next section
// grows. Thirty frames a second are drawn.
func BenchmarkGrowingDraft(b *testing.B) {
	s := screens.New(b, 120, 40)
	report := sample()
	paragraph := strings.Repeat("She arrived on time and separated easily from her mother [S12]. ", 8)
	report.Sections[0].Text = safe.PHI(strings.Repeat(paragraph+"\n\n", 150))
	_, q := reads(s, report, true)
	s.Text()
	for b.Loop() {
		q.take(reports.Event{Kind: reports.Text, Section: 1, Delta: "word after word [S1] "})
		s.Text()
	}
}
