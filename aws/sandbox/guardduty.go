package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// guardDutyState is the detector of each region; AWS allows one.
type guardDutyState struct {
	Detectors map[string]*detector `json:"detectors,omitempty"`
}

type detector struct {
	ID       string            `json:"id"`
	Status   string            `json:"status"` // ENABLED, DISABLED
	S3       bool              `json:"s3,omitempty"`
	Findings []detectorFinding `json:"findings,omitempty"`
}

type detectorFinding struct {
	ID       string `json:"id"`
	Severity int    `json:"severity"`
	Archived bool   `json:"archived,omitempty"`
}

func (a *Account) guardDuty() *guardDutyState { return stateOf[guardDutyState](a, "guardduty") }

func guardDutyService() *service {
	op := func(name string, write bool, serve func(*call) error) *operation {
		return &operation{name: name, write: write, serve: serve}
	}
	return &service{
		name: "guardduty", protocol: restJSON,
		route: byPath([]path{
			{http.MethodPost, "/detector/{detectorId}/findings/create", op("CreateSampleFindings", true, (*call).createSampleFindings)},
			{http.MethodPost, "/detector/{detectorId}/findings/archive", op("ArchiveFindings", true, (*call).archiveFindings)},
			{http.MethodPost, "/detector/{detectorId}/findings", op("ListFindings", false, (*call).listDetectorFindings)},
			{http.MethodGet, "/detector", op("ListDetectors", false, (*call).listDetectors)},
			{http.MethodPost, "/detector", op("CreateDetector", true, (*call).createDetector)},
			{http.MethodGet, "/detector/{detectorId}", op("GetDetector", false, (*call).getDetector)},
		}),
		state: func() any { return &guardDutyState{} },
	}
}

func (c *call) detectorARN(id string) string {
	return "arn:aws:guardduty:" + c.region + ":" + c.account.id + ":detector/" + id
}

func badDetector() error {
	return fail(http.StatusBadRequest,
		"BadRequestException", "The request is rejected because the input detectorId is not owned by the current account.")
}

// createDetector: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html
// S3 protection is on in a new detector unless the request turns it off.
func (c *call) createDetector() error {
	var in struct {
		Enable   bool `json:"enable"`
		Features []struct {
			Name   string `json:"name"`
			Status string `json:"status"`
		} `json:"features,omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("guardduty:CreateDetector", c.detectorARN("*"), nil); err != nil {
		return err
	}
	one := &detector{ID: strings.ReplaceAll(newRequestID(), "-", ""), Status: "DISABLED", S3: true}
	if in.Enable {
		one.Status = "ENABLED"
	}
	for _, feature := range in.Features {
		if feature.Name == "S3_DATA_EVENTS" {
			one.S3 = feature.Status == "ENABLED"
		}
	}
	err := c.account.update("guardduty", func() error {
		state := c.account.guardDuty()
		if state.Detectors[c.region] != nil {
			return fail(http.StatusBadRequest, "BadRequestException",
				"The request is rejected because a detector already exists for the current account.")
		}
		if state.Detectors == nil {
			state.Detectors = map[string]*detector{}
		}
		state.Detectors[c.region] = one
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]string{"detectorId": one.ID})
}

func (c *call) listDetectors() error {
	if err := c.authorize("guardduty:ListDetectors", "*", nil); err != nil {
		return err
	}
	ids := []string{}
	c.account.view(func() {
		if one := c.account.guardDuty().Detectors[c.region]; one != nil {
			ids = append(ids, one.ID)
		}
	})
	return c.json(http.StatusOK, map[string]any{"detectorIds": ids})
}

// detector returns a copy of the detector that the path names.
func (c *call) detector(action string) (detector, error) {
	resource := c.detectorARN(c.params["detectorId"])
	if action == "ListFindings" {
		// It takes no resource (Service Authorization Reference, Amazon GuardDuty).
		resource = "*"
	}
	if err := c.authorize("guardduty:"+action, resource, nil); err != nil {
		return detector{}, err
	}
	id := c.params["detectorId"]
	var out detector
	c.account.view(func() {
		if one := c.account.guardDuty().Detectors[c.region]; one != nil && one.ID == id {
			out = *one
			out.Findings = slices.Clone(one.Findings)
		}
	})
	if out.ID == "" {
		return out, badDetector()
	}
	return out, nil
}

func (c *call) getDetector() error {
	one, err := c.detector("GetDetector")
	if err != nil {
		return err
	}
	status := map[bool]string{true: "ENABLED", false: "DISABLED"}
	return c.json(http.StatusOK, map[string]any{
		"status": one.Status,
		"serviceRole": "arn:aws:iam::" + c.account.id +
			":role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty",
		"findingPublishingFrequency": "SIX_HOURS",
		"features":                   []map[string]string{{"name": "S3_DATA_EVENTS", "status": status[one.S3]}},
	})
}

// listDetectorFindings supports the two criteria that the program uses: the lowest severity,
// and whether a finding is archived.
func (c *call) listDetectorFindings() error {
	var in struct {
		Criteria struct {
			Criterion map[string]struct {
				Eq                 []string `json:"eq"`
				Equals             []string `json:"equals"`
				Gte                int      `json:"gte"`
				GreaterThanOrEqual int      `json:"greaterThanOrEqual"`
			} `json:"criterion"`
		} `json:"findingCriteria"`
		Max  int    `json:"maxResults,omitempty"`
		Next string `json:"nextToken,omitempty"`
	}
	if err := c.input(&in); err != nil {
		return err
	}
	one, err := c.detector("ListFindings")
	if err != nil {
		return err
	}
	ids := []string{}
	severity, archived := in.Criteria.Criterion["severity"], in.Criteria.Criterion["service.archived"]
	for _, f := range one.Findings {
		wanted := slices.Concat(archived.Eq, archived.Equals)
		if f.Severity < max(severity.Gte, severity.GreaterThanOrEqual) || len(wanted) == 1 && (wanted[0] == "true") != f.Archived {
			continue
		}
		ids = append(ids, f.ID)
	}
	if in.Max == 0 {
		in.Max = 50
	}
	page, next, err := pageOf(ids, in.Next, in.Max)
	if err != nil {
		return fail(http.StatusBadRequest, "BadRequestException", "The request is rejected because nextToken is not valid.")
	}
	return c.json(http.StatusOK, struct {
		IDs  []string `json:"findingIds"`
		Next string   `json:"nextToken"`
	}{nonNil(page), next})
}

// createSampleFindings makes one finding of severity 8 for each requested type.
func (c *call) createSampleFindings() error {
	var in struct {
		Types []string `json:"findingTypes"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	return c.changeDetector("CreateSampleFindings", func(one *detector) {
		for range max(1, len(in.Types)) {
			one.Findings = append(one.Findings, detectorFinding{ID: strings.ReplaceAll(newRequestID(), "-", ""), Severity: 8})
		}
	})
}

func (c *call) archiveFindings() error {
	var in struct {
		IDs []string `json:"findingIds"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	return c.changeDetector("ArchiveFindings", func(one *detector) {
		for i := range one.Findings {
			if slices.Contains(in.IDs, one.Findings[i].ID) {
				one.Findings[i].Archived = true
			}
		}
	})
}

func (c *call) changeDetector(action string, change func(*detector)) error {
	if _, err := c.detector(action); err != nil {
		return err
	}
	err := c.account.update("guardduty", func() error {
		change(c.account.guardDuty().Detectors[c.region])
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}
