package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Signature Version 4 as AWS documents it:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

// signature describes how a request is signed.
type signature struct {
	keyID     string
	date      string // 20060102
	region    string
	service   string
	headers   []string // signed headers, lower case, in order
	value     string   // hex
	time      string   // X-Amz-Date, 20060102T150405Z
	expires   string   // presigned: seconds
	presigned bool
	token     string
}

const (
	algorithm       = "AWS4-HMAC-SHA256"
	signatureTime   = "20060102T150405Z"
	emptySHA256     = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	unsignedPayload = "UNSIGNED-PAYLOAD"
)

// kind is CloudTrail's AuthenticationMethod.
func (s *signature) kind() string {
	if s.presigned {
		return "QueryString"
	}
	return "AuthHeader"
}

func (s *signature) scope() string {
	return s.date + "/" + s.region + "/" + s.service + "/aws4_request"
}

// readSignature reads the signature of a request; nil when it has none.
func readSignature(r *http.Request) (*signature, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		return readHeaderSignature(r, header)
	}
	query := r.URL.Query()
	if query.Has("AWSAccessKeyId") && query.Has("Signature") {
		return nil, errOldSignature()
	}
	if !query.Has("X-Amz-Algorithm") {
		return nil, nil
	}
	s := &signature{
		presigned: true, value: query.Get("X-Amz-Signature"), time: query.Get("X-Amz-Date"), expires: query.Get("X-Amz-Expires"),
		token: query.Get("X-Amz-Security-Token"), headers: strings.Split(query.Get("X-Amz-SignedHeaders"), ";"),
	}
	if !s.readScope(query.Get("X-Amz-Credential")) || query.Get("X-Amz-Algorithm") != algorithm || s.value == "" || s.time == "" {
		return s, fail(http.StatusBadRequest, "AuthorizationQueryParametersError",
			"Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, "+
				"X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
	}
	return s, nil
}

func readHeaderSignature(r *http.Request, header string) (*signature, error) {
	s := &signature{time: r.Header.Get("X-Amz-Date"), token: r.Header.Get("X-Amz-Security-Token")}
	name, rest, _ := strings.Cut(header, " ")
	if name == "AWS" {
		return s, errOldSignature()
	}
	if name != algorithm {
		return s, fail(http.StatusBadRequest, "IncompleteSignature", "Unsupported authorization type: "+name)
	}
	var credential string
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "Credential":
			credential = value
		case "SignedHeaders":
			s.headers = strings.Split(value, ";")
		case "Signature":
			s.value = value
		}
	}
	if !s.readScope(credential) || s.value == "" || len(s.headers) == 0 {
		return s, fail(http.StatusBadRequest, "IncompleteSignature",
			"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header "+
				"requires 'SignedHeaders' parameter.")
	}
	if s.time == "" {
		return s, fail(http.StatusBadRequest, "IncompleteSignature",
			"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	return s, nil
}

// errOldSignature refuses Signature Version 2, as S3 does for every bucket that was created
// after June 2020.
func errOldSignature() error {
	return fail(http.StatusBadRequest,
		"InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
}

func (s *signature) readScope(credential string) bool {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[4] != "aws4_request" {
		return false
	}
	s.keyID, s.date, s.region, s.service = parts[0], parts[1], parts[2], parts[3]
	return s.keyID != ""
}

// canonicalRequest returns the text whose hash is signed. once means that the path is
// encoded once, as in S3; every other service encodes it twice.
func (s *signature) canonicalRequest(r *http.Request, payload string, once bool) string {
	path := canonicalPath(r.URL.EscapedPath(), once)
	var b strings.Builder
	b.WriteString(r.Method + "\n" + path + "\n" + canonicalQuery(r.URL.RawQuery) + "\n")
	for _, name := range s.headers {
		b.WriteString(name + ":" + canonicalHeader(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + payload)
	return b.String()
}

func canonicalPath(escaped string, once bool) string {
	if escaped == "" {
		return "/"
	}
	segments := strings.Split(escaped, "/")
	for i, segment := range segments {
		if !once {
			segments[i] = uriEncode(segment)
			continue
		}
		// A client may leave a character unencoded that the signature encodes.
		if plain, err := url.PathUnescape(segment); err == nil {
			segments[i] = uriEncode(plain)
		}
	}
	return strings.Join(segments, "/")
}

func canonicalQuery(raw string) string {
	var pairs []string
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, value = unescapeQuery(name), unescapeQuery(value)
		if name == "X-Amz-Signature" {
			continue
		}
		// NUL sorts before every encoded character, so that names sort first.
		pairs = append(pairs, uriEncode(name)+"\x00"+uriEncode(value))
	}
	slices.Sort(pairs)
	return strings.ReplaceAll(strings.Join(pairs, "&"), "\x00", "=")
}

func unescapeQuery(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// canonicalHeader returns a header's values in the signed form. Go's server removes some
// headers from the map.
func canonicalHeader(r *http.Request, name string) string {
	var values []string
	switch name {
	case "host":
		values = []string{r.Host}
	case "content-length":
		if r.ContentLength >= 0 {
			values = []string{strconv.FormatInt(r.ContentLength, 10)}
		}
	case "transfer-encoding":
		values = r.TransferEncoding
	default:
		values = r.Header.Values(name)
	}
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = collapse(value)
	}
	return strings.Join(out, ",")
}

// collapse trims a header's value and makes runs of spaces one.
func collapse(value string) string {
	value = strings.TrimSpace(value)
	for strings.Contains(value, "  ") {
		value = strings.ReplaceAll(value, "  ", " ")
	}
	return value
}

// uriEncode encodes all characters except the unreserved ones of RFC 3986.
func uriEncode(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}

// signer signs with the key of one day, region and service.
type signer struct {
	key   []byte
	time  string
	scope string
}

func (s *signature) signer(secret string) *signer {
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.region, s.service, "aws4_request"} {
		key = hmacSHA256(key, part)
	}
	return &signer{key: key, time: s.time, scope: s.scope()}
}

// sign signs a canonical request.
func (k *signer) sign(canonical string) string {
	return k.hex(k.text(canonical))
}

// text returns the string to sign.
func (k *signer) text(canonical string) string {
	return algorithm + "\n" + k.time + "\n" + k.scope + "\n" + hashHex([]byte(canonical))
}

// chunk signs one chunk of a streamed body after the signature before it.
func (k *signer) chunk(previous, sum string) string {
	return k.hex(algorithm + "-PAYLOAD\n" + k.time + "\n" + k.scope + "\n" + previous + "\n" + emptySHA256 + "\n" + sum)
}

// trailer signs the headers that follow a streamed body.
func (k *signer) trailer(previous, headers string) string {
	return k.hex(algorithm + "-TRAILER\n" + k.time + "\n" + k.scope + "\n" + previous + "\n" + hashHex([]byte(headers)))
}

func (k *signer) hex(text string) string { return hex.EncodeToString(hmacSHA256(k.key, text)) }

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hashHex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
