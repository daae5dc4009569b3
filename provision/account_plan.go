package provision

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"claria/aws"
	"claria/provision/state"
)

// blockSharing is the state in which no snapshot can be public, old ones included.
const blockSharing = "block-all-sharing"

// desiredAccountSettings fills in the AccountSettings that the settings ask for.
func desiredAccountSettings(s state.Settings, snapshot *state.State) {
	snapshot.AccountSettings.OptOut = state.Known(state.OptOut{Default: "optOut"})
	if s.Contact != nil {
		snapshot.AccountSettings.Security = state.Known(*s.Contact)
	}
	if s.Budget > 0 {
		snapshot.AccountSettings.Budgets = state.Known([]state.Budget{{
			Name: state.BudgetName(s), Type: "COST", Limit: strconv.Itoa(s.Budget), Unit: "USD", Period: "MONTHLY", Notifications: 2,
		}})
	}
}

// accountResources are what a plan can change about AccountSettings, each only if the
// settings ask for it.
func accountResources(s state.Settings, want *state.State) []resource {
	var all []resource
	if s.Contact != nil {
		all = append(all, securityContactResource(s, want))
	}
	if s.Budget > 0 && s.Alerts != "" {
		all = append(all, budgetResource(s))
	}
	if s.Strict {
		all = append(all, disksResource())
	}
	return all
}

func securityContactResource(s state.Settings, want *state.State) resource {
	desired, _ := want.AccountSettings.Security.Value()
	return resource{
		id: "security-contact", title: "security contact of account " + s.Account, controls: []string{"ACC-01"},
		why:   []string{"164.308(a)(2)", "164.308(a)(6)(ii)"},
		read:  (*observer).securityContact,
		facts: func(st *state.State) []fact { return []fact{st.AccountSettings.Security} },
		diff: func(st *state.State) *change {
			c := differ("AWS knows whom to contact about security", st.AccountSettings.Security, want.AccountSettings.Security, "none", contactWords)
			if c != nil {
				c.op, c.risk, c.undo = Create, Reversible, "remove the contact"
				if st.AccountSettings.Security.Known() {
					c.op, c.undo = Change, "set it back to: "+c.before
				}
			}
			return c
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			return "", aws.Ask(ctx, w.account, accountService(), aws.Request{
				Operation: "PutAlternateContact", Path: "/putAlternateContact",
				In: contactWire{"SECURITY", desired.Name, desired.Title, desired.Email, desired.Phone},
			}, nil)
		},
	}
}

// notifies reports whether any cost budget sends a notification.
func notifies(budgets []state.Budget) bool {
	return slices.ContainsFunc(budgets, func(b state.Budget) bool { return b.Type == "COST" && b.Notifications > 0 })
}

func budgetResource(s state.Settings) resource {
	limit := strconv.Itoa(s.Budget)
	return resource{
		id: "budget", title: "budget " + state.BudgetName(s), controls: []string{"ACC-06"},
		why:   []string{"164.308(a)(1)(ii)(D)", "164.308(a)(6)(ii)"},
		read:  (*observer).budgets,
		facts: func(st *state.State) []fact { return []fact{st.AccountSettings.Budgets} },
		stuck: func(st *state.State) *Block {
			have, _ := st.AccountSettings.Budgets.Value()
			if notifies(have) || !slices.ContainsFunc(have, func(b state.Budget) bool { return b.Name == state.BudgetName(s) }) {
				return nil
			}
			return &Block{
				Reason: "the budget " + state.BudgetName(s) + " already exists and alerts nobody",
				Next:   "add an alert to it in the console (Billing and Cost Management, Budgets), or delete it and plan again",
			}
		},
		diff: func(st *state.State) *change {
			have, _ := st.AccountSettings.Budgets.Value()
			if notifies(have) {
				return nil
			}
			return &change{
				op: Create, summary: "an email when spending exceeds the budget; free", before: "no budget sends an alert",
				after: "$" + limit + " a month; email to " + s.Alerts + " at 80% and when the forecast exceeds it",
				risk:  Reversible, undo: "delete the budget",
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			to := []map[string]string{{"SubscriptionType": "EMAIL", "Address": s.Alerts}}
			notice := func(kind string, percent int) map[string]any {
				return map[string]any{"Subscribers": to, "Notification": map[string]any{
					"NotificationType": kind, "ComparisonOperator": "GREATER_THAN", "Threshold": percent, "ThresholdType": "PERCENTAGE",
				}}
			}
			return "", w.create(ctx, "budgets:CreateBudget", state.BudgetName(s), nil, isThere, func() error {
				return aws.Ask(ctx, w.account, budgetService(), aws.Request{Operation: "CreateBudget", In: map[string]any{
					"AccountId": s.Account,
					"Budget": map[string]any{
						"BudgetName": state.BudgetName(s), "BudgetType": "COST", "TimeUnit": "MONTHLY",
						"BudgetLimit": map[string]string{"Amount": limit, "Unit": "USD"},
					},
					"NotificationsWithSubscribers": []any{notice("ACTUAL", 80), notice("FORECASTED", 100)},
				}}, nil)
			})
		},
	}
}

// lax are the regions whose disk or snapshot defaults are not safe.
func lax(regions []state.RegionContents) []string {
	var names []string
	for _, g := range regions {
		encrypt, known := g.EncryptDisks.Value()
		block, knownBlock := g.BlockSnapshots.Value()
		if known && !encrypt || knownBlock && block != blockSharing {
			names = append(names, g.Region)
		}
	}
	return names
}

// disksResource sets the defaults of every region, so that new disks are encrypted and
// their snapshots can never be public. Both are free.
func disksResource() resource {
	contents := func(st *state.State) []state.RegionContents {
		g, _ := st.AccountSettings.RegionContents.Value()
		return g
	}
	return resource{
		id: "disk-defaults", title: "disk defaults of every region", controls: []string{"NET-03"},
		why:  []string{"164.312(a)(2)(iv)"},
		read: (*observer).regions,
		facts: func(st *state.State) []fact {
			facts := []fact{state.Derive(st.AccountSettings.RegionContents, func(all []state.RegionContents) []string {
				var names []string
				for _, g := range all {
					names = append(names, g.Region)
				}
				return names
			})}
			for _, g := range contents(st) {
				facts = append(facts, g.EncryptDisks, g.BlockSnapshots)
			}
			return facts
		},
		diff: func(st *state.State) *change {
			names := lax(contents(st))
			if len(names) == 0 {
				return nil
			}
			return &change{
				op: Change, summary: "new disks encrypted, snapshots never public; free", before: "off in " + strings.Join(names, ", "),
				after: "on in every enabled region",
				risk:  Reversible, undo: "turn both settings off in those regions (EC2 console, Data protection and security)",
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			for _, g := range contents(w.have) {
				if encrypt, _ := g.EncryptDisks.Value(); !encrypt {
					if err := aws.Ask(ctx, w.account, ec2Service(), aws.Request{
						Operation: "EnableEbsEncryptionByDefault", Region: g.Region,
					}, nil); err != nil {
						return "", fmt.Errorf("%s: %w", g.Region, err)
					}
				}
				if block, _ := g.BlockSnapshots.Value(); block != blockSharing {
					err := aws.Ask(ctx, w.account, ec2Service(), aws.Request{
						Operation: "EnableSnapshotBlockPublicAccess", Region: g.Region, Values: url.Values{"State": {blockSharing}},
					}, nil)
					if err != nil {
						return "", fmt.Errorf("%s: %w", g.Region, err)
					}
				}
			}
			return "", nil
		},
	}
}

func contactWords(c state.Contact) string {
	return fmt.Sprintf("%s, %s, %s, %s", c.Name, c.Title, c.Email, c.Phone)
}
