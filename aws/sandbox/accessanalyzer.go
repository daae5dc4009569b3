package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"claria/aws/policy"
)

// analyzerState is the analyzers, by region.
type analyzerState struct {
	Analyzers map[string][]*analyzer `json:"analyzers,omitempty"`
}

type analyzer struct {
	Name    string            `json:"name"`
	Type    string            `json:"type"`
	Created time.Time         `json:"created"`
	Tags    map[string]string `json:"tags,omitempty"`
}

func (a *Account) analyzers() *analyzerState {
	return stateOf[analyzerState](a, "access-analyzer")
}

func accessAnalyzerService() *service {
	const get, put, post, remove = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete
	return &service{
		name: "access-analyzer", protocol: restJSON,
		route: byPath([]path{
			{get, "/analyzer", &operation{name: "ListAnalyzers", serve: (*call).listAnalyzers}},
			{put, "/analyzer", &operation{name: "CreateAnalyzer", write: true, serve: (*call).createAnalyzer}},
			{get, "/analyzer/{analyzerName}", &operation{name: "GetAnalyzer", serve: (*call).getAnalyzer}},
			{remove, "/analyzer/{analyzerName}", &operation{name: "DeleteAnalyzer", write: true, serve: (*call).deleteAnalyzer}},
			{post, "/findingv2", &operation{name: "ListFindingsV2", action: "ListFindings", serve: (*call).listFindings}},
		}),
		state: func() any { return &analyzerState{} },
	}
}

// The types of analyzer that a standalone account can have.
const externalAccess, unusedAccess = "ACCOUNT", "ACCOUNT_UNUSED_ACCESS"

var analyzerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,254}$`)

// analyzerOnWire is an analyzer as the API shows it.
type analyzerOnWire struct {
	ARN     string            `json:"arn"`
	Name    string            `json:"name"`
	Type    string            `json:"type"`
	Created string            `json:"createdAt"`
	Status  string            `json:"status"`
	Tags    map[string]string `json:"tags"`
}

func (c *call) analyzerARN(name string) string {
	return "arn:aws:access-analyzer:" + c.region + ":" + c.account.id + ":analyzer/" + name
}

func (c *call) show(one *analyzer) analyzerOnWire {
	tags := map[string]string{}
	maps.Copy(tags, one.Tags)
	return analyzerOnWire{c.analyzerARN(one.Name), one.Name, one.Type, isoTime(one.Created), "ACTIVE", tags}
}

// findAnalyzer finds an analyzer of the call's region; call it under the account's lock.
func (c *call) findAnalyzer(name string) *analyzer {
	here := c.account.analyzers().Analyzers[c.region]
	if i := slices.IndexFunc(here, func(one *analyzer) bool { return one.Name == name }); i >= 0 {
		return here[i]
	}
	return nil
}

func noSuchAnalyzer(arn string) error {
	return &apiError{
		status: http.StatusNotFound, code: "ResourceNotFoundException", message: "The specified analyzer " + arn + " does not exist.",
		extra: map[string]string{"resourceId": arn, "resourceType": "Analyzer"},
	}
}

func (c *call) listAnalyzers() error {
	if err := c.authorize("access-analyzer:ListAnalyzers", "*", nil); err != nil {
		return err
	}
	size, err := c.queryInt("maxResults", 100)
	if err != nil {
		return err
	}
	if size < 1 || size > 100 {
		return validation("maxResults must be between 1 and 100")
	}
	var all []analyzerOnWire
	c.account.view(func() {
		for _, one := range c.account.analyzers().Analyzers[c.region] {
			if kind := c.request.URL.Query().Get("type"); kind == "" || kind == one.Type {
				all = append(all, c.show(one))
			}
		}
	})
	page, next, err := pageOf(all, c.request.URL.Query().Get("nextToken"), size)
	if err != nil {
		return validation("nextToken is not valid")
	}
	return c.json(http.StatusOK, struct {
		Analyzers []analyzerOnWire `json:"analyzers"`
		Next      string           `json:"nextToken,omitempty"`
	}{nonNil(page), next})
}

// createAnalyzer:
// https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateAnalyzer.html
func (c *call) createAnalyzer() error {
	var in struct {
		Name string            `json:"analyzerName"`
		Type string            `json:"type"`
		Tags map[string]string `json:"tags,omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	var tags []wireTag
	for key, value := range in.Tags {
		tags = append(tags, wireTag{key, value})
	}
	arn := c.analyzerARN(in.Name)
	if err := c.authorize("access-analyzer:CreateAnalyzer", arn, tagKeys(tags)); err != nil {
		return err
	}
	if len(tags) > 0 {
		if err := c.authorize("access-analyzer:TagResource", arn, tagKeys(tags)); err != nil {
			return err
		}
	}
	// The analyzer works through a service-linked role, which it creates on behalf of the caller.
	role := "arn:aws:iam::" + c.account.id + ":role" + analyzerRolePath + analyzerRole
	if err := c.authorize("iam:CreateServiceLinkedRole", role, map[string][]string{
		"iam:AWSServiceName": {"access-analyzer.amazonaws.com"},
	}); err != nil {
		return err
	}
	switch {
	case !analyzerName.MatchString(in.Name):
		return validation(
			"1 validation error detected: Value at 'analyzerName' failed to satisfy constraint: Member " +
				"must satisfy regular expression pattern: [A-Za-z][A-Za-z0-9_.-]*")
	case in.Type != externalAccess && in.Type != unusedAccess:
		return validation("The analyzer type " + in.Type + " cannot be made in an account that belongs to no organization.")
	}
	c.touch(arn, "AWS::AccessAnalyzer::Analyzer")
	err := c.account.update("access-analyzer", func() error {
		if c.findAnalyzer(in.Name) != nil {
			return &apiError{
				status: http.StatusConflict, code: "ConflictException", message: "An analyzer with the name " + in.Name + " already exists.",
				extra: map[string]string{"resourceId": arn, "resourceType": "Analyzer"},
			}
		}
		state := c.account.analyzers()
		for _, other := range state.Analyzers[c.region] {
			if other.Type == in.Type {
				return fail(http.StatusPaymentRequired, "ServiceQuotaExceededException",
					"The account already has an analyzer of type "+in.Type+" in this Region.")
			}
		}
		if state.Analyzers == nil {
			state.Analyzers = map[string][]*analyzer{}
		}
		state.Analyzers[c.region] = append(state.Analyzers[c.region], &analyzer{Name: in.Name, Type: in.Type, Created: c.now, Tags: in.Tags})
		return nil
	})
	if err != nil {
		return err
	}
	if err := c.account.update("iam", func() error { c.makeAnalyzerRole(); return nil }); err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]string{"arn": arn})
}

// The service-linked role of Access Analyzer. Deleting the analyzer keeps it.
const (
	analyzerRole     = "AWSServiceRoleForAccessAnalyzer"
	analyzerRolePath = "/aws-service-role/access-analyzer.amazonaws.com/"
)

// makeAnalyzerRole makes the role unless it exists; call it under the account's lock.
func (c *call) makeAnalyzerRole() {
	roles, name := c.account.iam().Roles, strings.ToLower(analyzerRole)
	if roles[name] != nil {
		return
	}
	roles[name] = &iamRole{
		entity: entity{Name: analyzerRole, ID: newID("AROA"), Path: analyzerRolePath, Created: c.now},
		Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"access-analyzer.amazonaws.com"},` +
			`"Action":"sts:AssumeRole"}]}`,
		MaxSession: defaultSession,
	}
}

func (c *call) getAnalyzer() error {
	arn := c.analyzerARN(c.params["analyzerName"])
	if err := c.authorize("access-analyzer:GetAnalyzer", arn, nil); err != nil {
		return err
	}
	var out analyzerOnWire
	c.account.view(func() {
		if one := c.findAnalyzer(c.params["analyzerName"]); one != nil {
			out = c.show(one)
		}
	})
	if out.ARN == "" {
		return noSuchAnalyzer(arn)
	}
	return c.json(http.StatusOK, map[string]any{"analyzer": out})
}

func (c *call) deleteAnalyzer() error {
	arn := c.analyzerARN(c.params["analyzerName"])
	if err := c.authorize("access-analyzer:DeleteAnalyzer", arn, nil); err != nil {
		return err
	}
	err := c.account.update("access-analyzer", func() error {
		one := c.findAnalyzer(c.params["analyzerName"])
		if one == nil {
			return noSuchAnalyzer(arn)
		}
		here := c.account.analyzers().Analyzers
		here[c.region] = slices.DeleteFunc(here[c.region], func(other *analyzer) bool { return other == one })
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}

// A finding is access from outside that a bucket's policy allows.
type finding struct {
	ID       string `json:"id"`
	Resource string `json:"resource"`
	Type     string `json:"resourceType"`
	Owner    string `json:"resourceOwnerAccount"`
	Status   string `json:"status"`
	Kind     string `json:"findingType"`
	Analyzed string `json:"analyzedAt"`
	Created  string `json:"createdAt"`
	Updated  string `json:"updatedAt"`
}

// listFindings finds the buckets whose policy allows access from outside: for everyone
// or another account. It evaluates the present policies, so a finding disappears as soon
// as its cause does.
func (c *call) listFindings() error {
	var in struct {
		ARN    string `json:"analyzerArn"`
		Max    *int   `json:"maxResults,omitempty"`
		Next   string `json:"nextToken,omitempty"`
		Filter map[string]struct {
			Eq  []string `json:"eq,omitempty"`
			Neq []string `json:"neq,omitempty"`
		} `json:"filter,omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("access-analyzer:ListFindings", in.ARN, nil); err != nil {
		return err
	}
	var kind string
	findings := []finding{}
	c.account.view(func() {
		one := c.findAnalyzer(strings.TrimPrefix(in.ARN, c.analyzerARN("")))
		if one == nil {
			return
		}
		kind = one.Type
		for _, b := range c.account.s3().Buckets {
			if one.Type != externalAccess || b.policy == nil || b.Region != c.region {
				continue
			}
			if !isPublic(*b.policy) && len(policy.CrossAccount(*b.policy, c.account.id, slices.Collect(maps.Keys(c.account.s3().Buckets))...)) == 0 {
				continue
			}
			sum := sha256.Sum256([]byte(in.ARN + b.Settings.Policy + b.Name))
			at := isoTime(c.now)
			findings = append(findings, finding{
				ID: hex.EncodeToString(sum[:16]), Resource: bucketARN(b.Name), Type: "AWS::S3::Bucket", Owner: c.account.id,
				Status: "ACTIVE", Kind: "ExternalAccess", Analyzed: at, Created: at, Updated: at,
			})
		}
	})
	if kind == "" {
		return noSuchAnalyzer(in.ARN)
	}
	findings = slices.DeleteFunc(findings, func(f finding) bool {
		fields := map[string]string{
			"status": f.Status, "resourceType": f.Type, "resource": f.Resource, "resourceOwnerAccount": f.Owner, "findingType": f.Kind,
		}
		for name, want := range in.Filter {
			if len(want.Eq) > 0 && !slices.Contains(want.Eq, fields[name]) || slices.Contains(want.Neq, fields[name]) {
				return true
			}
		}
		return false
	})
	slices.SortFunc(findings, func(x, y finding) int { return strings.Compare(x.Resource, y.Resource) })
	size := 100
	if in.Max != nil {
		size = max(1, *in.Max)
	}
	page, next, err := pageOf(findings, in.Next, size)
	if err != nil {
		return validation("nextToken is not valid")
	}
	return c.json(http.StatusOK, struct {
		Findings []finding `json:"findings"`
		Next     string    `json:"nextToken,omitempty"`
	}{nonNil(page), next})
}
