package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Other resources of Bedrock. Guardrails and provisioned throughput can be created here.
// The demo account has none of the others (custom models, jobs, agents, knowledge bases),
// and their lists are empty.

type guardrail struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Sensitive json.RawMessage `json:"sensitive,omitempty"` // sensitiveInformationPolicyConfig as it was put
	Created   time.Time       `json:"created"`
}

type throughput struct {
	Name    string    `json:"provisionedModelName"`
	ARN     string    `json:"provisionedModelArn"`
	Model   string    `json:"modelArn"`
	Units   int       `json:"modelUnits"`
	Status  string    `json:"status"`
	Created time.Time `json:"creationTime"`
}

// assetPaths are the operations on these resources.
func assetPaths() []path {
	const get, post = http.MethodGet, http.MethodPost
	none := func(name, place, member string) path {
		return path{get, place, &operation{name: name, serve: func(c *call) error { return c.listNone(name, member) }}}
	}
	return []path{
		{get, "/guardrails", &operation{name: "ListGuardrails", serve: (*call).listGuardrails}},
		{post, "/guardrails", &operation{name: "CreateGuardrail", write: true, serve: (*call).createGuardrail}},
		{get, "/guardrails/{guardrailIdentifier}", &operation{name: "GetGuardrail", serve: (*call).getGuardrail}},
		{get, "/provisioned-model-throughputs", &operation{name: "ListProvisionedModelThroughputs", serve: (*call).listThroughputs}},
		{post, "/provisioned-model-throughput", &operation{name: "CreateProvisionedModelThroughput", write: true, serve: (*call).createThroughput}},
		none("ListCustomModels", "/custom-models", "modelSummaries"),
		none("ListImportedModels", "/imported-models", "modelSummaries"),
		none("ListModelInvocationJobs", "/model-invocation-jobs", "invocationJobSummaries"),
		none("ListEvaluationJobs", "/evaluation-jobs", "jobSummaries"),
	}
}

// isAgent recognises Bedrock's agents, whose requests have the same signing name.
func isAgent(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/agents") || strings.HasPrefix(r.URL.Path, "/knowledgebases")
}

func bedrockAgentService() *service {
	list := func(name, place, member string) path {
		return path{http.MethodPost, place, &operation{name: name, serve: func(c *call) error { return c.listNone(name, member) }}}
	}
	return &service{
		name: "bedrock-agent", prefix: "bedrock", protocol: restJSON, match: isAgent,
		route: byPath([]path{
			list("ListAgents", "/agents", "agentSummaries"),
			list("ListKnowledgeBases", "/knowledgebases", "knowledgeBaseSummaries"),
		}),
	}
}

func (c *call) listNone(operation, member string) error {
	if err := c.authorize("bedrock:"+operation, "*", nil); err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{member: []any{}})
}

func (c *call) guardrailARN(id string) string {
	return "arn:aws:bedrock:" + c.region + ":" + c.account.id + ":guardrail/" + id
}

func (g guardrail) onWire(c *call) map[string]any {
	return map[string]any{
		"id": g.ID, "guardrailId": g.ID, "arn": c.guardrailARN(g.ID), "guardrailArn": c.guardrailARN(g.ID), "name": g.Name,
		"status": "READY", "version": "DRAFT", "createdAt": isoTime(g.Created), "updatedAt": isoTime(g.Created),
	}
}

func (c *call) listGuardrails() error {
	if err := c.authorize("bedrock:ListGuardrails", "*", nil); err != nil {
		return err
	}
	all := []map[string]any{}
	c.account.view(func() {
		for _, g := range c.account.bedrock().region(c.region).Guardrails {
			all = append(all, g.onWire(c))
		}
	})
	return c.json(http.StatusOK, map[string]any{"guardrails": all})
}

func (c *call) createGuardrail() error {
	var in struct {
		Name      string          `json:"name"`
		Sensitive json.RawMessage `json:"sensitiveInformationPolicyConfig,omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("bedrock:CreateGuardrail", "*", nil); err != nil {
		return err
	}
	if in.Name == "" {
		return validation("name must not be empty")
	}
	g := guardrail{ID: newRequestID()[:8], Name: in.Name, Sensitive: in.Sensitive, Created: c.now}
	err := c.account.update("bedrock", func() error {
		r := c.account.bedrock().change(c.region)
		r.Guardrails = append(r.Guardrails, g)
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusAccepted, g.onWire(c))
}

func (c *call) getGuardrail() error {
	id := c.params["guardrailIdentifier"]
	if err := c.authorize("bedrock:GetGuardrail", c.guardrailARN(id), nil); err != nil {
		return err
	}
	var out map[string]any
	c.account.view(func() {
		for _, g := range c.account.bedrock().region(c.region).Guardrails {
			if g.ID != id {
				continue
			}
			out = g.onWire(c)
			var sensitive struct {
				Entities []any `json:"piiEntitiesConfig"`
				Regexes  []any `json:"regexesConfig"`
			}
			if len(g.Sensitive) > 0 && json.Unmarshal(g.Sensitive, &sensitive) == nil {
				out["sensitiveInformationPolicy"] = map[string]any{"piiEntities": sensitive.Entities, "regexes": sensitive.Regexes}
			}
		}
	})
	if out == nil {
		return fail(http.StatusNotFound, "ResourceNotFoundException", "The guardrail identifier does not exist.")
	}
	return c.json(http.StatusOK, out)
}

func (c *call) listThroughputs() error {
	if err := c.authorize("bedrock:ListProvisionedModelThroughputs", "*", nil); err != nil {
		return err
	}
	all := []throughput{}
	c.account.view(func() { all = append(all, c.account.bedrock().region(c.region).Throughputs...) })
	return c.json(http.StatusOK, map[string]any{"provisionedModelSummaries": all})
}

func (c *call) createThroughput() error {
	var in struct {
		Name  string `json:"provisionedModelName"`
		Model string `json:"modelId"`
		Units int    `json:"modelUnits"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("bedrock:CreateProvisionedModelThroughput", "*", nil); err != nil {
		return err
	}
	if _, err := knownModel(in.Model); err != nil {
		return err
	}
	one := throughput{
		Name: in.Name, ARN: "arn:aws:bedrock:" + c.region + ":" + c.account.id + ":provisioned-model/" + newRequestID()[:12],
		Model: modelARN(c.region, bareID(in.Model)), Units: in.Units, Status: "InService", Created: c.now,
	}
	err := c.account.update("bedrock", func() error {
		r := c.account.bedrock().change(c.region)
		r.Throughputs = append(r.Throughputs, one)
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, map[string]string{"provisionedModelArn": one.ARN})
}
