package sandbox

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// bedrockRuntimeService runs models. Every model of the demo account is the demo writer.
func bedrockRuntimeService() *service {
	return &service{
		name: "bedrock-runtime", prefix: "bedrock", protocol: restJSON,
		match: isRuntime,
		route: byPath([]path{
			{http.MethodPost, "/model/{modelId}/converse", &operation{name: "Converse", action: "InvokeModel", serve: (*call).converse}},
			{http.MethodPost, "/model/{modelId}/converse-stream", &operation{name: "ConverseStream", action: "InvokeModelWithResponseStream", serve: (*call).converseStream}},
			{http.MethodPost, "/model/{modelId}/count-tokens", &operation{name: "CountTokens", serve: (*call).countTokens}},
		}),
	}
}

// isRuntime recognises this service: both Bedrock services have the same signing name.
func isRuntime(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/model/") }

// converseInput is the part of a Converse request that the demo account reads.
type converseInput struct {
	Messages []struct {
		Role    string         `json:"role"`
		Content []contentBlock `json:"content"`
	} `json:"messages"`
	System    []contentBlock `json:"system"`
	Inference struct {
		MaxTokens     *int     `json:"maxTokens"`
		Temperature   *float64 `json:"temperature"`
		TopP          *float64 `json:"topP"`
		StopSequences []string `json:"stopSequences"`
	} `json:"inferenceConfig"`
	Additional *additionalFields `json:"additionalModelRequestFields"`
}

type contentBlock struct {
	Text     *string `json:"text"`
	Document *struct {
		Format string `json:"format"`
		Name   string `json:"name"`
		Source struct {
			Bytes []byte  `json:"bytes"`
			Text  *string `json:"text"`
		} `json:"source"`
		Citations struct {
			Enabled bool `json:"enabled"`
		} `json:"citations"`
	} `json:"document"`
	Image *struct {
		Format string `json:"format"`
		Source struct {
			Bytes []byte `json:"bytes"`
		} `json:"source"`
	} `json:"image"`
	CachePoint *struct {
		Type string `json:"type"`
	} `json:"cachePoint"`
}

// aModel is the model that a request names.
type aModel struct {
	model   bedrockModel
	profile *inferenceProfile // nil: called by its bare id
}

// invoke authorises a request to run a model and checks the account's access: the caller
// needs the action on the inference profile, and on the model in every region in which
// the profile can run.
// https://docs.aws.amazon.com/bedrock/latest/userguide/geographic-cross-region-inference.html
func (c *call) invoke(action string) (aModel, error) {
	id := c.params["modelId"]
	c.note("modelId", id)
	var chosen aModel
	if p, ok := findProfile(c.region, c.account.id, id); ok {
		chosen = aModel{p.model, &p}
		if err := c.authorize(action, p.arn, nil); err != nil {
			return chosen, err
		}
		for _, arn := range p.destinations {
			if err := c.authorize(action, arn, map[string][]string{"bedrock:InferenceProfileArn": {p.arn}}); err != nil {
				return chosen, err
			}
		}
	} else {
		bare := bareID(id)
		arn := modelARN(c.region, bare)
		if strings.HasPrefix(id, "arn:") {
			arn = id
		}
		if err := c.authorize(action, arn, nil); err != nil {
			return chosen, err
		}
		m, ok := findModel(bare)
		if !ok {
			return chosen, validation("The provided model identifier is invalid.")
		}
		chosen.model = m
		if !m.onDemand {
			return chosen, validation("Invocation of model ID " + bare + " with on-demand throughput isn’t supported. " +
				"Retry your request with the ID or ARN of an inference profile that contains this model.")
		}
	}
	m := chosen.model
	if m.embedding {
		return chosen, validation("The model that you are using does not support the Converse operation.")
	}
	switch has := c.accessTo(m); {
	case !has.form:
		return chosen, fail(http.StatusNotFound, "ResourceNotFoundException", "Model use case details have not been submitted for this account. "+
			"Fill out the Anthropic use case details form before using the model. If you have already filled out the form, try again in 15 minutes.")
	case !has.agreed:
		return chosen, fail(http.StatusForbidden, "AccessDeniedException", "You don't have access to the model with the specified model ID.")
	case m.isLegacy() && has.late:
		// Only accounts that used the model before go on using it.
		// https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle.html
		return chosen, fail(http.StatusNotFound, "ResourceNotFoundException", "Access denied. This Model is marked by provider as Legacy "+
			"and you have not been actively using the model in the last 30 days. Please upgrade to an active model on Amazon Bedrock")
	}
	mode := ""
	c.account.view(func() { mode = c.account.bedrock().region(c.region).Retention })
	if mode == "" || mode == retainInherit {
		mode = "default"
	}
	if m.retention != nil && !slices.Contains(m.retention, mode) {
		return chosen, validation("data retention mode '" + mode + "' is not available for this model")
	}
	// Where it ran: a profile runs in its nearest region.
	region := c.region
	if c.event.Extra == nil {
		c.event.Extra = map[string]any{}
	}
	c.event.Extra["inferenceRegion"] = region
	c.touch(modelARN(region, m.id), "AWS::Bedrock::FoundationModel")
	return chosen, nil
}

// generation is a request ready to be answered.
type generation struct {
	chosen           aModel
	thought          int    // tokens of thinking, which come before the answer
	text             string // the answer, limited as the request asks
	cites            bool   // the answer comes in blocks with citations
	stop             string
	input            int // tokens, without cached ones
	cacheRead, cache int
	started          time.Time
}

// generate reads a Converse request and lets the writer answer it.
func (c *call) generate(action string) (*generation, error) {
	var in converseInput
	if err := c.input(&in); err != nil {
		return nil, err
	}
	chosen, err := c.invoke(action)
	if err != nil {
		return nil, err
	}
	if err := in.check(chosen.model); err != nil {
		return nil, err
	}
	g := &generation{chosen: chosen, stop: "end_turn", started: c.now}
	g.count(c, in)
	if g.input+g.cacheRead+g.cache > chosen.model.window {
		return nil, validation("Input is too long for requested model.")
	}
	asked := in.conversation()
	g.text, g.cites = answerTo(asked), asked.cited
	if at, stop := firstOf(g.text, in.Inference.StopSequences); stop {
		g.text, g.stop = g.text[:at], "stop_sequence"
	}
	limit := 4096 // the default of Claude models on Bedrock
	if in.Inference.MaxTokens != nil {
		limit = *in.Inference.MaxTokens
	}
	if g.thought = in.thinks(chosen.model, c.account.options.Writer.Thought); g.thought >= limit {
		g.thought, g.text, g.stop = limit, "", "max_tokens"
	} else if room := limit - g.thought; estimateTokens(g.text) > room {
		g.text, g.stop = string([]rune(g.text)[:room*4]), "max_tokens"
	}
	if f := c.struckBy(faultStop); f != nil {
		// The text ends where the model stopped.
		half := []rune(g.text)
		g.text, g.stop = string(half[:len(half)/2]), f.reason
	}
	return g, nil
}

// check refuses what Converse refuses.
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
func (in *converseInput) check(m bedrockModel) error {
	if len(in.Messages) == 0 {
		return validation("A conversation must start with a user message. Try again with a conversation that starts with a user message.")
	}
	documents := 0
	for i, message := range in.Messages {
		switch {
		case message.Role != "user" && message.Role != "assistant":
			return validation(fmt.Sprintf(
				"Value '%s' at 'messages.%d.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]",
				message.Role, i+1))
		case i == 0 && message.Role != "user":
			return validation("A conversation must start with a user message. Try again with a conversation that starts with a user message.")
		case i > 0 && message.Role == in.Messages[i-1].Role:
			return validation(
				"A conversation must alternate between user and assistant roles. Make sure the " +
					"conversation alternates between user and assistant roles and try again.")
		case len(message.Content) == 0:
			return validation(fmt.Sprintf(
				"The content field in the Message object at messages.%d is empty. Add a ContentBlock object to the content field and try again.", i))
		}
		for j, block := range message.Content {
			if block.Text != nil && strings.TrimSpace(*block.Text) == "" {
				return validation(fmt.Sprintf(
					"The text field in the ContentBlock object at messages.%d.content.%d is blank. Add text to the text field, and try again.", i, j))
			}
			if err := block.checkMedia(message.Role); err != nil {
				return err
			}
			if block.Document != nil {
				documents++
			}
		}
		if last := message.Content[len(message.Content)-1]; i == len(in.Messages)-1 && message.Role == "assistant" && last.Text != nil {
			if strings.TrimRight(*last.Text, " \t\n") != *last.Text {
				return validation("The model returned the following errors: messages: final assistant content cannot end with trailing whitespace")
			}
		}
	}
	if documents > mostDocuments {
		return validation(fmt.Sprintf("The number of documents in the request exceeds the limit of %d.", mostDocuments))
	}
	if n := in.Inference.MaxTokens; n != nil && *n < 1 {
		return validation(fmt.Sprintf(
			"Value '%d' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1", *n))
	} else if n != nil && *n > m.output {
		return validation(fmt.Sprintf(
			"The maximum tokens you requested exceeds the model limit of %d. Try again with a maximum tokens value that is lower than %d.", m.output,
			m.output))
	}
	if err := in.checkThinking(m); err != nil {
		return err
	}
	if m.oneSampling && in.Inference.Temperature != nil && in.Inference.TopP != nil {
		return validation(
			"The model returned the following errors: `temperature` and `top_p` cannot both be specified for this model. Please use only one.")
	}
	return nil
}

// documentNames are the characters of a document block's name.
const documentNames = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -()[]"

func documentName(name string) bool {
	strange := func(r rune) bool { return !strings.ContainsRune(documentNames, r) }
	return name != "" && len(name) <= 200 && !strings.Contains(name, "  ") && !strings.ContainsFunc(name, strange)
}

// conversation returns the request's text for the writer.
func (in *converseInput) conversation() conversation {
	var out conversation
	for _, block := range in.System {
		out.system = append(out.system, block.text())
	}
	for _, message := range in.Messages {
		var texts []string
		for _, block := range message.Content {
			if text := block.text(); text != "" {
				texts = append(texts, text)
			}
			out.saw(block)
		}
		out.turns = append(out.turns, turn{assistant: message.Role == "assistant", text: strings.Join(texts, "\n")})
	}
	return out
}

func (b contentBlock) text() string {
	switch {
	case b.Text != nil:
		return *b.Text
	case b.Document != nil && b.Document.Source.Text != nil:
		return *b.Document.Source.Text
	case b.Document != nil && (b.Document.Format == "txt" || b.Document.Format == "md"):
		return string(b.Document.Source.Bytes)
	}
	return ""
}

// size is what a block counts in tokens.
func (b contentBlock) size() int {
	switch {
	case b.Image != nil:
		return imageTokens
	case b.Document != nil && b.text() == "":
		return (len(b.Document.Source.Bytes) + 3) / 4
	}
	return estimateTokens(b.text())
}

// Prompt caching: the least number of tokens of a cached prefix where the model has no
// other, and how long it is kept after its last use.
// https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
const (
	leastCached = 1024
	cachedFor   = 5 * time.Minute
)

// count counts the input and looks up the prefixes that end in a cache point.
func (g *generation) count(c *call, in converseInput) {
	prefix := sha256.New()
	prefix.Write([]byte(g.chosen.model.id))
	total, point := 0, 0
	var key [32]byte
	blocks := slices.Clone(in.System)
	for _, message := range in.Messages {
		blocks = append(blocks, message.Content...)
	}
	for _, block := range blocks {
		if block.CachePoint != nil {
			if total >= cmp.Or(g.chosen.model.leastCached, leastCached) {
				point = total
				copy(key[:], prefix.Sum(nil))
			}
			continue
		}
		total += block.size()
		fmt.Fprintf(prefix, "%d:%s", len(block.text()), block.text())
	}
	g.input = total - point
	if point == 0 {
		return
	}
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	state := c.account.bedrock()
	if until, ok := state.cached[key]; ok && c.now.Before(until) {
		g.cacheRead = point
	} else {
		g.cache = point
	}
	if state.cached == nil {
		state.cached = map[[32]byte]time.Time{}
	}
	for old, until := range state.cached {
		if !c.now.Before(until) {
			delete(state.cached, old)
		}
	}
	state.cached[key] = c.now.Add(cachedFor)
}

// firstOf is the position of the first stop sequence.
func firstOf(text string, stops []string) (at int, found bool) {
	at = len(text)
	for _, stop := range stops {
		if i := strings.Index(text, stop); stop != "" && i >= 0 && i < at {
			at, found = i, true
		}
	}
	return at, found
}

// tokenUsage is the count of a finished answer.
type tokenUsage struct {
	Input      int `json:"inputTokens"`
	Output     int `json:"outputTokens"`
	Total      int `json:"totalTokens"`
	CacheRead  int `json:"cacheReadInputTokens"`
	CacheWrite int `json:"cacheWriteInputTokens"`
}

// finish counts the output and adds the cost to the demo bill.
func (g *generation) finish(c *call, text string) tokenUsage {
	u := tokenUsage{Input: g.input, Output: g.thought + estimateTokens(text), CacheRead: g.cacheRead, CacheWrite: g.cache}
	u.Total = u.Input + u.Output + u.CacheRead + u.CacheWrite
	m := g.chosen.model
	// A cache write costs a quarter more than input, a read a tenth of it.
	input := float64(u.Input) + 1.25*float64(u.CacheWrite) + 0.1*float64(u.CacheRead)
	c.account.charge(c.now, "Amazon Bedrock", (input*m.input+float64(u.Output)*m.answer)/1e6)
	return u
}

func (g *generation) latency(c *call) int64 { return c.account.now().Sub(g.started).Milliseconds() }

func (c *call) converse() error {
	g, err := c.generate("bedrock:InvokeModel")
	if err != nil {
		return err
	}
	for range strings.Fields(g.text) {
		if !c.wait() {
			return http.ErrAbortHandler
		}
	}
	return c.json(http.StatusOK, map[string]any{
		"output":     map[string]any{"message": map[string]any{"role": "assistant", "content": g.content()}},
		"stopReason": g.stop,
		"usage":      g.finish(c, g.text),
		"metrics":    map[string]int64{"latencyMs": g.latency(c)},
	})
}

// wait paces the writer; false: the client has disconnected.
func (c *call) wait() bool {
	if pace := c.account.options.Writer.PerWord; pace > 0 {
		return pause(c.request, pace)
	}
	return c.request.Context().Err() == nil
}

// countTokens accepts the bare id of a model, never that of a profile.
// https://docs.aws.amazon.com/bedrock/latest/userguide/count-tokens.html
func (c *call) countTokens() error {
	var in struct {
		Input struct {
			Converse *converseInput `json:"converse"`
			Invoke   *struct {
				Body []byte `json:"body"`
			} `json:"invokeModel"`
		} `json:"input"`
	}
	if err := c.input(&in); err != nil {
		return err
	}
	id := bareID(c.params["modelId"])
	c.note("modelId", id)
	if err := c.authorize("bedrock:CountTokens", modelARN(c.region, id), nil); err != nil {
		return err
	}
	m, ok := findModel(id)
	if !ok {
		return validation("The provided model identifier is invalid.")
	}
	if m.noCount {
		return validation("The provided model doesn't support counting tokens.")
	}
	count := 0
	switch {
	case in.Input.Converse != nil:
		if err := in.Input.Converse.check(m); err != nil {
			return err
		}
		for _, block := range in.Input.Converse.System {
			count += block.size()
		}
		for _, message := range in.Input.Converse.Messages {
			for _, block := range message.Content {
				count += block.size()
			}
		}
	case in.Input.Invoke != nil:
		if !json.Valid(bytes.TrimSpace(in.Input.Invoke.Body)) {
			return validation("The body is not valid JSON.")
		}
		count = estimateTokens(string(in.Input.Invoke.Body))
	default:
		return validation("input must hold converse or invokeModel")
	}
	return c.json(http.StatusOK, map[string]int{"inputTokens": count})
}
