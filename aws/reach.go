package aws

import (
	"context"
	"crypto/x509"
	"net/http"
	"time"
)

// Reached is what one request without a signature showed about a service's endpoint.
type Reached struct {
	Host   string        // where it was sent, with the port of a custom endpoint
	Proxy  string        // the proxy that it went through, without its password; empty: none
	Status int           // of the answer
	AWS    bool          // the answer has a request id, as every answer of AWS has
	Issuer string        // the organisation that vouches for the certificate; empty: the connection has no certificate
	Took   time.Duration // until the answer
}

// requestIDs are the headers in which AWS's services give the request's id.
var requestIDs = []string{"X-Amzn-Requestid", "X-Amz-Request-Id", "X-Amz-Id-2"}

// Reach sends one request without a signature to a service's endpoint: whether it can be
// reached, through which proxy, and who vouches for the connection. host is AWS's own
// ("kms.{region}.amazonaws.com"); endpoint names the variable that replaces it ("KMS" for
// AWS_ENDPOINT_URL_KMS). A refusal by AWS is an answer, not an error.
func (a *Account) Reach(ctx context.Context, host, endpoint string) (Reached, error) {
	base := a.endpoints.of(endpoint)
	if base == "" {
		base = "https://" + a.endpoints.host(host, a.Region())
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/", nil)
	if err != nil {
		return Reached{Host: base}, err
	}
	reached := Reached{Host: request.URL.Host, Proxy: a.proxy(request)}
	began := time.Now()
	response, err := a.config.HTTPClient.Do(request)
	if err != nil {
		return reached, Wrap(err, "GET "+base, "")
	}
	defer func() { _ = response.Body.Close() }()
	reached.Took, reached.Status = time.Since(began), response.StatusCode
	for _, name := range requestIDs {
		reached.AWS = reached.AWS || response.Header.Get(name) != ""
	}
	if response.TLS != nil {
		reached.Issuer = issuer(response.TLS.VerifiedChains)
	}
	return reached, nil
}

// issuer is the organisation of the root certificate that vouches for a connection.
func issuer(chains [][]*x509.Certificate) string {
	if len(chains) == 0 || len(chains[0]) == 0 {
		return ""
	}
	root := chains[0][len(chains[0])-1].Subject
	if len(root.Organization) > 0 {
		return root.Organization[0]
	}
	return root.CommonName
}

// proxy is the proxy that a request goes through, without its user and password.
func (a *Account) proxy(request *http.Request) string {
	client, ok := a.options.Client.(*http.Client)
	if !ok {
		return ""
	}
	transport, ok := client.Transport.(*http.Transport)
	if !ok || transport.Proxy == nil {
		return ""
	}
	through, err := transport.Proxy(request)
	if err != nil || through == nil {
		return ""
	}
	return through.Scheme + "://" + through.Host
}
