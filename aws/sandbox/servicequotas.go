package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
)

// serviceQuotasService lists the account's quotas of Bedrock.
// https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
func serviceQuotasService() *service {
	return &service{
		name: "servicequotas", protocol: json11,
		route: byTarget(byName(&operation{name: "ListServiceQuotas", serve: (*call).listServiceQuotas})),
	}
}

// serviceQuota is a ServiceQuota.
type serviceQuota struct {
	ServiceCode, ServiceName, QuotaArn, QuotaCode, QuotaName, Unit string
	Value                                                          float64
	Adjustable, GlobalQuota                                        bool
}

// modelQuotas are quotas as Bedrock names them, with values that the demo account chose: a
// new account's are set by AWS, account by account.
func (c *call) modelQuotas() []serviceQuota {
	var all []serviceQuota
	for _, model := range bedrockModels() {
		if model.provider != anthropic {
			continue
		}
		name := " per minute for " + anthropic + " " + model.name
		all = append(all,
			serviceQuota{QuotaName: "Cross-region model inference tokens" + name, Value: 200_000},
			serviceQuota{QuotaName: "Cross-region model inference requests" + name, Value: 200})
	}
	for i := range all {
		q := &all[i]
		q.ServiceCode, q.ServiceName, q.QuotaCode = "bedrock", "Amazon Bedrock", fmt.Sprintf("L-%08X", i+1)
		q.QuotaArn = "arn:aws:servicequotas:" + c.region + ":" + c.account.id + ":bedrock/" + q.QuotaCode
		q.Unit, q.Adjustable = "None", true
	}
	return all
}

func (c *call) listServiceQuotas() error {
	var in struct {
		ServiceCode, NextToken string
		MaxResults             int
	}
	if err := c.input(&in); err != nil {
		return err
	}
	if err := c.authorize("servicequotas:ListServiceQuotas", "*", nil); err != nil {
		return err
	}
	if in.ServiceCode != "bedrock" {
		return fail(http.StatusBadRequest, "NoSuchResourceException", "The request failed because the specified service does not exist.")
	}
	if in.MaxResults <= 0 || in.MaxResults > 100 {
		in.MaxResults = 100
	}
	all := c.modelQuotas()
	from := 0
	if in.NextToken != "" {
		var err error
		if from, err = strconv.Atoi(in.NextToken); err != nil || from < 0 || from > len(all) {
			return fail(http.StatusBadRequest, "InvalidPaginationTokenException", "Invalid pagination token.")
		}
	}
	to := min(from+in.MaxResults, len(all))
	out := map[string]any{"Quotas": nonNil(all[from:to])}
	if to < len(all) {
		out["NextToken"] = strconv.Itoa(to)
	}
	return c.json(http.StatusOK, out)
}
