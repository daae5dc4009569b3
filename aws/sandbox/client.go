package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// transport answers requests with a handler in the same process. Bodies stream both ways
// through pipes, a cancelled context ends the exchange, and an aborting handler looks like
// a broken connection.
type transport struct{ handler http.Handler }

// RoundTrip sends one request to the handler and returns as soon as the head of the answer
// is available.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	in := r.Clone(ctx)
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:1"
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if r.URL.Scheme == "https" {
		in.TLS = &tls.ConnectionState{
			Version: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256, ServerName: in.Host, HandshakeComplete: true,
		}
	}
	body := r.Body
	if body == nil || body == http.NoBody {
		body, in.ContentLength = http.NoBody, 0
	} else if r.ContentLength == 0 {
		in.ContentLength = -1
	}
	sent, feed := io.Pipe()
	in.Body = sent
	go pump(feed, body, in.ContentLength)

	reader, writer := io.Pipe()
	w := &pipeResponse{header: http.Header{}, body: writer, ready: make(chan struct{})}
	go t.run(ctx, w, in, sent)

	select {
	case <-w.ready:
	case <-ctx.Done():
		err := ctx.Err()
		reader.CloseWithError(err)
		cancel()
		return nil, err
	}
	if w.broken != nil {
		cancel()
		return nil, w.broken
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		ContentLength: w.length,
		Body:          &clientResponseBody{ctx: ctx, PipeReader: reader, cancel: cancel},
		Request:       r,
		TLS:           in.TLS,
	}, nil
}

func (t *transport) run(ctx context.Context, w *pipeResponse, in *http.Request, body *io.PipeReader) {
	// A cancelled exchange must release a handler that waits for either body.
	stop := context.AfterFunc(ctx, func() {
		_ = w.body.CloseWithError(ctx.Err())
		_ = body.CloseWithError(ctx.Err())
	})
	defer stop()
	defer func() { _ = body.Close() }()
	defer func() {
		if cause := recover(); cause != nil {
			err, ok := cause.(error)
			if !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			w.abort()
			return
		}
		w.WriteHeader(http.StatusOK)
		_ = w.body.Close()
	}()
	t.handler.ServeHTTP(w, in)
}

// pipeResponse is the handler's side of an answer.
type pipeResponse struct {
	header http.Header
	body   *io.PipeWriter
	once   sync.Once
	ready  chan struct{} // closed when the fields below are set
	sent   http.Header
	status int
	length int64
	broken error
}

func (w *pipeResponse) Header() http.Header { return w.header }

func (w *pipeResponse) WriteHeader(status int) {
	if status >= 100 && status < 200 {
		return
	}
	w.once.Do(func() {
		w.sent, w.status, w.length = maps.Clone(w.header), status, -1
		if n := w.sent.Get("Content-Length"); n != "" {
			if _, err := fmt.Sscan(n, &w.length); err != nil {
				w.length = -1
			}
		}
		close(w.ready)
	})
}

func (w *pipeResponse) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Flush does nothing: a pipe does not buffer.
func (w *pipeResponse) Flush() {}

// abort breaks the connection: as a reset before the head, as an unexpected end after it.
func (w *pipeResponse) abort() {
	w.once.Do(func() {
		w.broken = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
		close(w.ready)
	})
	_ = w.body.CloseWithError(io.ErrUnexpectedEOF)
}

// pump sends a request's body to the handler and closes it, as a connection does. The
// handler never waits for the client's reader itself, because perhaps nothing can
// interrupt that. length is -1 when it is unknown.
func pump(feed *io.PipeWriter, body io.ReadCloser, length int64) {
	defer func() { _ = body.Close() }()
	if length < 0 {
		_, err := io.Copy(feed, body)
		_ = feed.CloseWithError(err)
		return
	}
	n, err := io.Copy(feed, io.LimitReader(body, length))
	if err == nil && n < length {
		err = io.ErrUnexpectedEOF
	}
	_ = feed.CloseWithError(err)
}

// clientResponseBody ends the exchange when the client closes it.
type clientResponseBody struct {
	*io.PipeReader
	ctx    context.Context
	cancel context.CancelFunc
}

func (b *clientResponseBody) Close() error {
	err := b.PipeReader.Close()
	b.cancel()
	return err
}
