package provision

import (
	"context"
	"fmt"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"claria/aws"
	"claria/provision/state"
)

func passwordPolicyResource(s state.Settings, want *state.State) resource {
	desired, _ := want.PasswordPolicy.Value()
	return resource{
		id: "password-policy", title: "password policy of account " + s.Account, controls: []string{"IAM-15"},
		why:   []string{"164.308(a)(5)(ii)(D)", "164.312(d)"},
		read:  (*observer).passwordPolicy,
		facts: func(st *state.State) []fact { return []fact{st.PasswordPolicy} },
		diff: func(st *state.State) *change {
			have, _ := st.PasswordPolicy.Value()
			if atLeast(have, desired) == have && st.PasswordPolicy.Known() {
				return nil
			}
			before := describe(st.PasswordPolicy, "none", passwordPolicyWords)
			return &change{
				op: Change, summary: "long passwords, none reused", before: before, after: passwordPolicyWords(atLeast(have, desired)),
				risk: Reversible, undo: "set it back to: " + before,
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			in := &iam.UpdateAccountPasswordPolicyInput{}
			// IAM resets what is not sent, so others' choices are sent along.
			if out, err := aws.IAM(w.account).GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{}); err == nil &&
				out.PasswordPolicy != nil {
				in.AllowUsersToChangePassword = out.PasswordPolicy.AllowUsersToChangePassword
				in.HardExpiry, in.MaxPasswordAge = out.PasswordPolicy.HardExpiry, out.PasswordPolicy.MaxPasswordAge
				if sdk.ToInt32(in.MaxPasswordAge) == 0 {
					in.MaxPasswordAge = nil
				}
			}
			have, _ := w.have.PasswordPolicy.Value()
			next := atLeast(have, desired)
			in.MinimumPasswordLength, in.PasswordReusePrevention = new(int32(next.MinimumLength)), new(int32(next.Reuse))
			in.RequireLowercaseCharacters, in.RequireUppercaseCharacters = next.Lower, next.Upper
			in.RequireNumbers, in.RequireSymbols = next.Digits, next.Symbols
			_, err := aws.IAM(w.account).UpdateAccountPasswordPolicy(ctx, in)
			return "", aws.Wrap(err, "iam:UpdateAccountPasswordPolicy", s.Account)
		},
	}
}

func analyzerResource(s state.Settings) resource {
	return resource{
		id: "access-analyzer", title: "access analyzer " + state.AnalyzerName(s), controls: []string{"MON-04", "MON-05"},
		why: []string{"164.308(a)(4)(i)", "164.308(a)(8)"}, read: (*observer).analyzers,
		facts: func(st *state.State) []fact { return []fact{st.Analyzers} },
		diff: func(st *state.State) *change {
			have, _ := st.Analyzers.Value()
			if slices.ContainsFunc(have, func(a state.Analyzer) bool {
				return (a.Type == "ACCOUNT" || a.Type == "ORGANIZATION") && (a.Status == "ACTIVE" || a.Status == "CREATING")
			}) {
				return nil
			}
			return &change{
				op: Create, summary: "reports access from outside; free", before: "none", after: "active",
				risk: Reversible, undo: "delete the analyzer",
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			return "", w.create(ctx, "access-analyzer:CreateAnalyzer", state.AnalyzerName(s), nil, isThere, func() error {
				_, err := aws.AccessAnalyzer(w.account).CreateAnalyzer(ctx, &accessanalyzer.CreateAnalyzerInput{
					AnalyzerName: new(state.AnalyzerName(s)), Type: types.TypeAccount, Tags: s.Tags(),
				})
				return err
			})
		},
	}
}

// atLeast is the policy made at least as strict as want.
func atLeast(p state.PasswordPolicy, want state.PasswordPolicy) state.PasswordPolicy {
	return state.PasswordPolicy{
		MinimumLength: max(p.MinimumLength, want.MinimumLength), Reuse: max(p.Reuse, want.Reuse), MaxAge: p.MaxAge,
		Lower: p.Lower || want.Lower, Upper: p.Upper || want.Upper, Digits: p.Digits || want.Digits, Symbols: p.Symbols || want.Symbols,
	}
}

func passwordPolicyWords(p state.PasswordPolicy) string {
	return fmt.Sprintf("%d characters, lower %s, upper %s, digits %s, symbols %s, %d remembered",
		p.MinimumLength, onOff(p.Lower), onOff(p.Upper), onOff(p.Digits), onOff(p.Symbols), p.Reuse)
}
