package provision

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"

	"claria/aws"
)

// modelRows make the declared models usable and keep what is sent to them.
func modelRows(s Settings, want *State) []row {
	all := []row{useCaseRow(s)}
	for i := range want.Models {
		all = append(all, modelAgreementRow(want.Models[i], i))
	}
	return append(all, retentionRow(s), invocationLoggingRow(s))
}

// useCase is the form that Anthropic asks of an account before its first use,
// in the words of the API (PutUseCaseForModelAccess, formData).
type useCase struct {
	Company       string `json:"companyName"`
	Website       string `json:"companyWebsite"`
	Users         string `json:"intendedUsers"` // "0": internal, "1": external, "2": both
	Industry      string `json:"industryOption"`
	OtherIndustry string `json:"otherIndustryOption"`
	Uses          string `json:"useCases"`
}

func (s Settings) useCase() string {
	form, err := json.Marshal(useCase{
		Company: cmp.Or(s.Practice, "Private psychology practice"), Website: cmp.Or(s.Website, "none"),
		Users: "0", Industry: "Healthcare",
		Uses: "Drafting psychological evaluation reports and progress notes from a clinician's own records, for the clinician to review and sign.",
	})
	if err != nil {
		panic("provision: a form of strings always marshals: " + err.Error())
	}
	return string(form)
}

const notAvailable = "NOT_AVAILABLE"

func useCaseRow(s Settings) row {
	// Access that exists already shows that the form is not needed, for example
	// because the organisation sent it.
	needed := func(st *State) bool {
		for _, m := range st.Models {
			if access, ok := m.Availability.Value(); ok && strings.HasPrefix(m.Foundation, "anthropic.") && access.Agreement == notAvailable {
				return true
			}
		}
		return false
	}
	return row{
		id: "bedrock/use-case", resource: "Bedrock use-case form", controls: []string{"BAA-06", "BDR-05"},
		why: []string{"164.308(b)(1)"},
		read: func(o *observer, st *State) {
			o.useCase(st)
			for i := range st.Models {
				o.availability(&st.Models[i])
			}
		},
		facts: func(st *State) []fact {
			facts := []fact{st.UseCase}
			for _, m := range st.Models {
				facts = append(facts, derive(m.Availability, func(a Access) string { return a.Agreement }))
			}
			return facts
		},
		diff: func(st *State) *change {
			if !st.UseCase.Absent() || !needed(st) {
				return nil
			}
			return &change{
				op: Create, summary: "sent to Anthropic, once for the account", before: "not sent", after: s.useCase(),
				risk: Irreversible,
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			_, err := aws.Bedrock(w.account).PutUseCaseForModelAccess(ctx, &bedrock.PutUseCaseForModelAccessInput{FormData: []byte(s.useCase())})
			return "", aws.Wrap(err, "bedrock:PutUseCaseForModelAccess", s.Region)
		},
	}
}

func modelAgreementRow(model Model, i int) row {
	return row{
		id: "bedrock/agreement/" + model.Foundation, resource: "model " + model.Foundation, controls: []string{"BDR-05"},
		why: []string{"164.308(b)(1)"}, needs: []string{"bedrock/use-case"},
		read: func(o *observer, st *State) { o.availability(&st.Models[i]) },
		facts: func(st *State) []fact {
			if i >= len(st.Models) {
				return []fact{Reading[Access]{}}
			}
			return []fact{derive(st.Models[i].Availability, func(a Access) string { return a.Agreement })}
		},
		diff: func(st *State) *change {
			access, _ := st.Models[i].Availability.Value()
			if access.Agreement != notAvailable && access.Agreement != "ERROR" {
				return nil // available, or pending: AWS takes up to a quarter of an hour
			}
			return &change{
				op: Create, summary: "accept its terms; billed per use", before: access.Agreement, after: "AVAILABLE",
				risk: Reversible, undo: "delete the model's agreement in Bedrock",
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			out, err := aws.Bedrock(w.account).ListFoundationModelAgreementOffers(ctx, &bedrock.ListFoundationModelAgreementOffersInput{ModelId: &model.Foundation})
			if err != nil {
				return "", aws.Wrap(err, "bedrock:ListFoundationModelAgreementOffers", model.Foundation)
			}
			if len(out.Offers) == 0 {
				return "", aws.Wrap(errors.New("AWS offers no agreement for this model in this region"), "bedrock:ListFoundationModelAgreementOffers", model.Foundation)
			}
			offer := out.Offers[0]
			_, err = aws.Bedrock(w.account).CreateFoundationModelAgreement(ctx, &bedrock.CreateFoundationModelAgreementInput{
				ModelId: &model.Foundation, OfferToken: offer.OfferToken,
			})
			if err != nil {
				return "", aws.Wrap(err, "bedrock:CreateFoundationModelAgreement", model.Foundation)
			}
			if offer.TermDetails != nil && offer.TermDetails.LegalTerm != nil {
				return "terms: " + sdk.ToString(offer.TermDetails.LegalTerm.Url), nil
			}
			return "", nil
		},
	}
}

func retentionRow(s Settings) row {
	return row{
		id: "bedrock/retention", resource: "Bedrock retention", controls: []string{"BDR-01"},
		why: []string{"164.502(b)", "164.308(b)(1)"}, read: (*observer).retention,
		facts: func(st *State) []fact { return []fact{st.Retention} },
		diff: func(st *State) *change {
			mode := tell(st.Retention, "inherit", strings.Clone)
			if mode == "none" {
				return nil
			}
			return &change{
				op: Change, summary: mode + " → none: nothing kept by the model", before: mode, after: "none",
				risk: Reversible, undo: "set it back to: " + mode,
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			return "", aws.Wrap(w.account.SetDataRetention(ctx, "none"), "bedrock:PutAccountDataRetention", s.Region)
		},
	}
}

func invocationLoggingRow(s Settings) row {
	words := func(l InvocationLogging) string {
		if !l.Enabled {
			return "off"
		}
		return strings.TrimSuffix("on, into "+strings.Trim(l.Bucket+" "+l.LogGroup, " "), ", into ")
	}
	return row{
		id: "bedrock/invocation-logging", resource: "Bedrock invocation logging", controls: []string{"BDR-07"},
		why: []string{"164.502(b)", "164.312(a)(2)(iv)"}, read: (*observer).invocationLogging,
		facts: func(st *State) []fact { return []fact{st.InvocationLogging} },
		diff: func(st *State) *change {
			have, _ := st.InvocationLogging.Value()
			if !have.Enabled {
				return nil
			}
			return &change{
				op: Change, summary: "no second copy of prompts and answers", before: words(have), after: "off",
				risk: Reversible, undo: "turn it on again, " + words(have),
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			_, err := aws.Bedrock(w.account).DeleteModelInvocationLoggingConfiguration(ctx, &bedrock.DeleteModelInvocationLoggingConfigurationInput{})
			return "", aws.Wrap(err, "bedrock:DeleteModelInvocationLoggingConfiguration", s.Region)
		},
	}
}
