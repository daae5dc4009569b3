package text

import (
	"context"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"claria/internal/safe"
)

const (
	vttKind = "text/vtt"
	srtKind = "application/x-subrip"
)

var (
	cueTime   = regexp.MustCompile(`^\s*((?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})\s*-->\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}`)
	voice     = regexp.MustCompile(`^\s*<v(?:\.[^\s>]*)?\s+([^>]*)>`)
	cueTag    = regexp.MustCompile(`</?[a-zA-Z][^>]*>|<\d[\d:.]*>|\{\\[^}]*\}`)
	speakerOf = regexp.MustCompile(`^\s*(?:-\s*)?(?:\[([^\]]{1,40})\]|([\p{Lu}][\p{L}\p{M}\p{N} .,'’()/-]{0,48}?))\s*:\s+`)
)

// longTurn is how many bytes a turn has before it may end, if no speaker is known.
const longTurn = 600

// turn is what one speaker says.
type turn struct {
	start, speaker string
	words          []string
}

// readTranscript reads the cues of WebVTT (W3C) and SubRip, and joins the ones of one
// speaker. A cue without a speaker continues the turn before it.
func readTranscript(ctx context.Context, data []byte, out *builder) error {
	text, err := decodeText(data)
	if err != nil {
		return err
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	t := &transcript{out: out}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		m := cueTime.FindStringSubmatch(lines[i])
		if m == nil {
			i++ // the head, a note, a style, or a cue's name
			continue
		}
		var said []string
		for i++; i < len(lines) && strings.TrimSpace(lines[i]) != ""; i++ {
			if cueTime.MatchString(lines[i]) { // no blank line before the next cue
				if len(said) > 0 && strings.Trim(said[len(said)-1], "0123456789 ") == "" {
					said = said[:len(said)-1]
				}
				break
			}
			said = append(said, lines[i])
		}
		t.cue(clock(m[1]), said)
		if err := t.flush(false); err != nil {
			return err
		}
	}
	return t.flush(true)
}

// clock is a time as hours, minutes and seconds.
func clock(s string) string {
	s, _, _ = strings.Cut(strings.ReplaceAll(s, ",", "."), ".")
	switch parts := strings.Split(s, ":"); {
	case len(parts) == 2 && len(parts[0]) == 1:
		return "00:0" + s
	case len(parts) == 2:
		return "00:" + s
	case len(parts[0]) == 1:
		return "0" + s
	}
	return s
}

// full reports whether a turn of nobody known is long enough to end at its sentence.
func (t turn) full() bool {
	n := 0
	for _, w := range t.words {
		n += len(w)
	}
	return n > longTurn && strings.ContainsAny(t.words[len(t.words)-1][len(t.words[len(t.words)-1])-1:], ".?!")
}

type transcript struct {
	out   *builder
	turns []turn // the last one may go on
}

// cue adds the lines of one cue. Each may name another speaker.
func (t *transcript) cue(start string, lines []string) {
	for _, line := range lines {
		speaker := ""
		if m := voice.FindStringSubmatch(line); m != nil {
			speaker = html.UnescapeString(strings.TrimSpace(m[1]))
		}
		line = tidy(html.UnescapeString(cueTag.ReplaceAllString(line, "")))
		if line == "" {
			continue
		}
		if m := speakerOf.FindStringSubmatch(line); m != nil && speaker == "" && named(m[1]+m[2]) {
			speaker, line = m[1]+m[2], line[len(m[0]):]
		}
		last := len(t.turns) - 1
		long := last >= 0 && speaker == "" && t.turns[last].speaker == "" && t.turns[last].full()
		if last < 0 || long || speaker != "" && speaker != t.turns[last].speaker {
			t.turns = append(t.turns, turn{start: start, speaker: speaker})
			last++
		}
		t.turns[last].words = append(t.turns[last].words, line)
	}
}

// named reports whether the words before a colon may be a speaker: few, and each like a
// word of a name.
func named(s string) bool {
	words := strings.Fields(s)
	for _, w := range words {
		first := []rune(w)[0]
		if unicode.IsLower(first) && !slices.Contains([]string{"de", "del", "der", "di", "la", "van", "von", "of", "y", "e", "da", "dos", "bin", "ibn", "al"}, w) {
			return false
		}
	}
	return len(words) > 0 && len(words) <= 5
}

// flush appends the turns that are over.
func (t *transcript) flush(all bool) error {
	for len(t.turns) > 1 || all && len(t.turns) > 0 {
		one := t.turns[0]
		t.turns = t.turns[1:]
		text := strings.Join(one.words, " ")
		if one.speaker != "" {
			text = one.speaker + ": " + text
		}
		err := t.out.append(Passage{Kind: Turn, Place: safe.PHI(one.start), Text: safe.PHI(tidy(text))})
		if err != nil {
			return err
		}
	}
	return nil
}
