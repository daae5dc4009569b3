package sandbox

import (
	"net/http"
	"slices"
)

// documentState is the account's own SSM documents, by region.
type documentState struct {
	Documents map[string][]*document `json:"documents,omitempty"`
}

type document struct {
	Name    string   `json:"name"`
	Content string   `json:"content"`
	Shared  []string `json:"shared,omitempty"` // account ids; "all": everybody
}

func (c *call) documents() []*document {
	return stateOf[documentState](c.account, "ssm").Documents[c.region]
}

func ssmService() *service {
	return &service{
		name: "ssm", protocol: json11,
		route: byTarget(byName(
			&operation{name: "ListDocuments", serve: (*call).listDocuments},
			&operation{name: "DescribeDocumentPermission", serve: (*call).describeDocumentPermission},
			&operation{name: "CreateDocument", write: true, serve: (*call).createDocument},
			&operation{name: "ModifyDocumentPermission", write: true, serve: (*call).modifyDocumentPermission},
		)),
		state: func() any { return &documentState{} },
	}
}

func (c *call) documentARN(name string) string {
	return "arn:aws:ssm:" + c.region + ":" + c.account.id + ":document/" + name
}

func (c *call) listDocuments() error {
	var in struct{ NextToken string }
	if err := c.input(&in); err != nil {
		return err
	}
	if err := c.authorize("ssm:ListDocuments", "*", nil); err != nil {
		return err
	}
	type identifier struct{ Name, Owner string }
	all := []identifier{}
	c.account.view(func() {
		for _, d := range c.documents() {
			all = append(all, identifier{d.Name, c.account.id})
		}
	})
	return c.json(http.StatusOK, map[string]any{"DocumentIdentifiers": all})
}

func noDocument() error {
	return fail(http.StatusBadRequest, "InvalidDocument", "The specified document does not exist.")
}

func (c *call) describeDocumentPermission() error {
	var in struct{ Name, PermissionType string }
	if err := c.input(&in); err != nil {
		return err
	}
	if err := c.authorize("ssm:DescribeDocumentPermission", c.documentARN(in.Name), nil); err != nil {
		return err
	}
	shared, found := []string{}, false
	c.account.view(func() {
		for _, d := range c.documents() {
			if d.Name == in.Name {
				shared, found = append(shared, d.Shared...), true
			}
		}
	})
	if !found {
		return noDocument()
	}
	return c.json(http.StatusOK, map[string]any{"AccountIds": shared})
}

func (c *call) createDocument() error {
	var in struct{ Name, Content string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("ssm:CreateDocument", c.documentARN(in.Name), nil); err != nil {
		return err
	}
	if in.Name == "" || in.Content == "" {
		return validation("Name and Content are required")
	}
	err := c.account.update("ssm", func() error {
		s := stateOf[documentState](c.account, "ssm")
		if slices.ContainsFunc(c.documents(), func(d *document) bool { return d.Name == in.Name }) {
			return fail(http.StatusBadRequest, "DocumentAlreadyExists", "Document with same name "+in.Name+" already exists")
		}
		if s.Documents == nil {
			s.Documents = map[string][]*document{}
		}
		s.Documents[c.region] = append(s.Documents[c.region], &document{Name: in.Name, Content: in.Content})
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{"DocumentDescription": map[string]string{"Name": in.Name, "Status": "Active"}})
}

func (c *call) modifyDocumentPermission() error {
	var in struct {
		Name, PermissionType string
		AccountIdsToAdd      []string
		AccountIdsToRemove   []string
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("ssm:ModifyDocumentPermission", c.documentARN(in.Name), nil); err != nil {
		return err
	}
	err := c.account.update("ssm", func() error {
		for _, d := range c.documents() {
			if d.Name == in.Name {
				kept := slices.DeleteFunc(slices.Clone(d.Shared), func(id string) bool { return slices.Contains(in.AccountIdsToRemove, id) })
				d.Shared = slices.Concat(kept, in.AccountIdsToAdd)
				return nil
			}
		}
		return noDocument()
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}
