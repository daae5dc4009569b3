package sandbox

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// budgetState is the budgets, in the order in which they were made.
type budgetState struct {
	Budgets []*budget `json:"budgets,omitempty"`
}

type budget struct {
	Name          string            `json:"name"`
	Whole         json.RawMessage   `json:"whole"` // as it was sent
	Notifications []json.RawMessage `json:"notifications,omitempty"`
}

func (a *Account) budgets() *budgetState { return stateOf[budgetState](a, "budgets") }

func budgetsService() *service {
	return &service{
		name: "budgets", protocol: json11, global: true,
		route: byTarget(byName(
			&operation{name: "DescribeBudgets", action: "ViewBudget", serve: (*call).describeBudgets},
			&operation{name: "DescribeBudgetNotificationsForAccount", action: "ViewBudget", serve: (*call).describeBudgetNotifications},
			&operation{name: "CreateBudget", action: "ModifyBudget", write: true, serve: (*call).createBudget},
			&operation{name: "DeleteBudget", action: "ModifyBudget", write: true, serve: (*call).deleteBudget},
		)),
		state: func() any { return &budgetState{} },
	}
}

// budgetInput has the members that the operations share.
type budgetInput struct {
	AccountId  string
	BudgetName string
	MaxResults int
	NextToken  string
	Budget     json.RawMessage
	Notices    []struct {
		Notification json.RawMessage
		Subscribers  []struct{ SubscriptionType, Address string }
	} `json:"NotificationsWithSubscribers"`
}

func (c *call) budgetInput(name func(budgetInput) string) (in budgetInput, err error) {
	if err := c.input(&in); err != nil {
		return in, err
	}
	// AWS Budgets has two actions for all operations on budgets (Service Authorization
	// Reference, AWS Budget Service).
	if err := c.authorize("budgets:"+c.op.action, "arn:aws:budgets::"+c.account.id+":budget/"+name(in), nil); err != nil {
		return in, err
	}
	if in.AccountId != c.account.id {
		return in, fail(http.StatusBadRequest, "AccessDeniedException", "Account "+in.AccountId+" is not the caller's account.")
	}
	return in, nil
}

func anyBudget(budgetInput) string { return "*" }

func (c *call) describeBudgets() error {
	in, err := c.budgetInput(anyBudget)
	if err != nil {
		return err
	}
	var all []json.RawMessage
	c.account.view(func() {
		for _, b := range c.account.budgets().Budgets {
			all = append(all, b.Whole)
		}
	})
	return c.budgetPage("Budgets", all, in)
}

func (c *call) describeBudgetNotifications() error {
	in, err := c.budgetInput(anyBudget)
	if err != nil {
		return err
	}
	var all []json.RawMessage
	c.account.view(func() {
		for _, b := range c.account.budgets().Budgets {
			if len(b.Notifications) > 0 {
				one, _ := json.Marshal(map[string]any{"BudgetName": b.Name, "Notifications": b.Notifications}) // raw JSON always marshals
				all = append(all, one)
			}
		}
	})
	return c.budgetPage("BudgetNotificationsForAccount", all, in)
}

func (c *call) budgetPage(list string, all []json.RawMessage, in budgetInput) error {
	if in.MaxResults == 0 {
		in.MaxResults = 50
	}
	page, next, err := pageOf(all, in.NextToken, in.MaxResults)
	if err != nil {
		return fail(http.StatusBadRequest, "InvalidNextTokenException", "The pagination token is invalid.")
	}
	answer := map[string]any{list: nonNil(page)}
	if next != "" {
		answer["NextToken"] = next
	}
	return c.json(http.StatusOK, answer)
}

var subscriberAddress = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$|^arn:aws:sns:`)

// createBudget:
// https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html
func (c *call) createBudget() error {
	type shape struct {
		BudgetName, BudgetType, TimeUnit string
		BudgetLimit                      struct{ Amount, Unit string }
	}
	var b shape
	in, err := c.budgetInput(func(in budgetInput) string {
		_ = json.Unmarshal(in.Budget, &b)
		return b.BudgetName
	})
	if err != nil {
		return err
	}
	invalid := func(text string) error { return fail(http.StatusBadRequest, "InvalidParameterException", text) }
	amount, parse := strconv.ParseFloat(b.BudgetLimit.Amount, 64)
	switch {
	case b.BudgetName == "" || len(b.BudgetName) > 100 || strings.ContainsAny(b.BudgetName, ":\\"):
		return invalid("BudgetName is not valid")
	case b.BudgetType != "COST" && b.BudgetType != "USAGE":
		return invalid("The demo account has no budgets of the type " + b.BudgetType)
	case b.TimeUnit != "MONTHLY" && b.TimeUnit != "DAILY" && b.TimeUnit != "QUARTERLY" && b.TimeUnit != "ANNUALLY":
		return invalid("TimeUnit is not valid")
	case parse != nil || amount <= 0 || b.BudgetLimit.Unit == "":
		return invalid("BudgetLimit is not valid")
	case len(in.Notices) > 5: // a budget has five notifications at most
		return fail(http.StatusBadRequest, "CreationLimitExceededException", "A budget has at most five notifications.")
	}
	one := &budget{Name: b.BudgetName, Whole: in.Budget}
	for _, n := range in.Notices {
		if len(n.Subscribers) == 0 {
			return invalid("A notification needs a subscriber")
		}
		for _, s := range n.Subscribers {
			if !subscriberAddress.MatchString(s.Address) {
				return invalid("The subscriber's address is not valid")
			}
		}
		one.Notifications = append(one.Notifications, n.Notification)
	}
	err = c.account.update("budgets", func() error {
		s := c.account.budgets()
		for _, have := range s.Budgets {
			if have.Name == one.Name {
				return fail(http.StatusBadRequest, "DuplicateRecordException", "The budget "+one.Name+" already exists.")
			}
		}
		s.Budgets = append(s.Budgets, one)
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}

func (c *call) deleteBudget() error {
	in, err := c.budgetInput(func(in budgetInput) string { return in.BudgetName })
	if err != nil {
		return err
	}
	err = c.account.update("budgets", func() error {
		s := c.account.budgets()
		for i, have := range s.Budgets {
			if have.Name == in.BudgetName {
				s.Budgets = append(s.Budgets[:i:i], s.Budgets[i+1:]...)
				return nil
			}
		}
		return fail(http.StatusBadRequest, "NotFoundException", "Unable to get budget: "+in.BudgetName+" - the budget doesn't exist.")
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}
