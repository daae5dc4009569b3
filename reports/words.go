package reports

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"

	"claria/aws"
	"claria/internal/words"
)

// Error is why a draft was refused or broke off: one sentence of what happened
// and one of what to do. Unwrap gives the detail.
type Error struct {
	Words string
	Err   error
}

func (e *Error) Error() string { return e.Words }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func refuse(format string, args ...any) error { return &Error{Words: fmt.Sprintf(format, args...)} }

// verdict is what follows from the way an answer ended.
type verdict int

const (
	complete verdict = iota // the section is written
	cut                     // there is more to ask for
	again                   // the answer is unusable; the same request may do better
	given                   // nothing better will come; keep the text and go on with the next section
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
	types.StopReasonMaxTokens: {cut, "the length limit of one answer was reached"},
	// No stop sequence is ever sent, so the model ended at one of its own.
	types.StopReasonStopSequence: {complete, "The model ended the section at a stop sequence of its own; check that its end is there."},
	types.StopReasonToolUse: {given, "The model asked to use a tool, and none is offered. Its text so far is kept: check it, " +
		"or resume the report to have the section written again."},
	types.StopReasonGuardrailIntervened: {given, "A Bedrock guardrail of this account stopped the answer. Its text so far is kept: " +
		"check the guardrail's settings in Bedrock, or write the section by hand."},
	types.StopReasonContentFiltered: {given, "The model's own content filter stopped the answer. Its text so far is kept: " +
		"resume the report to try again, or write the section by hand."},
	types.StopReasonMalformedModelOutput: {again, "The model's answer was malformed"},
	types.StopReasonMalformedToolUse:     {again, "The model's answer held a malformed tool call"},
	types.StopReasonModelContextWindowExceeded: {given, "The model ran out of room: the files and the answer together are longer than it can hold. " +
		"Its text so far is kept: draft again with fewer files."},
}

// explain is the reason in words; one that AWS has added since is named as it is.
func explain(reason types.StopReason) stopReason {
	if known, ok := stopReasons[reason]; ok {
		return known
	}
	return stopReason{given, fmt.Sprintf("The model stopped for a reason that this program does not know (%q). "+
		"Its text so far is kept: check it, or resume the report to have the section written again.", string(reason))}
}

// silence is a stream that said nothing for too long.
type silence struct {
	wait  time.Duration
	first bool // it never said anything
}

func (s *silence) Error() string {
	if s.first {
		return fmt.Sprintf("the model did not begin to answer within %s", seconds(s.wait))
	}
	return fmt.Sprintf("the model fell silent for %s", seconds(s.wait))
}

// errBrokeOff is a stream that ended without a stop reason.
var errBrokeOff = errors.New("the answer broke off before its end")

// trouble is a failed request or a dead stream, judged.
type trouble struct {
	retry  bool
	cache  bool   // the model takes no cache point: ask again without one
	now    string // what happened, for a notice that another try follows
	finish string // what happened and what to do, when no other try follows
	err    error
}

// operation is the permission that ConverseStream takes.
const operation = "bedrock:InvokeModelWithResponseStream"

// judge says what a failure means. streaming is true once the answer had begun.
func judge(err error, model, region string, streaming bool) trouble {
	if quiet, ok := errors.AsType[*silence](err); ok {
		what := quiet.Error()
		return trouble{retry: true, now: words.Capital(what), err: err, finish: words.Capital(what) + ". Nothing is lost: check the connection and resume the report."}
	}
	api, fromAWS := errors.AsType[smithy.APIError](err)
	code := ""
	if fromAWS {
		code = " (" + api.ErrorCode() + ")"
	}
	wrapped := aws.Wrap(err, operation, model)
	kind := aws.KindOf(wrapped)
	if streaming && !fromAWS && kind != aws.Stopped {
		// Whatever breaks a stream that had begun, a checksum that does not fit
		// included, is the connection.
		kind = aws.Offline
	}
	t := trouble{err: wrapped}
	switch kind {
	case aws.Throttled:
		t.retry = true
		t.now = "AWS asks for fewer requests" + code
		t.finish = "AWS kept asking for fewer requests" + code + ". Nothing is lost: wait some minutes and resume the report; if it happens often, ask AWS for a higher Bedrock quota for the model."
	case aws.Unavailable:
		t.retry = true
		t.now = "AWS could not serve the model" + code
		t.finish = "AWS could not serve the model" + code + ". Nothing is lost: resume the report later."
	case aws.Offline:
		t.retry = true
		t.now = "The connection to AWS broke"
		t.finish = "AWS cannot be reached. Nothing is lost: check the connection and resume the report."
	case aws.Denied:
		if fromAWS && refusesCache(api) {
			t.cache = true
		}
		t.finish = fmt.Sprintf("This identity may not use the model %s in %s%s. It needs %s on the inference profile and on the model behind it, "+
			"and the account needs access to the model; \"claria setup --plan\" shows which of the two is missing.", model, region, code, operation)
	case aws.Expired:
		t.finish = "The credential has expired, or this machine's clock is wrong" + code + ". Nothing is lost: renew the credential or set the clock, and resume the report."
	case aws.Absent:
		if fromAWS && strings.Contains(strings.ToLower(api.ErrorMessage()), "use case") {
			t.finish = fmt.Sprintf("Anthropic's use-case form has not been submitted for this account%s. \"claria setup --apply\" submits it, after asking.", code)
			break
		}
		t.finish = fmt.Sprintf("There is no model %s in %s%s. Choose an inference profile of that region under models in claria.toml.", model, region, code)
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

// refusesCache reports whether AWS refuses the request for its cache point, as
// it does for models without prompt caching, once as denied and once as invalid.
func refusesCache(api smithy.APIError) bool {
	message := strings.ToLower(api.ErrorMessage())
	return strings.Contains(message, "prompt caching") || strings.Contains(message, "cachepoint")
}

// invalid finds words for a refused request. AWS's message is looked at and not
// shown, because it may quote what was sent.
func invalid(api smithy.APIError, model string) string {
	message := ""
	if api != nil {
		message = strings.ToLower(api.ErrorMessage())
	}
	switch {
	case strings.Contains(message, "too long"), strings.Contains(message, "context limit"), strings.Contains(message, "context length"), strings.Contains(message, "maximum number of tokens"):
		return "The files are longer than the model can hold. Draft again with fewer files"
	case strings.Contains(message, "on-demand throughput"):
		return "The model " + model + " can be used through an inference profile only. Choose one under models in claria.toml"
	case strings.Contains(message, "model identifier"):
		return "AWS knows no model " + model + ". Choose an inference profile of this region under models in claria.toml"
	case strings.Contains(message, "data retention"):
		return "The model " + model + " asks for a data retention that this account does not allow. Choose another model under models in claria.toml"
	}
	return "AWS refuses the request. Try another model under models in claria.toml; the text so far is kept"
}

// seconds writes a duration for people: "3 s", "0.4 s", "2 min".
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
