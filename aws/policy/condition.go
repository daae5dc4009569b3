package policy

import (
	"bytes"
	"encoding/base64"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// operator is how one condition operator compares one value of the policy with
// one of the request (IAM user guide, "Condition operators").
type operator struct {
	negated bool
	compare func(r *request, version, policy, request string) bool
}

// operators lists every operator, without prefixes and IfExists. Only the string and
// ARN operators expand variables, as AWS documents.
var operators = map[string]operator{
	"StringEquals":              {false, compareText},
	"StringNotEquals":           {true, compareText},
	"StringEqualsIgnoreCase":    {false, compareTextIgnoringCase},
	"StringNotEqualsIgnoreCase": {true, compareTextIgnoringCase},
	"StringLike":                {false, compareLike},
	"StringNotLike":             {true, compareLike},
	"NumericEquals":             {false, numeric(func(request, policy float64) bool { return request == policy })},
	"NumericNotEquals":          {true, numeric(func(request, policy float64) bool { return request == policy })},
	"NumericLessThan":           {false, numeric(func(request, policy float64) bool { return request < policy })},
	"NumericLessThanEquals":     {false, numeric(func(request, policy float64) bool { return request <= policy })},
	"NumericGreaterThan":        {false, numeric(func(request, policy float64) bool { return request > policy })},
	"NumericGreaterThanEquals":  {false, numeric(func(request, policy float64) bool { return request >= policy })},
	"DateEquals":                {false, date(func(request, policy time.Time) bool { return request.Equal(policy) })},
	"DateNotEquals":             {true, date(func(request, policy time.Time) bool { return request.Equal(policy) })},
	"DateLessThan":              {false, date(func(request, policy time.Time) bool { return request.Before(policy) })},
	"DateLessThanEquals":        {false, date(func(request, policy time.Time) bool { return !request.After(policy) })},
	"DateGreaterThan":           {false, date(func(request, policy time.Time) bool { return request.After(policy) })},
	"DateGreaterThanEquals":     {false, date(func(request, policy time.Time) bool { return !request.Before(policy) })},
	"Bool":                      {false, compareBool},
	"BinaryEquals":              {false, compareBinary},
	"IpAddress":                 {false, compareAddress},
	"NotIpAddress":              {true, compareAddress},
	"ArnEquals":                 {false, compareARN}, // ArnEquals and ArnLike behave identically
	"ArnLike":                   {false, compareARN},
	"ArnNotEquals":              {true, compareARN},
	"ArnNotLike":                {true, compareARN},
	"Null":                      {false, nil}, // asks whether the key exists: see holds
}

// holds reports whether the request meets one condition.
func (r *request) holds(version string, c Condition) bool {
	values := r.keys[strings.ToLower(c.Key)]
	if c.Operator == "Null" {
		return slices.ContainsFunc(c.Values, func(v string) bool {
			return strings.EqualFold(v, strconv.FormatBool(len(values) == 0))
		})
	}
	op, ok := operators[c.Operator]
	if !ok {
		return false
	}
	if len(values) == 0 {
		// "If the key is not present": IfExists and ForAllValues are met,
		// ForAnyValue is not, and a negated operator is met.
		return c.IfExists || c.Set == "ForAllValues" || c.Set == "" && op.negated
	}
	matches := func(value string) bool {
		return slices.ContainsFunc(c.Values, func(p string) bool { return op.compare(r, version, p, value) })
	}
	switch c.Set {
	case "ForAllValues":
		return !slices.ContainsFunc(values, func(v string) bool { return matches(v) == op.negated })
	case "ForAnyValue":
		return slices.ContainsFunc(values, func(v string) bool { return matches(v) != op.negated })
	}
	return slices.ContainsFunc(values, matches) != op.negated
}

func compareText(r *request, version, policy, value string) bool {
	p, ok := r.expand(version, policy, false)
	return ok && p.match(value)
}

func compareTextIgnoringCase(r *request, version, policy, value string) bool {
	p, ok := r.expand(version, policy, false)
	return ok && p.lower().match(strings.ToLower(value))
}

func compareLike(r *request, version, policy, value string) bool {
	p, ok := r.expand(version, policy, true)
	return ok && p.match(value)
}

// compareARN checks each of the six components separately; the sixth is all
// that follows the fifth colon.
func compareARN(r *request, version, policy, value string) bool {
	parts := strings.SplitN(value, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return false
	}
	p, ok := r.expand(version, policy, true)
	if !ok {
		return false
	}
	for i, part := range parts {
		component := p
		if i < 5 {
			colon := slices.IndexFunc(p, func(t token) bool { return t.kind == literal && t.literal == ':' })
			if colon < 0 {
				return false
			}
			component, p = p[:colon], p[colon+1:]
		}
		if !component.match(part) {
			return false
		}
	}
	return true
}

func numeric(compare func(request, policy float64) bool) func(*request, string, string, string) bool {
	return func(_ *request, _, policy, value string) bool {
		p, ok := number(policy)
		v, okValue := number(value)
		return ok && okValue && compare(v, p)
	}
}

func number(s string) (float64, bool) {
	if strings.ContainsAny(s, "xX_") { // notations of Go that AWS does not accept
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

func date(compare func(request, policy time.Time) bool) func(*request, string, string, string) bool {
	return func(_ *request, _, policy, value string) bool {
		p, ok := instant(policy)
		v, okValue := instant(value)
		return ok && okValue && compare(v, p)
	}
}

// instant reads a date of the W3C profile of ISO 8601, or seconds since 1970.
func instant(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02", "2006-01"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	if len(s) == 4 {
		if t, err := time.Parse("2006", s); err == nil {
			return t, true
		}
	}
	seconds, ok := number(s)
	if !ok || math.Abs(seconds) > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

func compareBool(_ *request, _, policy, value string) bool {
	p, v := strings.ToLower(policy), strings.ToLower(value)
	return p == v && (p == "true" || p == "false")
}

func compareBinary(_ *request, _, policy, value string) bool {
	p, err := base64.StdEncoding.DecodeString(policy)
	if err != nil {
		return false
	}
	v, err := base64.StdEncoding.DecodeString(value)
	return err == nil && bytes.Equal(p, v)
}

func compareAddress(_ *request, _, policy, value string) bool {
	network, ok := addresses(policy)
	if !ok {
		return false
	}
	a, err := netip.ParseAddr(value)
	return err == nil && network.Contains(a.Unmap().WithZone(""))
}

// addresses reads a CIDR range or one address.
func addresses(s string) (netip.Prefix, bool) {
	if n, err := netip.ParsePrefix(s); err == nil {
		return n, true
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	a = a.Unmap().WithZone("")
	return netip.PrefixFrom(a, a.BitLen()), true
}
