package provision

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/smithy-go"

	"claria/aws"
	"claria/provision/permissions"
	"claria/provision/state"
)

// modelResources make the declared models usable, and make sure that AWS keeps nothing
// that is sent to them.
func modelResources(s state.Settings, want *state.State) []resource {
	all := []resource{useCaseResource(s)}
	for i := range want.Models {
		all = append(all, modelAgreementResource(want.Models[i], i))
	}
	return append(all, retentionResource(s), invocationLoggingResource(s), modelChoiceResource(s))
}

func profilesOf(models []state.Model) []string {
	var all []string
	for _, m := range models {
		all = append(all, m.Profile)
	}
	return all
}

// succeeded are the settings with the region's choice in the place of each declared model
// that AWS retires, and the observed State as if the choice were declared. Settings that
// already replace models (Outgoing) stay.
func succeeded(s state.Settings, observed state.State) (state.Settings, state.State) {
	next := observed.Successor
	if s.Outgoing != nil || next == nil || !slices.Equal(s.Models, profilesOf(observed.Models)) {
		return s, observed
	}
	var models []state.Model
	for i, m := range observed.Models {
		if retires(observed, i) {
			m = *next
		}
		if !slices.ContainsFunc(models, func(other state.Model) bool { return other.Profile == m.Profile }) {
			models = append(models, m)
		}
	}
	if profiles := profilesOf(models); !slices.Equal(profiles, s.Models) {
		s.Outgoing, s.Models, observed.Models = s.Models, profiles, models
	}
	return s, observed
}

// retires reports whether AWS retires a declared model, or already did.
func retires(observed state.State, i int) bool {
	if i >= len(observed.Monitoring.Lifecycles) {
		return false
	}
	status := observed.Monitoring.Lifecycles[i].Status
	known, ok := status.Value()
	return status.Absent() || ok && known != state.Active
}

// retiring is the first declared model that AWS retires; empty: none.
func retiring(st *state.State) string {
	for i, m := range st.Models {
		if retires(*st, i) {
			return m.Profile
		}
	}
	return ""
}

// modelChoiceResource is the model that claria.toml names. It is the last step of a change
// of models: the identities may call the new one by then.
func modelChoiceResource(s state.Settings) resource {
	needs := []string{"bedrock/use-case"}
	for _, name := range permissions.PolicyNames() {
		needs = append(needs, "policy/"+name)
	}
	for _, profile := range s.Models {
		needs = append(needs, "bedrock/agreement/"+state.Foundation(profile))
	}
	was, is := strings.Join(s.Outgoing, ", "), strings.Join(s.Models, ", ")
	return resource{
		id: "model", title: "model in claria.toml", controls: []string{"BDR-06"}, why: []string{"164.308(a)(8)"}, needs: needs,
		read: func(*observer, *state.State) {},
		facts: func(st *state.State) []fact {
			if s.Outgoing == nil && retiring(st) != "" {
				return []fact{st.Offers} // of which none is chosen
			}
			return nil
		},
		stuck: func(st *state.State) *Block {
			old := retiring(st)
			if _, ok := st.Offers.Value(); s.Outgoing != nil || old == "" || !ok {
				return nil
			}
			return &Block{
				Reason: "AWS retires " + old + ", and " + st.Region + " offers no model that Claria prefers inside its geography",
				Next:   "choose one with claria models, then run claria models use PROFILE",
			}
		},
		diff: func(*state.State) *change {
			if s.Outgoing == nil {
				return nil
			}
			return &change{
				op: Change, summary: was + " → " + is, before: was, after: is,
				risk: Reversible, undo: "run claria models use with the earlier model, while AWS still has it",
			}
		},
		done: func(*state.State) bool { return true },
		write: func(ctx context.Context, w *writer) (string, error) {
			if w.approval.Declare == nil {
				return "", nil
			}
			return "", w.approval.Declare(ctx, s.Models)
		},
	}
}

// useCase is the form that Anthropic requires from an account before its first use, with
// the API's field names (PutUseCaseForModelAccess, formData).
type useCase struct {
	Company       string `json:"companyName"`
	Website       string `json:"companyWebsite"`
	Users         string `json:"intendedUsers"` // "0": internal, "1": external, "2": both
	Industry      string `json:"industryOption"`
	OtherIndustry string `json:"otherIndustryOption"`
	Uses          string `json:"useCases"`
}

const notAvailable = "NOT_AVAILABLE"

func useCaseResource(s state.Settings) resource {
	// If access already exists, the form is not needed, for example because the
	// organisation sent it.
	needed := func(st *state.State) bool {
		for _, m := range st.Models {
			if access, ok := m.Availability.Value(); ok && strings.HasPrefix(m.Foundation, "anthropic.") && access.Agreement == notAvailable {
				return true
			}
		}
		return false
	}
	return resource{
		id: "bedrock/use-case", title: "Bedrock use-case form", controls: []string{"BAA-06", "BDR-05"},
		why: []string{"164.308(b)(1)"},
		read: func(o *observer, st *state.State) {
			o.useCase(st)
			for i := range st.Models {
				o.availability(&st.Models[i])
			}
		},
		facts: func(st *state.State) []fact {
			facts := []fact{st.UseCase}
			for _, m := range st.Models {
				facts = append(facts, state.Derive(m.Availability, func(a state.Access) string { return a.Agreement }))
			}
			return facts
		},
		diff: func(st *state.State) *change {
			if !st.UseCase.Absent() || !needed(st) {
				return nil
			}
			return &change{
				op: Create, summary: "sent to Anthropic, once for the account", before: "not sent", after: useCaseForm(s),
				risk: Irreversible,
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			_, err := aws.Bedrock(w.account).PutUseCaseForModelAccess(ctx, &bedrock.PutUseCaseForModelAccessInput{FormData: []byte(useCaseForm(s))})
			return "", aws.Wrap(err, "bedrock:PutUseCaseForModelAccess", s.Region)
		},
	}
}

func modelAgreementResource(model state.Model, i int) resource {
	return resource{
		id: "bedrock/agreement/" + model.Foundation, title: "model " + model.Foundation, controls: []string{"BDR-05"},
		why: []string{"164.308(b)(1)"}, needs: []string{"bedrock/use-case"}, patience: formTime + stepTime,
		read: func(o *observer, st *state.State) { o.availability(&st.Models[i]) },
		facts: func(st *state.State) []fact {
			if i >= len(st.Models) {
				return []fact{state.Reading[state.Access]{}}
			}
			return []fact{state.Derive(st.Models[i].Availability, func(a state.Access) string { return a.Agreement })}
		},
		diff: func(st *state.State) *change {
			access, _ := st.Models[i].Availability.Value()
			if access.Agreement != notAvailable && access.Agreement != "ERROR" {
				return nil // available, or pending: AWS takes up to 15 minutes
			}
			return &change{
				op: Create, summary: "accept its terms; billed per use", before: access.Agreement, after: "AVAILABLE",
				risk: Reversible, undo: "delete the model's agreement in Bedrock",
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			out, err := aws.Bedrock(w.account).ListFoundationModelAgreementOffers(ctx, &bedrock.ListFoundationModelAgreementOffersInput{
				ModelId: &model.Foundation,
			})
			if err != nil {
				return "", aws.Wrap(err, "bedrock:ListFoundationModelAgreementOffers", model.Foundation)
			}
			if len(out.Offers) == 0 {
				return "", aws.Wrap(errors.New("AWS offers no agreement for this model in this region"),
					"bedrock:ListFoundationModelAgreementOffers", model.Foundation)
			}
			offer := out.Offers[0]
			err = awaitOpening(ctx, func() error {
				_, err := aws.Bedrock(w.account).CreateFoundationModelAgreement(ctx, &bedrock.CreateFoundationModelAgreementInput{
					ModelId: &model.Foundation, OfferToken: offer.OfferToken,
				})
				return aws.Wrap(err, "bedrock:CreateFoundationModelAgreement", model.Foundation)
			})
			if err != nil {
				return "", err
			}
			if offer.TermDetails != nil && offer.TermDetails.LegalTerm != nil {
				return "terms: " + sdk.ToString(offer.TermDetails.LegalTerm.Url), nil
			}
			return "", nil
		},
	}
}

// AWS opens a model some time after the form was sent or its terms were accepted, and says
// so in an error ("try again in 15 minutes", "try again after 2 minutes"). Both are waits.
const (
	formTime        = 16 * time.Minute
	marketplaceTime = 5 * time.Minute
	openingPause    = 20 * time.Second
)

// awaitOpening repeats a write that AWS refuses only because it is still opening the model.
func awaitOpening(ctx context.Context, write func() error) error {
	var waited time.Duration
	for {
		err := write()
		limit := opening(err)
		if limit == 0 || waited >= limit {
			return err
		}
		timer := time.NewTimer(openingPause)
		select {
		case <-timer.C:
			waited += openingPause
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// opening is how long AWS asks to wait with this error; 0: it is no such error.
func opening(err error) time.Duration {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return 0
	}
	switch message := strings.ToLower(api.ErrorMessage()); {
	case strings.Contains(message, "try again in 15 minutes"):
		return formTime
	case strings.Contains(message, "marketplace subscription") && strings.Contains(message, "try again after"):
		return marketplaceTime
	}
	return 0
}

func retentionResource(s state.Settings) resource {
	return resource{
		id: "bedrock/retention", title: "Bedrock retention", controls: []string{"BDR-01"},
		why: []string{"164.502(b)", "164.308(b)(1)"}, read: (*observer).retention,
		facts: func(st *state.State) []fact { return []fact{st.Retention} },
		diff: func(st *state.State) *change {
			mode := describe(st.Retention, "inherit", strings.Clone)
			if mode == "none" {
				return nil
			}
			return &change{
				op: Change, summary: mode + " → none: prompts and answers are not kept", before: mode, after: "none",
				risk: Reversible, undo: "set it back to: " + mode,
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			return "", aws.Wrap(w.account.SetDataRetention(ctx, "none"), "bedrock:PutAccountDataRetention", s.Region)
		},
	}
}

func invocationLoggingResource(s state.Settings) resource {
	words := func(l state.InvocationLogging) string {
		if !l.Enabled {
			return "off"
		}
		return strings.TrimSuffix("on, into "+strings.Trim(l.Bucket+" "+l.LogGroup, " "), ", into ")
	}
	return resource{
		id: "bedrock/invocation-logging", title: "Bedrock invocation logging", controls: []string{"BDR-07"},
		why: []string{"164.502(b)", "164.312(a)(2)(iv)"}, read: (*observer).invocationLogging,
		facts: func(st *state.State) []fact { return []fact{st.InvocationLogging} },
		diff: func(st *state.State) *change {
			have, _ := st.InvocationLogging.Value()
			if !have.Enabled {
				return nil
			}
			return &change{
				op: Change, summary: "no second copy of prompts and answers", before: words(have), after: "off",
				risk: Reversible, undo: "set it back to: " + words(have),
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			in := &bedrock.DeleteModelInvocationLoggingConfigurationInput{}
			_, err := aws.Bedrock(w.account).DeleteModelInvocationLoggingConfiguration(ctx, in)
			return "", aws.Wrap(err, "bedrock:DeleteModelInvocationLoggingConfiguration", s.Region)
		},
	}
}

func useCaseForm(s state.Settings) string {
	form, err := json.Marshal(useCase{
		Company: cmp.Or(s.Practice, "Private psychology practice"), Website: cmp.Or(s.Website, "none"),
		Users: "0", Industry: "Healthcare",
		Uses: "Drafting psychological evaluation reports and progress notes from a clinician's own records, " +
			"for the clinician to review and sign.",
	})
	if err != nil {
		panic("provision: a form of strings always marshals: " + err.Error())
	}
	return string(form)
}
