package aws

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// occasion is when an error of the table is passing.
type occasion int

const (
	always   occasion = iota
	creation          // the request or the error names something that this run created
	rights            // this run changed what an identity may do
)

// passing is one kind of error that AWS documents as one that goes away by itself.
type passing struct {
	service string // as in operations: "iam"; empty: every service
	codes   []string
	only    string // this operation; empty: every one
	words   string // one of these is in the message, in lower case, divided by "|"; empty: any message
	when    occasion
	wait    time.Duration // how long it is waited for; with creation and rights also how long after them
	why     string
	source  string
}

// passings is the one table of errors that are waited for. Anything else is an answer.
// IAM has no row for a refused AssumeRole, because a code of a second factor works once.
var passings = []passing{
	{
		"s3",
		[]string{"OperationAborted"},
		"", "", always, 2 * time.Minute,
		"another change of the bucket is still under way", "S3 API reference, Error responses; terraform-provider-aws, bucket.go",
	},
	{
		"s3control",
		[]string{"OperationAborted"},
		"", "", always, 2 * time.Minute,
		"another change of this setting is still under way", "S3 API reference, Error responses",
	},
	{
		"s3",
		[]string{"NoSuchBucket"},
		"", "", creation, 2 * time.Minute,
		"the new bucket is not known everywhere yet", "S3 user guide, Amazon S3 data consistency model; terraform-provider-aws, bucket.go",
	},
	{
		"s3", []string{"NotFound"}, "HeadBucket", "", creation, 2 * time.Minute, // its answer has no body
		"the new bucket is not known everywhere yet", "S3 API reference, HeadBucket; terraform-provider-aws, bucket.go",
	},
	{
		"s3",
		[]string{"InvalidBucketState"},
		"", "", creation, time.Minute,
		"the new bucket's versioning is not in effect yet", "S3 user guide, Enabling versioning on buckets",
	},
	{
		"s3",
		[]string{"MalformedPolicy"},
		"", "invalid principal", creation, 2 * time.Minute,
		"S3 does not know the new identity yet", "IAM user guide, Changes that I make are not always immediately visible",
	},
	{
		"iam",
		[]string{"NoSuchEntity", "NoSuchEntityException"},
		"", "user with name|role with name|policy arn:|not attachable", creation, 2 * time.Minute,
		"what was just created is not known everywhere yet", "IAM user guide, Changes that I make are not always immediately visible",
	},
	{
		"iam",
		[]string{"ConcurrentModification", "ConcurrentModificationException"},
		"", "", always, time.Minute,
		"another change of it is still under way", "IAM API reference, Common Errors",
	},
	{
		"iam",
		[]string{"EntityTemporarilyUnmodifiable", "EntityTemporarilyUnmodifiableException"},
		"", "", always, 5 * time.Minute,
		"it cannot be changed for some minutes", "IAM API reference, EntityTemporarilyUnmodifiable",
	},
	{
		"iam",
		[]string{"MalformedPolicyDocument", "MalformedPolicyDocumentException"},
		"", "invalid principal", creation, 2 * time.Minute,
		"the new identity is not known everywhere yet", "IAM user guide, Changes that I make are not always immediately visible",
	},
	{
		"",
		[]string{"InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException"},
		"", "", creation, time.Minute,
		"the new access key is not known everywhere yet", "IAM user guide, Changes that I make are not always immediately visible",
	},
	{
		"",
		[]string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"},
		"", "identity-based policy", rights, time.Minute,
		"the new rights are not in effect everywhere yet", "IAM user guide, Changes that I make are not always immediately visible",
	},
	{
		"kms",
		[]string{"AccessDeniedException"},
		"", "", creation, 5*time.Minute + 30*time.Second,
		"a key's new tags and aliases count for rights after up to five minutes", "KMS developer guide, ABAC for AWS KMS",
	},
	{
		"kms",
		[]string{"NotFoundException", "KMSInvalidStateException"},
		"", "", creation, 3 * time.Minute,
		"the new key is not known everywhere yet", "KMS developer guide, AWS KMS eventual consistency",
	},
	{
		"kms",
		[]string{"MalformedPolicyDocumentException"},
		"", "principal", creation, 2 * time.Minute,
		"KMS does not know the new identity yet", "KMS API reference, CreateKey, Policy",
	},
	{
		"cloudtrail",
		[]string{"ConflictException"},
		"", "", always, 5 * time.Minute,
		"CloudTrail is still loading or changing the trail", "CloudTrail API reference, ConflictException",
	},
	{
		"cloudtrail",
		[]string{"TrailNotFoundException"},
		"", "", creation, 2 * time.Minute,
		"the new trail is not known everywhere yet", "CloudTrail API reference, ConflictException; terraform-provider-aws, trail.go",
	},
	{
		"cloudtrail",
		[]string{"InsufficientS3BucketPolicyException", "S3BucketDoesNotExistException"},
		"", "", always, time.Minute,
		"CloudTrail does not see the bucket's policy yet", "CloudTrail API reference, CreateTrail; terraform-provider-aws, issue 7628",
	},
	{
		"cloudtrail",
		[]string{"InsufficientEncryptionPolicyException", "KmsKeyNotFoundException"},
		"", "", always, time.Minute,
		"CloudTrail does not see the key's policy yet", "CloudTrail API reference, CreateTrail; KMS developer guide, AWS KMS eventual consistency",
	},
	{
		"sns",
		[]string{"ConcurrentAccess", "ConcurrentAccessException"},
		"", "", always, time.Minute,
		"another change of its tags is still under way", "SNS API reference, TagResource",
	},
	{
		"sns",
		[]string{"NotFound", "NotFoundException"},
		"", "", creation, time.Minute,
		"the new topic is not known everywhere yet", "SNS API reference, CreateTopic",
	},
	{
		"events",
		[]string{"ConcurrentModificationException"},
		"", "", always, time.Minute,
		"another change of the rule is still under way", "EventBridge API reference, PutRule: allow a short time for changes to take effect",
	},
	{
		"events",
		[]string{"ResourceNotFoundException"},
		"", "", creation, time.Minute,
		"the new rule is not known everywhere yet", "EventBridge API reference, PutRule: allow a short time for changes to take effect",
	},
}

// run is what this run of the program created and changed. Accounts opened from one
// another share it.
type run struct {
	mu      sync.Mutex
	created map[string]time.Time
	rights  time.Time
}

// Made records that this run created something, by the words with which requests and
// AWS's errors name it: a bucket's name, a key's ARN, "user with name ann". For a while,
// answers that it does not exist are waited for.
func (a *Account) Made(names ...string) {
	a.run.mu.Lock()
	defer a.run.mu.Unlock()
	if a.run.created == nil {
		a.run.created = map[string]time.Time{}
	}
	for _, name := range names {
		a.run.created[name] = a.Now()
	}
}

// Widened records that this run changed what an identity may do. For a minute, denials by
// identity-based policies are waited for.
func (a *Account) Widened() {
	a.run.mu.Lock()
	defer a.run.mu.Unlock()
	a.run.rights = a.Now()
}

// since is when this run did what makes the row's errors passing; false: it did not.
func (r *run) since(p passing, about string) (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.when == rights {
		return r.rights, !r.rights.IsZero()
	}
	var last time.Time
	for name, at := range r.created {
		if at.After(last) && strings.Contains(about, name) {
			last = at
		}
	}
	return last, !last.IsZero()
}

// passingOf is the row of the table that err belongs to now; nil: it is an answer. about is
// what the request names.
func (a *Account) passingOf(err error, service, operation string, about func() string) *passing {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return nil
	}
	for i, p := range passings {
		if p.service != "" && p.service != service || p.only != "" && p.only != operation || !slices.Contains(p.codes, api.ErrorCode()) ||
			!saysOneOf(api.ErrorMessage(), p.words) {
			continue
		}
		if p.when == always {
			return &passings[i]
		}
		if at, yes := a.run.since(p, api.ErrorMessage()+" "+about()); yes && a.Now().Sub(at) < p.wait {
			return &passings[i]
		}
	}
	return nil
}

func saysOneOf(message, words string) bool {
	message = strings.ToLower(message)
	return slices.ContainsFunc(strings.Split(words, "|"), func(w string) bool { return strings.Contains(message, w) })
}

// Wait is a wait for AWS that a person should know about.
type Wait struct {
	Operation string        // "kms:EnableKey"
	Why       string        // "the new key is not known everywhere yet"
	Code      string        // AWS's code; empty: none
	Limit     time.Duration // it is waited for at most this long
}

// String is the wait in one line.
func (w Wait) String() string {
	text := "waiting for AWS: " + w.Operation + ": " + w.Why
	if w.Code != "" {
		text += " (" + w.Code + ")"
	}
	return text + ", up to " + short(w.Limit)
}

func short(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%d min", int((d+time.Minute-1)/time.Minute))
}

type waitsKey struct{}

type waits struct {
	tell func(Wait)
	stop <-chan struct{}
}

// WithWaits returns a context whose calls report each wait for AWS to tell, which may be
// called concurrently, and end it when stop is closed. Without one, calls wait silently.
func WithWaits(ctx context.Context, stop <-chan struct{}, tell func(Wait)) context.Context {
	return context.WithValue(ctx, waitsKey{}, waits{tell, stop})
}

// Tell reports a wait to the context's listener.
func Tell(ctx context.Context, w Wait) {
	if to, ok := ctx.Value(waitsKey{}).(waits); ok && to.tell != nil {
		to.tell(w)
	}
}

// Pause waits for d by the account's clock. It fails when ctx ends or the context's waits
// are stopped.
func (a *Account) Pause(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if to, ok := ctx.Value(waitsKey{}).(waits); ok && to.stop != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		go func() {
			select {
			case <-to.stop:
				cancel()
			case <-ctx.Done():
			}
		}()
		select {
		case <-to.stop:
			return context.Canceled
		default:
		}
	}
	return a.options.Sleep(ctx, d)
}

// sleep is the Options' default Sleep.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// The pauses between two tries: doubled from the first to the longest, with jitter so that
// two computers do not ask at the same moments.
const (
	firstPause   = 200 * time.Millisecond
	longestPause = 10 * time.Second
)

func pauseFor(try int) time.Duration {
	d := longestPause
	if try < 6 {
		d = min(firstPause<<try, longestPause)
	}
	return d/2 + rand.N(d/2)
}

// outlast does a request again while AWS's answer is a passing error. again prepares the
// request's body for another try; nil: it needs none.
func (a *Account) outlast(ctx context.Context, service, operation string, about func() string, do, again func() error) error {
	var told *passing
	var waited time.Duration
	for try := 0; ; try++ {
		err := do()
		p := a.passingOf(err, service, operation, about)
		if p == nil || waited >= p.wait {
			return err
		}
		if p != told {
			api, _ := errors.AsType[smithy.APIError](err)
			Tell(ctx, Wait{Operation: service + ":" + operation, Why: p.why, Code: api.ErrorCode(), Limit: p.wait})
			told = p
		}
		pause := pauseFor(try)
		waited += pause
		if a.Pause(ctx, pause) != nil {
			return err
		}
		if again != nil && again() != nil {
			return err
		}
	}
}

type parametersKey struct{}

// outlasting is outlast for the SDK's clients, around their own retries.
func (a *Account) outlasting(stack *middleware.Stack) error {
	err := stack.Initialize.Add(middleware.InitializeMiddlewareFunc("claria/parameters",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error,
		) {
			return next.HandleInitialize(middleware.WithStackValue(ctx, parametersKey{}, in.Parameters), in)
		}), middleware.After)
	if err != nil {
		return err
	}
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("claria/passing",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
			out middleware.FinalizeOutput, metadata middleware.Metadata, err error,
		) {
			service := strings.ToLower(strings.ReplaceAll(awsmiddleware.GetServiceID(ctx), " ", ""))
			about := func() string {
				return a.about(ctx, strings.Join(texts(middleware.GetStackValue(ctx, parametersKey{})), " "))
			}
			again := func() error {
				if r, ok := in.Request.(*smithyhttp.Request); ok {
					return r.RewindStream()
				}
				return nil
			}
			err = a.outlast(ctx, service, awsmiddleware.GetOperationName(ctx), about, func() error {
				out, metadata, err = next.HandleFinalize(ctx, in)
				return err
			}, again)
			if made, ok := out.Result.(*iam.CreateAccessKeyOutput); ok && err == nil && made.AccessKey != nil && made.AccessKey.AccessKeyId != nil {
				a.Made(*made.AccessKey.AccessKeyId)
			}
			return out, metadata, err
		}), "Retry", middleware.Before)
}

// about adds the access key in use to what a request names.
func (a *Account) about(ctx context.Context, names string) string {
	if credentials, err := a.config.Credentials.Retrieve(ctx); err == nil {
		names += " " + credentials.AccessKeyID
	}
	return names
}

// texts are the strings that a request of the SDK has at its top level: names, ARNs, policies.
func texts(parameters any) []string {
	v := reflect.Indirect(reflect.ValueOf(parameters))
	if v.Kind() != reflect.Struct {
		return nil
	}
	var all []string
	for i := range v.NumField() {
		if f := reflect.Indirect(v.Field(i)); f.Kind() == reflect.String && v.Type().Field(i).IsExported() {
			all = append(all, f.String())
		}
	}
	return all
}
