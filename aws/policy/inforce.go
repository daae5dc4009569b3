package policy

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// InForce returns the policy as it is from now on: without the statements whose
// conditions can never hold again ("before 2022"), and without the conditions that
// always hold ("after 2022", "the request says whether it uses TLS"). The zero time
// leaves dates as they are. The document is not changed.
func InForce(d Document, now time.Time) Document {
	if !slices.ContainsFunc(d.Statements, func(s Statement) bool {
		return slices.ContainsFunc(s.Conditions, func(c Condition) bool { return settle(c, now) != depends })
	}) {
		return d
	}
	out := d
	out.Statements = nil
	for _, s := range d.Statements {
		var conditions []Condition
		dead := false
		for _, c := range s.Conditions {
			switch settle(c, now) {
			case never:
				dead = true
			case depends:
				conditions = append(conditions, c)
			}
		}
		if dead {
			// The place stays taken: statements without a Sid are named by their number.
			s = Statement{SID: s.SID, Allow: s.Allow, HasPrincipal: s.HasPrincipal, HasResource: true}
		} else {
			s.Conditions = conditions
		}
		out.Statements = append(out.Statements, s)
	}
	return out
}

// outcome is what is known of a condition without a request.
type outcome uint8

const (
	depends outcome = iota
	always
	never
)

// present are the keys that every request has (IAM user guide, "AWS global condition
// context keys").
var present = []string{"aws:securetransport", "aws:currenttime", "aws:epochtime", "aws:requestedregion", "aws:viaawsservice"}

// settle decides a condition that does not depend on the request.
func settle(c Condition, now time.Time) outcome {
	if c.Operator != "Null" && !strings.HasPrefix(c.Operator, "Date") && !strings.HasPrefix(c.Operator, "Numeric") {
		return depends
	}
	key := strings.ToLower(c.Key)
	if c.Operator == "Null" && slices.Contains(present, key) {
		if slices.ContainsFunc(c.Values, func(v string) bool { return strings.EqualFold(v, strconv.FormatBool(false)) }) {
			return always
		}
		return never
	}
	if now.IsZero() || c.Operator == "Null" || key != "aws:currenttime" && key != "aws:epochtime" {
		return depends
	}
	// One value is enough, but a negated operator needs all.
	negated := operators[c.Operator].negated
	all := never
	if negated {
		all = always
	}
	for _, v := range c.Values {
		at, ok := instant(v)
		if !ok {
			continue // it matches nothing
		}
		one := afterwards(strings.TrimPrefix(strings.TrimPrefix(c.Operator, "Date"), "Numeric"), at, now)
		switch {
		case negated && one != always, !negated && one == depends && all == never:
			all = one
		case !negated && one == always:
			return always
		}
	}
	return all
}

// afterwards decides a comparison with a time for all requests from now on.
func afterwards(comparison string, at, now time.Time) outcome {
	past := now.After(at)
	switch comparison {
	case "LessThan", "LessThanEquals", "Equals":
		if past {
			return never
		}
	case "GreaterThan", "GreaterThanEquals", "NotEquals":
		if past {
			return always
		}
	}
	return depends
}
