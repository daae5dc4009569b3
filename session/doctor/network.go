package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"claria/aws"
	"claria/internal/words"
)

// endpoint is one of AWS's services that Claria calls, and what a request to it showed.
type endpoint struct {
	name, host, variable string
	reached              aws.Reached
	err                  error
}

// services are the services without which Claria's own work stops.
func services() []endpoint {
	return []endpoint{
		{name: "STS", host: "sts.{region}.amazonaws.com", variable: "STS"},
		{name: "IAM", host: "iam.amazonaws.com", variable: "IAM"},
		{name: "S3", host: "s3.{region}.amazonaws.com", variable: "S3"},
		{name: "CloudTrail", host: "cloudtrail.{region}.amazonaws.com", variable: "CLOUDTRAIL"},
		{name: "KMS", host: "kms.{region}.amazonaws.com", variable: "KMS"},
		{name: "Bedrock", host: "bedrock.{region}.amazonaws.com", variable: "BEDROCK"},
		{name: "Bedrock's models", host: "bedrock-runtime.{region}.amazonaws.com", variable: "BEDROCK_RUNTIME"},
		{name: "Artifact", host: "artifact.us-east-1.amazonaws.com", variable: "ARTIFACT"},
		{name: "Transcribe", host: "transcribe.{region}.amazonaws.com", variable: "TRANSCRIBE"},
	}
}

func (x *Examination) reach(ctx context.Context, tasks *sync.WaitGroup) {
	x.endpoints = services()
	for i := range x.endpoints {
		e := &x.endpoints[i]
		tasks.Go(func() { e.reached, e.err = x.account.Reach(ctx, e.host, e.variable) })
	}
}

// vouchers are the organisations whose roots sign the certificates of AWS's endpoints
// (Amazon Trust Services repository, and DigiCert for some older endpoints).
var vouchers = []string{"Amazon", "Starfield", "DigiCert"}

// unreached are the lines about services that did not answer as AWS does, one for each
// cause.
func (x *Examination) unreached() []Line {
	var lines []Line
	names := map[string][]string{} // by cause
	var causes []string
	next := map[string]string{}
	note := func(name, cause, then string) {
		if names[cause] == nil {
			causes = append(causes, cause)
		}
		names[cause], next[cause] = append(names[cause], name), then
	}
	for _, e := range x.endpoints {
		switch {
		case e.err != nil:
			why := e.err
			if failure, ok := errors.AsType[*aws.Error](why); ok {
				cause := failure.Cause()
				note(e.name, cause.Says, cause.Next)
				continue
			}
			note(e.name, why.Error(), "")
		case !e.reached.AWS:
			note(e.name, fmt.Sprintf("%s answered %d, but not as AWS answers (no request id): a proxy or a wrong endpoint", e.reached.Host,
				e.reached.Status), "let *.amazonaws.com pass, or correct AWS_ENDPOINT_URL")
		}
	}
	for _, cause := range causes {
		who := strings.Join(names[cause], ", ")
		if len(names[cause]) == len(x.endpoints) {
			who = "none of AWS's services"
		}
		lines = append(lines, Line{"endpoints", Act, who + ": " + cause, next[cause]})
	}
	return lines
}

func (x *Examination) network() []Line {
	if x.account == nil {
		return line("endpoints", Unknown, errorText(x.unread, "they were not asked"), "")
	}
	var slowest time.Duration
	var through, foreign, custom []string
	reached := 0
	for _, e := range x.endpoints {
		if e.err != nil || !e.reached.AWS {
			continue // unreached says so
		}
		reached++
		slowest = max(slowest, e.reached.Took)
		if p := e.reached.Proxy; p != "" && !slices.Contains(through, p) {
			through = append(through, p)
		}
		if i := e.reached.Issuer; i != "" && !slices.ContainsFunc(vouchers, func(v string) bool { return strings.HasPrefix(i, v) }) &&
			!slices.Contains(foreign, i) {
			foreign = append(foreign, i)
		}
		if !strings.HasSuffix(e.reached.Host, ".amazonaws.com") && !slices.Contains(custom, e.reached.Host) {
			custom = append(custom, e.reached.Host)
		}
	}
	lines := x.unreached()
	if reached > 0 {
		found := fmt.Sprintf("%s of %d answered, the slowest in %d ms", words.Count(reached, "service"), len(x.endpoints), slowest.Milliseconds())
		lines = append([]Line{{"endpoints", OK, found, ""}}, lines...)
	}
	if len(custom) > 0 {
		lines = append(lines, Line{"endpoints", Note, "AWS_ENDPOINT_URL sends calls to " + strings.Join(custom, ", ") + " instead of AWS", ""})
	}
	if len(through) > 0 {
		lines = append(lines, Line{"proxy", OK, "calls go through " + strings.Join(through, ", "), ""})
	}
	if len(foreign) > 0 {
		lines = append(lines, Line{
			"certificates", Act,
			"the connection is vouched for by " + strings.Join(foreign, ", ") + ", not by AWS's authorities: anyone who runs it can read " +
				"patient information on its way",
			"ask the network's administrator to let *.amazonaws.com pass without inspection, or treat its operator as a business associate",
		})
	}
	if set := x.environment(); set != "" {
		lines = append(lines, Line{"environment", Note, "set here: " + set, ""})
	}
	return lines
}
