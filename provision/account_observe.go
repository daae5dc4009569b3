package provision

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/aws/smithy-go"

	"claria/aws"
	"claria/provision/state"
)

// accountSettings schedules the reads of AccountSettings: what the chosen set of controls
// judges, and what the settings ask a plan to change.
func (o *observer) accountSettings(s *state.State) {
	o.optOut(s)
	if o.settings.Wide || o.settings.Contact != nil {
		o.securityContact(s)
	}
	if o.settings.Wide || o.settings.Budget > 0 {
		o.budgets(s)
	}
	if o.settings.Wide || o.settings.Strict {
		o.regions(s)
	}
	if o.settings.Wide {
		o.contact(&s.AccountSettings.Billing, "BILLING")
		o.contact(&s.AccountSettings.Operations, "OPERATIONS")
		o.primary(s)
	}
}

func (o *observer) optOut(s *state.State) {
	const operation = "organizations:DescribeEffectivePolicy"
	ask(o, operation, &s.AccountSettings.OptOut, func(ctx context.Context) (state.OptOut, error) {
		var out struct {
			EffectivePolicy *struct{ PolicyContent string }
		}
		err := aws.Ask(ctx, o.account, organizationService(o.account), aws.Request{
			Operation: "DescribeEffectivePolicy", In: map[string]string{"PolicyType": "AISERVICES_OPT_OUT_POLICY"},
		}, &out)
		// The policy type may not be enabled, or no policy of the type attached.
		if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "EffectivePolicyNotFoundException" {
			return state.OptOut{}, state.ErrNone
		}
		if err != nil {
			return state.OptOut{}, err
		}
		if out.EffectivePolicy == nil {
			return state.OptOut{}, state.ErrIncomplete
		}
		policy, err := state.ParseOptOut(out.EffectivePolicy.PolicyContent)
		if err != nil {
			return state.OptOut{}, state.ErrIncomplete
		}
		return policy, nil
	})
}

// accountService has one endpoint for all regions (AWS General Reference, "AWS Account
// Management endpoints").
func accountService() aws.Service {
	return aws.Service{
		Name: "account", Host: "account.us-east-1.amazonaws.com", Region: "us-east-1", Endpoint: "ACCOUNT", Wording: aws.RESTJSON,
	}
}

// contactWire is a contact as the Account Management API spells it.
type contactWire struct {
	Type  string `json:"AlternateContactType"`
	Name  string
	Title string
	Email string `json:"EmailAddress"`
	Phone string `json:"PhoneNumber"`
}

func (o *observer) securityContact(s *state.State) {
	o.contact(&s.AccountSettings.Security, "SECURITY")
}

func (o *observer) contact(into *state.Reading[state.Contact], kind string) {
	ask(o, "account:GetAlternateContact", into, func(ctx context.Context) (state.Contact, error) {
		var out struct{ AlternateContact *contactWire }
		err := aws.Ask(ctx, o.account, accountService(), aws.Request{
			Operation: "GetAlternateContact", Path: "/getAlternateContact", In: map[string]string{"AlternateContactType": kind},
		}, &out)
		if err != nil {
			return state.Contact{}, err
		}
		if out.AlternateContact == nil || out.AlternateContact.Type != kind {
			return state.Contact{}, state.ErrIncomplete
		}
		c := out.AlternateContact
		return state.Contact{Name: c.Name, Title: c.Title, Email: c.Email, Phone: c.Phone}, nil
	})
}

func (o *observer) primary(s *state.State) {
	ask(o, "account:GetContactInformation", &s.AccountSettings.Primary, func(ctx context.Context) (state.Primary, error) {
		var out struct {
			ContactInformation *struct{ FullName, CompanyName, PhoneNumber, City, CountryCode string }
		}
		err := aws.Ask(ctx, o.account, accountService(), aws.Request{
			Operation: "GetContactInformation", Path: "/getContactInformation", In: struct{}{},
		}, &out)
		if err != nil {
			return state.Primary{}, err
		}
		c := out.ContactInformation
		if c == nil {
			return state.Primary{}, state.ErrIncomplete
		}
		return state.Primary{Name: c.FullName, Company: c.CompanyName, Phone: c.PhoneNumber, City: c.City, Country: c.CountryCode}, nil
	})
}

// regions reads which regions are enabled and the disk defaults of each, and with Wide
// also what else is in them.
func (o *observer) regions(s *state.State) {
	o.do(func(ctx context.Context) {
		regions, err := o.listRegions(ctx)
		s.AccountSettings.Regions = state.ReadingOf(regions, err, "account:ListRegions")
		s.AccountSettings.RegionContents = state.Derive(s.AccountSettings.Regions, func(all []state.Region) []state.RegionContents {
			contents := make([]state.RegionContents, 0, len(all))
			for _, name := range state.On(all) {
				contents = append(contents, state.RegionContents{Region: name})
			}
			return contents
		})
		contents, _ := s.AccountSettings.RegionContents.Value()
		for i := range contents {
			o.disks(&contents[i])
			if o.settings.Wide {
				o.regionContents(&contents[i])
			}
		}
	})
}

func (o *observer) listRegions(ctx context.Context) ([]state.Region, error) {
	regions := []state.Region{}
	err := aws.Pages(func(token string) (string, error) {
		in := map[string]any{"MaxResults": 50}
		if token != "" {
			in["NextToken"] = token
		}
		var page struct {
			Regions   []struct{ RegionName, RegionOptStatus string }
			NextToken string
		}
		if err := aws.Ask(ctx, o.account, accountService(), aws.Request{
			Operation: "ListRegions", Path: "/listRegions", In: in,
		}, &page); err != nil {
			return "", err
		}
		for _, r := range page.Regions {
			regions = append(regions, state.Region{Name: r.RegionName, Status: r.RegionOptStatus})
		}
		return page.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	if len(regions) == 0 { // every account has regions
		return nil, state.ErrIncomplete
	}
	return regions, nil
}

func budgetService() aws.Service {
	return aws.Service{
		Name: "budgets", Host: "budgets.amazonaws.com", Region: "us-east-1", Endpoint: "BUDGETS",
		Wording: aws.JSON11, Target: "AWSBudgetServiceGateway",
	}
}

func (o *observer) budgets(s *state.State) {
	ask(o, "budgets:DescribeBudgets", &s.AccountSettings.Budgets, func(ctx context.Context) ([]state.Budget, error) {
		budgets := []state.Budget{}
		err := o.budgetPages(ctx, "DescribeBudgets", "Budgets", func(text json.RawMessage) error {
			var page []struct {
				BudgetName, BudgetType, TimeUnit string
				BudgetLimit                      struct{ Amount, Unit string }
			}
			if err := json.Unmarshal(text, &page); err != nil {
				return state.ErrIncomplete
			}
			for _, b := range page {
				budgets = append(budgets, state.Budget{
					Name: b.BudgetName, Type: b.BudgetType, Limit: b.BudgetLimit.Amount, Unit: b.BudgetLimit.Unit, Period: b.TimeUnit,
				})
			}
			return nil
		})
		if err != nil || len(budgets) == 0 {
			return budgets, err
		}
		notifications := map[string]int{}
		err = o.budgetPages(ctx, "DescribeBudgetNotificationsForAccount", "BudgetNotificationsForAccount", func(text json.RawMessage) error {
			var page []struct {
				BudgetName    string
				Notifications []json.RawMessage
			}
			if err := json.Unmarshal(text, &page); err != nil {
				return state.ErrIncomplete
			}
			for _, b := range page {
				notifications[b.BudgetName] += len(b.Notifications)
			}
			return nil
		})
		for i := range budgets {
			budgets[i].Notifications = notifications[budgets[i].Name]
		}
		return budgets, err
	})
}

// budgetPages reads every page of a list about budgets. If the list is empty, AWS leaves
// it out and answers with an empty object.
func (o *observer) budgetPages(ctx context.Context, operation, list string, each func(json.RawMessage) error) error {
	return aws.Pages(func(token string) (string, error) {
		in := map[string]any{"AccountId": o.settings.Account}
		if token != "" {
			in["NextToken"] = token
		}
		var page map[string]json.RawMessage
		if err := aws.Ask(ctx, o.account, budgetService(), aws.Request{Operation: operation, In: in}, &page); err != nil {
			return "", err
		}
		if text, ok := page[list]; ok && string(text) != "null" {
			if err := each(text); err != nil {
				return "", err
			}
		}
		var next string
		_ = json.Unmarshal(page["NextToken"], &next) // absent or null: the last page
		return next, nil
	})
}
