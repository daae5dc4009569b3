package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// artifactState is the agreements between the customer and AWS, as AWS Artifact
// lists them.
// https://docs.aws.amazon.com/artifact/latest/APIReference/API_ListCustomerAgreements.html
type artifactState struct {
	Agreements []*agreement `json:"agreements"`
}

type agreement struct {
	Name         string    `json:"name"`
	ID           string    `json:"id"`
	AgreementID  string    `json:"agreement_id"`
	Organization string    `json:"organization,omitempty"` // ARN, of an agreement for a whole organisation
	Start        time.Time `json:"start"`
	End          time.Time `json:"end,omitzero"`
	State        string    `json:"state"` // ACTIVE, CUSTOMER_TERMINATED, AWS_TERMINATED
	Description  string    `json:"description"`
	Accept       []string  `json:"accept"`
	Terminate    []string  `json:"terminate"`
}

const (
	businessAssociateAddendum = "AWS Business Associate Addendum"
	agreementActive           = "ACTIVE"
	agreementTerminated       = "CUSTOMER_TERMINATED"
)

func (a *Account) artifact() *artifactState { return stateOf[artifactState](a, "artifact") }

func artifactService() *service {
	return &service{
		name: "artifact", protocol: restJSON,
		route: byPath([]path{
			{http.MethodGet, "/v1/customer-agreement/list", &operation{name: "ListCustomerAgreements", serve: (*call).listCustomerAgreements}},
		}),
		state: func() any { return &artifactState{} },
		seed:  seedArtifact,
	}
}

// seedArtifact gives every account a confidentiality agreement, so that a non-empty list
// does not mean a BAA, and gives every account except no-baa the addendum.
func seedArtifact(a *Account) {
	state := a.artifact()
	state.Agreements = append(state.Agreements, &agreement{
		Name: "AWS Artifact Nondisclosure Agreement", ID: "customer-agreement-3sXv1nPractice", AgreementID: "agreement-9bPracticeNda",
		Start: time.Date(2026, 1, 12, 9, 30, 0, 0, time.UTC), State: agreementActive,
		Description: "Terms under which AWS shares confidential compliance documents.",
		Accept:      []string{"I agree to keep the documents confidential."},
		Terminate:   []string{"I will no longer have access to the documents."},
	})
	if a.options.Seed != "no-baa" {
		state.Agreements = append(state.Agreements, newAddendum(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)))
	}
}

func newAddendum(start time.Time) *agreement {
	return &agreement{
		Name: businessAssociateAddendum, ID: "customer-agreement-7hPracticeBaa" + start.Format("060102"), AgreementID: "agreement-4dPracticeBaa",
		Start: start, State: agreementActive,
		Description: "Designates this account for protected health information under HIPAA.",
		Accept:      []string{"I will store protected health information in this account only with HIPAA-eligible services."},
		Terminate:   []string{"I have removed all protected health information from this account."},
	}
}

// AcceptBAA accepts the AWS Business Associate Addendum for the account, as its owner
// does in the AWS Artifact console. An active one stays unchanged.
func (a *Account) AcceptBAA() {
	_ = a.update("artifact", func() error {
		state := a.artifact()
		if !slices.ContainsFunc(state.Agreements, (*agreement).isActiveBAA) {
			state.Agreements = append(state.Agreements, newAddendum(a.now().Truncate(time.Second)))
		}
		return nil
	})
}

// TerminateBAA ends the account's Business Associate Addendum, as its owner can.
func (a *Account) TerminateBAA() {
	_ = a.update("artifact", func() error {
		for _, one := range a.artifact().Agreements {
			if one.isActiveBAA() {
				one.State, one.End = agreementTerminated, a.now().Truncate(time.Second)
			}
		}
		return nil
	})
}

func (a *agreement) isActiveBAA() bool {
	return a.State == agreementActive && strings.Contains(a.Name, "Business Associate Addendum")
}

// agreementSummary is an agreement on the wire.
type agreementSummary struct {
	Name            string   `json:"name"`
	ARN             string   `json:"arn"`
	ID              string   `json:"id"`
	AgreementARN    string   `json:"agreementArn"`
	AccountID       string   `json:"awsAccountId,omitempty"`
	OrganizationARN string   `json:"organizationArn,omitempty"`
	EffectiveStart  string   `json:"effectiveStart"`
	EffectiveEnd    string   `json:"effectiveEnd,omitempty"`
	State           string   `json:"state"`
	Description     string   `json:"description"`
	AcceptanceTerms []string `json:"acceptanceTerms"`
	TerminateTerms  []string `json:"terminateTerms"`
	Type            string   `json:"type"`
}

func (c *call) listCustomerAgreements() error {
	if err := c.authorize("artifact:ListCustomerAgreements", "*", nil); err != nil {
		return err
	}
	size, err := c.queryInt("maxResults", 100)
	if err != nil {
		return err
	}
	if size < 1 || size > 300 {
		return fail(http.StatusBadRequest, "ValidationException", "maxResults must be between 1 and 300")
	}
	var all []agreementSummary
	c.account.view(func() {
		for _, one := range c.account.artifact().Agreements {
			s := agreementSummary{
				Name: one.Name, ID: one.ID, ARN: "arn:aws:artifact::" + c.account.id + ":customer-agreement/" + one.ID,
				AgreementARN: "arn:aws:artifact:::agreement/" + one.AgreementID, AccountID: c.account.id, OrganizationARN: one.Organization,
				EffectiveStart: isoSeconds(one.Start), State: one.State, Description: one.Description,
				AcceptanceTerms: one.Accept, TerminateTerms: one.Terminate, Type: "DEFAULT",
			}
			if !one.End.IsZero() {
				s.EffectiveEnd = isoSeconds(one.End)
			}
			all = append(all, s)
		}
	})
	page, next, err := pageOf(all, c.request.URL.Query().Get("nextToken"), size)
	if err != nil {
		return fail(http.StatusBadRequest, "ValidationException", "nextToken is not valid")
	}
	return c.json(http.StatusOK, struct {
		Agreements []agreementSummary `json:"customerAgreements"`
		Next       string             `json:"nextToken,omitempty"`
	}{nonNil(page), next})
}

// nonNil keeps an empty list from being written as null.
func nonNil[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
