package sandbox

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/md5" //nolint:gosec // a key's fingerprint, not a protection
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// How often CloudTrail delivers: logs about every five minutes, digests every hour. The
// demo account has no timer; a due delivery happens at the next call.
const (
	logEvery    = 5 * time.Minute
	digestEvery = time.Hour
	// A digest chain with a longer gap than this is not continued; a new one begins.
	longestCatchUp = 31 * 24 * time.Hour
)

// digests is the chain of digest files of one trail in one region.
type digests struct {
	Since    time.Time    `json:"since"` // end of the last digest, or start of logging
	Files    []digestFile `json:"files,omitempty"`
	Bucket   string       `json:"bucket,omitempty"` // of the last digest
	Object   string       `json:"object,omitempty"`
	Hash     string       `json:"hash,omitempty"`
	Previous string       `json:"previous,omitempty"` // its signature
}

// digestFile is the entry of a log file in a digest.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
type digestFile struct {
	Bucket    string `json:"s3Bucket"`
	Object    string `json:"s3Object"`
	Hash      string `json:"hashValue"`
	Algorithm string `json:"hashAlgorithm"`
	Newest    string `json:"newestEventTime"`
	Oldest    string `json:"oldestEventTime"`
}

// digest is the content of a digest file. In a starting digest the fields about the
// previous one are null.
type digest struct {
	Account           string       `json:"awsAccountId"`
	Start             string       `json:"digestStartTime"`
	End               string       `json:"digestEndTime"`
	Bucket            string       `json:"digestS3Bucket"`
	Object            string       `json:"digestS3Object"`
	Fingerprint       string       `json:"digestPublicKeyFingerprint"`
	Algorithm         string       `json:"digestSignatureAlgorithm"`
	Newest            *string      `json:"newestEventTime"`
	Oldest            *string      `json:"oldestEventTime"`
	PreviousBucket    *string      `json:"previousDigestS3Bucket"`
	PreviousObject    *string      `json:"previousDigestS3Object"`
	PreviousHash      *string      `json:"previousDigestHashValue"`
	PreviousAlgorithm *string      `json:"previousDigestHashAlgorithm"`
	PreviousSignature *string      `json:"previousDigestSignature"`
	LogFiles          []digestFile `json:"logFiles"`
}

// folder is where a trail's files of one kind are stored, without the region.
func (t *trail) folder(account, kind string) string {
	folder := "AWSLogs/" + account + "/" + kind
	if t.Prefix != "" {
		folder = t.Prefix + "/" + folder
	}
	return folder
}

// Deliver makes every logging trail deliver its log files and digests now, independent of
// the clock. It waits for a delivery in progress.
func (a *Account) Deliver() {
	for a.deliver(true) {
		time.Sleep(time.Millisecond)
	}
}

// deliverDue delivers what is due by the account's clock.
func (a *Account) deliverDue() { a.deliver(false) }

// dueTrail is what one trail has to deliver, taken from the state.
type dueTrail struct {
	trail   trail // a copy
	live    *trail
	records []json.RawMessage
	logs    bool
	digest  bool
	now     bool // a digest can end before its hour does
}

func (a *Account) deliver(now bool) (busy bool) {
	at := a.now()
	var due []*dueTrail
	a.mu.Lock()
	for _, t := range a.cloudtrail().Trails {
		if !t.Logging && !t.Closing {
			continue
		}
		if t.delivering {
			busy = true
			continue
		}
		d := &dueTrail{live: t, now: now || t.Closing}
		d.logs, d.digest = d.now || at.Sub(t.Tried) >= logEvery, t.Validation && (d.now || t.digestDue(at))
		t.Closing = false
		if !d.logs && !d.digest {
			continue
		}
		if d.logs {
			d.records, t.Pending = t.Pending, nil
			t.Tried = at
		}
		t.delivering = true
		d.trail = *t
		d.trail.Chains = cloneChains(t.Chains)
		due = append(due, d)
	}
	a.mu.Unlock()
	for _, d := range due {
		a.run(d, at)
	}
	return busy
}

func cloneChains(chains map[string]*digests) map[string]*digests {
	out := map[string]*digests{}
	for region, one := range chains {
		copied := *one
		copied.Files = slices.Clone(one.Files)
		out[region] = &copied
	}
	return out
}

// digestDue reports whether an hour has passed since a chain's last digest.
func (t *trail) digestDue(at time.Time) bool {
	if len(t.Chains) == 0 {
		return at.Sub(t.Started) >= digestEvery
	}
	for _, chain := range t.Chains {
		if at.Sub(chain.Since) >= digestEvery {
			return true
		}
	}
	return false
}

// run delivers for one trail and records the outcome in the state.
func (a *Account) run(d *dueTrail, at time.Time) {
	t := &d.trail
	if t.Chains[t.Region] == nil {
		t.Chains[t.Region] = &digests{Since: t.Started}
	}
	var failed, digestFailed error
	left, digested := d.records, false
	delivered := false
	if d.logs {
		left, failed = a.deliverLogs(t, d.records, at)
		delivered = len(left) < len(d.records)
	}
	if d.digest {
		digested, digestFailed = a.deliverDigests(t, at, d.now)
	}
	_ = a.update("cloudtrail", func() error {
		live := d.live
		live.delivering = false
		live.Pending = slices.Concat(left, live.Pending)
		if delivered {
			live.Delivered = at
		}
		if delivered || failed != nil {
			live.DeliveryError = errorCode(failed)
		}
		if d.digest {
			live.DigestError = errorCode(digestFailed)
		}
		if digested {
			live.DigestTime = at
		}
		if live.Bucket == t.Bucket && live.Prefix == t.Prefix {
			live.Chains = t.Chains
		}
		return nil
	})
}

// errorCode is the name of an S3 failure in a trail's status.
func errorCode(err error) string {
	var known *apiError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &known):
		return known.code
	default:
		return "InternalError"
	}
}

// deliverLogs writes one log file for every region and returns the records to retry.
func (a *Account) deliverLogs(t *trail, records []json.RawMessage, at time.Time) (left []json.RawMessage, err error) {
	byRegion := map[string][]json.RawMessage{}
	times := map[string][]string{}
	for _, record := range records {
		var head struct {
			Region string `json:"awsRegion"`
			Time   string `json:"eventTime"`
		}
		if err := json.Unmarshal(record, &head); err != nil {
			continue // we wrote it
		}
		byRegion[head.Region] = append(byRegion[head.Region], record)
		times[head.Region] = append(times[head.Region], head.Time)
	}
	var failed error
	for region, some := range byRegion {
		content, err := json.Marshal(map[string]any{"Records": some})
		if err != nil {
			return records, err
		}
		key := t.folder(a.id, "CloudTrail") + "/" + region + "/" + at.Format("2006/01/02") + "/" +
			a.id + "_CloudTrail_" + region + "_" + at.Format("20060102T1504Z") + "_" +
			base32.StdEncoding.EncodeToString(randomBytes(10)) + ".json.gz"
		if err := a.putForTrail(t, key, content, nil); err != nil {
			left, failed = append(left, some...), err
			continue
		}
		chain := t.Chains[region]
		if chain == nil {
			chain = &digests{Since: t.Chains[t.Region].Since}
			t.Chains[region] = chain
		}
		chain.Files = append(chain.Files, digestFile{
			Bucket: t.Bucket, Object: key, Hash: hashOf(content), Algorithm: "SHA-256", Newest: slices.Max(times[region]),
			Oldest: slices.Min(times[region]),
		})
	}
	return left, failed
}

// putForTrail writes a gzipped file as CloudTrail, when the bucket's policy allows it.
func (a *Account) putForTrail(t *trail, key string, content []byte, metadata map[string]string) error {
	var zipped bytes.Buffer
	w, kept := a.zips.Get().(*gzip.Writer)
	if !kept {
		w = gzip.NewWriter(nil)
	}
	defer a.zips.Put(w)
	w.Reset(&zipped)
	if _, err := w.Write(content); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	encryption, err := a.trailEncryption(t)
	if err != nil {
		return err
	}
	return a.putAsService(delivery{
		Bucket: t.Bucket, Key: key, Principal: trailPrincipal, Source: t.arn(a.id),
		ContentType: "application/json", Encoding: "gzip", Metadata: metadata, Encryption: encryption,
	}, zipped.Bytes())
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// deliverDigests writes the due digests of every chain: one for each full hour or, with
// now, one that ends now.
func (a *Account) deliverDigests(t *trail, at time.Time, now bool) (some bool, err error) {
	for _, region := range slices.Sorted(maps.Keys(t.Chains)) {
		chain := t.Chains[region]
		if at.Sub(chain.Since) > longestCatchUp {
			*chain = digests{Since: at.Add(-digestEvery), Files: chain.Files}
		}
		for {
			end := chain.Since.Add(digestEvery)
			if end.After(at) {
				// Two within a second would have the same name.
				if !now || !chain.Since.Before(at) || chain.Object != "" && chain.Since.Truncate(time.Second).Equal(at.Truncate(time.Second)) {
					break
				}
				end = at
			}
			if err := a.deliverDigest(t, region, chain, end); err != nil {
				return some, err
			}
			some = true
		}
	}
	return some, nil
}

// deliverDigest writes one digest, signs it and links it to the one before.
func (a *Account) deliverDigest(t *trail, region string, chain *digests, end time.Time) error {
	key, err := a.digestKey()
	if err != nil {
		return err
	}
	d := digest{
		Account: a.id, Start: isoSeconds(chain.Since), End: isoSeconds(end), Bucket: t.Bucket, Fingerprint: fingerprint(key),
		Algorithm: "SHA256withRSA", LogFiles: nonNil(chain.Files),
		Object: t.folder(a.id, "CloudTrail-Digest") + "/" + region + "/" + end.Format("2006/01/02") + "/" +
			a.id + "_CloudTrail-Digest_" + region + "_" + t.Name + "_" + t.Region + "_" + end.Format("20060102T150405Z") + ".json.gz",
	}
	for _, file := range chain.Files {
		if d.Newest == nil || file.Newest > *d.Newest {
			d.Newest = new(file.Newest)
		}
		if d.Oldest == nil || file.Oldest < *d.Oldest {
			d.Oldest = new(file.Oldest)
		}
	}
	previous := "null" // a starting digest is signed with this word
	if chain.Object != "" {
		previous = chain.Previous
		d.PreviousBucket, d.PreviousObject, d.PreviousHash = new(chain.Bucket), new(chain.Object), new(chain.Hash)
		d.PreviousAlgorithm, d.PreviousSignature = new("SHA-256"), new(chain.Previous)
	}
	content, err := json.Marshal(d)
	if err != nil {
		return err
	}
	toSign := strings.Join([]string{d.End, d.Bucket + "/" + d.Object, hashOf(content), previous}, "\n")
	sum := sha256.Sum256([]byte(toSign))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		return err
	}
	signed := hex.EncodeToString(signature)
	err = a.putForTrail(t, d.Object, content, map[string]string{"signature": signed, "signature-algorithm": d.Algorithm})
	if err != nil {
		return err
	}
	*chain = digests{Since: end, Bucket: d.Bucket, Object: d.Object, Hash: hashOf(content), Previous: signed}
	return nil
}

// digestKey returns the key that signs digests. It is made when first needed, because that
// takes a tenth of a second, which would slow every start.
func (a *Account) digestKey() (*rsa.PrivateKey, error) {
	var key *rsa.PrivateKey
	a.view(func() { key = a.cloudtrail().signer })
	if key != nil {
		return key, nil
	}
	made, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	err = a.update("cloudtrail", func() error {
		state := a.cloudtrail()
		if state.signer == nil && len(state.Key) > 0 {
			kept, err := x509.ParsePKCS1PrivateKey(state.Key)
			if err != nil {
				return err
			}
			state.signer = kept
		}
		if state.signer == nil {
			state.signer, state.Key, state.KeySet = made, x509.MarshalPKCS1PrivateKey(made), a.now()
		}
		key = state.signer
		return nil
	})
	return key, err
}

// fingerprint names a public key in digests and in ListPublicKeys.
func fingerprint(key *rsa.PrivateKey) string {
	sum := md5.Sum(x509.MarshalPKCS1PublicKey(&key.PublicKey)) //nolint:gosec // a name
	return hex.EncodeToString(sum[:])
}

// listPublicKeys: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html
func (c *call) listPublicKeys() error {
	var in struct {
		StartTime *epoch `json:",omitempty"`
		EndTime   *epoch `json:",omitempty"`
		NextToken string `json:",omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("cloudtrail:ListPublicKeys", "*", nil); err != nil {
		return err
	}
	start, end := c.now, c.now
	if in.StartTime != nil {
		start = in.StartTime.Time
	}
	if in.EndTime != nil {
		end = in.EndTime.Time
	}
	if start.After(end) {
		return trailError("InvalidTimeRangeException", "The start time must be before the end time.")
	}
	if in.NextToken != "" {
		return trailError("InvalidTokenException", "The token is not valid.")
	}
	key, err := c.account.digestKey()
	if err != nil {
		return err
	}
	var made time.Time
	c.account.view(func() { made = c.account.cloudtrail().KeySet })
	type publicKey struct {
		Value             []byte
		ValidityStartTime epoch
		ValidityEndTime   epoch
		Fingerprint       string
	}
	// The one key is valid from before the account's first digest, which may cover time
	// before the key was made.
	one := publicKey{
		Value: x509.MarshalPKCS1PublicKey(&key.PublicKey), Fingerprint: fingerprint(key),
		ValidityStartTime: epoch{made.Add(-longestCatchUp)}, ValidityEndTime: epoch{made.AddDate(10, 0, 0)},
	}
	out := []publicKey{}
	if !one.ValidityStartTime.After(end) && !one.ValidityEndTime.Before(start) {
		out = append(out, one)
	}
	return c.json(http.StatusOK, map[string]any{"PublicKeyList": out})
}

// getTrailStatus: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
func (c *call) getTrailStatus() error {
	var in struct{ Name string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn, err := c.onTrail("GetTrailStatus", in.Name)
	if err != nil {
		return err
	}
	var out struct {
		IsLogging                          bool
		LatestDeliveryError                string `json:",omitempty"`
		LatestDeliveryTime                 *epoch `json:",omitempty"`
		StartLoggingTime                   *epoch `json:",omitempty"`
		StopLoggingTime                    *epoch `json:",omitempty"`
		LatestDigestDeliveryTime           *epoch `json:",omitempty"`
		LatestDigestDeliveryError          string `json:",omitempty"`
		LatestDeliveryAttemptTime          string
		LatestNotificationAttemptTime      string
		LatestNotificationAttemptSucceeded string
		LatestDeliveryAttemptSucceeded     string
		TimeLoggingStarted                 string
		TimeLoggingStopped                 string
	}
	when := func(t time.Time) (*epoch, string) {
		if t.IsZero() {
			return nil, ""
		}
		return &epoch{t}, isoSeconds(t)
	}
	err = c.readTrail(arn, func(t *trail) {
		out.IsLogging, out.LatestDeliveryError, out.LatestDigestDeliveryError = t.Logging, t.DeliveryError, t.DigestError
		out.LatestDeliveryTime, out.LatestDeliveryAttemptSucceeded = when(t.Delivered)
		out.LatestDeliveryAttemptTime = out.LatestDeliveryAttemptSucceeded
		if t.DeliveryError != "" {
			_, out.LatestDeliveryAttemptTime = when(t.Tried)
		}
		out.StartLoggingTime, out.TimeLoggingStarted = when(t.Started)
		out.StopLoggingTime, out.TimeLoggingStopped = when(t.Stopped)
		out.LatestDigestDeliveryTime, _ = when(t.DigestTime)
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, out)
}
