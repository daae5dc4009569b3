package reports

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"

	"claria/aws"
	"claria/internal/safe"
	"claria/internal/words"
)

// Error is why a draft was refused or stopped: one sentence says what happened, one
// what to do. Unwrap returns the cause.
type Error struct {
	Words string
	Err   error
}

func (e *Error) Error() string { return e.Words }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func refuse(format string, args ...any) error { return &Error{Words: fmt.Sprintf(format, args...)} }

// verdict is what to do after an answer ended.
type verdict int

const (
	complete verdict = iota // the section is written
	cut                     // ask for the rest
	again                   // the answer is unusable; the same request may succeed
	giveUp                  // another request will not help; keep the text and continue with the next section
)

// stopReason is one of the API's reasons for the end of an answer, in words.
type stopReason struct {
	verdict verdict
	words   string
}

// stopReasons are all of the API's reasons (Converse, "stopReason", in the
// Amazon Bedrock API Reference).
var stopReasons = map[types.StopReason]stopReason{
	types.StopReasonEndTurn:   {complete, ""},
	types.StopReasonMaxTokens: {cut, "the answer reached the length limit"},
	// Claria sends no stop sequence, so the model ended at one of its own.
	types.StopReasonStopSequence: {complete, "The model ended the section at a stop sequence of its own; check that the section is complete."},
	types.StopReasonToolUse: {giveUp, "The model asked for a tool, and Claria offers none. Its text so far is kept: check it, " +
		"or resume the report to write the section again."},
	types.StopReasonGuardrailIntervened: {giveUp, "A Bedrock guardrail of this account stopped the answer. Its text so far is kept: " +
		"check the guardrail's settings in Bedrock, or write the section by hand."},
	types.StopReasonContentFiltered: {giveUp, "The model's own content filter stopped the answer. Its text so far is kept: " +
		"resume the report to try again, or write the section by hand."},
	types.StopReasonMalformedModelOutput: {again, "The model's answer was malformed"},
	types.StopReasonMalformedToolUse:     {again, "The model's answer contained a malformed tool call"},
	types.StopReasonModelContextWindowExceeded: {giveUp, "The files and the answer together are longer than the model's context window. " +
		"Its text so far is kept: draft again with fewer files."},
}

// explain returns the reason in words. It names a reason unknown to this table as AWS
// sent it.
func explain(reason types.StopReason) stopReason {
	if known, ok := stopReasons[reason]; ok {
		return known
	}
	return stopReason{giveUp, fmt.Sprintf("The model stopped for a reason that Claria does not know (%q). "+
		"Its text so far is kept: check it, or resume the report to write the section again.", string(reason))}
}

// onlyThought says that an answer had no text.
func onlyThought(model string, room int) string {
	return fmt.Sprintf("The model thought and wrote no text, twice, within %s tokens. Resume the report to try again, take another model with "+
		"claria models use (this one is %s), or write the section by hand.", words.Thousands(room), model)
}

// stalled is a stream that sent nothing for too long.
type stalled struct {
	wait  time.Duration
	first bool // it never sent anything
}

func (s *stalled) Error() string {
	if s.first {
		return fmt.Sprintf("the model did not start to answer within %s", seconds(s.wait))
	}
	return fmt.Sprintf("the model sent nothing for %s", seconds(s.wait))
}

// errBrokeOff means that a stream ended without a stop reason.
var errBrokeOff = errors.New("the answer stopped before its end")

// failure is a failed request or a dead stream, judged.
type failure struct {
	retry  bool
	cache  bool   // the model does not accept a cache point: repeat without one
	now    string // what happened, for a notice of another try
	finish string // what happened and what to do, when no other try follows
	err    error
}

// operation is the permission that ConverseStream needs.
const operation = "bedrock:InvokeModelWithResponseStream"

// judge says what an error means. streaming is true once the answer has started.
func judge(err error, model, region string, streaming bool) failure {
	if quiet, ok := errors.AsType[*stalled](err); ok {
		what := quiet.Error()
		return failure{retry: true, now: words.Capital(what), err: err, finish: words.Capital(what) +
			". Nothing is lost: check the connection, then resume the report."}
	}
	api, fromAWS := errors.AsType[smithy.APIError](err)
	code := ""
	if fromAWS {
		code = " (" + api.ErrorCode() + ")"
	}
	wrapped := aws.Wrap(err, operation, model)
	kind := aws.KindOf(wrapped)
	if streaming && !fromAWS && kind != aws.Stopped {
		// Any other error in a running stream, such as a wrong checksum, is a problem
		// of the connection.
		kind = aws.Offline
	}
	t := failure{err: wrapped}
	cause := aws.CauseOf(wrapped)
	if cause.Named() && kind != aws.Offline && kind == aws.KindOf(wrapped) && cause.Next != "" {
		t.finish = words.Capital(cause.Says) + code + ". Nothing is lost: " + cause.Next + ". Then resume the report."
		return t
	}
	switch kind {
	case aws.Throttled:
		t.retry = true
		t.now = "AWS asks for fewer requests" + code
		t.finish = "AWS kept asking for fewer requests" + code + ". Nothing is lost: wait a few minutes, then resume the report. " +
			"If this happens often, ask AWS to raise the Bedrock quota for the model."
	case aws.Unavailable:
		t.retry = true
		t.now = "AWS could not run the model" + code
		t.finish = "AWS could not run the model" + code + ". Nothing is lost: resume the report later."
	case aws.Offline:
		t.retry = true
		t.now = "The connection to AWS was lost"
		t.finish = "AWS cannot be reached. Nothing is lost: check the connection, then resume the report."
		if cause.Named() && !fromAWS && !streaming {
			t.now = words.Capital(cause.Says)
			t.finish = t.now + ". Nothing is lost: " + cause.Next + ". Then resume the report."
		}
	case aws.Denied:
		if fromAWS && refusesCache(api) {
			t.cache = true
		}
		t.finish = fmt.Sprintf("This identity may not use the model %s in %s%s. It needs %s on the inference profile and on its model, "+
			"and the account needs access to the model; \"claria setup --plan\" shows which of the two is missing.", model, region, code, operation)
	case aws.Expired:
		t.finish = "The credential has expired, or this machine's clock is wrong" + code +
			". Nothing is lost: renew the credential or set the clock, then resume the report."
	case aws.Absent:
		if fromAWS && strings.Contains(strings.ToLower(api.ErrorMessage()), "use case") {
			t.finish = fmt.Sprintf("Anthropic's use-case form has not been submitted for this account%s. \"claria setup --apply\" submits it, "+
				"after asking.", code)
			break
		}
		if fromAWS && retired(api) {
			t.finish = fmt.Sprintf("AWS retires the model %s, and no longer runs it for this account%s. claria setup --plan shows the change to "+
				"its successor, and claria models the choice.", model, code)
			break
		}
		t.finish = fmt.Sprintf("There is no model %s in %s%s. claria models lists those of that region, and claria models use PROFILE takes "+
			"another one.", model, region, code)
	case aws.Conflict:
		t.retry = true
		t.now = "AWS reports a conflict" + code
		t.finish = "AWS keeps reporting a conflict" + code + ". Nothing is lost: resume the report later."
	default:
		t.finish = invalid(api, model) + code + "."
		if fromAWS && refusesCache(api) {
			t.cache = true
		}
	}
	return t
}

// refusesCache reports whether AWS refuses the request because of its cache point. It
// does so for models without prompt caching, as denied or as invalid.
func refusesCache(api smithy.APIError) bool {
	message := strings.ToLower(api.ErrorMessage())
	return strings.Contains(message, "prompt caching") || strings.Contains(message, "cachepoint")
}

// invalid explains a refused request. It reads AWS's message but does not show it,
// because the message may quote what was sent.
func invalid(api smithy.APIError, model string) string {
	message := ""
	if api != nil {
		message = strings.ToLower(api.ErrorMessage())
	}
	switch {
	case strings.Contains(message, "too long"), strings.Contains(message, "context limit"), strings.Contains(message, "context length"),
		strings.Contains(message, "maximum number of tokens"):
		return "The files are longer than the model's context window. Draft again with fewer files"
	case strings.Contains(message, "on-demand throughput"):
		return "The model " + model + " works only through an inference profile. " + another
	case strings.Contains(message, "model identifier"):
		return "AWS knows no model " + model + ". " + another
	case strings.Contains(message, "data retention"):
		return "The model " + model + " requires a data retention that this account does not allow. " + another
	case slices.ContainsFunc(parameters, func(p string) bool { return strings.Contains(message, p) }):
		// Such a message names parameters and never what was sent.
		return "The model " + model + " refused the form of the request through Converse: " +
			strings.TrimRight(safe.Line(api.ErrorMessage()), ". ") + ". " + another
	}
	return "AWS refused the request to " + model + ". The text so far is kept. " + another
}

// another is the next step when a model does not answer.
const another = "Take another model: claria models lists them, and claria models use PROFILE changes to one"

// parameters are words in a refusal of a request's form that no client's file has.
var parameters = []string{
	"output_config", "effort parameter", "thinking.type", "budget_tokens", "`temperature`", "`top_p`", "`top_k`", "max_tokens",
	"message prefill",
}

// retired reports whether AWS refuses a model because it retires it (Bedrock user guide,
// "Model lifecycle").
func retired(api smithy.APIError) bool {
	message := strings.ToLower(api.ErrorMessage())
	return strings.Contains(message, "legacy") || strings.Contains(message, "end of its life")
}

// seconds formats a duration: "3 s", "0.4 s", "2 min".
func seconds(d time.Duration) string {
	switch {
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d >= time.Second:
		return fmt.Sprintf("%d s", (d+time.Second/2)/time.Second)
	default:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
}
