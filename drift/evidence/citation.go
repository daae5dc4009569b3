package evidence

import (
	"crypto/sha1"
	"encoding/hex"
	"regexp"
	"strings"
)

// standardPattern extracts the standard from a citation of 45 CFR part 164: the
// section and its first paragraph, and in the long § 164.308(a) also the number.
var standardPattern = regexp.MustCompile(`^164\.308\(a\)\([0-9]+\)|^164\.[0-9]+(\([a-z]\))?`)

// standard returns the standard of the rule that contains a citation:
// "164.312(a)" for "164.312(a)(2)(iv)".
func standard(citation string) string {
	if s := standardPattern.FindString(citation); s != "" {
		return s
	}
	return citation
}

// standardOf returns the standard that a control is listed under: that of its first
// citation.
func standardOf(citations []string) string {
	if len(citations) == 0 {
		return "none"
	}
	return standard(citations[0])
}

// cited writes a citation in full: "45 CFR 164.312(a)(2)(iv)".
func cited(citation string) string {
	if strings.HasPrefix(citation, "164.") {
		return "45 CFR " + citation
	}
	return citation
}

var notToken = regexp.MustCompile(`[^A-Za-z0-9]+`)

// token turns a text into an identifier: "hipaa-164.312-a-2-iv".
func token(text string) string {
	section, rest, _ := strings.Cut(text, "(")
	id := "hipaa-" + strings.Trim(strings.ReplaceAll(section, " ", "-"), "-")
	if rest != "" {
		id += "-" + strings.Trim(notToken.ReplaceAllString(rest, "-"), "-")
	}
	return id
}

// uuid returns a name-based UUID, version 5 (RFC 9562, section 5.5): the same names give
// the same one, so two exports of one check are the same document.
func uuid(names ...string) string {
	// Claria's own name space; any constant works.
	space := [16]byte{0x5b, 0x0a, 0x5d, 0x1f, 0x5f, 0x0e, 0x5e, 0x0a, 0x8a, 0x2b, 0x7c, 0x1a, 0x0d, 0x9e, 0x3f, 0x61}
	h := sha1.New()
	h.Write(space[:])
	for _, name := range names {
		h.Write([]byte(name))
		h.Write([]byte{0})
	}
	sum := h.Sum(nil)[:16]
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	text := hex.EncodeToString(sum)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
