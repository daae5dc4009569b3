package sandbox

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Code that the JSON services share: request bodies, paths with parameters, pages, and the
// two formats of time.

// maxJSON limits a JSON request. Converse accepts five documents of 4.5 MB in a message.
const maxJSON = 32 << 20

// input decodes the request's JSON body into v. An empty body is an empty object.
func (c *call) input(v any) error {
	body, err := io.ReadAll(io.LimitReader(c.request.Body, maxJSON+1))
	if err != nil {
		return err
	}
	if len(body) > maxJSON {
		return fail(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "The request is too large.")
	}
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fail(http.StatusBadRequest, "SerializationException", "The request could not be read as the operation's input.")
	}
	return nil
}

// inputNoted is input for the operations whose whole body CloudTrail records as
// requestParameters.
func (c *call) inputNoted(v any) error {
	if err := c.input(v); err != nil {
		return err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	for name, value := range fields {
		if value != nil {
			c.note(lowerFirst(name), value)
		}
	}
	return nil
}

// byTarget routes a json-1.1 request by the last part of X-Amz-Target.
func byTarget(operations map[string]*operation) func(*call) *operation {
	return func(c *call) *operation {
		target := c.request.Header.Get("X-Amz-Target")
		return operations[target[strings.LastIndexByte(target, '.')+1:]]
	}
}

// A path is one operation of a rest-json service: {name} matches one segment, which may
// contain an escaped slash.
type path struct {
	method, pattern string
	op              *operation
}

// byPath routes a rest-json request by method and path. A path parameter at the end of the
// pattern may also contain plain slashes, for an ARN.
func byPath(table []path) func(*call) *operation {
	return func(c *call) *operation {
		have := strings.Split(strings.Trim(c.request.URL.EscapedPath(), "/"), "/")
		for _, row := range table {
			want := strings.Split(strings.Trim(row.pattern, "/"), "/")
			if row.method != c.request.Method || len(have) < len(want) {
				continue
			}
			if len(have) > len(want) && !strings.HasPrefix(want[len(want)-1], "{") {
				continue
			}
			params := map[string]string{}
			fits := true
			for i, part := range want {
				got := have[i]
				if i == len(want)-1 {
					got = strings.Join(have[i:], "/")
				}
				text, err := url.PathUnescape(got)
				name, isParam := strings.CutPrefix(part, "{")
				switch {
				case err != nil, !isParam && text != part:
					fits = false
				case isParam:
					params[strings.TrimSuffix(name, "}")] = text
				}
			}
			if fits {
				for name, value := range params {
					c.params[name] = value
				}
				return row.op
			}
		}
		return nil
	}
}

// queryInt is an integer query parameter; or, when it is missing.
func (c *call) queryInt(name string, or int) (int, error) {
	text := c.request.URL.Query().Get(name)
	if text == "" {
		return or, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, failf(http.StatusBadRequest, "ValidationException", "%s must be an integer", name)
	}
	return n, nil
}

var errPageToken = errors.New("sandbox: no such page")

// pageOf returns one page of items. The token is opaque to clients.
func pageOf[T any](items []T, token string, size int) (page []T, next string, err error) {
	start := 0
	if token != "" {
		text, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return nil, "", errPageToken
		}
		after, ok := strings.CutPrefix(string(text), "from ")
		if start, err = strconv.Atoi(after); err != nil || !ok || start < 0 || start > len(items) {
			return nil, "", errPageToken
		}
	}
	end := min(start+size, len(items))
	if end < len(items) {
		next = base64.RawURLEncoding.EncodeToString([]byte("from " + strconv.Itoa(end)))
	}
	return items[start:end:end], next, nil
}

// epoch is a time in the format of json-1.1 services: seconds since 1970, with a fraction.
// omitzero leaves out a zero time.
type epoch struct{ time.Time }

// MarshalJSON writes seconds with milliseconds.
func (e epoch) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(e.UnixMilli())/1000, 'f', -1, 64), nil
}

// UnmarshalJSON reads seconds with a fraction.
func (e *epoch) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	seconds, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return err
	}
	whole, fraction := math.Modf(seconds)
	e.Time = time.Unix(int64(whole), int64(fraction*1e9)).UTC()
	return nil
}

// isoTime is a time in the format of rest-json services.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// isoSeconds is a time in the format of CloudTrail's files.
func isoSeconds(t time.Time) string { return t.UTC().Format(time.RFC3339) }
