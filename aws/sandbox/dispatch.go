package sandbox

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ServeHTTP answers one request.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.options.Latency > 0 && !pause(r, a.options.Latency) {
		panic(http.ErrAbortHandler) // the client disconnected
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	in := &countedBody{ReadCloser: r.Body}
	r.Body = in
	out := &answer{ResponseWriter: w, limit: -1}
	c := &call{
		account: a, request: r, writer: out, now: a.now(), id: newRequestID(),
		region: a.options.Region, params: map[string]string{},
		secure: !a.options.Insecure || r.TLS != nil,
	}
	out.call = c
	s, err := readSignature(r)
	c.service = a.find(r, s)
	if s != nil {
		c.region, c.event.Signature = cmp.Or(s.region, c.region), s.kind()
	}
	c.requestHeaders()

	// A dropped or cut connection panics with http.ErrAbortHandler; the call is still
	// recorded.
	code, message := "", "the connection was closed"
	defer func() {
		c.event.In, c.event.Out = in.n, out.written
		c.record(out.status, code, message)
	}()
	if err == nil {
		err = c.authenticate(s)
	}
	if err == nil {
		err = c.serve()
	}
	if err == nil && out.lost != nil && !out.muted {
		err = c.lose(out.lost)
	}
	var known *apiError
	switch {
	case err == nil && out.muted:
		known = c.unauthorised()
	case err == nil:
		message = ""
		return
	case errors.As(err, &known):
	case errors.Is(err, http.ErrAbortHandler):
		panic(http.ErrAbortHandler)
	default:
		known = &apiError{status: http.StatusInternalServerError, code: c.internalCode(), message: err.Error()}
	}
	code, message = known.code, known.message
	switch {
	case out.muted:
	case out.status != 0: // the head is already sent: the only way to report the error is to cut the connection
		panic(http.ErrAbortHandler)
	default:
		out.free = true
		c.renderError(known)
	}
}

// serve routes the call and runs its operation.
func (c *call) serve() error {
	if p := c.service.protocol; p == queryProtocol || p == ec2Protocol {
		if err := c.readForm(); err != nil {
			return err
		}
	}
	c.op = c.service.route(c)
	if c.op == nil {
		return c.unknownOperation()
	}
	if err := c.strike(c.service.iamPrefix()+":"+c.op.name, c.service.iamPrefix()+":"+c.op.action); err != nil {
		return err
	}
	if err := c.op.serve(c); err != nil {
		return err
	}
	if out, ok := c.writer.(*answer); ok && out.status == 0 && !out.done {
		return fail(500, c.internalCode(), "sandbox: "+c.op.name+" gave no answer")
	}
	return nil
}

// maxForm limits a query-protocol request. It is many times the size of two policy
// documents.
const maxForm = 1 << 20

func (c *call) readForm() error {
	form := url.Values{}
	for name, values := range c.request.URL.Query() {
		if !strings.HasPrefix(name, "X-Amz-") {
			form[name] = values
		}
	}
	body, err := io.ReadAll(io.LimitReader(c.request.Body, maxForm+1))
	if err != nil {
		return err
	}
	if len(body) > maxForm {
		return fail(413, "RequestEntityTooLarge", "the request is too large")
	}
	parsed, err := url.ParseQuery(string(body))
	if err != nil {
		return fail(400, "MalformedQueryString", "The query string contains a syntax error")
	}
	for name, values := range parsed {
		form[name] = append(form[name], values...)
	}
	c.form = form
	return nil
}

func (c *call) unknownOperation() error {
	switch c.service.protocol {
	case queryProtocol, ec2Protocol:
		return failf(400, "InvalidAction", "Could not find operation %s for version %s", c.form.Get("Action"), c.form.Get("Version"))
	case restXML, restXMLWrapped:
		return fail(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	case json11:
		return failf(400, "UnknownOperationException", "%s is not an operation of this service", c.request.Header.Get("X-Amz-Target"))
	default:
		return failf(404, "UnknownOperationException", "%s %s is not an operation of this service", c.request.Method, c.request.URL.Path)
	}
}

func (c *call) internalCode() string {
	switch c.service.protocol {
	case restXML, restXMLWrapped:
		return "InternalError"
	case restJSON:
		return "InternalServerException"
	default:
		return "InternalFailure"
	}
}

// find returns the service of a request: by the service name in the signature's scope,
// else by host name, else by X-Amz-Target or a query form. Any other request is an
// anonymous S3 request.
func (a *Account) find(r *http.Request, scope *signature) *service {
	if scope != nil && scope.service != "" {
		for _, s := range a.services {
			if s.signingName() == scope.service && (s.match == nil || s.match(r)) {
				return s
			}
		}
	}
	for _, s := range a.services {
		if s.servesHost(r.Host) && (s.match == nil || s.match(r)) {
			return s
		}
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") && r.Method == http.MethodPost {
		return a.named("sts")
	}
	if scope == nil || scope.service == "s3" {
		if s := a.named("s3"); s != nil {
			return s
		}
	}
	return &service{name: "unknown", protocol: restJSON, route: func(*call) *operation { return nil }}
}

// named is the service called name; nil when there is none.
func (a *Account) named(name string) *service {
	for _, s := range a.services {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (s *service) signingName() string {
	if s.signing != "" {
		return s.signing
	}
	return s.iamPrefix()
}

// servesHost reports whether an AWS host name is this service's:
// service.region.amazonaws.com, service.amazonaws.com, and for S3 also
// bucket.s3.region.amazonaws.com.
func (s *service) servesHost(host string) bool {
	label := s.host
	if label == "" {
		label = s.name
	}
	rest, ok := strings.CutSuffix(strings.ToLower(hostOnly(host)), ".amazonaws.com")
	if !ok {
		return false
	}
	if rest == label || strings.HasPrefix(rest, label+".") {
		return true
	}
	return label == "s3" && (strings.HasSuffix(rest, ".s3") || strings.Contains(rest, ".s3."))
}

func hostOnly(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return host[:i]
	}
	return host
}

// answer is the response writer. It refuses a success without authorisation, counts bytes,
// and cuts the connection where a fault says so.
type answer struct {
	http.ResponseWriter
	call    *call
	free    bool // an error: needs no authorisation
	status  int
	written int64
	limit   int64 // cut after so many bytes; -1: never
	muted   bool  // the answer was replaced; the rest of it is discarded

	lost *fault // a success is not sent
	done bool   // there was a success
}

// lose ends a call that was done and whose answer is lost.
func (c *call) lose(f *fault) error {
	if f.status == 0 {
		return http.ErrAbortHandler
	}
	clear(c.writer.Header())
	c.requestHeaders()
	return f.answer(c)
}

// unauthorised is the error that replaces an answer when no code called authorize.
func (c *call) unauthorised() *apiError {
	name := ""
	if c.op != nil {
		name = c.op.name
	}
	return &apiError{
		status: http.StatusInternalServerError, code: c.internalCode(), message: "sandbox: " + name + " answered without authorising the caller",
	}
}

func (w *answer) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	if status >= 100 && status < 200 {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if !w.free && !w.call.authorized && status < 400 {
		clear(w.Header())
		w.call.requestHeaders()
		w.free = true
		w.call.renderError(w.call.unauthorised())
		w.muted = true
		return
	}
	if w.lost != nil && status < 400 {
		w.done = true
		return
	}
	w.status = status
	w.ResponseWriter.WriteHeader(status)
	if w.limit == 0 {
		w.cut()
	}
}

func (w *answer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.muted || w.done && w.status == 0 {
		return len(p), nil
	}
	if w.limit < 0 || w.written+int64(len(p)) <= w.limit {
		n, err := w.ResponseWriter.Write(p)
		w.written += int64(n)
		return n, err
	}
	n, _ := w.ResponseWriter.Write(p[:w.limit-w.written])
	w.written += int64(n)
	w.cut()
	return n, io.ErrClosedPipe
}

// cut closes the connection without finishing the answer.
func (w *answer) cut() {
	w.Flush()
	panic(http.ErrAbortHandler)
}

// Flush sends what was written; event streams need it after every event.
func (w *answer) Flush() {
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// countedBody counts the bytes of a request's body.
type countedBody struct {
	io.ReadCloser
	n int64
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += int64(n)
	return n, err
}

// pause waits for d; false when the client disconnected first.
func pause(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
