package aws

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"
)

// Open prepares an account for use. It sends nothing, except what a named profile
// requires.
//
// It builds the sdk.Config instead of loading it: LoadDefaultConfig refuses a custom
// HTTP client when AWS_CA_BUNDLE is set, and users behind a corporate proxy have both.
func Open(ctx context.Context, options Options) (*Account, error) {
	if options.LookupEnv == nil {
		options.LookupEnv = os.LookupEnv
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Sleep == nil {
		options.Sleep = sleep
	}
	if options.Attempts == 0 {
		options.Attempts = 5
	}
	machine, err := machineSettings(ctx, options)
	if err != nil {
		return nil, err
	}
	if options.Client == nil {
		client, err := newTransport(options.LookupEnv, machine.bundle)
		if err != nil {
			return nil, err
		}
		options.Client = client
	}
	account := &Account{
		options: options, calls: new(traffic), run: new(run), endpoints: endpoints{options.LookupEnv, machine.fips, machine.dualStack},
	}
	account.config = sdk.Config{
		Region:     options.Region,
		HTTPClient: counting{options.Client, account.calls},
		Retryer: func() sdk.Retryer {
			return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
				o.StandardOptions = append(o.StandardOptions, options.again)
			})
		},
		APIOptions: []func(*middleware.Stack) error{bound, genuine, sendOnce, account.outlasting, userAgent(options.UserAgent)},
	}
	if options.ReadOnly {
		account.config.APIOptions = append(account.config.APIOptions, refuseWrites)
	}
	credentials, region, err := options.Source.provider(ctx, account)
	if err != nil {
		return nil, err
	}
	account.config.Credentials = sdk.NewCredentialsCache(credentials)
	if account.config.Region == "" {
		account.config.Region = region
	}
	if account.config.Region == "" {
		account.config.Region = first(options.LookupEnv, "AWS_REGION", "AWS_DEFAULT_REGION")
	}
	if account.config.Region == "" {
		return nil, ErrNoRegion
	}
	if err := CheckRegion(account.config.Region); err != nil {
		return nil, err
	}
	account.options.Region = account.config.Region
	return account, nil
}

// again says how often a call is tried again, and after which errors.
func (o Options) again(s *retry.StandardOptions) {
	s.MaxAttempts, s.MaxBackoff = o.Attempts, longestBackoff
	s.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(neverAgain)}, s.Retryables...)
}

// ErrNoRegion says that neither the options nor the credential name a region.
var ErrNoRegion = errors.New("no AWS region is known: give --region, or set AWS_REGION")

// longestBackoff limits the pauses between five attempts to about six seconds in all,
// which a person waits for.
const longestBackoff = 4 * time.Second

// neverAgain stops retries of what must not be done twice, and after a refused connection,
// an unknown host name, a certificate that is not trusted or a proxy that blocks, where
// another attempt at once cannot succeed. It has no opinion on other errors.
func neverAgain(err error) sdk.Ternary {
	if _, lost := errors.AsType[lostError](err); lost {
		return sdk.FalseTernary
	}
	if errors.Is(err, syscall.ECONNREFUSED) || certificate(err) || noTLS(err) || isA[*InterceptedError](err) && !proxyFails(err) {
		return sdk.FalseTernary
	}
	if lookup, ok := errors.AsType[*net.DNSError](err); ok && lookup.IsNotFound {
		return sdk.FalseTernary
	}
	return sdk.UnknownTernary
}

// As returns the same account, transport and clock with another credential.
func (a *Account) As(ctx context.Context, source Source) (*Account, error) {
	options := a.options
	options.Source = source
	return a.reopen(ctx, options)
}

// reopen is the same transport, count of calls and run with other options.
func (a *Account) reopen(ctx context.Context, options Options) (*Account, error) {
	other, err := Open(ctx, options)
	if err != nil {
		return nil, err
	}
	other.calls, other.run = a.calls, a.run
	other.config.HTTPClient = counting{options.Client, a.calls}
	return other, nil
}

// Assume returns the same account under a role that the present credential can assume.
func (a *Account) Assume(ctx context.Context, role Role) (*Account, error) {
	return a.As(ctx, Source{Kind: FromRole, Role: &role, base: a})
}

// Paced is the same account for a caller that sets its own pace, with WhenThrottled. Others
// are slowed down by the SDK: when AWS refuses the first of many calls as too fast, it
// sends one in two seconds, and needs minutes to be fast again.
func (a *Account) Paced() *Account {
	other := &Account{config: a.config, options: a.options, endpoints: a.endpoints, calls: a.calls, run: a.run, unrepeated: a.unrepeated}
	other.config.Retryer = func() sdk.Retryer {
		return retry.NewStandard(a.options.again, func(s *retry.StandardOptions) { s.RateLimiter = ratelimit.None })
	}
	return other
}

// Unrepeated is the same account whose calls are not sent again where AWS's answer was
// lost, as it is when a connection breaks: the caller looks whether they were done.
// What AWS refuses without doing it, such as too many requests, is still tried again.
func (a *Account) Unrepeated() *Account {
	other := &Account{config: a.config, options: a.options, endpoints: a.endpoints, calls: a.calls, run: a.run, unrepeated: true}
	again := a.config.Retryer
	other.config.Retryer = func() sdk.Retryer { return onlyRefused{again()} }
	return other
}

// onlyRefused is a retryer that tries again only what was refused.
type onlyRefused struct{ sdk.Retryer }

func (r onlyRefused) IsErrorRetryable(err error) bool {
	return (KindOf(err) == Throttled || CauseOf(err) == wrongClock) && r.Retryer.IsErrorRetryable(err)
}
