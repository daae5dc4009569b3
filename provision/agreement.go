package provision

import (
	"context"
	"strings"
	"time"

	"claria/aws"
	"claria/provision/state"
)

// AgreementSteps is what a person does to put a Business Associate Addendum in force.
const AgreementSteps = "sign in to the AWS console as the root user, open AWS Artifact, choose Agreements, " +
	"accept the AWS Business Associate Addendum, then check again"

// NoAgreementError refuses work with patient information.
type NoAgreementError struct{ Reason string }

func (e *NoAgreementError) Error() string { return e.Reason + ": " + AgreementSteps }

// BusinessAssociateAddendum finds the agreement in force for the account or its
// organisation. It matches the full name, because "BAA" has other meanings.
func BusinessAssociateAddendum(agreements []aws.Agreement, account, organization string) (aws.Agreement, bool) {
	for _, a := range agreements {
		named := strings.Contains(strings.ToLower(a.Name), "business associate addendum")
		ours := a.AccountID == account && account != "" || a.OrganizationARN == organization && organization != ""
		if named && ours && a.State == "ACTIVE" && a.EffectiveEnd.IsZero() {
			return a, true
		}
	}
	return aws.Agreement{}, false
}

// CheckAgreement asks AWS whether a Business Associate Addendum is in force; nil is yes. A
// recorded paper agreement is also a yes. A failed read is its own error, never a yes.
func CheckAgreement(ctx context.Context, account *aws.Account, settings state.Settings) error {
	if paper := settings.PaperAgreement; paper != nil {
		if !paper.InForce(account.Now()) {
			return &NoAgreementError{
				"the paper agreement of account " + settings.Account + " is dated in the future, " + paper.Signed.Format(time.DateOnly),
			}
		}
		return nil
	}
	identity, err := account.Identity(ctx)
	if err != nil {
		return err
	}
	agreements, err := account.Agreements(ctx)
	if err != nil {
		return err
	}
	if _, ok := BusinessAssociateAddendum(agreements, identity.Account, ""); ok {
		return nil
	}
	organization := readOrganization(ctx, account)
	if arn, ok := organization.Value(); ok {
		if _, ok := BusinessAssociateAddendum(agreements, identity.Account, arn); ok {
			return nil
		}
	}
	reason := "no Business Associate Addendum with AWS is in force for account " + identity.Account
	if problem, unread := organization.Problem(); unread {
		reason += ", and its organisation could not be read (" + problem.String() + ")"
	}
	return &NoAgreementError{reason}
}

// readOrganization reads the ARN of the account's organisation; absent: it has none.
func readOrganization(ctx context.Context, account *aws.Account) state.Reading[string] {
	var out struct{ Organization struct{ Arn string } }
	switch err := aws.Ask(ctx, account, organizationService(account), aws.Request{Operation: "DescribeOrganization"}, &out); {
	case aws.KindOf(err) == aws.Absent:
		return state.Absent[string]()
	case err != nil:
		return state.Unknown[string](state.Problem{
			Operation: "organizations:DescribeOrganization", Kind: aws.KindOf(err), Message: aws.KindOf(err).Sentence(),
		})
	case out.Organization.Arn == "": // AWS answers with an error when there is none
		return state.Unknown[string](state.Problem{
			Operation: "organizations:DescribeOrganization", Kind: aws.Unavailable, Message: state.ErrIncomplete.Error(),
		})
	default:
		return state.Known(out.Organization.Arn)
	}
}

// organizationService has one endpoint per partition (AWS General Reference, "AWS
// Organizations endpoints and quotas").
func organizationService(account *aws.Account) aws.Service {
	region := "us-east-1"
	if strings.HasPrefix(account.Region(), "us-gov-") {
		region = "us-gov-west-1"
	}
	return aws.Service{
		Name: "organizations", Host: "organizations." + region + ".amazonaws.com", Region: region, Endpoint: "ORGANIZATIONS",
		Wording: aws.JSON11, Target: "AWSOrganizationsV20161128",
	}
}
