package sandbox

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what RFC 6238 and AWS's virtual devices use
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"
)

// The parameters of AWS's virtual MFA devices: RFC 6238 with SHA-1, six digits, thirty
// seconds, and a seed of forty bytes, which is 64 characters of base32.
const (
	totpStep   = 30
	deviceSeed = 40
)

// totp is the code of one step (RFC 4226, section 5.3).
func totp(seed []byte, step int64) string {
	h := hmac.New(sha1.New, seed)
	_ = binary.Write(h, binary.BigEndian, step) // a hash never fails
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

func stepAt(t time.Time) int64 { return t.Unix() / totpStep }

// seedText is the seed as a person types it into an authenticator.
func (d *iamDevice) seedText() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(d.Seed)
}

// accept checks one code. A device's clock may be one step off, and a code works once. Call
// it under update, because it uses up the code.
func (d *iamDevice) accept(code string, now time.Time) bool {
	for _, off := range []int64{0, -1, 1} {
		step := stepAt(now) + d.Drift + off
		if step > d.Spent && hmac.Equal([]byte(totp(d.Seed, step)), []byte(code)) {
			d.Spent = step
			return true
		}
	}
	return false
}

// synchronise finds two consecutive codes near now and stores how far off the device's clock
// is.
func (d *iamDevice) synchronise(first, second string, now time.Time) bool {
	// A device may be up to twenty minutes off, for example after months without use.
	for off := int64(0); off <= 40; off++ {
		for _, drift := range []int64{off, -off} {
			step := stepAt(now) + drift
			if hmac.Equal([]byte(totp(d.Seed, step)), []byte(first)) && hmac.Equal([]byte(totp(d.Seed, step+1)), []byte(second)) {
				d.Drift, d.Spent = drift+1, step+1
				// Near now the device is right and the user was fast or slow.
				if drift == -1 || drift == 0 {
					d.Drift = 0
				}
				return true
			}
		}
	}
	return false
}
