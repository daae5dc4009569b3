package aws

import (
	"context"
	"time"
)

// Agreement is one agreement between the customer and AWS, as AWS Artifact
// lists it (GET /v1/customer-agreement/list, service name "artifact").
type Agreement struct {
	Name            string    `json:"name"`
	ARN             string    `json:"arn"`
	AgreementARN    string    `json:"agreementArn"`
	AccountID       string    `json:"awsAccountId"`
	OrganizationARN string    `json:"organizationArn,omitempty"`
	EffectiveStart  time.Time `json:"effectiveStart"`
	EffectiveEnd    time.Time `json:"effectiveEnd,omitzero"`
	State           string    `json:"state"` // ACTIVE, CUSTOMER_TERMINATED, AWS_TERMINATED
	Type            string    `json:"type"`  // DEFAULT, CUSTOM, MODIFIED
}

// Agreements lists every agreement that applies to the caller, all pages. The
// Go SDK has no Artifact module, so the request is signed here.
func (a *Account) Agreements(ctx context.Context) ([]Agreement, error) {
	panic("written next")
}

// DataRetention reads the account's Bedrock data-retention mode in the region:
// none, default, aws_review, provider_data_share or inherit, and whatever AWS
// may add. The served SDK has no such operation, so the request is signed here.
func (a *Account) DataRetention(ctx context.Context) (string, error) {
	panic("written next")
}

// SetDataRetention sets the account's Bedrock data-retention mode in the region.
func (a *Account) SetDataRetention(ctx context.Context, mode string) error {
	panic("written next")
}
