package policy

import "encoding/json"

// MarshalJSON writes the document as IAM accepts it, so that another evaluator can
// evaluate it. Parse reads it back to the same document.
func (d Document) MarshalJSON() ([]byte, error) {
	statements := make([]map[string]any, 0, len(d.Statements))
	for _, s := range d.Statements {
		statements = append(statements, s.object())
	}
	out := map[string]any{"Statement": statements}
	if d.Version != "" {
		out["Version"] = d.Version
	}
	if d.ID != "" {
		out["Id"] = d.ID
	}
	return json.Marshal(out)
}

func (s Statement) object() map[string]any {
	out := map[string]any{"Effect": "Deny"}
	if s.Allow {
		out["Effect"] = "Allow"
	}
	if s.SID != "" {
		out["Sid"] = s.SID
	}
	if s.HasPrincipal {
		out[except("Principal", s.NotPrincipal)] = principals(s.Principals)
	}
	out[except("Action", s.NotAction)] = s.Actions
	if s.HasResource {
		out[except("Resource", s.NotResource)] = s.Resources
	}
	conditions := map[string]map[string][]string{}
	for _, c := range s.Conditions {
		operator := c.Operator
		if c.Set != "" {
			operator = c.Set + ":" + operator
		}
		if c.IfExists {
			operator += "IfExists"
		}
		if conditions[operator] == nil {
			conditions[operator] = map[string][]string{}
		}
		conditions[operator][c.Key] = c.Values
	}
	if len(conditions) > 0 {
		out["Condition"] = conditions
	}
	return out
}

func except(element string, not bool) string {
	if not {
		return "Not" + element
	}
	return element
}

func principals(all []Principal) any {
	byType := map[string][]string{}
	for _, p := range all {
		if p.Type == "*" {
			return "*"
		}
		byType[p.Type] = append(byType[p.Type], p.Value)
	}
	return byType
}
