package provision

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"claria/aws"
	"claria/provision/state"
)

// Progress is one event of an Apply.
type Progress struct {
	Step   Step
	Index  int // 0-based
	Total  int
	Status string // "started", "waiting", "done", "failed", "stopped"
	Detail string // what a person should know: the new key's id, what is waited for, the steps that were not done
}

// Approval is what a person approves along with the plan.
type Approval struct {
	// Adopt names the resources to take over, each by its step's id, by its resource
	// ("user claria-admin") or by its bare name.
	Adopt []string
	// Remove names the statements of others and the access grants to remove: Step.Asks.
	Remove  []string
	Keyring aws.Keyring // where new keys are stored
	// Prove opens the account with a new key, to test the key before it is stored.
	Prove func(context.Context, aws.Key) (*aws.Account, error)
	// SecondFactor shows a person the daily identity's new second factor and returns two
	// consecutive codes; an error cancels the enrolment. Code returns one more code;
	// refused is why the last one was not accepted, nil at first. Both may take as long
	// as a person does.
	SecondFactor func(context.Context, Enrolment) (first, second string, err error)
	Code         func(ctx context.Context, refused error) (string, error)
	// Retire asks a person which key to delete, by its id, when an identity has as many
	// keys as AWS allows. Nil: the limit is an error that lists the keys.
	Retire func(context.Context, *KeyLimitError) (id string, err error)
	// KeptSeed is the seed of a device that an interrupted enrolment created, if this
	// computer kept it; empty: it did not. Nil: it keeps none.
	KeptSeed func(serial string) string
	// StartedFromRootKey is the id of the root key that set-up started from; the last
	// step deletes it. Empty: it is kept.
	StartedFromRootKey string
	// Declare writes into claria.toml which models the practice uses from now on, the first
	// one for drafts. Nil: nothing is written.
	Declare func(ctx context.Context, models []string) error
	// Remember is called before the root key is deleted. It stores what this computer
	// needs to continue with the daily key. Nil: nothing is stored.
	Remember func() error
}

const (
	stepTime = 15 * time.Minute // one step, its waits included
	showTime = 40 * time.Second // until a new read shows a change
)

// Apply does exactly the plan. Each step reads again what it is about to change, stops
// if that is not what was approved, writes, and reads back what it wrote. Cancelling ctx
// takes effect between steps; it also ends a wait for AWS. A step that fails stops the
// rest; a later plan continues with what is left.
func Apply(ctx context.Context, account *aws.Account, plan Plan, approval Approval) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		total := len(plan.Steps)
		if err := plan.refuse(ctx, account, approval); err != nil {
			yield(Progress{Total: total, Status: "failed", Detail: "nothing was changed"}, err)
			return
		}
		w := &writer{account: account, settings: plan.settings, approval: approval, all: plan.resources()}
		for i, step := range plan.Steps {
			p := Progress{Step: step, Index: i, Total: total, Status: "started"}
			if err := ctx.Err(); err != nil {
				p.Status, p.Detail = "stopped", left(plan.Steps[i:])
				yield(p, aws.Wrap(err, "apply", plan.Account))
				return
			}
			if !yield(p, nil) {
				return
			}
			listening := true
			detail, kept, err := w.watched(ctx, step, &plan.observed, func(wait aws.Wait) {
				if listening {
					waiting := p
					waiting.Status, waiting.Detail = "waiting", wait.String()
					listening = yield(waiting, nil)
				}
			})
			if !listening {
				return
			}
			if err != nil {
				p.Status, p.Detail = "failed", left(plan.Steps[i+1:])
				yield(p, fmt.Errorf("%s: %w", step.Resource, err))
				return
			}
			p.Status, p.Detail, p.Step.Kept = "done", detail, kept
			if !yield(p, nil) {
				return
			}
		}
	}
}

// watched does one step in another goroutine, so that its waits are reported while they
// last. A panic of the step becomes one of the caller.
func (w *writer) watched(ctx context.Context, step Step, approved *state.State, tell func(aws.Wait)) (
	detail string, kept *Kept, err error,
) {
	waits, over := make(chan aws.Wait, 8), make(chan struct{})
	var cause any
	heard := aws.WithWaits(ctx, ctx.Done(), func(wait aws.Wait) { waits <- wait })
	go func() {
		defer close(over)
		defer func() { cause = recover() }()
		detail, kept, err = w.step(heard, step, approved)
	}()
	for {
		select {
		case wait := <-waits:
			tell(wait)
			continue
		case <-over:
		}
		break
	}
	for len(waits) > 0 {
		tell(<-waits)
	}
	if cause != nil {
		panic(cause)
	}
	return detail, kept, err
}

// left lists the steps that were not done.
func left(steps []Step) string {
	if len(steps) == 0 {
		return ""
	}
	var names []string
	for _, s := range steps {
		if !slices.Contains(names, s.Resource) {
			names = append(names, s.Resource)
		}
	}
	return "not done: " + strings.Join(names, ", ")
}

// refuse is why the plan may not be applied; nil: it may.
func (p Plan) refuse(ctx context.Context, account *aws.Account, approval Approval) error {
	if p.Blocked != nil {
		return &BlockedError{*p.Blocked}
	}
	identity, err := account.Identity(ctx)
	if err != nil {
		return err
	}
	if identity.Account != p.Account {
		return &ForeignError{Practice: p.Account, Caller: identity.Account}
	}
	if account.Region() != p.Region {
		return fmt.Errorf("the plan is for region %s, but this session is in %s: open the account in the plan's region",
			p.Region, account.Region())
	}
	for _, step := range p.Steps {
		switch {
		case step.Op == Adopt && !approval.adopts(step):
			return &AdoptError{step}
		case len(approval.unapproved(step)) > 0:
			return &RemoveError{step, approval.unapproved(step)}
		case (strings.HasPrefix(step.ID, "key/") || strings.HasPrefix(step.ID, "rotate/")) &&
			(approval.Keyring == nil || approval.Prove == nil):
			return errors.New("there is no keyring to store the new keys in: nothing was changed")
		case strings.HasPrefix(step.ID, "mfa/") &&
			(approval.SecondFactor == nil || approval.Code == nil || approval.Keyring == nil || approval.Prove == nil):
			return errors.New("enrolling the second factor needs a person: " +
				"run claria setup --apply at a terminal, or claria setup --answers FILE; nothing was changed")
		case step.ID == "root-key" && approval.StartedFromRootKey != "":
			if root, _ := p.observed.Root.Value(); root.StartedFrom != approval.StartedFromRootKey {
				return fmt.Errorf("the plan deletes root key %s, but the deletion of %s was approved: plan again",
					aws.ShortKeyID(root.StartedFrom), aws.ShortKeyID(approval.StartedFromRootKey))
			}
			if approval.Keyring == nil || approval.Prove == nil {
				return errors.New("there is no keyring to read the daily key from, so the root key cannot be deleted: nothing was changed")
			}
			if approval.Code == nil {
				return errors.New("before the root key is deleted, a code of the second factor must prove that the account can be changed " +
					"without it: run claria setup --apply at a terminal, or give --mfa-code; nothing was changed")
			}
		}
	}
	return nil
}

// BlockedError refuses a plan that may not be applied.
type BlockedError struct{ Block Block }

func (e *BlockedError) Error() string { return e.Block.Reason + ": " + e.Block.Next }

// AdoptError refuses a plan that would take over a resource that Claria did not create
// and that was not approved by name.
type AdoptError struct{ Step Step }

func (e *AdoptError) Error() string {
	return fmt.Sprintf("%s already exists, and Claria did not create it: to take it over, approve it by name (%s)",
		e.Step.Resource, bareName(e.Step))
}

// RemoveError refuses a plan that would remove what others added and that was not approved
// by name.
type RemoveError struct {
	Step  Step
	Names []string // that were not approved
}

func (e *RemoveError) Error() string {
	return fmt.Sprintf("%s: the plan removes what Claria did not write: to allow it, approve it by name (%s); "+
		"to keep a statement, add its Sid to keep under [bucket] in claria.toml", e.Step.Resource, strings.Join(e.Names, ", "))
}

func (a Approval) unapproved(s Step) []string {
	return slices.DeleteFunc(slices.Clone(s.Asks), func(name string) bool { return slices.Contains(a.Remove, name) })
}

func bareName(s Step) string { return s.Resource[strings.LastIndex(s.Resource, " ")+1:] }

func (a Approval) adopts(s Step) bool {
	return slices.ContainsFunc(a.Adopt, func(n string) bool { return n == s.ID || n == s.Resource || n == bareName(s) })
}

// step does one step. Cancelling ctx does not interrupt it, so that no step is left half
// done. It also returns what Undo needs.
func (w *writer) step(ctx context.Context, step Step, approved *state.State) (detail string, kept *Kept, err error) {
	i := slices.IndexFunc(w.all, func(r resource) bool { return r.id == step.ID })
	if i < 0 {
		return "", nil, fmt.Errorf("this version of Claria has no step %q: plan again", step.ID)
	}
	r := w.all[i]
	w.asking = ctx
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(stepTime, r.patience))
	defer cancel()
	detail, kept, err = w.do(ctx, r, step, approved)
	if err == nil && step.widens() {
		w.account.Widened()
	}
	return detail, kept, err
}

// do reads the resource again, writes it, and waits until AWS shows the change.
func (w *writer) do(ctx context.Context, r resource, step Step, approved *state.State) (string, *Kept, error) {
	fresh, err := w.readAgain(ctx, r)
	if err != nil {
		return "", nil, err
	}
	now := r.diff(fresh)
	if now == nil {
		return "nothing to do: it was already so", nil, nil
	}
	if !r.sameFacts(fresh, approved) {
		return "", nil, &ChangedError{Approved: step, Now: r.step(now, fresh)}
	}
	w.have, w.resource = fresh, r
	w.observer = newObserver(ctx, w.account, w.settings)
	detail, err := r.write(ctx, w)
	if err != nil {
		return "", nil, err
	}
	if r.last {
		return detail, nil, nil
	}
	shown, err := w.awaitShown(ctx, r)
	return detail, r.kept(fresh, shown), err
}

// ChangedError says that somebody changed what a step was about to change after
// the plan was approved. Its kind is aws.Conflict.
type ChangedError struct{ Approved, Now Step }

func (e *ChangedError) Error() string {
	was, is := excerpts(orNothing(e.Approved.Before), orNothing(e.Now.Before))
	return fmt.Sprintf("%s changed after you approved the plan, so nothing was written; it was: %s; it is now: %s; plan again",
		e.Approved.ID, was, is)
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// Unwrap gives the error its kind.
func (e *ChangedError) Unwrap() error {
	return &aws.Error{Kind: aws.Conflict, Operation: "apply", Resource: e.Approved.ID}
}

// readAgain reads the resource's facts; one that cannot be read is an error.
func (w *writer) readAgain(ctx context.Context, r resource) (*state.State, error) {
	fresh := newState(w.settings)
	fresh.At = w.account.Now()
	o := newObserver(ctx, w.account, w.settings)
	r.read(o, &fresh)
	r.readSetting(o, &fresh)
	o.wait()
	if problems := r.problems(&fresh); len(problems) > 0 {
		return nil, problemError(problems[0], r.title)
	}
	if r.setting != nil {
		// The plan promises an undo, so a setting that cannot be kept stops the step.
		if p, unknown := r.raw(&fresh).Problem(); unknown {
			return nil, problemError(p, r.title)
		}
	}
	return &fresh, nil
}

// awaitShown reads the change back until AWS shows it, and returns what it shows.
func (w *writer) awaitShown(ctx context.Context, r resource) (shown *state.State, err error) {
	attributes := r.attributes(w.all)
	first := true
	err = poll(ctx, showTime, func() (bool, error) {
		if !first {
			aws.Tell(ctx, aws.Wait{Operation: r.title, Why: "AWS does not show the change yet", Limit: showTime})
		}
		first = false
		fresh, err := w.readAgain(ctx, r)
		if err != nil {
			return false, err
		}
		shown = fresh
		if r.done != nil {
			return r.done(fresh), fmt.Errorf("%s was written, but AWS does not show it yet: plan again in a minute", r.title)
		}
		for _, each := range append([]resource{r}, attributes...) {
			if c := each.diff(fresh); c != nil {
				return false, fmt.Errorf("%s was written, but AWS still shows %s: plan again in a minute", r.title, orNothing(c.before))
			}
		}
		return true, nil
	})
	return shown, err
}

// poll asks until the answer is yes, or returns the last error when time is up.
func poll(ctx context.Context, limit time.Duration, ask func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	wait := 100 * time.Millisecond
	for {
		ok, err := ask()
		if ok {
			return nil
		}
		// Jitter, so that two computers do not ask at the same moments.
		timer := time.NewTimer(wait/2 + rand.N(wait/2))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
		wait = min(2*wait, 3*time.Second)
	}
}

// create does a request that creates the step's resource, or makes the only change to it,
// and that must not be done twice. If its answer is lost, it reads the resource: done
// says whether the difference that is left shows that AWS did it. known are the words for
// Account.Made; nil: the name.
func (w *writer) create(
	ctx context.Context, operation, name string, known []string, done func(left *change) bool, do func() error,
) error {
	err := w.account.Once(ctx, operation, func() error { return aws.Wrap(do(), operation, name) },
		func(ctx context.Context) (bool, error) {
			fresh, err := w.readAgain(ctx, w.resource)
			if err != nil {
				return false, err
			}
			left := w.resource.diff(fresh)
			if left != nil && left.op == Adopt {
				return false, &aws.Error{Kind: aws.Conflict, Operation: operation, Resource: name, Err: errors.New("it exists without Claria's tag")}
			}
			return done(left), nil
		})
	if err != nil {
		return err
	}
	if known == nil {
		known = []string{name}
	}
	w.account.Made(known...)
	return nil
}

// isThere reports whether the resource exists and ours.
func isThere(left *change) bool { return left == nil || left.op == Change }

// nothingLeft reports whether the resource is as it should be.
func nothingLeft(left *change) bool { return left == nil }

// seenTime is how long IAM may take until a read shows what a call did whose answer is
// lost, and onceTries how often such a call is sent at most.
const (
	seenTime  = 10 * time.Second
	onceTries = 3
)

// once does a call that AWS must not do twice, such as creating a key. Nothing repeats it
// unseen: if its answer is lost, happened reads whether AWS did it, and only if AWS does
// not show it, the call is sent again. An *UnsureError says that this could not be read.
func once(ctx context.Context, account *aws.Account, do func(*aws.Account) error, happened func() (bool, error)) error {
	account = account.Unrepeated()
	for try := 1; ; try++ {
		err := do(account)
		if !lostAnswer(err) {
			return err
		}
		var done bool
		var unread error
		_ = poll(ctx, seenTime, func() (bool, error) {
			done, unread = happened()
			return done, unread
		})
		switch {
		case done:
			return nil
		case unread != nil || try == onceTries:
			return &UnsureError{Err: err, Unread: unread}
		}
	}
}

// UnsureError says that AWS's answer to a change was lost, and that it could not be found
// out whether AWS made the change.
type UnsureError struct {
	Err    error // of the call
	Unread error // of the read afterwards; nil: AWS does not show the change
}

func (e *UnsureError) Error() string {
	text := e.Err.Error() + "; AWS may have done it anyway"
	if e.Unread != nil {
		text += ", which could not be read afterwards (" + e.Unread.Error() + ")"
	}
	return text
}

// Unwrap returns the error of the call.
func (e *UnsureError) Unwrap() error { return e.Err }

func problemError(p state.Problem, resource string) error {
	return &aws.Error{Kind: p.Kind, Operation: p.Operation, Resource: resource, Err: errors.New(p.Message)}
}
