// Package aws is the program's only way to reach Amazon Web Services: an account as one
// identity sees it, the service clients, the keyring that holds the identity's key, and
// one table of AWS's errors.
//
// It must not know what Claria does with the account, and it imports no other package
// of Claria. Every call, also to the two services that are signed by hand, goes through
// the account's one HTTP client and honours AWS_ENDPOINT_URL and
// AWS_ENDPOINT_URL_<SERVICE>.
package aws

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/transcribe"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// Account is one AWS account as one identity sees it, in one region. The clients
// that S3, IAM and the other functions make from it share one HTTP client. It is
// safe for concurrent use.
type Account struct {
	config    sdk.Config
	options   Options
	endpoints endpoints
	calls     *traffic
	run       *run

	unrepeated bool // see Unrepeated

	identity struct {
		sync.Mutex
		value *Identity
	}

	retryers sync.Map // service → its sdk.Retryer: each service is slowed down separately
}

// Format shows the region and the source for every verb of fmt. Without it, fmt would
// print the fields, which include the key's secret.
func (a *Account) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "AWS account in %s by %s", a.Region(), a.Source())
}

// HTTPClient sends one request. *http.Client is one; the demo account's client is
// another, which opens no socket.
type HTTPClient = sdk.HTTPClient

// Options says how to open an Account. Every field but Region has a usable zero
// value.
type Options struct {
	Region string
	Source Source     // where the credential comes from
	Client HTTPClient // nil: one shared, tuned transport
	// LookupEnv answers environment variables: AWS_ENDPOINT_URL*, AWS_CA_BUNDLE,
	// and for Source Environment the credential. Nil: os.LookupEnv.
	LookupEnv func(string) (string, bool)
	// ReadOnly refuses every operation that could change the account before it is
	// sent. A check sets it.
	ReadOnly bool
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// MFACode asks for the code of the second factor that a profile of the AWS configuration
	// names (mfa_serial); nil: nobody can be asked.
	MFACode func(serial string) (string, error)
	// Sleep waits between two tries of a call that AWS will accept later; nil: a timer.
	Sleep func(context.Context, time.Duration) error
	// UserAgent is added to the SDK's user agent: "claria/1.2.3".
	UserAgent string
	// Attempts is how often one call is tried at most, including the first time; 0: 5.
	Attempts int
}

// Region is the account's declared region.
func (a *Account) Region() string { return a.config.Region }

// Calls is how many requests were sent so far, including retries.
func (a *Account) Calls() int64 { return a.calls.Load() }

// Skew is how far this computer's clock is ahead of AWS's, to about a second, by the
// latest answer with a time; false before the first one.
func (a *Account) Skew() (time.Duration, bool) {
	told := a.calls.skew.Load()
	if told == nil {
		return 0, false
	}
	return *told, true
}

// Now is the account's clock.
func (a *Account) Now() time.Time { return a.options.Now() }

// Sleep waits as long as the account's clock says, or until ctx ends.
func (a *Account) Sleep(ctx context.Context, d time.Duration) error { return a.options.Sleep(ctx, d) }

// Functions make the clients for each call, which costs microseconds. A field or a
// method of Account that names a client's type would make the linker keep every
// operation of that service, because Account is reachable by reflection
// (text/template, which Glamour needs, calls methods by name): 20 MB of binary.
// For the same reason the code reads pages without the SDK's paginators, which put a
// client behind an interface.

// retryer is the service's retryer, which remembers how fast the service lets itself
// be called.
func (a *Account) retryer(service string) sdk.Retryer {
	if kept, ok := a.retryers.Load(service); ok {
		return kept.(sdk.Retryer)
	}
	kept, _ := a.retryers.LoadOrStore(service, a.config.Retryer())
	return kept.(sdk.Retryer)
}

// S3 is the client for buckets and objects.
func S3(a *Account) *s3.Client {
	return s3.NewFromConfig(a.config, func(o *s3.Options) {
		o.Retryer = a.retryer("S3")
		a.endpoints.apply("S3", &o.BaseEndpoint, &o.EndpointOptions.UseFIPSEndpoint, &o.EndpointOptions.UseDualStackEndpoint)
		// An endpoint other than AWS's may have no wildcard DNS name.
		o.UsePathStyle = o.BaseEndpoint != nil
		o.DisableLogOutputChecksumValidationSkipped = true
		o.APIOptions = append(slices.Clip(o.APIOptions), proven) // the list in the configuration is shared
	})
}

// S3Control is the client for the account's own S3 settings.
func S3Control(a *Account) *s3control.Client {
	return s3control.NewFromConfig(a.config, func(o *s3control.Options) {
		o.Retryer = a.retryer("S3_CONTROL")
		if url := a.endpoints.of("S3_CONTROL"); url != "" {
			o.EndpointResolverV2 = fixedS3Control(url)
			return
		}
		a.endpoints.apply("S3_CONTROL", &o.BaseEndpoint, &o.EndpointOptions.UseFIPSEndpoint, &o.EndpointOptions.UseDualStackEndpoint)
	})
}

// IAM is the client for users, roles and policies.
func IAM(a *Account) *iam.Client {
	return iam.NewFromConfig(a.config, func(o *iam.Options) {
		o.Retryer = a.retryer("IAM")
		a.endpoints.apply("IAM", &o.BaseEndpoint, &o.EndpointOptions.UseFIPSEndpoint, &o.EndpointOptions.UseDualStackEndpoint)
	})
}

// STS is the client for identities and role sessions.
func STS(a *Account) *sts.Client {
	return sts.NewFromConfig(a.config, func(o *sts.Options) {
		o.Retryer = a.retryer("STS")
		a.endpoints.apply("STS", &o.BaseEndpoint, &o.EndpointOptions.UseFIPSEndpoint, &o.EndpointOptions.UseDualStackEndpoint)
	})
}

// CloudTrail is the client for trails and events.
func CloudTrail(a *Account) *cloudtrail.Client {
	return cloudtrail.NewFromConfig(a.config, func(o *cloudtrail.Options) {
		o.Retryer = a.retryer("CLOUDTRAIL")
		a.endpoints.apply("CLOUDTRAIL", &o.BaseEndpoint, &o.EndpointOptions.UseFIPSEndpoint, &o.EndpointOptions.UseDualStackEndpoint)
	})
}

// Bedrock is the client for models, profiles and agreements.
func Bedrock(a *Account) *bedrock.Client {
	return bedrock.NewFromConfig(a.config, func(o *bedrock.Options) {
		o.Retryer = a.retryer("BEDROCK")
		a.endpoints.apply("BEDROCK", &o.BaseEndpoint, &o.EndpointOptions.UseFIPSEndpoint, &o.EndpointOptions.UseDualStackEndpoint)
	})
}

// BedrockRuntime is the client that runs models.
func BedrockRuntime(a *Account) *bedrockruntime.Client {
	return bedrockruntime.NewFromConfig(a.config, func(o *bedrockruntime.Options) {
		o.Retryer = a.retryer("BEDROCK_RUNTIME")
		a.endpoints.apply("BEDROCK_RUNTIME", &o.BaseEndpoint, &o.EndpointOptions.UseFIPSEndpoint, &o.EndpointOptions.UseDualStackEndpoint)
	})
}

// Transcribe is the client for transcription jobs.
func Transcribe(a *Account) *transcribe.Client {
	return transcribe.NewFromConfig(a.config, func(o *transcribe.Options) {
		o.Retryer = a.retryer("TRANSCRIBE")
		a.endpoints.apply("TRANSCRIBE", &o.BaseEndpoint, &o.EndpointOptions.UseFIPSEndpoint, &o.EndpointOptions.UseDualStackEndpoint)
	})
}

// AccessAnalyzer is the client for findings of outside access.
func AccessAnalyzer(a *Account) *accessanalyzer.Client {
	return accessanalyzer.NewFromConfig(a.config, func(o *accessanalyzer.Options) {
		o.Retryer = a.retryer("ACCESSANALYZER")
		a.endpoints.apply("ACCESSANALYZER", &o.BaseEndpoint, &o.EndpointOptions.UseFIPSEndpoint, &o.EndpointOptions.UseDualStackEndpoint)
	})
}

// Identity says whose credential it is.
type Identity struct {
	Account string // 12 digits
	ARN     string
	UserID  string
}

// Root reports whether the identity is the account's root user.
func (i Identity) Root() bool { return i.ARN == "arn:aws:iam::"+i.Account+":root" }

// Identity asks STS once whose credential it is; later calls answer from memory.
func (a *Account) Identity(ctx context.Context) (Identity, error) {
	a.identity.Lock()
	defer a.identity.Unlock()
	if a.identity.value != nil {
		return *a.identity.value, nil
	}
	out, err := STS(a).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, Wrap(err, "sts:GetCallerIdentity", "")
	}
	id := Identity{Account: sdk.ToString(out.Account), ARN: sdk.ToString(out.Arn), UserID: sdk.ToString(out.UserId)}
	a.identity.value = &id
	return id, nil
}

// fixedS3Control sends S3 Control's calls to one endpoint unchanged. The SDK's own
// rules put the account number in front of the host of a custom endpoint, which
// does not work for an address such as 127.0.0.1. A header has the number as well.
type fixedS3Control string

// ResolveEndpoint implements s3control.EndpointResolverV2.
func (f fixedS3Control) ResolveEndpoint(context.Context, s3control.EndpointParameters) (smithyendpoints.Endpoint, error) {
	uri, err := url.Parse(string(f))
	if err != nil {
		return smithyendpoints.Endpoint{}, err
	}
	return smithyendpoints.Endpoint{URI: *uri}, nil
}

// KeyID is the id of the access key in use. It is not a secret.
func (a *Account) KeyID(ctx context.Context) (string, error) {
	credentials, err := a.config.Credentials.Retrieve(ctx)
	if err != nil {
		return "", Wrap(err, "credentials", "")
	}
	return credentials.AccessKeyID, nil
}

// Source returns where the account's credential comes from.
func (a *Account) Source() Source { return a.options.Source }
