package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// once reports whether a second request would do something a second time, or fail
// because the first was done: what is created, and a code that works once. S3's uploads
// that are never completed are removed, and CreateTopic finds the topic of its name.
func once(operation string) bool {
	switch operation {
	case "CreateMultipartUpload", "CreateTopic":
		return false
	case "EnableMFADevice", "DeleteAccessKey":
		return true
	}
	return strings.HasPrefix(operation, "Create")
}

// lostError marks a lost answer to a request that must not be sent twice.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

// unsure marks the error of a request that must not be sent twice unless AWS surely did
// not do it.
func unsure(operation string, err error) error {
	if err != nil && once(operation) && Lost(err) {
		return lostError{err}
	}
	return err
}

// sendOnce keeps the SDK from sending again what must not be done twice.
func sendOnce(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("claria/once",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
			middleware.FinalizeOutput, middleware.Metadata, error,
		) {
			out, metadata, err := next.HandleFinalize(ctx, in)
			return out, metadata, unsure(awsmiddleware.GetOperationName(ctx), err)
		}), "Retry", middleware.After)
}

// Lost reports whether the error leaves open whether AWS did the request: no answer came,
// or one that says nothing about it.
func Lost(err error) bool {
	if err == nil || unreached(err) {
		return false
	}
	if _, garbled := errors.AsType[*smithy.DeserializationError](err); garbled {
		return true
	}
	switch KindOf(err) {
	case Offline, Unavailable, Stopped:
		return true
	}
	return false
}

// ClosedPolicy reports whether a resource's own policy, and not the caller's rights, is why
// a call was denied.
func ClosedPolicy(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && KindOf(err) == Denied && strings.Contains(api.ErrorMessage(), "resource-based policy")
}

// lookTime is how long a lost request is looked for: AWS may still be doing it, or not
// show it yet.
const lookTime = 20 * time.Second

// onceTries is how often a request is sent that was lost each time and not done.
const onceTries = 3

// Once makes a request that must not be done twice, such as a creation. If the answer is
// lost, it looks whether AWS did it, and sends it again only if look says for a while that
// it did not. look's error means that it is not known; then it is not sent again.
func (a *Account) Once(ctx context.Context, operation string, do func() error, look func(context.Context) (bool, error)) error {
	for try := 1; ; try++ {
		err := do()
		if !Lost(err) {
			return err
		}
		Tell(ctx, Wait{Operation: operation, Why: "the answer was lost, so Claria looks whether it was done", Limit: lookTime})
		done, unknown := a.look(ctx, look)
		switch {
		case done:
			return nil
		case unknown != nil:
			return fmt.Errorf("%w; the answer was lost, and whether it was done could not be read (%w): "+
				"try again later, Claria looks first", err, unknown)
		case try == onceTries || a.unrepeated:
			return err
		}
	}
}

// look asks until the answer is yes or lookTime is over.
func (a *Account) look(ctx context.Context, ask func(context.Context) (bool, error)) (bool, error) {
	var waited time.Duration
	for try := 0; ; try++ {
		done, err := ask(ctx)
		if done && err == nil {
			return true, nil
		}
		if waited >= lookTime {
			return false, err
		}
		pause := pauseFor(try)
		waited += pause
		if stopped := a.Pause(ctx, pause); stopped != nil {
			if err == nil {
				err = stopped
			}
			return false, err
		}
	}
}

// unreached reports whether the request surely did not reach AWS: no connection was made.
func unreached(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect")
}
