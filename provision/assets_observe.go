package provision

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/provision/state"
)

// Reads what only the strict set judges: AI, transcription and AWS's monitoring services.

func configAPI() aws.Service {
	return aws.Service{
		Name: "config", Host: "config.{region}.amazonaws.com", Endpoint: "CONFIG_SERVICE", Wording: aws.JSON11, Target: "StarlingDoveService",
	}
}

func securityHubAPI() aws.Service {
	return aws.Service{Name: "securityhub", Host: "securityhub.{region}.amazonaws.com", Endpoint: "SECURITYHUB", Wording: aws.RESTJSON}
}

func bedrockAPI() aws.Service {
	return aws.Service{Name: "bedrock", Host: "bedrock.{region}.amazonaws.com", Endpoint: "BEDROCK", Wording: aws.RESTJSON}
}

func bedrockAgentAPI() aws.Service {
	return aws.Service{Name: "bedrock", Host: "bedrock-agent.{region}.amazonaws.com", Endpoint: "BEDROCK_AGENT", Wording: aws.RESTJSON}
}

func transcribeAPI() aws.Service {
	return aws.Service{
		Name: "transcribe", Host: "transcribe.{region}.amazonaws.com", Endpoint: "TRANSCRIBE", Wording: aws.JSON11, Target: "Transcribe",
	}
}

func (o *observer) recorder(s *state.State) {
	o.do(func(ctx context.Context) {
		var status struct {
			List []struct {
				Recording bool `json:"recording"`
			} `json:"ConfigurationRecordersStatus"`
		}
		err := aws.Ask(ctx, o.account, configAPI(), aws.Request{Operation: "DescribeConfigurationRecorderStatus"}, &status)
		switch {
		case err == nil && status.List == nil:
			err = state.ErrIncomplete
		case err == nil && len(status.List) == 0:
			err = state.ErrNone
		}
		if err != nil {
			s.Monitoring.Recorder = state.ReadingOf(state.Recorder{}, err, "config:DescribeConfigurationRecorderStatus")
			return
		}
		recorder := state.Recorder{}
		for _, one := range status.List {
			recorder.Recording = recorder.Recording || one.Recording
		}
		err = aws.Pages(func(token string) (string, error) {
			var page struct {
				List []struct {
					Name string `json:"ConformancePackName"`
				} `json:"ConformancePackDetails"`
				NextToken string
			}
			request := aws.Request{Operation: "DescribeConformancePacks", In: tokenOnly("NextToken", token)}
			if err := aws.Ask(ctx, o.account, configAPI(), request, &page); err != nil {
				return "", err
			}
			if page.List == nil {
				return "", state.ErrIncomplete
			}
			for _, p := range page.List {
				recorder.Packs = append(recorder.Packs, p.Name)
			}
			return page.NextToken, nil
		})
		s.Monitoring.Recorder = state.ReadingOf(recorder, err, "config:DescribeConformancePacks")
	})
}

func (o *observer) securityHub(s *state.State) {
	ask(o, "securityhub:DescribeHub", &s.Monitoring.SecurityHub, func(ctx context.Context) (bool, error) {
		var hub struct{ HubArn string }
		err := aws.Ask(ctx, o.account, securityHubAPI(), aws.Request{Operation: "DescribeHub", Path: "/accounts"}, &hub)
		// If it was never turned on, AWS answers InvalidAccessException (Security Hub API
		// reference, DescribeHub). A missing permission is another error.
		if failure, ok := errors.AsType[*aws.Error](err); ok && failure.Code == "InvalidAccessException" {
			return false, state.ErrNone
		}
		if err == nil && hub.HubArn == "" {
			err = state.ErrIncomplete
		}
		return true, err
	})
}

func (o *observer) lifecycles(s *state.State) {
	s.Monitoring.Lifecycles = make([]state.Lifecycle, len(s.Models))
	for i, m := range s.Models {
		one := &s.Monitoring.Lifecycles[i]
		one.Foundation = m.Foundation
		ask(o, "bedrock:GetFoundationModel", &one.Status, func(ctx context.Context) (string, error) {
			var out struct {
				Details struct {
					Lifecycle struct {
						Status string    `json:"status"`
						End    time.Time `json:"endOfLifeTime"`
					} `json:"modelLifecycle"`
				} `json:"modelDetails"`
			}
			err := aws.Ask(ctx, o.account, bedrockAPI(), aws.Request{
				Operation: "GetFoundationModel", Path: "/foundation-models/" + url.PathEscape(one.Foundation),
			}, &out)
			if err == nil && out.Details.Lifecycle.Status == "" {
				err = state.ErrIncomplete
			}
			one.End = out.Details.Lifecycle.End
			return out.Details.Lifecycle.Status, err
		})
	}
}

// listing is a request that lists resources by name, and where its answer has the list
// and the names.
type listing struct {
	kind, operation string
	service         aws.Service
	method, path    string
	query           url.Values
	member, name    string
}

// read follows the pages of a listing.
func (o *observer) read(ctx context.Context, l listing) ([]state.Asset, error) {
	all := []state.Asset{}
	err := aws.Pages(func(token string) (string, error) {
		request := aws.Request{Operation: l.operation, Method: l.method, Path: l.path, Values: url.Values{}}
		for name, values := range l.query {
			request.Values[name] = values
		}
		switch {
		case l.service.Wording != aws.RESTJSON:
			request.In = tokenOnly("NextToken", token)
		case l.method == http.MethodPost:
			request.In = tokenOnly("nextToken", token)
		case token != "":
			request.Values.Set("nextToken", token)
		}
		var page map[string]json.RawMessage
		if err := aws.Ask(ctx, o.account, l.service, request, &page); err != nil {
			return "", err
		}
		var things []map[string]any
		if json.Unmarshal(page[l.member], &things) != nil || things == nil {
			return "", state.ErrIncomplete
		}
		for _, thing := range things {
			name, _ := thing[l.name].(string)
			all = append(all, state.Asset{Name: name})
		}
		next := page["nextToken"]
		if l.service.Wording != aws.RESTJSON {
			next = page["NextToken"]
		}
		var text string
		_ = json.Unmarshal(next, &text) // absent or null: the last page
		return text, nil
	})
	return all, err
}

// recentDays is how far back batch and evaluation jobs count: AWS lists them forever, and
// nobody can remove one.
const recentDays = 90

// assetListings list what drafting reports does not need.
func assetListings(now time.Time) []listing {
	since := now.AddDate(0, 0, -recentDays).UTC().Format(time.RFC3339)
	return []listing{
		{kind: "agent", operation: "ListAgents", service: bedrockAgentAPI(), method: http.MethodPost, path: "/agents/", member: "agentSummaries", name: "agentName"},
		{kind: "knowledge base", operation: "ListKnowledgeBases", service: bedrockAgentAPI(), method: http.MethodPost, path: "/knowledgebases/", member: "knowledgeBaseSummaries", name: "name"},
		{kind: "custom model", operation: "ListCustomModels", service: bedrockAPI(), path: "/custom-models", member: "modelSummaries", name: "modelName"},
		{kind: "imported model", operation: "ListImportedModels", service: bedrockAPI(), path: "/imported-models", member: "modelSummaries", name: "modelName"},
		{
			kind: "provisioned throughput", operation: "ListProvisionedModelThroughputs", service: bedrockAPI(),
			path: "/provisioned-model-throughputs", member: "provisionedModelSummaries", name: "provisionedModelName",
		},
		{
			kind: "batch job", operation: "ListModelInvocationJobs", service: bedrockAPI(), path: "/model-invocation-jobs",
			query: url.Values{"submitTimeAfter": {since}}, member: "invocationJobSummaries", name: "jobName",
		},
		{
			kind: "evaluation job", operation: "ListEvaluationJobs", service: bedrockAPI(), path: "/evaluation-jobs",
			query: url.Values{"creationTimeAfter": {since}}, member: "jobSummaries", name: "jobName",
		},
	}
}

func (o *observer) assets(s *state.State) {
	all := assetListings(o.account.Now())
	s.Monitoring.Assets = make([]state.Assets, len(all))
	for i, l := range all {
		s.Monitoring.Assets[i].Kind = l.kind
		ask(o, "bedrock:"+l.operation, &s.Monitoring.Assets[i].List, func(ctx context.Context) ([]state.Asset, error) { return o.read(ctx, l) })
	}
}

func (o *observer) guardrails(s *state.State) {
	o.do(func(ctx context.Context) {
		found, err := o.read(ctx, listing{
			operation: "ListGuardrails", service: bedrockAPI(), path: "/guardrails", member: "guardrails", name: "id",
		})
		if err != nil {
			s.Monitoring.Guardrails = state.ReadingOf[[]state.Guardrail](nil, err, "bedrock:ListGuardrails")
			return
		}
		all := []state.Guardrail{}
		for _, one := range found {
			all = append(all, state.Guardrail{Name: one.Name})
		}
		each(o, &s.Monitoring.Guardrails, all, "bedrock:GetGuardrail", func(ctx context.Context, g *state.Guardrail) error {
			var out struct {
				Name      string `json:"name"`
				Sensitive *struct {
					Entities []any `json:"piiEntities"`
					Regexes  []any `json:"regexes"`
				} `json:"sensitiveInformationPolicy"`
			}
			err := aws.Ask(ctx, o.account, bedrockAPI(), aws.Request{Operation: "GetGuardrail", Path: "/guardrails/" + url.PathEscape(g.Name)}, &out)
			if err == nil && out.Name == "" {
				err = state.ErrIncomplete
			}
			g.Name, g.Sensitive = out.Name, out.Sensitive != nil && len(out.Sensitive.Entities)+len(out.Sensitive.Regexes) > 0
			return err
		})
	})
}

func (o *observer) vocabularies(s *state.State) {
	o.do(func(ctx context.Context) {
		all := []state.Asset{}
		for _, l := range []listing{
			{kind: "vocabulary", operation: "ListVocabularies", service: transcribeAPI(), member: "Vocabularies", name: "VocabularyName"},
			{kind: "language model", operation: "ListLanguageModels", service: transcribeAPI(), member: "Models", name: "ModelName"},
		} {
			found, err := o.read(ctx, l)
			if err != nil {
				s.Monitoring.Vocabularies = state.ReadingOf[[]state.Asset](nil, err, "transcribe:"+l.operation)
				return
			}
			for _, one := range found {
				all = append(all, state.Asset{Kind: l.kind, Name: one.Name})
			}
		}
		s.Monitoring.Vocabularies = state.Known(all)
	})
}

// recordingPages bounds how many pages of 1,000 versions under recordings/ are read.
const recordingPages = 4

// recordings schedules the read of what is stored under recordings/. S3 lists a key's
// versions newest first, so the version before an entry is the one that replaced it. Keys
// are random ids, never names.
func (o *observer) recordings(s *state.State) {
	ask(o, "s3:ListObjectVersions", &s.Monitoring.Recordings, func(ctx context.Context) (state.Recordings, error) {
		var found state.Recordings
		input := &s3.ListObjectVersionsInput{
			Bucket: &s.DataBucket.Name, ExpectedBucketOwner: &o.settings.Account, Prefix: new(state.RecordingsPrefix),
		}
		replaced := map[string]time.Time{} // key → when the previous entry was written
		for range recordingPages {
			page, err := aws.S3(o.account).ListObjectVersions(ctx, input)
			if err != nil {
				return state.Recordings{}, err
			}
			if page.Name == nil {
				return state.Recordings{}, state.ErrIncomplete
			}
			for _, marker := range page.DeleteMarkers {
				if sdk.ToBool(marker.IsLatest) {
					replaced[sdk.ToString(marker.Key)] = sdk.ToTime(marker.LastModified)
				}
			}
			for _, v := range page.Versions {
				key, at := sdk.ToString(v.Key), sdk.ToTime(v.LastModified)
				if strings.HasSuffix(key, "/") {
					continue // a console's folder
				}
				if sdk.ToBool(v.IsLatest) {
					found.Files++
					found.Oldest = earlier(found.Oldest, at)
				} else {
					found.Deleted++
					found.Since = earlier(found.Since, orElse(replaced[key], at))
				}
				replaced[key] = at
			}
			if !sdk.ToBool(page.IsTruncated) {
				return found, nil
			}
			key, version := sdk.ToString(page.NextKeyMarker), sdk.ToString(page.NextVersionIdMarker)
			if key == "" || key == sdk.ToString(input.KeyMarker) && version == sdk.ToString(input.VersionIdMarker) {
				return state.Recordings{}, state.ErrIncomplete // it leads nowhere
			}
			input.KeyMarker, input.VersionIdMarker = page.NextKeyMarker, page.NextVersionIdMarker
		}
		found.More = true
		return found, nil
	})
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func orElse(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}
