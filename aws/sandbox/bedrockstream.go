package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// converseStream answers word by word as an event stream.
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
func (c *call) converseStream() error {
	g, err := c.generate("bedrock:InvokeModelWithResponseStream")
	if err != nil {
		return err
	}
	c.writer.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
	c.writer.WriteHeader(http.StatusOK)
	out := &eventWriter{call: c, encoder: eventstream.NewEncoder()}

	broken := c.struckBy(faultBreak)
	sent := 0
	emit := func(kind string, payload any) error {
		if broken != nil && int64(sent) >= broken.after {
			code := broken.code
			if code == "" {
				code = "modelStreamErrorException"
			}
			out.exception(code)
			return errStreamBroken
		}
		sent++
		return out.event(kind, payload)
	}
	steps := func() error {
		if err := emit("messageStart", map[string]string{"role": "assistant"}); err != nil {
			return err
		}
		for i, deltas := range g.deltas() {
			for _, delta := range deltas {
				if !c.wait() {
					return http.ErrAbortHandler
				}
				if err := emit("contentBlockDelta", map[string]any{"contentBlockIndex": i, "delta": delta}); err != nil {
					return err
				}
			}
			if err := emit("contentBlockStop", map[string]int{"contentBlockIndex": i}); err != nil {
				return err
			}
		}
		if err := emit("messageStop", map[string]string{"stopReason": g.stop}); err != nil {
			return err
		}
		return emit("metadata", map[string]any{
			"usage":   g.finish(c, g.text),
			"metrics": map[string]int64{"latencyMs": g.latency(c)},
		})
	}
	if err := steps(); !errors.Is(err, errStreamBroken) {
		return err
	}
	return nil
}

// errStreamBroken ends a stream after its exception was sent.
var errStreamBroken = errors.New("sandbox: the stream was broken by a fault")

// streamed splits a text into words, each with the white space before it, like tokens.
func streamed(text string) []string {
	var found []string
	start, inWord := 0, false
	for i, r := range text {
		if unicode.IsSpace(r) {
			if inWord {
				found = append(found, text[start:i])
				start, inWord = i, false
			}
			continue
		}
		inWord = true
	}
	if start < len(text) {
		found = append(found, text[start:])
	}
	return found
}

// eventWriter writes the events of a stream, each flushed at once.
type eventWriter struct {
	call    *call
	encoder *eventstream.Encoder
}

func (w *eventWriter) event(kind string, payload any) error {
	return w.send("event", ":event-type", kind, payload)
}

// exception ends a stream as Bedrock does when something fails midway.
func (w *eventWriter) exception(code string) {
	message := map[string]string{"message": "The demo account broke this stream on purpose."}
	if strings.EqualFold(code, "modelStreamErrorException") {
		message["originalMessage"] = message["message"]
	}
	// The client may have disconnected; nobody can get the error.
	_ = w.send("exception", ":exception-type", lowerFirst(code), message)
}

func (w *eventWriter) send(kind, header, name string, payload any) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	message := eventstream.Message{Payload: body}
	message.Headers.Set(header, eventstream.StringValue(name))
	message.Headers.Set(":content-type", eventstream.StringValue("application/json"))
	message.Headers.Set(":message-type", eventstream.StringValue(kind))
	if err := w.encoder.Encode(w.call.writer, message); err != nil {
		return http.ErrAbortHandler
	}
	if f, ok := w.call.writer.(http.Flusher); ok {
		f.Flush()
	}
	return nil
}
