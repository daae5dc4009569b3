package provision

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238 and AWS's virtual devices use it
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// codeStep is how long a code is valid, in seconds (RFC 6238, section 4.1; AWS's virtual
// devices use the default).
const codeStep = 30

// Authenticator computes codes as an authenticator app does, for set-up from a file of
// answers and for the demo account. It never returns the same code twice, because AWS
// accepts each code once. It is safe for concurrent use.
type Authenticator struct {
	now func() time.Time

	mu    sync.Mutex
	seed  []byte
	spent int64 // the latest step whose code was returned
}

// NewAuthenticator is an authenticator without a seed; Enrol or Load sets one.
func NewAuthenticator(now func() time.Time) *Authenticator { return &Authenticator{now: now} }

// Load sets the seed: base32 text, as AWS shows it.
func (a *Authenticator) Load(seed string) error {
	text := strings.ToUpper(strings.Join(strings.Fields(strings.TrimRight(seed, "= \r\n")), ""))
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || len(raw) == 0 {
		return errors.New("the seed of the second factor is not base32 text") // without the text: it is a secret
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seed, a.spent = raw, 0
	return nil
}

// Seed is the seed as base32 text; empty if there is none. It is a secret.
func (a *Authenticator) Seed() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(a.seed)
}

// Enrol is an Approval.SecondFactor: it sets the seed and returns two consecutive codes.
func (a *Authenticator) Enrol(_ context.Context, e Enrolment) (first, second string, err error) {
	if err := a.Load(e.Seed); err != nil {
		return "", "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spent = a.now().Unix() / codeStep
	return code(a.seed, a.spent-1), code(a.seed, a.spent), nil
}

// Code is an Approval.Code: it returns the earliest code that it has not returned yet. If
// the current one is used up, that is the next one, which AWS accepts because a device's
// clock may be fast. If AWS refused a code, it waits until the next one is due.
func (a *Authenticator) Code(ctx context.Context, refused error) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.seed) == 0 {
		return "", errors.New("no second factor is enrolled on this computer")
	}
	early := int64(1)
	if refused != nil {
		early = 0
	}
	step := max(a.now().Unix()/codeStep, a.spent+1)
	for step > a.now().Unix()/codeStep+early {
		timer := time.NewTimer(time.Second)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return "", ctx.Err()
		}
	}
	a.spent = step
	return code(a.seed, step), nil
}

// code is the code of one step (RFC 4226, section 5.3).
func code(seed []byte, step int64) string {
	h := hmac.New(sha1.New, seed)
	_ = binary.Write(h, binary.BigEndian, step) // a hash never fails
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}
