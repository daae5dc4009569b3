package sandbox

import (
	"net/http"
	"strings"
)

// signature is what a request says about how it is signed.
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

func (s *signature) kind() string {
	if s.presigned {
		return "QueryString"
	}
	return "AuthHeader"
}

const algorithm = "AWS4-HMAC-SHA256"

// readSignature reads the signature of a request; nil when it has none.
func readSignature(r *http.Request) (*signature, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		return readHeaderSignature(r, header)
	}
	query := r.URL.Query()
	if !query.Has("X-Amz-Algorithm") {
		return nil, nil
	}
	s := &signature{
		presigned: true, value: query.Get("X-Amz-Signature"), time: query.Get("X-Amz-Date"), expires: query.Get("X-Amz-Expires"),
		token: query.Get("X-Amz-Security-Token"), headers: strings.Split(query.Get("X-Amz-SignedHeaders"), ";"),
	}
	if query.Get("X-Amz-Algorithm") != algorithm || !s.readScope(query.Get("X-Amz-Credential")) || s.value == "" {
		return s, fail(400, "AuthorizationQueryParametersError", "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
	}
	return s, nil
}

func readHeaderSignature(r *http.Request, header string) (*signature, error) {
	s := &signature{time: r.Header.Get("X-Amz-Date"), token: r.Header.Get("X-Amz-Security-Token")}
	name, rest, _ := strings.Cut(header, " ")
	if name != algorithm {
		return s, fail(400, "IncompleteSignature", "Unsupported authorization type: "+name)
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
		return s, fail(400, "IncompleteSignature", "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.")
	}
	if s.time == "" {
		return s, fail(403, "IncompleteSignature", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	return s, nil
}

func (s *signature) readScope(credential string) bool {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[4] != "aws4_request" {
		return false
	}
	s.keyID, s.date, s.region, s.service = parts[0], parts[1], parts[2], parts[3]
	return s.keyID != ""
}
