package sandbox

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// result answers a query-protocol operation: result's fields become the
// children of <OperationResult>; nil leaves it out, as for operations that
// return nothing.
func (c *call) result(result any) error {
	var b bytes.Buffer
	b.WriteString(`<` + c.op.name + `Response xmlns="` + c.service.xmlns + `">`)
	if result != nil {
		enc := xml.NewEncoder(&b)
		if err := enc.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: c.op.name + "Result"}}); err != nil {
			return err
		}
	}
	b.WriteString(`<ResponseMetadata><RequestId>` + c.id + `</RequestId></ResponseMetadata></` + c.op.name + `Response>`)
	return c.send(http.StatusOK, "text/xml", b.Bytes())
}

// json answers with value as JSON.
func (c *call) json(status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return c.send(status, c.service.protocol.contentType(), body)
}

// empty answers with headers only.
func (c *call) empty(status int) error {
	c.writer.WriteHeader(status)
	return nil
}

// send answers with a whole body.
func (c *call) send(status int, contentType string, body []byte) error {
	h := c.writer.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.writer.WriteHeader(status)
	if c.request.Method != http.MethodHead {
		// The client may have disconnected; nobody can get the error.
		_, _ = c.writer.Write(body)
	}
	return nil
}

func (p protocol) contentType() string {
	switch p {
	case queryProtocol, ec2Protocol:
		return "text/xml"
	case restXML, restXMLWrapped:
		return "application/xml"
	case json11:
		return "application/x-amz-json-1.1"
	default:
		return "application/json"
	}
}

// renderError writes err in the form of the service's protocol.
func (c *call) renderError(e *apiError) {
	h := c.writer.Header()
	h.Del("Content-Encoding")
	h.Del("ETag")
	p := c.service.protocol
	if c.request.Method == http.MethodHead {
		// A HEAD answer has no body: the client gets only the status.
		h.Del("Content-Length")
		c.writer.WriteHeader(e.status)
		return
	}
	var body []byte
	switch p {
	case queryProtocol:
		body = fmt.Appendf(nil, `<ErrorResponse `+
			`xmlns="%s"><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>`,
			c.service.xmlns, fault4(e.status), xmlText(e.code), xmlText(e.message), c.id)
	case ec2Protocol:
		body = fmt.Appendf(nil,
			`%s<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>`,
			xmlHeader, xmlText(e.code), xmlText(e.message), c.id)
	case restXML, restXMLWrapped:
		var b strings.Builder
		b.WriteString(xmlHeader)
		if p == restXMLWrapped {
			b.WriteString("<ErrorResponse>")
		}
		fmt.Fprintf(&b, `<Error><Code>%s</Code><Message>%s</Message>`, xmlText(e.code), xmlText(e.message))
		for _, name := range slices.Sorted(maps.Keys(e.extra)) {
			fmt.Fprintf(&b, `<%s>%s</%s>`, name, xmlText(e.extra[name]), name)
		}
		fmt.Fprintf(&b, `<RequestId>%s</RequestId><HostId>%s</HostId></Error>`, c.id, hostID(c.id))
		if p == restXMLWrapped {
			fmt.Fprintf(&b, `<RequestId>%s</RequestId><HostId>%s</HostId></ErrorResponse>`, c.id, hostID(c.id))
		}
		body = []byte(b.String())
	default:
		fields := map[string]string{"message": e.message}
		maps.Copy(fields, e.extra)
		if p == json11 {
			fields["__type"] = e.code
		}
		h.Set("X-Amzn-Errortype", e.code)
		body, _ = json.Marshal(fields) // a map of strings always marshals
	}
	h.Set("Content-Type", p.contentType())
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.writer.WriteHeader(e.status)
	_, _ = c.writer.Write(body)
}

// fault4 says whether an error is the sender's or the receiver's fault.
func fault4(status int) string {
	if status >= 500 {
		return "Receiver"
	}
	return "Sender"
}

func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}

// requestHeaders sets the headers of every answer.
func (c *call) requestHeaders() {
	h := c.writer.Header()
	h.Set("Date", c.signedNow().Format(http.TimeFormat))
	if p := c.service.protocol; p == restXML || p == restXMLWrapped {
		h.Set("X-Amz-Request-Id", c.id)
		h.Set("X-Amz-Id-2", hostID(c.id))
		h.Set("Server", "AmazonS3")
		return
	}
	h.Set("X-Amzn-Requestid", c.id)
}

func hostID(id string) string { return "practice/" + strings.ToLower(strings.ReplaceAll(id, "-", "")) }

func newRequestID() string {
	b := randomBytes(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// randomBytes are n bytes from the system; crypto/rand never fails since Go 1.24.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func lowerFirst(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	r[0] = unicode.ToLower(r[0])
	return string(r)
}

// sourceIP is the address a request came from.
func sourceIP(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}
