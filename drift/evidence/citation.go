package evidence

import (
	"crypto/sha1"
	"encoding/hex"
	"regexp"
	"strings"
)

// standardPattern takes the standard off a citation of 45 CFR part 164: the
// section and its first paragraph, and in the long § 164.308(a) the number too.
var standardPattern = regexp.MustCompile(`^164\.308\(a\)\([0-9]+\)|^164\.[0-9]+(\([a-z]\))?`)

// standard is the standard of the rule that a citation is part of:
// "164.312(a)" of "164.312(a)(2)(iv)".
func standard(citation string) string {
	if s := standardPattern.FindString(citation); s != "" {
		return s
	}
	return citation
}

// standardOf is the standard that a control is listed under: that of its first
// citation.
func standardOf(citations []string) string {
	if len(citations) == 0 {
		return "none"
	}
	return standard(citations[0])
}

// cited writes a citation as the code is quoted: "45 CFR 164.312(a)(2)(iv)".
func cited(citation string) string {
	if strings.HasPrefix(citation, "164.") {
		return "45 CFR " + citation
	}
	return citation
}

var notToken = regexp.MustCompile(`[^A-Za-z0-9]+`)

// token is a text as an identifier: "hipaa-164.312-a-2-iv".
func token(text string) string {
	section, rest, _ := strings.Cut(text, "(")
	id := "hipaa-" + strings.Trim(strings.ReplaceAll(section, " ", "-"), "-")
	if rest != "" {
		id += "-" + strings.Trim(notToken.ReplaceAllString(rest, "-"), "-")
	}
	return id
}

// uuid is a name-based UUID, version 5 (RFC 9562, section 5.5): the same names give
// the same one, so that two exports of one check are the same document.
func uuid(names ...string) string {
	// The name space is ours alone; any constant would do.
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
