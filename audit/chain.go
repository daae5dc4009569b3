package audit

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/aws"
	"claria/internal/words"
	"claria/provision/state"
)

const (
	// longestDigest is the longest time that one digest covers: an hour, and some
	// lateness. A longer step between two digests means that one is missing. This finds
	// two missing neighbours, which `aws cloudtrail validate-logs` does not.
	longestDigest = 75 * time.Minute
	// digestEvery is how long one digest covers, less what it may be short of an hour.
	digestEvery = 55 * time.Minute
	// lateness is how far apart two clocks of AWS may be.
	lateness = 15 * time.Minute
)

// reading judges the collected evidence. look shows who stopped and started the
// trail, which explains why a chain begins again.
func (e evidence) reading(look Look) state.Reading[Digests] {
	if e.failed != nil {
		operation := "cloudtrail:GetTrailStatus"
		if known, ok := errors.AsType[*aws.Error](e.failed); ok {
			operation = known.Operation
		}
		return state.ReadingOf(Digests{}, e.failed, operation)
	}
	v := verification{
		evidence: e, look: look,
		Digests: Digests{At: e.now, From: e.now.Add(-digestWindow), To: e.now, Problems: []string{}, Notes: []string{}},
	}
	for i, c := range e.chains {
		v.chain(c, i == 0)
	}
	v.tail()
	v.Begins = v.begun()
	v.Partial = strings.Join(append(v.partial, v.passed()...), "; ")
	return state.Known(v.Digests)
}

// verification is a verdict in progress.
type verification struct {
	evidence
	look Look
	Digests
	skipped int // log files beyond what one look reads
	unread  int // files that could not be read
	why     error
}

func (v *verification) problem(format string, args ...any) {
	v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
}

func (v *verification) note(format string, args ...any) {
	v.Notes = append(v.Notes, fmt.Sprintf(format, args...))
}

// chain verifies one region's digests: the signature of each, and its link to the one
// before it.
func (v *verification) chain(c *chain, home bool) {
	var before *digestFile // the one before it that exists
	trusted := true        // its content is what CloudTrail signed, or it was not opened
	for _, f := range c.files {
		if !f.open {
			before, trusted = f, true
			continue
		}
		switch {
		case f.err != nil:
			v.unread, v.why = v.unread+1, f.err
			before, trusted = f, false
			continue
		case f.gone:
			v.problem("digest %s is gone", base(f.key))
			before, trusted = f, false
			continue
		case c.keys == nil: // partial says why
			return
		}
		if why := f.unsigned(c); why != "" {
			v.problem("digest %s %s", base(f.key), why)
			if !f.backfill {
				before, trusted = f, false
			}
			continue
		}
		v.Digests.Digests++
		if !f.backfill {
			v.link(c, before, f, trusted)
			before, trusted = f, true
		}
		v.logs(f)
	}
	if home && len(c.files) > 0 {
		v.To = c.files[len(c.files)-1].end
	}
	if !home && c.opened < len(c.files) {
		v.note("%s: %d of %d digests were verified, the others only counted", c.region, c.opened, len(c.files))
	}
}

// unsigned says what is wrong with a digest by itself; empty: CloudTrail signed it.
func (f *digestFile) unsigned(c *chain) string {
	d := f.content
	switch {
	case f.garbled:
		return "is no longer a digest: it was altered"
	case d.Object != f.key:
		return "is another digest under this name: it calls itself " + base(d.Object)
	case f.signature == "":
		return "has no signature"
	}
	key := c.keys[d.Fingerprint]
	if key == nil {
		return "is signed with a key that is not CloudTrail's"
	}
	previous := "null" // the first digest of a chain is signed with this word
	if d.PreviousSignature != nil {
		previous = *d.PreviousSignature
	}
	signature, err := hex.DecodeString(f.signature)
	if err != nil {
		return "has a malformed signature"
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{d.End, d.Bucket + "/" + d.Object, f.hash, previous}, "\n")))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil {
		return "is not the digest that CloudTrail signed: it was altered or forged"
	}
	return ""
}

// link verifies that a digest follows the one before it.
func (v *verification) link(c *chain, before, f *digestFile, trusted bool) {
	d := f.content
	switch {
	case d.PreviousObject == nil:
		v.begins(c, before, f)
	case before == nil:
		// The digest before is outside the window, unless it is missing.
		if end, ok := v.endOf(c, *d.PreviousObject); !ok || end.After(v.From) {
			v.missing(c, v.From, *d.PreviousObject)
		}
	case *d.PreviousObject != before.key:
		v.missing(c, before.end, *d.PreviousObject)
	case !trusted || !before.open: // a problem with it is recorded already, or it was not verified
	case d.PreviousHash == nil || *d.PreviousHash != before.hash || d.PreviousSignature == nil || *d.PreviousSignature != before.signature:
		v.problem("digest %s does not follow from %s: one of the two was replaced", base(f.key), base(before.key))
	}
}

func (v *verification) endOf(c *chain, key string) (time.Time, bool) {
	account := strings.Split(v.trail, ":")[4]
	end, _, ok := digestEnd(key, account+"_CloudTrail-Digest_"+c.region+"_"+base(v.trail)+"_"+v.home+"_")
	return end, ok
}

// missing records that a digest which another one names is gone, and counts the
// digests that must have preceded it.
func (v *verification) missing(c *chain, since time.Time, key string) {
	text := "digest " + base(key) + " is gone"
	if end, ok := v.endOf(c, key); ok && end.Sub(since) > longestDigest {
		more := int(end.Sub(since).Round(time.Hour)/time.Hour) - 1
		if more > 0 {
			text += fmt.Sprintf(", and %d more before it, back to %s", more, words.UTC(since))
		}
	}
	v.problem("%s", text)
}

// begins judges a digest that follows none. A chain begins again when logging or its
// validation is switched on; anything else is a gap.
func (v *verification) begins(c *chain, before, f *digestFile) {
	start := f.content.Start
	on, how := v.changed(start, lateness, longestDigest, "StartLogging", "UpdateTrail", "CreateTrail")
	if gap := start.Sub(v.started); gap >= -lateness && gap <= longestDigest {
		on, how = true, "logging was started"
	}
	off, by := true, ""
	if before != nil {
		if start.Sub(before.end) <= longestDigest {
			return // no hour is missing
		}
		off, by = v.changed(before.end, longestDigest, lateness, "StopLogging", "UpdateTrail", "DeleteTrail")
	}
	switch {
	case on && off:
		if before == nil {
			v.note("%s: the signed logs begin at %s (%s)", c.region, words.UTC(start), how)
		} else {
			v.note("%s: no log was signed from %s to %s (%s; %s)", c.region, words.UTC(before.end), words.UTC(start), by, how)
		}
	case !v.look.Writes.Known(), v.look.From.After(start.Add(-lateness)), before != nil && v.look.From.After(before.end.Add(-lateness)):
		v.partial = append(v.partial,
			fmt.Sprintf("%s: the signed logs begin again at %s, and the event history does not show who switched the trail on or off", c.region, words.UTC(start)))
	case before == nil:
		v.problem("%s: the signed logs begin at %s, but nobody switched the trail on then", c.region, words.UTC(start))
	default:
		v.problem("%s: no log is signed from %s to %s, but nobody switched the trail off and on then", c.region, words.UTC(before.end), words.UTC(start))
	}
}

// changed finds a change of the trail around a time, in the event history.
func (v *verification) changed(at time.Time, after, before time.Duration, names ...string) (bool, string) {
	events, _ := v.look.Writes.Value()
	for _, e := range events {
		if e.Error == "" && slices.Contains(names, e.Name) && e.At.After(at.Add(-before)) && e.At.Before(at.Add(after)) && v.onTrail(e) {
			return true, e.Name + " by " + e.Actor
		}
	}
	return false, ""
}

// begun is when the trail was last started or changed: a change may have switched the
// validation on, which begins a new chain.
func (v *verification) begun() time.Time {
	at := v.started
	for _, name := range []string{"StartLogging", "UpdateTrail", "CreateTrail"} {
		if e, ok := v.latestOf(name); ok && e.At.After(at) {
			at = e.At
		}
	}
	return at
}

// latestOf is the newest successful call of a name on the trail.
func (v *verification) latestOf(name string) (Event, bool) {
	events, _ := v.look.Writes.Value() // newest first
	i := slices.IndexFunc(events, func(e Event) bool { return e.Name == name && e.Error == "" && v.onTrail(e) })
	if i < 0 {
		return Event{}, false
	}
	return events[i], true
}

func (v *verification) onTrail(e Event) bool {
	return slices.Contains(e.Resources, v.trail) || slices.Contains(e.Resources, base(v.trail))
}

// logs judges the log files that a verified digest lists.
func (v *verification) logs(f *digestFile) {
	for _, l := range f.logs {
		switch {
		case l.passed:
			v.skipped++
		case l.err != nil:
			v.unread, v.why = v.unread+1, l.err
		case l.gone:
			v.problem("log file %s is gone", base(l.Object))
		case !strings.EqualFold(l.found, l.Hash):
			v.problem("log file %s is not the file that CloudTrail delivered: it was altered", base(l.Object))
		default:
			v.Files++
		}
	}
}

// tail checks the newest digests. No digest names them yet, but the trail itself says
// when it last delivered one. CloudTrail delivers a digest soon after the hour that it
// covers, so the newest ends less than an hour before. Its own end counts, not when its
// object was written: an old digest that is stored again looks new.
func (v *verification) tail() {
	var newest time.Time
	files := v.chains[0].files
	for _, f := range files {
		if !f.backfill && f.end.After(newest) {
			newest = f.end
		}
	}
	most := digestEvery
	if v.now.Sub(v.latest) < 2*time.Minute { // the last may have arrived after the list was read
		most += digestEvery
	}
	switch {
	case v.latest.IsZero():
		v.note("no digest has been delivered yet: CloudTrail signs once an hour")
	case v.latest.Before(v.From):
		v.note("no digest has been delivered since %s", words.UTC(v.latest))
	case len(files) == 0 && most > digestEvery:
	case len(files) == 0:
		v.problem("every digest of the last day is gone: one was delivered at %s", words.UTC(v.latest))
	case v.latest.Sub(newest) > most:
		v.problem("the latest digests are gone: one was delivered at %s, but the newest in the bucket ends at %s", words.UTC(v.latest), words.UTC(newest))
	}
}

// passed says what was not verified.
func (v *verification) passed() []string {
	var texts []string
	if v.skipped > 0 {
		texts = append(texts, fmt.Sprintf("%d log files were not verified: one check downloads at most %d", v.skipped, mostLogFiles))
	}
	if v.unread > 0 {
		texts = append(texts, fmt.Sprintf("%d files could not be read: %v", v.unread, v.why))
	}
	return texts
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
