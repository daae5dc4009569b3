package doctor

import (
	"context"
	"fmt"
	"strings"

	"claria/aws"
	"claria/internal/words"
	"claria/provision/state"
)

// quotas are the limits of the account for models, in its region.
type quotas struct {
	all []quota
	err error
}

// quota is one limit, as Service Quotas lists it.
type quota struct {
	Name  string  `json:"QuotaName"`
	Value float64 `json:"Value"`
}

func serviceQuotas() aws.Service {
	return aws.Service{
		Name: "servicequotas", Host: "servicequotas.{region}.amazonaws.com", Endpoint: "SERVICE_QUOTAS", Wording: aws.JSON11,
		Target: "ServiceQuotasV20190624",
	}
}

// mostPages bounds the pages that are read: Bedrock has some hundred quotas, and a page has
// a hundred at most (ListServiceQuotas, MaxResults).
const mostPages = 50

func readQuotas(ctx context.Context, a *aws.Account) quotas {
	in := map[string]any{"ServiceCode": "bedrock", "MaxResults": 100}
	var found quotas
	for range mostPages {
		var page struct {
			Quotas    []quota
			NextToken string
		}
		if err := aws.Ask(ctx, a, serviceQuotas(), aws.Request{Operation: "ListServiceQuotas", In: in}, &page); err != nil {
			return quotas{err: err}
		}
		if page.Quotas == nil {
			return quotas{err: state.ErrIncomplete}
		}
		found.all = append(found.all, page.Quotas...)
		if page.NextToken == "" {
			return found
		}
		in["NextToken"] = page.NextToken
	}
	return quotas{err: fmt.Errorf("servicequotas:ListServiceQuotas: the list does not end")}
}

// perMinute finds a model's limits for calls through an inference profile; false: AWS lists
// none. Quotas carry the model's name, not its id ("Cross-region model inference tokens per
// minute for Anthropic Claude Sonnet 4.5 V1").
func (q quotas) perMinute(model string) (tokens, requests float64, ok bool) {
	for _, one := range q.all {
		name := strings.ToLower(one.Name)
		at := strings.Index(name, strings.ToLower(model))
		if at < 0 || !strings.HasPrefix(name, "cross-region") || !ends(name[at+len(model):]) {
			continue
		}
		switch {
		case strings.Contains(name, "tokens per minute"):
			tokens, ok = one.Value, true
		case strings.Contains(name, "requests per minute"):
			requests, ok = one.Value, true
		}
	}
	return tokens, requests, ok
}

// ends reports whether a model's name ends where rest begins: "Claude Sonnet 5" is not
// "Claude Sonnet 5.5".
func ends(rest string) bool { return rest == "" || rest[0] == ' ' || rest[0] == ',' }

// limits says what the account's quotas allow in a minute.
func (x *Examination) limits() []Line {
	if _, ok := x.seen("quotas"); !ok {
		return nil
	}
	if x.quotas.err != nil {
		return line("quotas", Unknown, x.quotas.err.Error(), "")
	}
	var lines []Line
	for _, m := range x.observed.Models {
		name := modelName(m.Foundation)
		tokens, requests, ok := x.quotas.perMinute(name)
		if !ok {
			lines = append(lines, Line{"quotas", Unknown, "AWS lists no quota with the name " + name, ""})
			continue
		}
		found := fmt.Sprintf("%s: %s tokens and %s requests a minute", name, words.Thousands(int(tokens)), words.Thousands(int(requests)))
		if tokens == 0 || requests == 0 {
			lines = append(lines, Line{"quotas", Act, found + ": no draft can be written", "ask for more in the Service Quotas console (Amazon Bedrock)"})
			continue
		}
		lines = append(lines, Line{"quotas", OK, found, ""})
	}
	return lines
}

// modelName is a model's name from its id: "Claude Sonnet 5.5" of
// "anthropic.claude-sonnet-5-5".
func modelName(foundation string) string {
	_, id, _ := strings.Cut(foundation, ".")
	id, _, _ = strings.Cut(id, ":")
	var parts []string
	for _, part := range strings.Split(id, "-") {
		digits := strings.Trim(part, "0123456789") == ""
		switch {
		case digits && len(part) > 4, len(part) > 1 && part[0] == 'v' && strings.Trim(part[1:], "0123456789") == "":
			continue // a date, a version
		case digits && len(parts) > 0 && strings.Trim(parts[len(parts)-1], "0123456789.") == "":
			parts[len(parts)-1] += "." + part
		default:
			parts = append(parts, words.Capital(part))
		}
	}
	return strings.Join(parts, " ")
}
