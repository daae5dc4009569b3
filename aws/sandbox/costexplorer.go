package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// costState is the demo bill: what the calls so far would have cost, by day and service, in
// US dollars. It covers charges for requests and tokens, not for storage.
type costState struct {
	Days map[string]map[string]float64 `json:"days,omitempty"` // "2006-01-02" → service → dollars
}

// requestPrices is the price of one call, by IAM prefix and operation, from the public
// price lists of us-east-1. An operation that is not listed is free.
func requestPrice(e event) (service string, dollars float64) {
	switch {
	case e.Service == "s3" && (e.Data || e.Operation == "ListBuckets"):
		switch e.Operation {
		case "DeleteObject", "DeleteObjects", "AbortMultipartUpload":
			return "Amazon Simple Storage Service", 0
		}
		if e.Write || strings.HasPrefix(e.Operation, "List") {
			return "Amazon Simple Storage Service", 0.005 / 1000
		}
		return "Amazon Simple Storage Service", 0.0004 / 1000
	case e.Service == "ce":
		return "AWS Cost Explorer", 0.01
	case e.Operation == "StartTranscriptionJob":
		// The minimum charge is 15 s, at $0.024 a minute.
		return "Amazon Transcribe", 0.024 / 4
	}
	return "", 0
}

func (a *Account) cost() *costState { return stateOf[costState](a, "ce") }

// charge adds an amount to the bill.
func (a *Account) charge(at time.Time, service string, dollars float64) {
	if dollars == 0 {
		return
	}
	_ = a.update("ce", func() error {
		state := a.cost()
		day := at.Format(time.DateOnly)
		if state.Days == nil {
			state.Days = map[string]map[string]float64{}
		}
		if state.Days[day] == nil {
			state.Days[day] = map[string]float64{}
		}
		state.Days[day][service] += dollars
		return nil
	})
}

func costExplorerService() *service {
	return &service{
		name: "ce", protocol: json11, global: true,
		route: byTarget(byName(&operation{name: "GetCostAndUsage", serve: (*call).getCostAndUsage})),
		state: func() any { return &costState{} },
		observe: func(a *Account, e event) {
			if e.Status < 400 {
				service, dollars := requestPrice(e)
				a.charge(e.Time, service, dollars)
			}
		},
	}
}

// costRequest is GetCostAndUsage's input.
type costRequest struct {
	TimePeriod struct {
		Start, End string
	}
	Granularity string
	Metrics     []string
	GroupBy     []struct {
		Type, Key string
	}
	Filter *costFilter
}

// costFilter is the part of an expression that the demo account supports.
type costFilter struct {
	Dimensions *struct {
		Key    string
		Values []string
	}
	And, Or []costFilter
	Not     *costFilter
}

type costAmount struct {
	Amount string
	Unit   string
}

type costGroup struct {
	Keys    []string
	Metrics map[string]costAmount
}

type costResult struct {
	TimePeriod struct{ Start, End string }
	Total      map[string]costAmount
	Groups     []costGroup
	Estimated  bool
}

var costMetrics = []string{"AmortizedCost", "BlendedCost", "NetAmortizedCost", "NetUnblendedCost", "UnblendedCost"}

// getCostAndUsage: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
func (c *call) getCostAndUsage() error {
	var in costRequest
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("ce:GetCostAndUsage", "arn:aws:ce:us-east-1:"+c.account.id+":/GetCostAndUsage", nil); err != nil {
		return err
	}
	start, err1 := time.Parse(time.DateOnly, in.TimePeriod.Start)
	end, err2 := time.Parse(time.DateOnly, in.TimePeriod.End)
	switch {
	case err1 != nil || err2 != nil:
		return validation("Start and end must be dates as in 2006-01-02")
	case !start.Before(end):
		return validation("Start date (and hour) should be before end date (and hour)")
	case start.After(c.now):
		return validation("start date can not be in the future")
	case in.Granularity != "DAILY" && in.Granularity != "MONTHLY":
		return validation("The demo account has no costs by the hour; ask for DAILY or MONTHLY")
	case len(in.Metrics) == 0:
		return validation("At least one metric must be given")
	}
	for _, metric := range in.Metrics {
		if !slices.Contains(costMetrics, metric) {
			return validation("The demo account has no metric " + metric)
		}
	}
	byKey := func(string) []string { return nil }
	for _, group := range in.GroupBy {
		key, ok := c.costKey(group.Type, group.Key)
		if !ok || len(in.GroupBy) > 2 {
			return validation("The demo account groups by at most two of the dimensions SERVICE, REGION and LINKED_ACCOUNT")
		}
		before := byKey
		byKey = func(service string) []string { return append(before(service), key(service)) }
	}
	var days map[string]map[string]float64
	c.account.view(func() {
		days = map[string]map[string]float64{}
		for day, services := range c.account.cost().Days {
			days[day] = maps.Clone(services)
		}
	})
	var results []costResult
	for from := start; from.Before(end); {
		to := from.AddDate(0, 0, 1)
		if in.Granularity == "MONTHLY" {
			to = time.Date(from.Year(), from.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		}
		if to.After(end) {
			to = end
		}
		result := costResult{Total: map[string]costAmount{}, Groups: []costGroup{}, Estimated: true}
		result.TimePeriod.Start, result.TimePeriod.End = from.Format(time.DateOnly), to.Format(time.DateOnly)
		total, groups := 0.0, map[string]float64{}
		for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
			for service, dollars := range days[day.Format(time.DateOnly)] {
				if in.Filter != nil && !c.costFits(*in.Filter, service) {
					continue
				}
				total += dollars
				groups[strings.Join(byKey(service), "\x00")] += dollars
			}
		}
		if len(in.GroupBy) == 0 {
			result.Total = costsOf(in.Metrics, total)
		} else {
			for _, keys := range slices.Sorted(maps.Keys(groups)) {
				result.Groups = append(result.Groups, costGroup{strings.Split(keys, "\x00"), costsOf(in.Metrics, groups[keys])})
			}
		}
		results = append(results, result)
		from = to
	}
	return c.json(http.StatusOK, map[string]any{
		"ResultsByTime": results, "GroupDefinitions": nonNil(in.GroupBy), "DimensionValueAttributes": []any{},
	})
}

func costsOf(metrics []string, dollars float64) map[string]costAmount {
	out := map[string]costAmount{}
	for _, metric := range metrics {
		out[metric] = costAmount{fmt.Sprintf("%.10f", dollars), "USD"}
	}
	return out
}

// costKey is the value of a dimension for a service's costs.
func (c *call) costKey(kind, dimension string) (func(service string) string, bool) {
	if kind != "DIMENSION" {
		return nil, false
	}
	switch dimension {
	case "SERVICE":
		return func(service string) string { return service }, true
	case "REGION":
		return func(string) string { return c.account.options.Region }, true
	case "LINKED_ACCOUNT":
		return func(string) string { return c.account.id }, true
	}
	return nil, false
}

func (c *call) costFits(f costFilter, service string) bool {
	switch {
	case f.Dimensions != nil:
		key, ok := c.costKey("DIMENSION", f.Dimensions.Key)
		if f.Dimensions.Key == "RECORD_TYPE" {
			return slices.Contains(f.Dimensions.Values, "Usage")
		}
		return ok && slices.Contains(f.Dimensions.Values, key(service))
	case f.Not != nil:
		return !c.costFits(*f.Not, service)
	case len(f.And) > 0:
		return !slices.ContainsFunc(f.And, func(one costFilter) bool { return !c.costFits(one, service) })
	case len(f.Or) > 0:
		return slices.ContainsFunc(f.Or, func(one costFilter) bool { return c.costFits(one, service) })
	}
	return true
}
