package reports

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"claria/aws"
)

// answer is how one ConverseStream ended.
type answer struct {
	reason  types.StopReason  // empty: the stream ended too early
	thought bool              // the model thought; the text of it is not asked for
	usage   *types.TokenUsage // nil: AWS sent none
	started bool              // the model had started to answer
	err     error             // why the stream ended too early
}

// opened is what ConverseStream returns.
type opened struct {
	stream *bedrockruntime.ConverseStreamEventStream
	err    error
}

// converse sends one request and passes the text on as it arrives. It returns when
// the answer is complete, fails, stalls, or ctx ends. While it waits it relays the
// saver's news.
//
// The usage arrives after the stop reason, so the stream is read to its end. An
// answer whose stop reason has arrived is complete, even if the stream fails after
// it.
func (r *run) converse(messages []types.Message, text func(string)) answer {
	ctx, cancel := context.WithCancel(r.ctx)
	asked := asking(r.report.Model, r.drafter.options.MaxTokens, r.lowered)
	opening := make(chan opened, 1)
	go func() {
		out, err := aws.BedrockRuntime(r.drafter.account).ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{
			ModelId: &r.report.Model, System: r.prompt.system(), Messages: messages,
			InferenceConfig: asked.config(), AdditionalModelRequestFields: asked.fields(),
		}, oneTry)
		if err != nil {
			opening <- opened{err: err}
			return
		}
		opening <- opened{stream: out.GetStream()}
	}()
	var stream *bedrockruntime.ConverseStreamEventStream
	defer func() {
		cancel()
		if stream != nil {
			_ = stream.Close()
		}
		if opening != nil {
			// The cancelled context ends the request; its result is ignored.
			go func(late <-chan opened) {
				if o := <-late; o.stream != nil {
					_ = o.stream.Close()
				}
			}(opening)
		}
	}()

	var a answer
	var events <-chan types.ConverseStreamOutput
	wait, first := r.drafter.options.FirstEvent, true
	deadline := r.drafter.options.After(wait)
	for {
		select {
		case <-r.ctx.Done():
			a.err = r.ctx.Err()
			return a
		case <-r.saver.news:
			r.relay()
		case <-deadline:
			if a.reason == "" {
				a.err = &stalled{wait: wait, first: first}
			}
			return a
		case o := <-opening:
			opening = nil
			if o.err != nil {
				a.err = o.err
				return a
			}
			stream, events = o.stream, o.stream.Events()
		case event, more := <-events:
			if !more {
				a.end(stream.Err())
				return a
			}
			wait, first = r.drafter.options.Silence, false
			deadline = r.drafter.options.After(wait)
			a.take(event, text)
		}
	}
}

// take handles one event.
func (a *answer) take(event types.ConverseStreamOutput, text func(string)) {
	a.started = true
	switch e := event.(type) {
	case *types.ConverseStreamOutputMemberContentBlockDelta:
		// Reasoning is not part of the report, and no tool is offered.
		switch delta := e.Value.Delta.(type) {
		case *types.ContentBlockDeltaMemberText:
			if delta.Value != "" {
				text(delta.Value)
			}
		case *types.ContentBlockDeltaMemberReasoningContent:
			a.thought = true
		}
	case *types.ConverseStreamOutputMemberMessageStop:
		a.reason = e.Value.StopReason
	case *types.ConverseStreamOutputMemberMetadata:
		a.usage = e.Value.Usage
	}
}

// end closes the answer when its stream is over.
func (a *answer) end(err error) {
	switch {
	case a.reason != "":
	case err != nil:
		a.err = err
	default:
		a.err = errBrokeOff
	}
}
