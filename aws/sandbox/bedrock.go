package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// bedrockState is Bedrock's state. Agreements and the use-case form belong to the account;
// retention and logging are settings of each region.
type bedrockState struct {
	UseCase    []byte                    `json:"use_case,omitempty"`   // the form as it was sent
	Agreements map[string]time.Time      `json:"agreements,omitempty"` // by model id
	Late       map[string]bool           `json:"late,omitempty"`       // agreements made when the model was LEGACY already
	Regions    map[string]*bedrockRegion `json:"regions,omitempty"`

	// cached are the prompt prefixes in the cache and when they expire.
	cached map[[32]byte]time.Time
}

type bedrockRegion struct {
	Retention string          `json:"retention,omitempty"` // empty: inherit
	Updated   time.Time       `json:"updated,omitzero"`
	Logging   json.RawMessage `json:"logging,omitempty"` // the loggingConfig as it was put

	Guardrails  []guardrail  `json:"guardrails,omitempty"`
	Throughputs []throughput `json:"throughputs,omitempty"`
}

// The modes of data retention.
const (
	retainNothing = "none"
	retainInherit = "inherit"
)

var retentionModes = []string{retainNothing, "default", "aws_review", "provider_data_share", retainInherit}

func (a *Account) bedrock() *bedrockState { return stateOf[bedrockState](a, "bedrock") }

// region returns the settings of a region; zero when nothing was set.
func (s *bedrockState) region(name string) bedrockRegion {
	if r := s.Regions[name]; r != nil {
		return *r
	}
	return bedrockRegion{}
}

// change returns the settings of a region, and makes them when there are none.
func (s *bedrockState) change(name string) *bedrockRegion {
	if s.Regions == nil {
		s.Regions = map[string]*bedrockRegion{}
	}
	if s.Regions[name] == nil {
		s.Regions[name] = &bedrockRegion{}
	}
	return s.Regions[name]
}

func bedrockService() *service {
	op := func(name string, write bool, serve func(*call) error) *operation {
		return &operation{name: name, write: write, serve: serve}
	}
	const get, put, post, remove = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete
	return &service{
		name: "bedrock", protocol: restJSON,
		match: func(r *http.Request) bool { return !isRuntime(r) && !isAgent(r) },
		route: byPath(append([]path{
			{get, "/foundation-models", op("ListFoundationModels", false, (*call).listFoundationModels)},
			{get, "/foundation-models/{modelIdentifier}", op("GetFoundationModel", false, (*call).getFoundationModel)},
			{get, "/inference-profiles", op("ListInferenceProfiles", false, (*call).listInferenceProfiles)},
			{get, "/inference-profiles/{inferenceProfileIdentifier}", op("GetInferenceProfile", false, (*call).getInferenceProfile)},
			{get, "/foundation-model-availability/{modelId}", op("GetFoundationModelAvailability", false, (*call).getFoundationModelAvailability)},
			{get, "/list-foundation-model-agreement-offers/{modelId}", op("ListFoundationModelAgreementOffers", false, (*call).listAgreementOffers)},
			{post, "/create-foundation-model-agreement", op("CreateFoundationModelAgreement", true, (*call).createModelAgreement)},
			{post, "/delete-foundation-model-agreement", op("DeleteFoundationModelAgreement", true, (*call).deleteModelAgreement)},
			{get, "/use-case-for-model-access", op("GetUseCaseForModelAccess", false, (*call).getUseCase)},
			{post, "/use-case-for-model-access", op("PutUseCaseForModelAccess", true, (*call).putUseCase)},
			{get, "/logging/modelinvocations", op("GetModelInvocationLoggingConfiguration", false, (*call).getInvocationLogging)},
			{put, "/logging/modelinvocations", op("PutModelInvocationLoggingConfiguration", true, (*call).putInvocationLogging)},
			{remove, "/logging/modelinvocations", op("DeleteModelInvocationLoggingConfiguration", true, (*call).deleteInvocationLogging)},
			{get, "/data-retention", op("GetAccountDataRetention", false, (*call).getDataRetention)},
			{put, "/data-retention", op("PutAccountDataRetention", true, (*call).putDataRetention)},
		}, assetPaths()...)),
		state: func() any { return &bedrockState{} },
	}
}

func validation(message string) error {
	return fail(http.StatusBadRequest, "ValidationException", message)
}

// modelSummary is a foundation model on the wire.
type modelSummary struct {
	ARN            string         `json:"modelArn"`
	ID             string         `json:"modelId"`
	Name           string         `json:"modelName"`
	Provider       string         `json:"providerName"`
	Input          []string       `json:"inputModalities"`
	Output         []string       `json:"outputModalities"`
	Streaming      bool           `json:"responseStreamingSupported"`
	Customizations []string       `json:"customizationsSupported"`
	Inference      []string       `json:"inferenceTypesSupported"`
	Lifecycle      modelLifecycle `json:"modelLifecycle"`
}

type modelLifecycle struct {
	Status string `json:"status"`
	Start  string `json:"startOfLifeTime,omitempty"`
	Legacy string `json:"legacyTime,omitempty"`
	End    string `json:"endOfLifeTime,omitempty"`
}

func (m bedrockModel) summary(region string) modelSummary {
	s := modelSummary{
		ARN: modelARN(region, m.id), ID: m.id, Name: m.name, Provider: m.provider, Streaming: !m.embedding,
		Input: []string{"TEXT"}, Output: []string{"TEXT"}, Customizations: []string{}, Inference: []string{"INFERENCE_PROFILE"},
		Lifecycle: modelLifecycle{Status: "ACTIVE", Start: isoTime(m.released)},
	}
	if m.images {
		s.Input = append(s.Input, "IMAGE")
	}
	if m.embedding {
		s.Output = []string{"EMBEDDING"}
	}
	if m.onDemand {
		s.Inference = []string{"ON_DEMAND"}
	}
	if m.isLegacy() {
		s.Lifecycle.Status, s.Lifecycle.Legacy, s.Lifecycle.End = "LEGACY", isoTime(m.legacy), isoTime(m.end)
	}
	return s
}

func (c *call) listFoundationModels() error {
	if err := c.authorize("bedrock:ListFoundationModels", "*", nil); err != nil {
		return err
	}
	q := c.request.URL.Query()
	found := []modelSummary{}
	for _, m := range bedrockModels() {
		s := m.summary(c.region)
		switch {
		case q.Get("byProvider") != "" && !strings.EqualFold(q.Get("byProvider"), s.Provider),
			q.Get("byOutputModality") != "" && !slices.Contains(s.Output, q.Get("byOutputModality")),
			q.Get("byInferenceType") != "" && !slices.Contains(s.Inference, q.Get("byInferenceType")),
			q.Get("byCustomizationType") != "":
			continue
		}
		found = append(found, s)
	}
	return c.json(http.StatusOK, map[string]any{"modelSummaries": found})
}

func (c *call) getFoundationModel() error {
	id := bareID(c.params["modelIdentifier"])
	if err := c.authorize("bedrock:GetFoundationModel", modelARN(c.region, id), nil); err != nil {
		return err
	}
	m, ok := findModel(id)
	if !ok {
		return fail(http.StatusNotFound, "ResourceNotFoundException",
			"Could not resolve the foundation model from the provided model identifier.")
	}
	return c.json(http.StatusOK, map[string]any{"modelDetails": m.summary(c.region)})
}

// bareID takes the model id out of a foundation model's ARN.
func bareID(idOrARN string) string {
	if _, id, ok := strings.Cut(idOrARN, ":foundation-model/"); ok {
		return id
	}
	return idOrARN
}

// profileSummary is an inference profile on the wire.
type profileSummary struct {
	Name        string              `json:"inferenceProfileName"`
	Description string              `json:"description"`
	Created     string              `json:"createdAt"`
	Updated     string              `json:"updatedAt"`
	ARN         string              `json:"inferenceProfileArn"`
	Models      []map[string]string `json:"models"`
	ID          string              `json:"inferenceProfileId"`
	Status      string              `json:"status"`
	Type        string              `json:"type"`
}

func (p inferenceProfile) summary() profileSummary {
	s := profileSummary{
		Name: p.name, ARN: p.arn, ID: p.id, Status: "ACTIVE", Type: "SYSTEM_DEFINED",
		Created: isoTime(p.model.released), Updated: isoTime(p.model.released),
		Description: "Routes requests to " + p.model.provider + " " + p.model.name + " in " +
			strings.Join(geographyRegions(p.geography), ", ") + ".",
	}
	if p.geography == "global" {
		s.Description = "Routes requests to " + p.model.provider + " " + p.model.name + " globally across all supported AWS Regions."
	}
	for _, arn := range p.destinations {
		s.Models = append(s.Models, map[string]string{"modelArn": arn})
	}
	return s
}

func (c *call) listInferenceProfiles() error {
	if err := c.authorize("bedrock:ListInferenceProfiles", "*", nil); err != nil {
		return err
	}
	size, err := c.queryInt("maxResults", 100)
	if err != nil {
		return err
	}
	if size < 1 || size > 1000 {
		return validation("maxResults must be between 1 and 1000")
	}
	var all []profileSummary
	// The demo account has no application inference profiles.
	if kind := c.request.URL.Query().Get("type"); kind == "" || kind == "SYSTEM_DEFINED" {
		for _, p := range profilesIn(c.region, c.account.id) {
			all = append(all, p.summary())
		}
	}
	page, next, err := pageOf(all, c.request.URL.Query().Get("nextToken"), size)
	if err != nil {
		return validation("The provided nextToken is invalid.")
	}
	return c.json(http.StatusOK, struct {
		Profiles []profileSummary `json:"inferenceProfileSummaries"`
		Next     string           `json:"nextToken,omitempty"`
	}{nonNil(page), next})
}

func (c *call) getInferenceProfile() error {
	id := c.params["inferenceProfileIdentifier"]
	arn := id
	if !strings.HasPrefix(arn, "arn:") {
		arn = "arn:aws:bedrock:" + c.region + ":" + c.account.id + ":inference-profile/" + id
	}
	if err := c.authorize("bedrock:GetInferenceProfile", arn, nil); err != nil {
		return err
	}
	p, ok := findProfile(c.region, c.account.id, id)
	if !ok {
		return fail(http.StatusNotFound, "ResourceNotFoundException",
			"The requested inference profile does not exist. Check the profile identifier and try again.")
	}
	return c.json(http.StatusOK, p.summary())
}

// getDataRetention and putDataRetention:
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_PutAccountDataRetention.html
func (c *call) getDataRetention() error {
	if err := c.authorize("bedrock:GetAccountDataRetention", "*", nil); err != nil {
		return err
	}
	return c.answerRetention()
}

func (c *call) putDataRetention() error {
	var in struct {
		Mode string `json:"mode"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("bedrock:PutAccountDataRetention", "*", map[string][]string{"bedrock:DataRetentionMode": {in.Mode}}); err != nil {
		return err
	}
	if !slices.Contains(retentionModes, in.Mode) {
		return validation("Value at 'mode' failed to satisfy constraint: Member must satisfy enum value set: [" +
			strings.Join(retentionModes, ", ") + "]")
	}
	err := c.account.update("bedrock", func() error {
		r := c.account.bedrock().change(c.region)
		r.Retention, r.Updated = in.Mode, c.now
		return nil
	})
	if err != nil {
		return err
	}
	return c.answerRetention()
}

func (c *call) answerRetention() error {
	out := struct {
		Mode    string `json:"mode"`
		Updated string `json:"updatedAt,omitempty"`
	}{Mode: retainInherit}
	c.account.view(func() {
		r := c.account.bedrock().region(c.region)
		if r.Retention != "" {
			out.Mode, out.Updated = r.Retention, isoTime(r.Updated)
		}
	})
	return c.json(http.StatusOK, out)
}

// loggingConfig is the part of an invocation-logging configuration that is checked. The
// configuration is stored as a whole, as it was sent.
type loggingConfig struct {
	S3 *struct {
		Bucket string `json:"bucketName"`
	} `json:"s3Config"`
	CloudWatch *struct {
		Group string `json:"logGroupName"`
		Role  string `json:"roleArn"`
	} `json:"cloudWatchConfig"`
}

func (c *call) getInvocationLogging() error {
	if err := c.authorize("bedrock:GetModelInvocationLoggingConfiguration", "*", nil); err != nil {
		return err
	}
	out := map[string]json.RawMessage{}
	c.account.view(func() {
		if config := c.account.bedrock().region(c.region).Logging; len(config) > 0 {
			out["loggingConfig"] = slices.Clone(config)
		}
	})
	return c.json(http.StatusOK, out)
}

func (c *call) putInvocationLogging() error {
	var in struct {
		Config json.RawMessage `json:"loggingConfig"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("bedrock:PutModelInvocationLoggingConfiguration", "*", nil); err != nil {
		return err
	}
	var config loggingConfig
	if err := json.Unmarshal(in.Config, &config); err != nil || config.S3 == nil && config.CloudWatch == nil {
		return validation("loggingConfig must name an S3 bucket or a CloudWatch log group")
	}
	if config.S3 != nil {
		arn := objectARN(config.S3.Bucket, "AWSLogs/"+c.account.id+"/BedrockModelInvocationLogs/amazon-bedrock-logs-permission-check")
		if err := c.account.authorizeService("s3", "bedrock.amazonaws.com", "s3:PutObject", arn,
			"arn:aws:bedrock:"+c.region+":"+c.account.id+":*", nil); err != nil {
			return validation("Failed to validate permissions for log bucket: " + config.S3.Bucket + ", with error: Access denied")
		}
	}
	err := c.account.update("bedrock", func() error {
		c.account.bedrock().change(c.region).Logging = bytes.Clone(in.Config)
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}

func (c *call) deleteInvocationLogging() error {
	if err := c.authorize("bedrock:DeleteModelInvocationLoggingConfiguration", "*", nil); err != nil {
		return err
	}
	err := c.account.update("bedrock", func() error {
		c.account.bedrock().change(c.region).Logging = nil
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}
