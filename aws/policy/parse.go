package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The two versions of the policy language (IAM user guide, "Version"). Policy
// variables exist only in the second; a document without one is of the first.
const (
	version2008 = "2008-10-17"
	version2012 = "2012-10-17"
)

// MalformedError means that AWS refuses to store the document (IAM's
// MalformedPolicyDocument, S3's MalformedPolicy).
type MalformedError struct {
	Where  string // "Statement[1].Action"; empty: the document itself
	Reason string
}

// Error says where and why the document is wrong.
func (e *MalformedError) Error() string {
	if e.Where == "" {
		return "malformed policy: " + e.Reason
	}
	return "malformed policy: " + e.Where + ": " + e.Reason
}

func malformed(where, format string, args ...any) error {
	return &MalformedError{Where: where, Reason: fmt.Sprintf(format, args...)}
}

// Parse reads a policy document of any kind. It fails with a *MalformedError for
// everything that AWS refuses in any policy: text that is not JSON, an unknown or
// repeated element, an effect other than Allow or Deny, Action together with NotAction,
// an unknown operator. Validate checks what depends on the attachment.
func Parse(document []byte) (Document, error) {
	tree, err := decode(document)
	if err != nil {
		return Document{}, err
	}
	root, ok := tree.(object)
	if !ok {
		return Document{}, malformed("", "it is not a JSON object")
	}
	d := Document{Version: version2008}
	var hasStatement bool
	for _, m := range root {
		switch m.name {
		case "Version":
			d.Version, ok = m.value.(string)
			if !ok || d.Version != version2008 && d.Version != version2012 {
				return Document{}, malformed("Version", "it must be %q or %q", version2012, version2008)
			}
		case "Id":
			if d.ID, ok = m.value.(string); !ok {
				return Document{}, malformed("Id", "it is not text")
			}
		case "Statement":
			hasStatement = true
			if d.Statements, err = parseStatements(m.value); err != nil {
				return Document{}, err
			}
		default:
			return Document{}, malformed(m.name, "there is no such element")
		}
	}
	if !hasStatement {
		return Document{}, malformed("Statement", "it is missing")
	}
	return d, nil
}

func parseStatements(value any) ([]Statement, error) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	statements := make([]Statement, 0, len(list))
	for i, item := range list {
		where := fmt.Sprintf("Statement[%d]", i)
		o, ok := item.(object)
		if !ok {
			return nil, malformed(where, "it is not an object")
		}
		s, err := parseStatement(where, o)
		if err != nil {
			return nil, err
		}
		statements = append(statements, s)
	}
	return statements, nil
}

func parseStatement(where string, o object) (Statement, error) {
	var (
		s      Statement
		err    error
		effect string
		seen   = map[string]bool{}
	)
	for _, m := range o {
		at := where + "." + m.name
		seen[m.name] = true
		switch m.name {
		case "Sid":
			var ok bool
			if s.SID, ok = m.value.(string); !ok {
				err = malformed(at, "it is not text")
			}
		case "Effect":
			effect, _ = m.value.(string)
			if effect != "Allow" && effect != "Deny" { // case-sensitive (IAM user guide)
				err = malformed(at, "it must be Allow or Deny")
			}
			s.Allow = effect == "Allow"
		case "Principal", "NotPrincipal":
			s.HasPrincipal, s.NotPrincipal = true, m.name == "NotPrincipal"
			s.Principals, err = parsePrincipals(at, m.value)
		case "Action", "NotAction":
			s.NotAction = m.name == "NotAction"
			if s.Actions, err = texts(at, m.value); err == nil {
				err = checkActions(at, s.Actions)
			}
		case "Resource", "NotResource":
			s.HasResource, s.NotResource = true, m.name == "NotResource"
			if s.Resources, err = texts(at, m.value); err == nil {
				err = checkResources(at, s.Resources)
			}
		case "Condition":
			s.Conditions, err = parseConditions(at, m.value)
		default:
			err = malformed(at, "there is no such element")
		}
		if err != nil {
			return Statement{}, err
		}
	}
	for _, pair := range [][2]string{{"Principal", "NotPrincipal"}, {"Action", "NotAction"}, {"Resource", "NotResource"}} {
		if seen[pair[0]] && seen[pair[1]] {
			return Statement{}, malformed(where, "it has both %s and %s", pair[0], pair[1])
		}
	}
	if effect == "" {
		return Statement{}, malformed(where, "it has no Effect")
	}
	if !seen["Action"] && !seen["NotAction"] {
		return Statement{}, malformed(where, "it has neither Action nor NotAction")
	}
	return s, nil
}

func parsePrincipals(where string, value any) ([]Principal, error) {
	if text, ok := value.(string); ok {
		if text != "*" {
			return nil, malformed(where, `text must be "*"; anything else needs its type, as in {"AWS": …}`)
		}
		return []Principal{{Type: "*", Value: "*"}}, nil
	}
	o, ok := value.(object)
	if !ok {
		return nil, malformed(where, `it is neither "*" nor an object`)
	}
	var principals []Principal
	for _, m := range o {
		at := where + "." + m.name
		if !slices.Contains([]string{"AWS", "Service", "Federated", "CanonicalUser"}, m.name) {
			return nil, malformed(at, "there is no such type of principal")
		}
		values, err := texts(at, m.value)
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			if m.name == "AWS" && v != "*" && strings.ContainsAny(v, "*?") {
				return nil, malformed(at, "%q: a wildcard cannot be part of a principal", v)
			}
			principals = append(principals, Principal{Type: m.name, Value: v})
		}
	}
	return principals, nil
}

// checkActions refuses an action without a service prefix: IAM's "Actions/Conditions
// must be prefaced by a vendor".
func checkActions(where string, actions []string) error {
	for _, a := range actions {
		if a == "*" {
			continue
		}
		service, name, ok := strings.Cut(a, ":")
		if !ok || service == "" || name == "" {
			return malformed(where, "%q is not service:Action", a)
		}
	}
	return nil
}

// checkResources refuses text that is neither an ARN nor a pattern for ARNs.
func checkResources(where string, resources []string) error {
	for _, r := range resources {
		if !strings.HasPrefix(r, "arn:") && !strings.HasPrefix(r, "*") && !strings.HasPrefix(r, "${") {
			return malformed(where, "%q is not an ARN", r)
		}
	}
	return nil
}

func parseConditions(where string, value any) ([]Condition, error) {
	o, ok := value.(object)
	if !ok {
		return nil, malformed(where, "it is not an object")
	}
	var conditions []Condition
	for _, m := range o {
		at := where + "." + m.name
		base, err := parseOperator(at, m.name)
		if err != nil {
			return nil, err
		}
		keys, ok := m.value.(object)
		if !ok {
			return nil, malformed(at, "it is not an object of keys")
		}
		for _, k := range keys {
			c := base
			c.Key = k.name
			if c.Values, err = scalars(at+"."+k.name, k.value); err != nil {
				return nil, err
			}
			conditions = append(conditions, c)
		}
	}
	return conditions, nil
}

// parseOperator takes "ForAllValues:StringLikeIfExists" apart.
func parseOperator(where, name string) (Condition, error) {
	var c Condition
	rest := name
	if set, after, ok := strings.Cut(name, ":"); ok {
		switch {
		case strings.EqualFold(set, "ForAllValues"):
			c.Set = "ForAllValues"
		case strings.EqualFold(set, "ForAnyValue"):
			c.Set = "ForAnyValue"
		default:
			return c, malformed(where, "there is no such set operator")
		}
		rest = after
	}
	const suffix = "IfExists"
	if n := len(rest) - len(suffix); n > 0 && strings.EqualFold(rest[n:], suffix) {
		c.IfExists, rest = true, rest[:n]
	}
	for known := range operators {
		if strings.EqualFold(known, rest) {
			c.Operator = known
		}
	}
	if c.Operator == "" {
		return c, malformed(where, "there is no such condition operator")
	}
	if c.Operator == "Null" && c.IfExists {
		return c, malformed(where, "Null cannot be combined with IfExists")
	}
	return c, nil
}

// texts reads a string or a list of strings.
func texts(where string, value any) ([]string, error) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	out := make([]string, 0, len(list))
	for _, item := range list {
		s, ok := item.(string)
		if !ok || s == "" {
			return nil, malformed(where, "it is not text or a list of text")
		}
		out = append(out, s)
	}
	return out, nil
}

// scalars reads a condition's value or list of values. Quotation marks are optional for
// numbers and booleans (IAM user guide, "Grammar of the IAM JSON policy language").
func scalars(where string, value any) ([]string, error) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	out := make([]string, 0, len(list))
	for _, item := range list {
		switch v := item.(type) {
		case string:
			out = append(out, v)
		case bool:
			out = append(out, fmt.Sprint(v))
		case json.Number:
			out = append(out, v.String())
		default:
			return nil, malformed(where, "a value is not text, a number or a boolean")
		}
	}
	return out, nil
}

// object is a JSON object in its order, so that a repeated name is found.
type object []member

type member struct {
	name  string
	value any
}

// maxDepth limits the nesting of a document; a real one has five levels.
const maxDepth = 32

// decode reads JSON into object, []any, string, json.Number, bool and nil.
// encoding/json alone would keep the last of two equal names and accept "effect" as
// "Effect".
func decode(document []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err != nil {
		var known *MalformedError
		if errors.As(err, &known) {
			return nil, err
		}
		return nil, malformed("", "it is not JSON: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed("", "there is text after its end")
	}
	return v, nil
}

func decodeValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, malformed("", "it is nested too deeply")
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	switch delim {
	case '[':
		list := []any{}
		for d.More() {
			v, err := decodeValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	case '{':
		o := object{}
		names := map[string]bool{}
		for d.More() {
			token, err := d.Token()
			if err != nil {
				return nil, err
			}
			name, ok := token.(string)
			if !ok {
				return nil, malformed("", "a name is not text")
			}
			if names[name] {
				return nil, malformed(name, "it is given twice")
			}
			names[name] = true
			v, err := decodeValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			o = append(o, member{name, v})
		}
		_, err = d.Token()
		return o, err
	}
	return nil, malformed("", "a bracket is out of place")
}
