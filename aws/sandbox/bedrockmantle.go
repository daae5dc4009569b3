package sandbox

import (
	"net/http"
	"slices"
)

// mantleState is the state of Bedrock's second endpoint, by region: its own account mode,
// and projects with their own modes.
// https://docs.aws.amazon.com/bedrock/latest/userguide/data-retention.html
type mantleState struct {
	Regions map[string]*mantleRegion `json:"regions,omitempty"`
}

type mantleRegion struct {
	Retention string          `json:"retention,omitempty"` // empty: inherit
	Updated   int64           `json:"updated,omitempty"`
	Projects  []mantleProject `json:"projects,omitempty"`
}

type mantleProject struct {
	ID        string          `json:"id"`
	Object    string          `json:"object"`
	Name      string          `json:"name"`
	Status    string          `json:"status"`
	Created   int64           `json:"created_at"`
	Retention mantleRetention `json:"data_retention"`
}

type mantleRetention struct {
	Mode string `json:"mode"`
}

func (a *Account) mantle() *mantleState { return stateOf[mantleState](a, "bedrock-mantle") }

// change returns the settings of a region, and makes them when there are none.
func (s *mantleState) change(name string) *mantleRegion {
	if s.Regions == nil {
		s.Regions = map[string]*mantleRegion{}
	}
	if s.Regions[name] == nil {
		s.Regions[name] = &mantleRegion{}
	}
	return s.Regions[name]
}

func mantleService() *service {
	op := func(name string, write bool, serve func(*call) error) *operation {
		return &operation{name: name, write: write, serve: serve}
	}
	const get, put, post = http.MethodGet, http.MethodPut, http.MethodPost
	return &service{
		name: "bedrock-mantle", protocol: restJSON,
		route: byPath([]path{
			{get, "/v1/data_retention", op("GetAccountDataRetention", false, (*call).getMantleRetention)},
			{put, "/v1/data_retention", op("PutAccountDataRetention", true, (*call).putMantleRetention)},
			{get, "/v1/organization/projects", op("ListProjects", false, (*call).listMantleProjects)},
			{post, "/v1/organization/projects", op("CreateProject", true, (*call).createMantleProject)},
			{post, "/v1/organization/projects/{project_id}", op("UpdateProject", true, (*call).updateMantleProject)},
		}),
		state: func() any { return &mantleState{} },
	}
}

func retentionKey(mode string) map[string][]string {
	if mode == "" {
		return nil
	}
	return map[string][]string{"bedrock-mantle:DataRetentionMode": {mode}}
}

func (c *call) projectARN(id string) string {
	return "arn:aws:bedrock-mantle:" + c.region + ":" + c.account.id + ":project/" + id
}

func (c *call) getMantleRetention() error {
	if err := c.authorize("bedrock-mantle:GetAccountDataRetention", "*", nil); err != nil {
		return err
	}
	return c.answerMantleRetention()
}

func (c *call) answerMantleRetention() error {
	out := struct {
		Mode    string `json:"mode"`
		Updated int64  `json:"updated_at,omitempty"`
	}{Mode: retainInherit}
	c.account.view(func() {
		if r := c.account.mantle().Regions[c.region]; r != nil && r.Retention != "" {
			out.Mode, out.Updated = r.Retention, r.Updated
		}
	})
	return c.json(http.StatusOK, out)
}

func (c *call) putMantleRetention() error {
	var in mantleRetention
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("bedrock-mantle:PutAccountDataRetention", "*", retentionKey(in.Mode)); err != nil {
		return err
	}
	if !slices.Contains(retentionModes, in.Mode) {
		return validation("mode is not one of none, default, aws_review, provider_data_share, inherit")
	}
	err := c.account.update("bedrock-mantle", func() error {
		r := c.account.mantle().change(c.region)
		r.Retention, r.Updated = in.Mode, c.now.Unix()
		return nil
	})
	if err != nil {
		return err
	}
	return c.answerMantleRetention()
}

// listMantleProjects answers pages as OpenAI's API does: after is the last id of
// the page before.
func (c *call) listMantleProjects() error {
	if err := c.authorize("bedrock-mantle:ListProjects", "*", nil); err != nil {
		return err
	}
	size, err := c.queryInt("limit", 20)
	if err != nil {
		return err
	}
	if size < 1 || size > 100 {
		return validation("limit must be between 1 and 100")
	}
	all := []mantleProject{}
	c.account.view(func() {
		if r := c.account.mantle().Regions[c.region]; r != nil {
			all = append(all, r.Projects...)
		}
	})
	if after := c.request.URL.Query().Get("after"); after != "" {
		i := slices.IndexFunc(all, func(p mantleProject) bool { return p.ID == after })
		if i < 0 {
			return validation("after names no project")
		}
		all = all[i+1:]
	}
	page := all[:min(size, len(all))]
	out := struct {
		Object  string          `json:"object"`
		Data    []mantleProject `json:"data"`
		First   string          `json:"first_id,omitempty"`
		Last    string          `json:"last_id,omitempty"`
		HasMore bool            `json:"has_more"`
	}{Object: "list", Data: page, HasMore: len(page) < len(all)}
	if len(page) > 0 {
		out.First, out.Last = page[0].ID, page[len(page)-1].ID
	}
	return c.json(http.StatusOK, out)
}

type mantleProjectInput struct {
	Name      string           `json:"name,omitempty"`
	Retention *mantleRetention `json:"data_retention,omitempty"`
}

func (in mantleProjectInput) mode() string {
	if in.Retention == nil {
		return ""
	}
	return in.Retention.Mode
}

func (c *call) createMantleProject() error {
	var in mantleProjectInput
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("bedrock-mantle:CreateProject", c.projectARN("*"), retentionKey(in.mode())); err != nil {
		return err
	}
	project := mantleProject{
		ID: "proj_" + newRequestID()[:8], Object: "organization.project", Name: in.Name, Status: "active", Created: c.now.Unix(),
	}
	if project.Retention.Mode = in.mode(); project.Retention.Mode == "" {
		project.Retention.Mode = retainInherit
	}
	if in.Name == "" || !slices.Contains(retentionModes, project.Retention.Mode) {
		return validation("name or data_retention is not valid")
	}
	err := c.account.update("bedrock-mantle", func() error {
		r := c.account.mantle().change(c.region)
		r.Projects = append(r.Projects, project)
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, project)
}

func (c *call) updateMantleProject() error {
	var in mantleProjectInput
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	id := c.params["project_id"]
	if err := c.authorize("bedrock-mantle:UpdateProject", c.projectARN(id), retentionKey(in.mode())); err != nil {
		return err
	}
	if in.Retention != nil && !slices.Contains(retentionModes, in.Retention.Mode) {
		return validation("data_retention is not valid")
	}
	var out mantleProject
	err := c.account.update("bedrock-mantle", func() error {
		projects := c.account.mantle().change(c.region).Projects
		i := slices.IndexFunc(projects, func(p mantleProject) bool { return p.ID == id })
		if i < 0 {
			return fail(http.StatusNotFound, "ResourceNotFoundException", "No project found with id "+id)
		}
		if in.Name != "" {
			projects[i].Name = in.Name
		}
		if in.Retention != nil {
			projects[i].Retention = *in.Retention
		}
		out = projects[i]
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, out)
}
