package provision

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"slices"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"claria/aws"
	"claria/provision/state"
)

// monitoring schedules the reads of Monitoring.
func (o *observer) monitoring(s *state.State) {
	o.guardDuty(s)
	o.mantle(s)
	if o.settings.Alerts != "" || o.settings.Wide {
		o.alerting(s)
	}
	if !o.settings.Wide {
		return
	}
	o.topics(s)
	o.logAlarms(s)
	o.logGroups(s)
	o.logPolicies(s)
	o.recorder(s)
	o.securityHub(s)
	o.guardrails(s)
	o.assets(s)
	o.recordings(s)
	o.vocabularies(s)
}

// each schedules one more read for every item of a listing. If one fails, the whole
// reading is unknown.
func each[T any](o *observer, into *state.Reading[[]T], items []T, operation string, fill func(context.Context, *T) error) {
	*into = state.Known(items)
	var mu sync.Mutex
	for i := range items {
		o.do(func(ctx context.Context) {
			if err := fill(ctx, &items[i]); err != nil {
				mu.Lock()
				defer mu.Unlock()
				*into = state.ReadingOf[[]T](nil, err, operation)
			}
		})
	}
}

// analyzers schedules the read of the analyzers and of the findings of those that look for
// access from outside.
func (o *observer) analyzers(s *state.State) {
	o.do(func(ctx context.Context) {
		analyzers := []state.Analyzer{}
		const operation = "access-analyzer:ListAnalyzers"
		err := aws.Pages(func(token string) (string, error) {
			page, err := aws.AccessAnalyzer(o.account).ListAnalyzers(ctx, &accessanalyzer.ListAnalyzersInput{NextToken: aws.Token(token)})
			if err != nil {
				return "", err
			}
			if page.Analyzers == nil { // AWS sends an empty list for none
				return "", state.ErrIncomplete
			}
			for _, a := range page.Analyzers {
				analyzers = append(analyzers, state.Analyzer{
					Name: sdk.ToString(a.Name), ARN: sdk.ToString(a.Arn), Type: string(a.Type), Status: string(a.Status),
				})
			}
			return sdk.ToString(page.NextToken), nil
		})
		s.Analyzers = state.ReadingOf(analyzers, err, operation)
		external := slices.DeleteFunc(slices.Clone(analyzers), func(a state.Analyzer) bool { return !a.External() })
		if err != nil || len(external) == 0 {
			s.Monitoring.Findings = state.Derive(s.Analyzers, func([]state.Analyzer) []state.AccessFinding { return nil })
			if err == nil {
				s.Monitoring.Findings = state.Absent[[]state.AccessFinding]()
			}
			return
		}
		findings, err := o.accessFindings(ctx, external)
		s.Monitoring.Findings = state.ReadingOf(findings, err, "access-analyzer:ListFindingsV2")
	})
}

func (o *observer) accessFindings(ctx context.Context, analyzers []state.Analyzer) ([]state.AccessFinding, error) {
	findings := []state.AccessFinding{}
	for _, a := range analyzers {
		err := aws.Pages(func(token string) (string, error) {
			page, err := aws.AccessAnalyzer(o.account).ListFindingsV2(ctx, &accessanalyzer.ListFindingsV2Input{
				AnalyzerArn: &a.ARN, NextToken: aws.Token(token),
				Filter: map[string]types.Criterion{"status": {Eq: []string{"ACTIVE"}}},
			})
			if err != nil {
				return "", err
			}
			if page.Findings == nil {
				return "", state.ErrIncomplete
			}
			for _, f := range page.Findings {
				findings = append(findings, state.AccessFinding{Resource: sdk.ToString(f.Resource), Type: string(f.ResourceType)})
			}
			return sdk.ToString(page.NextToken), nil
		})
		if err != nil {
			return nil, err
		}
	}
	return findings, nil
}

func guardDutyAPI() aws.Service {
	return aws.Service{Name: "guardduty", Host: "guardduty.{region}.amazonaws.com", Endpoint: "GUARDDUTY", Wording: aws.RESTJSON}
}

// guardDuty schedules the read of the region's detector; there is one at most.
func (o *observer) guardDuty(s *state.State) {
	o.do(func(ctx context.Context) {
		var list struct {
			IDs []string `json:"detectorIds"`
		}
		err := aws.Ask(ctx, o.account, guardDutyAPI(), aws.Request{Operation: "ListDetectors", Path: "/detector"}, &list)
		switch {
		case err == nil && list.IDs == nil:
			err = state.ErrIncomplete
		case err == nil && len(list.IDs) == 0:
			err = state.ErrNone
		}
		if err != nil {
			s.Monitoring.GuardDuty = state.ReadingOf(state.GuardDuty{}, err, "guardduty:ListDetectors")
			return
		}
		path := "/detector/" + url.PathEscape(list.IDs[0])
		var g state.GuardDuty
		var reads sync.WaitGroup
		if o.settings.Wide {
			reads.Go(func() { g.Detector = o.detector(ctx, path) })
		}
		g.High = o.highFindings(ctx, path)
		reads.Wait()
		s.Monitoring.GuardDuty = state.Known(g)
	})
}

func (o *observer) detector(ctx context.Context, path string) state.Reading[state.Detector] {
	var out struct {
		Status   string `json:"status"`
		Features []struct {
			Name   string `json:"name"`
			Status string `json:"status"`
		} `json:"features"`
	}
	err := aws.Ask(ctx, o.account, guardDutyAPI(), aws.Request{Operation: "GetDetector", Path: path}, &out)
	if err == nil && out.Status == "" {
		err = state.ErrIncomplete
	}
	d := state.Detector{Enabled: out.Status == "ENABLED"}
	for _, f := range out.Features {
		d.S3 = d.S3 || f.Name == "S3_DATA_EVENTS" && f.Status == "ENABLED"
	}
	return state.ReadingOf(d, err, "guardduty:GetDetector")
}

// highSeverity is where GuardDuty's high severity begins (GuardDuty user guide,
// "Severity levels of GuardDuty findings").
const highSeverity = 7

func (o *observer) highFindings(ctx context.Context, path string) state.Reading[int] {
	high := 0
	err := aws.Pages(func(token string) (string, error) {
		in := map[string]any{"maxResults": 50, "findingCriteria": map[string]any{"criterion": map[string]any{
			"severity": map[string]any{"greaterThanOrEqual": highSeverity}, "service.archived": map[string]any{"equals": []string{"false"}},
		}}}
		if token != "" {
			in["nextToken"] = token
		}
		var page struct {
			IDs  []string `json:"findingIds"`
			Next string   `json:"nextToken"`
		}
		if err := aws.Ask(ctx, o.account, guardDutyAPI(), aws.Request{
			Operation: "ListFindings", Path: path + "/findings", In: in,
		}, &page); err != nil {
			return "", err
		}
		if page.IDs == nil {
			return "", state.ErrIncomplete
		}
		high += len(page.IDs)
		return page.Next, nil
	})
	return state.ReadingOf(high, err, "guardduty:ListFindings")
}

func mantleAPI() aws.Service {
	return aws.Service{
		Name: "bedrock-mantle", Host: "bedrock-mantle.{region}.api.aws", Endpoint: "BEDROCK_MANTLE", Wording: aws.RESTJSON, Nameless: true,
	}
}

// mantleRegions are the regions that the Bedrock user guide ("Generate responses using
// OpenAI APIs") lists for the endpoint. In any other region, a name that does not resolve
// means that there is no endpoint; one that answers is judged.
func mantleRegions() []string {
	return []string{
		"us-east-1", "us-east-2", "us-west-2", "ap-southeast-3", "ap-south-1", "ap-northeast-1",
		"eu-central-1", "eu-west-1", "eu-west-2", "eu-south-1", "eu-north-1", "sa-east-1",
	}
}

func (o *observer) mantle(s *state.State) {
	o.do(func(ctx context.Context) {
		var account struct {
			Mode string `json:"mode"`
		}
		err := aws.Ask(ctx, o.account, mantleAPI(), aws.Request{Operation: "GetAccountDataRetention", Path: "/v1/data_retention"}, &account)
		if nobody, ok := errors.AsType[*net.DNSError](err); ok && nobody.IsNotFound && !slices.Contains(mantleRegions(), o.account.Region()) {
			err = state.ErrNone
		} else if err == nil && account.Mode == "" {
			err = state.ErrIncomplete
		}
		if err != nil {
			s.Monitoring.Mantle = state.ReadingOf(state.Mantle{}, err, "bedrock-mantle:GetAccountDataRetention")
			return
		}
		projects, err := o.mantleProjects(ctx)
		s.Monitoring.Mantle = state.ReadingOf(state.Mantle{Mode: account.Mode, Projects: projects}, err, "bedrock-mantle:ListProjects")
	})
}

func (o *observer) mantleProjects(ctx context.Context) ([]state.MantleProject, error) {
	projects := []state.MantleProject{}
	err := aws.Pages(func(token string) (string, error) {
		query := url.Values{"limit": {"100"}}
		if token != "" {
			query.Set("after", token)
		}
		var page struct {
			Data []struct {
				ID        string `json:"id"`
				Retention struct {
					Mode string `json:"mode"`
				} `json:"data_retention"`
			} `json:"data"`
			More bool `json:"has_more"`
		}
		if err := aws.Ask(ctx, o.account, mantleAPI(), aws.Request{
			Operation: "ListProjects", Path: "/v1/organization/projects", Values: query,
		}, &page); err != nil {
			return "", err
		}
		if page.Data == nil {
			return "", state.ErrIncomplete
		}
		last := ""
		for _, p := range page.Data {
			if last = p.ID; last == "" {
				return "", state.ErrIncomplete
			}
			mode := p.Retention.Mode
			if mode == "" { // as in a new project: the account's mode applies
				mode = "inherit"
			}
			projects = append(projects, state.MantleProject{ID: p.ID, Mode: mode})
		}
		if !page.More {
			last = ""
		}
		return last, nil
	})
	return projects, err
}

// sameJSON reports whether two texts are equal as JSON.
func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	s, errS := json.Marshal(x)
	t, errT := json.Marshal(y)
	return errS == nil && errT == nil && string(s) == string(t)
}
