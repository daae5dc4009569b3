// Package pattern says whether a pattern matches an event: EventBridge event patterns and
// CloudWatch Logs filter patterns, as AWS documents them.
package pattern

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Event reports whether an EventBridge event pattern matches an event, both as
// JSON decodes them (EventBridge user guide, "Comparison operators for use in event
// patterns"). What it cannot parse matches nothing: a rule must prove that it
// matches.
func Event(pattern, event map[string]any) bool {
	for name, want := range pattern {
		if name == "$or" {
			if !anyOf(want, event) {
				return false
			}
			continue
		}
		have, there := event[name]
		switch want := want.(type) {
		case map[string]any:
			inside, _ := have.(map[string]any)
			if !Event(want, inside) { // a pattern may require that a field inside does not exist
				return false
			}
		case []any:
			if !slices.ContainsFunc(want, func(w any) bool { return meets(w, have, there) }) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func anyOf(want any, event map[string]any) bool {
	all, _ := want.([]any)
	return slices.ContainsFunc(all, func(w any) bool {
		pattern, ok := w.(map[string]any)
		return ok && Event(pattern, event)
	})
}

// meets reports whether a value, or one of a list of values, meets one condition.
func meets(want, have any, there bool) bool {
	if list, ok := have.([]any); ok {
		return slices.ContainsFunc(list, func(h any) bool { return meets(want, h, true) })
	}
	condition, ok := want.(map[string]any)
	if !ok {
		return there && scalar(want) == scalar(have)
	}
	for operator, operand := range condition {
		if !fits(operator, operand, have, there) {
			return false
		}
	}
	return len(condition) > 0
}

func fits(operator string, operand, have any, there bool) bool {
	text, isText := have.(string)
	switch operator {
	case "exists":
		return operand == there
	case "prefix":
		return there && isText && affix(operand, text, strings.HasPrefix)
	case "suffix":
		return there && isText && affix(operand, text, strings.HasSuffix)
	case "equals-ignore-case":
		other, ok := operand.(string)
		return there && isText && ok && strings.EqualFold(other, text)
	case "wildcard":
		other, ok := operand.(string)
		return there && isText && ok && like(other, text)
	case "anything-but":
		return there && !butThat(operand, have)
	case "cidr":
		network, err := netip.ParsePrefix(fmt.Sprint(operand))
		address, problem := netip.ParseAddr(text)
		return there && err == nil && problem == nil && network.Contains(address)
	}
	return false // also numeric ranges: no event of interest has a number
}

// affix compares with a text, or with {"equals-ignore-case": text}.
func affix(operand any, text string, compare func(s, part string) bool) bool {
	switch operand := operand.(type) {
	case string:
		return compare(text, operand)
	case map[string]any:
		part, ok := operand["equals-ignore-case"].(string)
		return ok && len(operand) == 1 && compare(strings.ToLower(text), strings.ToLower(part))
	}
	return false
}

// butThat reports whether anything-but excludes the value. What is
// not understood counts as excluded.
func butThat(operand, have any) bool {
	switch operand := operand.(type) {
	case []any:
		return slices.ContainsFunc(operand, func(o any) bool { return butThat(o, have) })
	case map[string]any:
		for operator, inner := range operand {
			all, many := inner.([]any)
			if !many {
				all = []any{inner}
			}
			if !slices.Contains([]string{"prefix", "suffix", "equals-ignore-case", "wildcard"}, operator) {
				return true
			}
			if slices.ContainsFunc(all, func(one any) bool { return fits(operator, one, have, true) }) {
				return true
			}
		}
		return false
	}
	return scalar(operand) == scalar(have)
}

// scalar formats a JSON scalar so that 1 and "1" differ.
func scalar(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// like matches * as any text.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}
