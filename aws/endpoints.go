package aws

import (
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
)

// endpoints redirects services as the AWS SDKs and tools do: AWS_ENDPOINT_URL
// for all, AWS_ENDPOINT_URL_<SERVICE> for one, unless
// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true (AWS SDKs and Tools Reference
// Guide, "Service-specific endpoints"). Without such an endpoint it chooses FIPS and
// dual-stack hosts as the machine's settings say.
type endpoints struct {
	lookup    func(string) (string, bool)
	fips      bool
	dualStack bool
}

// of returns the endpoint configured for the service ("BEDROCK_RUNTIME"); empty: AWS's own.
func (e endpoints) of(service string) string {
	if ignore, _ := e.lookup("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"); strings.EqualFold(ignore, "true") {
		return ""
	}
	for _, name := range []string{"AWS_ENDPOINT_URL_" + service, "AWS_ENDPOINT_URL"} {
		if url, ok := e.lookup(name); ok && url != "" {
			return strings.TrimRight(url, "/")
		}
	}
	return ""
}

// apply sets a client's endpoint. The SDK refuses FIPS and dual-stack together with an
// endpoint of the user's; the user's goes first.
func (e endpoints) apply(service string, base **string, fips *sdk.FIPSEndpointState, dualStack *sdk.DualStackEndpointState) {
	if url := e.of(service); url != "" {
		*base = &url
		return
	}
	if e.fips {
		*fips = sdk.FIPSEndpointStateEnabled
	}
	if e.dualStack {
		*dualStack = sdk.DualStackEndpointStateEnabled
	}
}

// The hosts that have a FIPS endpoint, by their first label, with how the names of those
// regions begin; and the hosts with a dual-stack endpoint. Only those of the requests that
// are signed here. Sources: botocore 1.43, endpoints.json; Amazon Bedrock in the AWS
// General Reference. November 2026.
var (
	us, usAndCanada, everywhere = []string{"us-"}, []string{"us-", "ca-"}, []string{""}

	fipsHosts = map[string][]string{
		"bedrock": {"us-east-", "us-west-2", "ca-central-1"}, "bedrock-agent": {"us-east-", "us-west-2", "ca-central-1"},
		"config": us, "dynamodb": usAndCanada, "ec2": usAndCanada, "ecs": us, "elasticfilesystem": everywhere, "elasticloadbalancing": us,
		"es": us, "events": us, "guardduty": us, "kms": everywhere, "lambda": us, "logs": usAndCanada, "monitoring": us,
		"organizations": {"us-east-1"}, "rds": usAndCanada, "secretsmanager": usAndCanada, "securityhub": us, "sns": usAndCanada,
		"ssm": usAndCanada, "transcribe": usAndCanada,
	}
	dualStackHosts = []string{"ec2", "events", "lambda", "logs", "secretsmanager", "securityhub", "sns", "transcribe"}
)

// host is a service's host in a region: "kms.{region}.amazonaws.com" becomes
// "kms-fips.us-east-1.amazonaws.com". A service without such an endpoint keeps its usual
// host, because the settings ask for these hosts where they exist.
func (e endpoints) host(pattern, region string) string {
	host := strings.ReplaceAll(pattern, "{region}", region)
	label, rest, _ := strings.Cut(host, ".")
	in := func(prefix string) bool { return strings.HasPrefix(region, prefix) }
	switch {
	case e.fips && slices.ContainsFunc(fipsHosts[label], in):
		if label == "transcribe" {
			return "fips." + host
		}
		return label + "-fips." + rest
	case e.dualStack && !e.fips && slices.Contains(dualStackHosts, label):
		return strings.TrimSuffix(host, ".amazonaws.com") + ".api.aws"
	}
	return host
}
