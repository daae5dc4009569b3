package sandbox

import (
	"encoding/json"
	"net/http"
	"time"
)

// authenticate finds out who signed the request.
func (c *call) authenticate(s *signature) error {
	if s == nil {
		if p := c.service.protocol; p == restXML || p == restXMLWrapped {
			c.caller.anonymous = true
			return nil
		}
		return c.unsigned()
	}
	var secret string
	var known bool
	c.account.view(func() {
		state := c.account.iamAt(c.now)
		if key := state.Keys[s.keyID]; key != nil && key.Active {
			secret, known = key.Secret, true
			c.caller = state.callerOf(c.account.id, key.User)
		} else if one := state.Sessions[s.keyID]; one != nil && one.Token == s.token {
			secret, known = one.Secret, true
			c.caller = state.sessionCaller(c.account.id, one)
		}
	})
	if !known {
		return c.unknownKey()
	}
	c.caller.keyID = s.keyID
	_ = secret
	return nil
}

func (c *call) unsigned() error {
	switch c.service.protocol {
	case queryProtocol:
		return fail(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
	default:
		return fail(http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
	}
}

func (c *call) unknownKey() error {
	switch c.service.protocol {
	case queryProtocol:
		return fail(http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
	case restXML, restXMLWrapped:
		return fail(http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
	case json11:
		return fail(http.StatusBadRequest, "UnrecognizedClientException", "The security token included in the request is invalid.")
	default:
		return fail(http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid.")
	}
}

// staleViews are the identities as they were before recent changes that a stale
// fault hides.
type staleViews []staleView

type staleView struct {
	until time.Time
	state *iamState
}

// iamAt is the state of the identities that authentication and authorisation go
// by: normally the present one.
func (a *Account) iamAt(now time.Time) *iamState {
	for _, v := range a.stale {
		if now.Before(v.until) {
			return v.state
		}
	}
	return a.iam()
}

// hide keeps the identities as they are now for authentication and
// authorisation until the stale fault for the action is over. It is called under
// update, before the change.
func (a *Account) hide(now time.Time, names ...string) {
	list := a.faults.take(nil, func(kind string) bool { return kind == faultStale }, names...)
	for _, f := range list {
		text, err := json.Marshal(a.iam())
		if err != nil {
			continue // the state always marshals; it is saved this way
		}
		before := &iamState{}
		if json.Unmarshal(text, before) == nil {
			a.stale = append(a.stale, staleView{until: now.Add(f.wait), state: before})
		}
	}
}
