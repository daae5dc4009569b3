package words

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	for got, want := range map[string]string{
		Count(0, "key"): "0 keys", Count(1, "key"): "1 key", Count(12345, "key"): "12,345 keys",
		Plural(1, "identity", "identities"): "1 identity", Plural(2, "identity", "identities"): "2 identities",
		Thousands(7): "7", Thousands(999): "999", Thousands(1000): "1,000", Thousands(41204): "41,204", Thousands(1234567): "1,234,567",
		Thousands(-1234): "-1,234", Thousands(math.MinInt64): "-9,223,372,036,854,775,808",
		Bytes(0): "0 B", Bytes(999): "999 B", Bytes(1000): "1 kB", Bytes(999_499): "999 kB", Bytes(999_500): "1.0 MB",
		Bytes(3_140_000): "3.1 MB", Bytes(9_960_000): "10 MB", Bytes(999_600_000): "1.0 GB", Bytes(5_000_000_000): "5.0 GB",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	now := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	west, east := time.FixedZone("PST", -8*3600), time.FixedZone("CET", 3600)
	for got, want := range map[string]string{
		Ago(now, now.Add(time.Minute)): "just now", Ago(now, now.Add(-59*time.Minute)): "59 min ago",
		Ago(now, now.Add(-47*time.Hour)): "47 h ago", Ago(now, now.Add(-50*time.Hour)): "2 days ago",
		UTC(now.In(west)): "2026-11-21 03:00 UTC", Moment(now, nil): "2026-11-21 03:00 UTC", Moment(now, time.UTC): "2026-11-21 03:00 UTC",
		Moment(now, east): "2026-11-21 03:00 UTC (04:00 CET)", Moment(now, west): "2026-11-21 03:00 UTC (2026-11-20 19:00 PST)",
		Moment(time.Time{}, west): "never",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTexts(t *testing.T) {
	for got, want := range map[string]string{
		Capital(""): "", Capital("it is"): "It is", Capital("élan"): "Élan", Capital("AWS"): "AWS",
		strings.Join(Wrap("one  two three", 7), "/"): "one two/three", strings.Join(Wrap("a longword b", 3), "/"): "a/longword/b",
		strings.Join(Wrap("über ö", 6), "/"): "über ö", strings.Join(Wrap("", 6), "/"): "",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
