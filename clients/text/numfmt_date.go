package text

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// showDate shows a serial number as a date or a time.
func showDate(parts []fmtPart, v float64, from1904 bool) string {
	if v < 0 || v > 2_958_466 {
		return general(v)
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if from1904 {
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if v < 61 && v >= 1 {
		epoch = epoch.AddDate(0, 0, 1) // Excel's 1900 has a 29 February
	}
	fractions := false
	for i, p := range parts {
		if p.code == "." && i+1 < len(parts) && parts[i+1].code == "0" {
			fractions = true
		}
	}
	seconds := v * 86400
	if !fractions {
		seconds = math.Round(seconds)
	}
	at := epoch.Add(time.Duration(int64(seconds))*time.Second + time.Duration(math.Round((seconds-math.Floor(seconds))*1000))*time.Millisecond)
	half := false
	empty := true
	for _, p := range parts {
		half = half || p.code == "AM/PM" || p.code == "A/P"
		empty = empty && p.code == ""
	}
	if empty {
		return at.Format("2006-01-02")
	}
	var b strings.Builder
	for i, p := range parts {
		b.WriteString(datePart(parts, i, p, at, seconds, half))
	}
	return strings.TrimSpace(b.String())
}

func datePart(parts []fmtPart, i int, p fmtPart, at time.Time, seconds float64, half bool) string {
	pad := func(n int) string {
		s := strconv.Itoa(n)
		if len(p.code) > 1 && len(s) < 2 {
			s = "0" + s
		}
		return s
	}
	switch p.code {
	case "":
		return p.text
	case "[h]", "[m]", "[s]":
		n := int64(seconds) / map[string]int64{"[h]": 3600, "[m]": 60, "[s]": 1}[p.code]
		s := strconv.FormatInt(n, 10)
		for len(s) < len(p.text) {
			s = "0" + s
		}
		return s
	case "y", "yy":
		return at.Format("06")
	case "yyy", "yyyy", "e", "ee", "eeee":
		return at.Format("2006")
	case "d", "dd":
		return pad(at.Day())
	case "ddd":
		return at.Format("Mon")
	case "dddd":
		return at.Format("Monday")
	case "h", "hh":
		h := at.Hour()
		if half {
			if h %= 12; h == 0 {
				h = 12
			}
		}
		return pad(h)
	case "s", "ss":
		return pad(at.Second())
	case "AM/PM":
		return at.Format("PM")
	case "A/P":
		return at.Format("PM")[:1]
	case "m", "mm":
		if minutes(parts, i) {
			return pad(at.Minute())
		}
		return pad(int(at.Month()))
	case "mmm":
		return at.Format("Jan")
	case "mmmm":
		return at.Format("January")
	case "mmmmm":
		return at.Format("Jan")[:1]
	case "0":
		if i > 0 && parts[i-1].code == "." {
			return strconv.Itoa(at.Nanosecond() / 100_000_000)
		}
		if i > 1 && parts[i-1].code == "0" {
			return strconv.Itoa(at.Nanosecond() / 10_000_000 % 10)
		}
		return ""
	case "#", "?", "@", "General":
		return ""
	}
	return p.code // "/", ".", ",", "%"
}

// minutes reports whether an "m" stands next to hours or seconds.
func minutes(parts []fmtPart, i int) bool {
	for j := i - 1; j >= 0; j-- {
		if c := parts[j].code; c != "" && c != "/" && c != "." && c != "," {
			if c[0] == 'h' || c == "[h]" {
				return true
			}
			break
		}
	}
	for j := i + 1; j < len(parts); j++ {
		if c := parts[j].code; c != "" && c != "/" && c != "." && c != "," {
			return c[0] == 's' || c == "[s]"
		}
	}
	return false
}
