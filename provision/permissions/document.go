package permissions

import (
	"encoding/json"
	"slices"
	"strings"
)

// Document is an IAM policy document. It writes every list as a list, single values
// included, so that documents compare easily.
type Document struct {
	Version   string      `json:"Version"`
	Statement []Statement `json:"Statement"`
}

// Statement is one statement of a Document.
type Statement struct {
	Sid         string     `json:"Sid,omitempty"`
	Effect      string     `json:"Effect"`
	Principal   any        `json:"Principal,omitempty"` // "*" or map[string]string
	Action      []string   `json:"Action"`
	Resource    []string   `json:"Resource,omitempty"`
	NotResource []string   `json:"NotResource,omitempty"`
	Condition   Conditions `json:"Condition,omitempty"`
}

// Conditions is operator → key → values.
type Conditions map[string]map[string][]string

func (d Document) String() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic("provision: a policy of strings always marshals: " + err.Error())
	}
	return string(text)
}

// PolicyVersion is the version of the policy language.
const PolicyVersion = "2012-10-17"

// String is the conditions in words: "aws:RequestedRegion StringEquals {region}".
func (c Conditions) String() string {
	var parts []string
	for operator, keys := range c {
		for key, values := range keys {
			parts = append(parts, key+" "+operator+" "+strings.Join(values, ", "))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "<br>")
}
