package policy

import "strings"

// segment is a piece of a policy's text: plain text, or a variable.
type segment struct {
	text     string // plain text, wildcards included
	variable string // name of the variable; empty: text
	fallback string // the value when the request has no such variable
	hasElse  bool
}

// segments splits a text of a 2012-10-17 policy at its variables: ${aws:username},
// ${aws:PrincipalTag/team, 'none'}, and ${*}, ${?}, ${$} for the characters themselves
// (IAM user guide, "Variables and tags"). An unclosed "${" is text.
func segments(s string) []segment {
	var out []segment
	for s != "" {
		start := strings.Index(s, "${")
		if start < 0 {
			break
		}
		end := strings.IndexByte(s[start:], '}')
		if end < 0 {
			break
		}
		if start > 0 {
			out = append(out, segment{text: s[:start]})
		}
		v := segment{variable: strings.TrimSpace(s[start+2 : start+end])}
		if name, rest, ok := strings.Cut(v.variable, ","); ok {
			rest = strings.TrimSpace(rest)
			if len(rest) >= 2 && rest[0] == '\'' && rest[len(rest)-1] == '\'' {
				v = segment{variable: strings.TrimSpace(name), fallback: rest[1 : len(rest)-1], hasElse: true}
			}
		}
		out = append(out, v)
		s = s[start+end+1:]
	}
	if s != "" {
		out = append(out, segment{text: s})
	}
	return out
}

// expand makes a pattern from a text of the policy, with the values of variables as
// literals. ok is false when a variable has no value, or several: then the text matches
// nothing. Wildcards in the text count only when wild is true.
func (r *request) expand(version, s string, wild bool) (p pattern, ok bool) {
	text := exact
	if wild {
		text = glob
	}
	if version != version2012 || !strings.Contains(s, "${") {
		return text(s), true
	}
	for _, piece := range segments(s) {
		switch piece.variable {
		case "":
			p = append(p, text(piece.text)...)
		case "*", "?", "$":
			p = append(p, exact(piece.variable)...)
		default:
			values := r.keys[strings.ToLower(piece.variable)]
			switch {
			case len(values) == 1:
				p = append(p, exact(values[0])...)
			case len(values) == 0 && piece.hasElse:
				p = append(p, exact(piece.fallback)...)
			default:
				return nil, false
			}
		}
	}
	return p, true
}
