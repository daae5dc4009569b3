package sandbox

import (
	"bytes"
	"crypto/hmac"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// skew is how far a request's time may be from the account's clock.
const skew = 15 * time.Minute

// maxPresigned is the longest life of a presigned request.
const maxPresigned = 7 * 24 * time.Hour

// maxPayload limits the body of a service that hashes it as a whole. A model request
// with documents fits.
const maxPayload = 64 << 20

// authenticate finds out who signed the request, verifies the signature and prepares the
// body.
func (c *call) authenticate(s *signature) error {
	payload, err := c.payloadHash(s)
	if err != nil {
		return err
	}
	if s == nil {
		if !c.service.protocol.s3() {
			return c.unsigned()
		}
		c.caller.anonymous = true
		return c.openBody(payload, nil, "")
	}
	if err := c.checkTime(s); err != nil {
		return err
	}
	secret, err := c.identify(s)
	if err != nil {
		return err
	}
	if c.account.switchedOff(s.region) {
		return c.unknownKey()
	}
	keys := s.signer(secret)
	canonical := s.canonicalRequest(c.request, payload, c.service.protocol.s3())
	if !hmac.Equal([]byte(keys.sign(canonical)), []byte(s.value)) || !slices.Contains(s.headers, "host") {
		return c.mismatch(s, canonical, keys.text(canonical))
	}
	if err := c.checkSignedHeaders(s); err != nil {
		return err
	}
	c.account.used(c, s)
	return c.openBody(payload, keys, s.value)
}

func (p protocol) s3() bool { return p == restXML || p == restXMLWrapped }

// payloadHash is the last line of the canonical request. S3 uses the header's value and
// checks it while reading; every other service hashes the body.
func (c *call) payloadHash(s *signature) (string, error) {
	header := c.request.Header.Get("X-Amz-Content-Sha256")
	if c.service.protocol.s3() {
		switch {
		case header != "":
			return header, nil
		case s != nil && s.presigned:
			if query := c.request.URL.Query().Get("X-Amz-Content-Sha256"); query != "" {
				return query, nil
			}
			return unsignedPayload, nil
		case s == nil:
			return "", nil
		}
		return "", fail(http.StatusBadRequest, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
	}
	body, err := io.ReadAll(io.LimitReader(c.request.Body, maxPayload+1))
	if err != nil {
		return "", fail(http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly")
	}
	if len(body) > maxPayload {
		return "", fail(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "The request is too large.")
	}
	c.request.Body = io.NopCloser(bytes.NewReader(body))
	return hashHex(body), nil
}

func (c *call) checkTime(s *signature) error {
	at, err := time.Parse(signatureTime, s.time)
	if err != nil || !strings.HasPrefix(s.time, s.date) {
		return c.badTime("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + s.date +
			"' != '" + s.time + "'.")
	}
	now := c.signedNow()
	if !s.presigned {
		if now.Sub(at).Abs() <= skew {
			return nil
		}
		if c.service.protocol.s3() {
			return &apiError{
				status: http.StatusForbidden, code: "RequestTimeTooSkewed",
				message: "The difference between the request time and the current time is too large.",
				extra: map[string]string{
					"RequestTime": s.time, "ServerTime": now.Format(time.RFC3339), "MaxAllowedSkewMilliseconds": strconv.FormatInt(skew.Milliseconds(),
						10),
				},
			}
		}
		if at.After(now) {
			return c.badTime("Signature not yet current: " + s.time + " is still later than " + now.Add(skew).Format(signatureTime) + " (" +
				now.Format(signatureTime) + " + 15 min.)")
		}
		return c.badTime("Signature expired: " + s.time + " is now earlier than " + now.Add(-skew).Format(signatureTime) + " (" +
			now.Format(signatureTime) + " - 15 min.)")
	}
	seconds, err := strconv.ParseInt(s.expires, 10, 64)
	if err != nil || seconds < 0 {
		if s.expires == "" && !c.service.protocol.s3() {
			seconds = int64(skew.Seconds()) // only S3 requires X-Amz-Expires
		} else {
			return fail(http.StatusBadRequest, "AuthorizationQueryParametersError", "X-Amz-Expires should be a number")
		}
	}
	if seconds > int64(maxPresigned.Seconds()) {
		return fail(http.StatusBadRequest, "AuthorizationQueryParametersError",
			"X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	}
	ends := at.Add(time.Duration(seconds) * time.Second)
	switch {
	case now.Add(skew).Before(at):
		return c.expired("Request is not yet valid", ends, s)
	case now.After(ends):
		return c.expired("Request has expired", ends, s)
	}
	return nil
}

func (c *call) expired(message string, ends time.Time, s *signature) error {
	now := c.signedNow()
	if !c.service.protocol.s3() {
		return c.badTime("Signature expired: " + s.time + " is now earlier than " + now.Format(signatureTime))
	}
	return &apiError{status: http.StatusForbidden, code: "AccessDenied", message: message, extra: map[string]string{
		"X-Amz-Expires": s.expires, "Expires": ends.Format(time.RFC3339), "ServerTime": now.Format(time.RFC3339),
	}}
}

// badTime is the error for a signature whose time is not accepted.
func (c *call) badTime(message string) error {
	switch c.service.protocol {
	case queryProtocol:
		return fail(http.StatusForbidden, "SignatureDoesNotMatch", message)
	case json11:
		return fail(http.StatusBadRequest, "InvalidSignatureException", message)
	case restJSON:
		return fail(http.StatusForbidden, "InvalidSignatureException", message)
	default:
		return fail(http.StatusBadRequest, "AuthorizationHeaderMalformed", message)
	}
}

// identify finds the secret of the access key and sets the caller.
func (c *call) identify(s *signature) (secret string, err error) {
	c.account.view(func() {
		state := c.account.iamAt(c.now)
		if key := state.Keys[s.keyID]; key != nil {
			if !key.Active || s.token != "" || (key.User != "" && state.Users[key.User] == nil) {
				err = c.unknownKey()
				return
			}
			secret, c.caller = key.Secret, state.callerOf(c.account.id, key.User)
			return
		}
		one := state.Sessions[s.keyID]
		switch {
		case one == nil:
			err = c.unknownKey()
		case one.Token != s.token:
			err = c.badToken()
		case !c.now.Before(one.Expires):
			err = c.expiredToken()
		case !state.live(one):
			err = c.unknownKey()
		default:
			secret, c.caller = one.Secret, state.sessionCaller(c.account.id, one)
		}
	})
	c.caller.keyID = s.keyID
	return secret, err
}

// checkSignedHeaders refuses, as S3 does, x-amz- headers that the signature
// does not cover.
func (c *call) checkSignedHeaders(s *signature) error {
	if !c.service.protocol.s3() {
		return nil
	}
	var loose []string
	for name := range c.request.Header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-amz-") && !slices.Contains(s.headers, name) {
			loose = append(loose, name)
		}
	}
	if len(loose) == 0 {
		return nil
	}
	slices.Sort(loose)
	return &apiError{
		status: http.StatusForbidden, code: "AccessDenied", message: "There were headers present in the request which were not signed",
		extra: map[string]string{"HeadersNotSigned": strings.Join(loose, ", ")},
	}
}

// used records when and where a key or a role was last used.
func (a *Account) used(c *call, s *signature) {
	region, name := s.region, s.service
	_ = a.update("iam", func() error {
		state := a.iam()
		if key := state.Keys[s.keyID]; key != nil {
			key.LastUsed, key.LastService, key.LastRegion = c.now, name, region
		}
		if role := state.Roles[strings.ToLower(c.caller.role)]; role != nil {
			role.LastUsed, role.LastRegion = c.now, region
		}
		return nil
	})
}

func (c *call) unsigned() error {
	switch c.service.protocol {
	case queryProtocol:
		return fail(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
	case json11:
		return fail(http.StatusBadRequest, "MissingAuthenticationTokenException", "Missing Authentication Token")
	default:
		return fail(http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
	}
}

const badTokenMessage = "The security token included in the request is invalid."

func (c *call) unknownKey() error {
	switch c.service.protocol {
	case queryProtocol:
		return fail(http.StatusForbidden, "InvalidClientTokenId", badTokenMessage)
	case restXML, restXMLWrapped:
		return fail(http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
	case json11:
		return fail(http.StatusBadRequest, "UnrecognizedClientException", badTokenMessage)
	case ec2Protocol:
		return fail(http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials")
	default:
		return fail(http.StatusForbidden, "UnrecognizedClientException", badTokenMessage)
	}
}

func (c *call) badToken() error {
	if c.service.protocol.s3() {
		return fail(http.StatusBadRequest, "InvalidToken", "The provided token is malformed or otherwise invalid.")
	}
	return c.unknownKey()
}

func (c *call) expiredToken() error {
	switch c.service.protocol {
	case queryProtocol:
		return fail(http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired")
	case restXML, restXMLWrapped:
		return fail(http.StatusBadRequest, "ExpiredToken", "The provided token has expired.")
	case json11:
		return fail(http.StatusBadRequest, "ExpiredTokenException", "The security token included in the request is expired")
	default:
		return fail(http.StatusForbidden, "ExpiredTokenException", "The security token included in the request is expired")
	}
}

const signatureMessage = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access " +
	"Key and signing method. Consult the service documentation for details."

// mismatch is the error for a signature that does not match the request.
func (c *call) mismatch(s *signature, canonical, text string) error {
	switch c.service.protocol {
	case queryProtocol:
		return fail(http.StatusForbidden, "SignatureDoesNotMatch", signatureMessage)
	case json11:
		return fail(http.StatusBadRequest, "InvalidSignatureException", signatureMessage)
	case restJSON:
		return fail(http.StatusForbidden, "InvalidSignatureException", signatureMessage)
	}
	e := &apiError{status: http.StatusForbidden, code: "SignatureDoesNotMatch", message: signatureMessage}
	if s != nil {
		e.extra = map[string]string{
			"AWSAccessKeyId": s.keyID, "StringToSign": text, "SignatureProvided": s.value, "CanonicalRequest": canonical,
		}
	}
	return e
}
