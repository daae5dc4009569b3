package provision

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"claria/aws"
)

// blockSharing is the state in which no snapshot can be public, whenever it was made.
const blockSharing = "block-all-sharing"

// desiredPlace fills in what Place should be, as far as the settings say so.
func desiredPlace(s Settings, state *State) {
	state.Place.OptOut = Known(OptOut{Default: "optOut"})
	if s.Contact != nil {
		state.Place.Security = Known(*s.Contact)
	}
	if s.Budget > 0 {
		state.Place.Budgets = Known([]Budget{{
			Name: budgetName(s), Type: "COST", Limit: strconv.Itoa(s.Budget), Unit: "USD", Period: "MONTHLY", Notifications: 2,
		}})
	}
}

// placeRows are the things of Place that a plan can change, each only when the
// settings ask for it.
func placeRows(s Settings, want *State) []row {
	var rows []row
	if s.Contact != nil {
		rows = append(rows, securityContactRow(s, want))
	}
	if s.Budget > 0 && s.Alerts != "" {
		rows = append(rows, budgetRow(s))
	}
	if s.Strict {
		rows = append(rows, disksRow())
	}
	return rows
}

func (c Contact) words() string {
	return fmt.Sprintf("%s, %s, %s, %s", c.Name, c.Title, c.Email, c.Phone)
}

func securityContactRow(s Settings, want *State) row {
	desired, _ := want.Place.Security.Value()
	return row{
		id: "security-contact", resource: "security contact of account " + s.Account, controls: []string{"ACC-01"},
		why:   []string{"164.308(a)(2)", "164.308(a)(6)(ii)"},
		read:  (*observer).securityContact,
		facts: func(st *State) []fact { return []fact{st.Place.Security} },
		diff: func(st *State) *change {
			c := differ("AWS can reach somebody about security", st.Place.Security, want.Place.Security, "none", Contact.words)
			if c != nil {
				c.op, c.risk, c.undo = Create, Reversible, "remove the contact again"
				if st.Place.Security.Known() {
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

func budgetName(s Settings) string { return s.system() + "-spending" }

// tells reports whether some budget of costs sends a notification.
func tells(budgets []Budget) bool {
	return slices.ContainsFunc(budgets, func(b Budget) bool { return b.Type == "COST" && b.Notifications > 0 })
}

func budgetRow(s Settings) row {
	limit := strconv.Itoa(s.Budget)
	return row{
		id: "budget", resource: "budget " + budgetName(s), controls: []string{"ACC-06"},
		why:   []string{"164.308(a)(1)(ii)(D)", "164.308(a)(6)(ii)"},
		read:  (*observer).budgets,
		facts: func(st *State) []fact { return []fact{st.Place.Budgets} },
		stuck: func(st *State) *Block {
			have, _ := st.Place.Budgets.Value()
			if tells(have) || !slices.ContainsFunc(have, func(b Budget) bool { return b.Name == budgetName(s) }) {
				return nil
			}
			return &Block{
				Reason: "the budget " + budgetName(s) + " exists already and tells nobody",
				Next:   "add an alert to it in the console (Billing and Cost Management, Budgets), or delete it and plan again",
			}
		},
		diff: func(st *State) *change {
			have, _ := st.Place.Budgets.Value()
			if tells(have) {
				return nil
			}
			return &change{
				op: Create, summary: "a mail when spending runs away, free", before: "none that tells anybody",
				after: "$" + limit + " a month, mail to " + s.Alerts + " at 80% and when the forecast exceeds it",
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
			return "", aws.Ask(ctx, w.account, budgetService(), aws.Request{Operation: "CreateBudget", In: map[string]any{
				"AccountId": s.Account,
				"Budget": map[string]any{
					"BudgetName": budgetName(s), "BudgetType": "COST", "TimeUnit": "MONTHLY",
					"BudgetLimit": map[string]string{"Amount": limit, "Unit": "USD"},
				},
				"NotificationsWithSubscribers": []any{notice("ACTUAL", 80), notice("FORECASTED", 100)},
			}}, nil)
		},
	}
}

// lax are the regions whose defaults for disks or snapshots are not safe.
func lax(grounds []Ground) []string {
	var names []string
	for _, g := range grounds {
		encrypt, known := g.EncryptDisks.Value()
		block, knownBlock := g.BlockSnapshots.Value()
		if known && !encrypt || knownBlock && block != blockSharing {
			names = append(names, g.Region)
		}
	}
	return names
}

// disksRow sets the defaults of every region: a disk that somebody makes there one
// day is encrypted, and no snapshot of it can be public. Both cost nothing.
func disksRow() row {
	grounds := func(st *State) []Ground { g, _ := st.Place.Grounds.Value(); return g }
	return row{
		id: "disk-defaults", resource: "disk defaults of every region", controls: []string{"NET-03"},
		why:  []string{"164.312(a)(2)(iv)"},
		read: (*observer).regions,
		facts: func(st *State) []fact {
			facts := []fact{derive(st.Place.Grounds, func(all []Ground) []string {
				var names []string
				for _, g := range all {
					names = append(names, g.Region)
				}
				return names
			})}
			for _, g := range grounds(st) {
				facts = append(facts, g.EncryptDisks, g.BlockSnapshots)
			}
			return facts
		},
		diff: func(st *State) *change {
			names := lax(grounds(st))
			if len(names) == 0 {
				return nil
			}
			return &change{
				op: Change, summary: "disks encrypted, snapshots never public, free", before: "not so in " + strings.Join(names, ", "),
				after: "encrypted by default, sharing blocked, in every region that can be used",
				risk:  Reversible, undo: "turn both settings off in those regions (EC2 console, Data protection and security)",
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			for _, g := range grounds(w.have) {
				if encrypt, _ := g.EncryptDisks.Value(); !encrypt {
					if err := aws.Ask(ctx, w.account, ec2Service(), aws.Request{Operation: "EnableEbsEncryptionByDefault", Region: g.Region}, nil); err != nil {
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
