package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fault is one failure that is injected on purpose.
type fault struct {
	kind   string
	action string        // pattern over service:Operation and IAM actions
	times  int           // how often it acts from now on; -1: always
	wait   time.Duration // delay, stale: how long; others: how long it acts, from its first time; 0: no limit
	ends   time.Time     // set at the first time
	after  int64         // truncate: bytes of the answer's body that pass; break: events
	code   string        // error: the code; empty: the service's internal error. break: the exception
	reason string        // stop: the stop reason
	status int           // error, lose: the HTTP status; 0 for lose: the connection is closed
	text   string        // error, lose: the message
	by     string        // deny: the end of AWS's sentence
}

// The kinds of fault.
const (
	faultDeny     = "deny"     // refused by the policies
	faultThrottle = "throttle" // refused as too many requests
	faultDelay    = "delay"    // answered late
	faultDrop     = "drop"     // connection closed without an answer, and nothing done
	faultLose     = "lose"     // done, but the answer is lost or is an error
	faultTruncate = "truncate" // answer's body or stream cut
	faultStale    = "stale"    // changes to identities do not show yet
	faultError    = "error"    // refused with a given code
	faultStop     = "stop"     // a model stops halfway for a given reason
	faultBreak    = "break"    // an event stream ends with an exception
)

// faultKinds is read only.
var faultKinds = []string{
	faultDeny, faultThrottle, faultDelay, faultDrop, faultLose, faultTruncate, faultStale, faultError, faultStop, faultBreak,
}

// ParseFault reads a fault specification:
//
//	KIND=ACTION[,times=N][,for=DUR][,after=N][,code=CODE][,status=N][,reason=WORD][,by=POLICY][,message=TEXT]
//
// KIND is deny, throttle, delay, drop, lose, truncate, stale, error, and for models
// stop and break. drop and error act before the operation, so that nothing is done; lose
// acts after it. ACTION is an API
// operation or an IAM action with its service's IAM prefix, wildcards * and ?
// allowed, compared without case: "s3:PutObject", "iam:Get*", "*".
//
//   - times: how many calls it acts on; without it, all
//   - for: how long delay waits (1s) and how long stale hides a change (5s); the
//     other kinds act for so long, from their first time
//   - after: how many bytes of the answer's body truncate lets through, how
//     many events break does (0)
//   - code, status: what error answers (the service's internal error, 500), and
//     lose in place of the answer (a closed connection); code: the exception that
//     break sends
//   - by: which policy denies, as AWS's message names it: scp, rcp, resource, identity,
//     boundary, session or endpoint; without it, no policy allows the action
//   - message: what error and lose say; the last option, because it may contain commas
//   - reason: why stop stops a model halfway ("guardrail_intervened")
//
// stale names the changing operation, "stale=iam:CreateAccessKey,for=2s": for that long,
// authentication and authorisation use the identities as they were before the change, and,
// for changes of keys in KMS, a key's tags and aliases as they were. S3 is strongly
// consistent and has no stale reads.
func ParseFault(spec string) (Fault, error) {
	kind, rest, ok := strings.Cut(spec, "=")
	if !ok || !slices.Contains(faultKinds, kind) {
		return Fault{}, fmt.Errorf("sandbox: fault %q: want KIND=ACTION with KIND one of %s", spec, strings.Join(faultKinds, ", "))
	}
	rest, text, _ := strings.Cut(rest, ",message=")
	parts := strings.Split(rest, ",")
	f := fault{kind: kind, action: parts[0], times: -1, text: text}
	if f.action == "" || (f.action != "*" && !strings.Contains(f.action, ":")) {
		return Fault{}, fmt.Errorf("sandbox: fault %q: want an action as service:Operation after %s=", spec, kind)
	}
	switch kind {
	case faultDelay:
		f.wait = time.Second
	case faultStale:
		f.wait = 5 * time.Second
	case faultStop:
		f.reason = "guardrail_intervened"
	case faultError:
		f.status = http.StatusInternalServerError
	}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		if err := f.set(name, value); err != nil {
			return Fault{}, fmt.Errorf("sandbox: fault %q: %w", spec, err)
		}
	}
	if f.code != "" && f.status == 0 {
		f.status = http.StatusInternalServerError
	}
	return Fault{spec: spec, fault: f}, nil
}

// deniedBy is the end of AWS's sentence by the policy that denies (IAM user guide,
// "Troubleshoot access denied error messages"). It is read only.
var deniedBy = map[string]string{
	"scp":      "with an explicit deny in a service control policy",
	"rcp":      "with an explicit deny in a resource control policy",
	"resource": "with an explicit deny in a resource-based policy",
	"identity": "with an explicit deny in an identity-based policy",
	"boundary": "with an explicit deny in a permissions boundary",
	"session":  "with an explicit deny in a session policy",
	"endpoint": "with an explicit deny in a VPC endpoint policy",
}

// Fault is a parsed fault specification.
type Fault struct {
	spec  string
	fault fault
}

// String is the specification as it was given.
func (f Fault) String() string { return f.spec }

func (f *fault) set(name, value string) error {
	var err error
	switch name {
	case "times":
		f.times, err = strconv.Atoi(value)
		if err == nil && f.times < 1 {
			err = errors.New("times must be at least 1")
		}
	case "for":
		f.wait, err = time.ParseDuration(value)
		if err == nil && f.wait < 0 {
			err = errors.New("for must not be negative")
		}
	case "after":
		f.after, err = strconv.ParseInt(value, 10, 64)
		if err == nil && f.after < 0 {
			err = errors.New("after must not be negative")
		}
	case "code":
		f.code = value
	case "reason":
		f.reason = value
	case "by":
		words, ok := deniedBy[value]
		if !ok {
			return fmt.Errorf("by must be one of %s", strings.Join(slices.Sorted(maps.Keys(deniedBy)), ", "))
		}
		f.by = words
	case "status":
		f.status, err = strconv.Atoi(value)
		if err == nil && (f.status < 400 || f.status > 599) {
			err = errors.New("status must be from 400 to 599")
		}
	default:
		err = fmt.Errorf("there is no option %q; options are times, for, after, code, status, reason, by, message", name)
	}
	return err
}

// faults are the injected faults.
type faults struct {
	mu   sync.Mutex
	list []*fault
}

// Inject adds a fault; see ParseFault. Clear removes all of them.
func (a *Account) Inject(spec string) error {
	parsed, err := ParseFault(spec)
	if err != nil {
		return err
	}
	a.faults.mu.Lock()
	defer a.faults.mu.Unlock()
	a.faults.list = append(a.faults.list, &parsed.fault)
	return nil
}

// Clear removes every injected fault.
func (a *Account) Clear() {
	a.faults.mu.Lock()
	defer a.faults.mu.Unlock()
	a.faults.list = nil
}

// take returns the faults that act now on an action by one of names and counts one of their
// times, unless skip says that they already acted on this call.
func (f *faults) take(now time.Time, skip map[*fault]bool, want func(kind string) bool, names ...string) []*fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []*fault
	for _, one := range f.list {
		if skip[one] || one.times == 0 || !want(one.kind) {
			continue
		}
		if !slices.ContainsFunc(names, func(name string) bool { return matches(one.action, name) }) {
			continue
		}
		if one.lasts() {
			if one.ends.IsZero() {
				one.ends = now.Add(one.wait)
			}
			if !now.Before(one.ends) {
				continue
			}
		}
		if one.times > 0 {
			one.times--
		}
		out = append(out, one)
	}
	return out
}

// lasts reports whether the fault acts only for a time.
func (f *fault) lasts() bool { return f.wait > 0 && f.kind != faultDelay && f.kind != faultStale }

// answer is the error that an error fault, or a lose fault with a status, answers with.
func (f *fault) answer(c *call) error {
	code, text := f.code, f.text
	if code == "" {
		code = c.internalCode()
	}
	if text == "" {
		text = "An injected fault."
	}
	return fail(f.status, code, text)
}

// strike applies the faults for the call's operation or action. It is called once with the
// operation's names and again for every authorised action; a fault acts once on a call.
func (c *call) strike(names ...string) error {
	list := c.account.faults.take(c.now, c.struck, func(kind string) bool { return kind != faultStale }, names...)
	for _, f := range list {
		if c.struck == nil {
			c.struck = map[*fault]bool{}
		}
		c.struck[f] = true
		switch f.kind {
		case faultDeny:
			why := f.by
			if why == "" {
				why = "because no identity-based policy allows the " + names[0] + " action"
			}
			return c.denied(names[0], "*", why)
		case faultThrottle:
			return c.throttled()
		case faultDelay:
			if !pause(c.request, f.wait) {
				return http.ErrAbortHandler
			}
		case faultDrop:
			return http.ErrAbortHandler
		case faultTruncate:
			if out, ok := c.writer.(*answer); ok {
				out.limit = f.after
			}
		case faultLose:
			if out, ok := c.writer.(*answer); ok {
				out.lost = f
			}
		case faultError:
			return f.answer(c)
		}
	}
	return nil
}

// struckBy returns the fault of a kind that acts on the call; nil when there is none. The
// services use it for the kinds that the core cannot apply (stop, break).
func (c *call) struckBy(kind string) *fault {
	for f := range c.struck {
		if f.kind == kind {
			return f
		}
	}
	return nil
}

// throttled is the service's error code for too many requests.
func (c *call) throttled() error {
	switch c.service.protocol {
	case restXML, restXMLWrapped:
		return fail(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	case queryProtocol:
		return fail(http.StatusBadRequest, "Throttling", "Rate exceeded")
	case json11:
		return fail(http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
	default:
		return fail(http.StatusTooManyRequests, "ThrottlingException", "Too many requests, please wait before trying again.")
	}
}

// matches compares without case, with the wildcards * and ?.
func matches(pattern, s string) bool {
	pattern, s = strings.ToLower(pattern), strings.ToLower(s)
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]) && pattern[i] != '*':
			i, j = i+1, j+1
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(pattern) && pattern[i] == '*' {
		i++
	}
	return i == len(pattern)
}
