package state

import (
	"slices"
	"strings"
	"time"
)

func (sel Selector) field(name string) (SelectorField, bool) {
	for _, f := range sel.Fields {
		if f.Field == name {
			return f, true
		}
	}
	return SelectorField{}, false
}

// Category is the category of events that the selector records: Management, Data, ….
func (sel Selector) Category() string {
	f, _ := sel.field("eventCategory")
	return strings.Join(f.Equals, ",")
}

// Objects reports whether the selector records reads or writes of S3 objects.
func (sel Selector) Objects() bool {
	kind, _ := sel.field("resources.type")
	return sel.Category() == "Data" && slices.Contains(kind.Equals, S3Objects)
}

// AnyUnder reports whether the selector may record an object under the prefix.
func (sel Selector) AnyUnder(prefix string) bool {
	f, narrowed := sel.field(objectARN)
	if !narrowed {
		return true
	}
	within := func(p string) bool { return strings.HasPrefix(prefix, p) || strings.HasPrefix(p, prefix) }
	switch {
	case slices.ContainsFunc(f.NotStartsWith, func(p string) bool { return strings.HasPrefix(prefix, p) }):
		return false
	case len(f.StartsWith) > 0:
		return slices.ContainsFunc(f.StartsWith, within)
	case len(f.Equals) > 0:
		return slices.ContainsFunc(f.Equals, within)
	}
	return true
}

// AllUnder reports whether the selector records every read and write of every
// object under the prefix.
func (sel Selector) AllUnder(prefix string) bool {
	for _, f := range sel.Fields {
		switch f.Field {
		case "eventCategory", "resources.type":
		case objectARN:
			if len(f.Equals)+len(f.EndsWith)+len(f.NotEndsWith)+len(f.NotEquals) > 0 {
				return false
			}
			if len(f.StartsWith) > 0 && !slices.ContainsFunc(f.StartsWith, func(p string) bool { return strings.HasPrefix(prefix, p) }) {
				return false
			}
			if slices.ContainsFunc(f.NotStartsWith, func(p string) bool { return strings.HasPrefix(p, prefix) || strings.HasPrefix(prefix, p) }) {
				return false
			}
		default:
			return false // reads only, one operation only …
		}
	}
	return true
}

// OnlyUnder reports whether the selector records no object outside the prefix.
func (sel Selector) OnlyUnder(prefix string) bool {
	f, narrowed := sel.field(objectARN)
	named := slices.Concat(f.StartsWith, f.Equals)
	return narrowed && len(named) > 0 && !slices.ContainsFunc(named, func(p string) bool { return !strings.HasPrefix(p, prefix) })
}

// Without is the selector without the objects under the prefix.
func (sel Selector) Without(prefix string) Selector {
	sel.Fields = slices.Clone(sel.Fields)
	for i, f := range sel.Fields {
		if f.Field == objectARN {
			sel.Fields[i].NotStartsWith = append(slices.Clone(f.NotStartsWith), prefix)
			return sel
		}
	}
	sel.Fields = append(sel.Fields, SelectorField{Field: objectARN, NotStartsWith: []string{prefix}})
	return sel
}

// Trail is the CloudTrail trail's own settings.
type Trail struct {
	Name           string `json:"name"`
	ARN            string `json:"arn"`
	HomeRegion     string `json:"home_region"`
	Bucket         string `json:"bucket"`
	Prefix         string `json:"prefix"`
	MultiRegion    bool   `json:"multi_region"`
	GlobalServices bool   `json:"global_services"`
	Validation     bool   `json:"validation"` // log file validation
	Key            string `json:"key,omitempty"`
	LogGroup       string `json:"log_group,omitempty"` // of CloudWatch Logs; ARN
	Organization   bool   `json:"organization,omitempty"`
}

// TrailStatus is whether the trail logs and delivers.
type TrailStatus struct {
	Logging             bool      `json:"logging"`
	LatestDelivery      time.Time `json:"latest_delivery,omitzero"`
	LatestDeliveryError string    `json:"latest_delivery_error,omitempty"`
	LatestDigestError   string    `json:"latest_digest_error,omitempty"`
	LatestForward       time.Time `json:"latest_forward,omitzero"` // to CloudWatch Logs
	LatestForwardError  string    `json:"latest_forward_error,omitempty"`
	Started             time.Time `json:"started,omitzero"`
}

// TrailSelectors are the events that the trail records, as advanced selectors. Basic
// selectors are converted when they are read.
type TrailSelectors struct {
	Basic    bool       `json:"basic,omitempty"` // the trail has basic selectors
	Advanced []Selector `json:"advanced"`
}

// Selector is one advanced event selector: an event must meet all of its conditions.
type Selector struct {
	Name   string          `json:"name"`
	Fields []SelectorField `json:"fields"`
}

// SelectorField is one condition of a Selector; one matching value of a list is enough.
type SelectorField struct {
	Field         string   `json:"field"` // eventCategory, readOnly, resources.type, resources.ARN, …
	Equals        []string `json:"equals,omitempty"`
	NotEquals     []string `json:"not_equals,omitempty"`
	StartsWith    []string `json:"starts_with,omitempty"`
	NotStartsWith []string `json:"not_starts_with,omitempty"`
	EndsWith      []string `json:"ends_with,omitempty"`
	NotEndsWith   []string `json:"not_ends_with,omitempty"`
}
