// Package aws is the program's one door to Amazon Web Services: an account seen
// through one identity, the service clients, the keyring that holds the
// identity's key, and one table of what can go wrong.
//
// It must not know what Claria does with the account, and it imports nothing of
// ours. Every call, the two hand-signed services included, goes through the
// account's one HTTP client and honours AWS_ENDPOINT_URL and
// AWS_ENDPOINT_URL_<SERVICE>.
package aws

import (
	"context"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/transcribe"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// Account is one AWS account as one identity sees it, in one region. Its clients
// are made when first asked for and share one HTTP client. It is safe for
// concurrent use.
type Account struct {
	config    sdk.Config
	options   Options
	endpoints endpoints
	calls     *atomic.Int64

	identity struct {
		sync.Mutex
		value *Identity
	}

	s3             lazy[s3.Client]
	s3control      lazy[s3control.Client]
	iam            lazy[iam.Client]
	sts            lazy[sts.Client]
	cloudtrail     lazy[cloudtrail.Client]
	bedrock        lazy[bedrock.Client]
	bedrockruntime lazy[bedrockruntime.Client]
	transcribe     lazy[transcribe.Client]
	costexplorer   lazy[costexplorer.Client]
	accessanalyzer lazy[accessanalyzer.Client]
	organizations  lazy[organizations.Client]
}

// HTTPClient sends one request. *http.Client is one; the practice account's
// client is another, which opens no socket.
type HTTPClient = sdk.HTTPClient

// Options says how to open an Account. The zero value of each field but Region
// is a usable default.
type Options struct {
	Region string
	Source Source     // where the credential comes from
	Client HTTPClient // nil: one shared, tuned transport
	// LookupEnv answers environment variables: AWS_ENDPOINT_URL*, AWS_CA_BUNDLE,
	// and for Source Environment the credential. Nil: os.LookupEnv.
	LookupEnv func(string) (string, bool)
	// ReadOnly refuses, before anything is sent, every operation that could
	// change the account. A check sets it.
	ReadOnly bool
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// UserAgent is added to the SDK's user agent: "claria/1.2.3".
	UserAgent string
	// Attempts bounds the tries of one call, the first included; 0: 5.
	Attempts int
}

// Region is the account's declared region.
func (a *Account) Region() string { return a.config.Region }

// Calls is how many requests have been sent so far, retries included.
func (a *Account) Calls() int64 { return a.calls.Load() }

// Now is the account's clock.
func (a *Account) Now() time.Time { return a.options.Now() }

// lazy makes its client on first use.
type lazy[T any] struct {
	once  sync.Once
	value *T
}

func (l *lazy[T]) get(build func() *T) *T {
	l.once.Do(func() { l.value = build() })
	return l.value
}

// S3 is the client for buckets and objects.
func (a *Account) S3() *s3.Client {
	return a.s3.get(func() *s3.Client {
		return s3.NewFromConfig(a.config, func(o *s3.Options) {
			a.endpoints.apply("S3", &o.BaseEndpoint)
			// An endpoint that is not AWS's own may have no wildcard DNS name.
			o.UsePathStyle = o.BaseEndpoint != nil
			o.DisableLogOutputChecksumValidationSkipped = true
		})
	})
}

// S3Control is the client for the account's own S3 settings.
func (a *Account) S3Control() *s3control.Client {
	return a.s3control.get(func() *s3control.Client {
		return s3control.NewFromConfig(a.config, func(o *s3control.Options) {
			if url := a.endpoints.of("S3_CONTROL"); url != "" {
				o.EndpointResolverV2 = fixedS3Control(url)
			}
		})
	})
}

// IAM is the client for users, roles and policies.
func (a *Account) IAM() *iam.Client {
	return a.iam.get(func() *iam.Client {
		return iam.NewFromConfig(a.config, func(o *iam.Options) { a.endpoints.apply("IAM", &o.BaseEndpoint) })
	})
}

// STS is the client for identities and role sessions.
func (a *Account) STS() *sts.Client {
	return a.sts.get(func() *sts.Client {
		return sts.NewFromConfig(a.config, func(o *sts.Options) { a.endpoints.apply("STS", &o.BaseEndpoint) })
	})
}

// CloudTrail is the client for trails and events.
func (a *Account) CloudTrail() *cloudtrail.Client {
	return a.cloudtrail.get(func() *cloudtrail.Client {
		return cloudtrail.NewFromConfig(a.config, func(o *cloudtrail.Options) { a.endpoints.apply("CLOUDTRAIL", &o.BaseEndpoint) })
	})
}

// Bedrock is the client for models, profiles and agreements.
func (a *Account) Bedrock() *bedrock.Client {
	return a.bedrock.get(func() *bedrock.Client {
		return bedrock.NewFromConfig(a.config, func(o *bedrock.Options) { a.endpoints.apply("BEDROCK", &o.BaseEndpoint) })
	})
}

// BedrockRuntime is the client that runs models.
func (a *Account) BedrockRuntime() *bedrockruntime.Client {
	return a.bedrockruntime.get(func() *bedrockruntime.Client {
		return bedrockruntime.NewFromConfig(a.config, func(o *bedrockruntime.Options) {
			a.endpoints.apply("BEDROCK_RUNTIME", &o.BaseEndpoint)
		})
	})
}

// Transcribe is the client for transcription jobs.
func (a *Account) Transcribe() *transcribe.Client {
	return a.transcribe.get(func() *transcribe.Client {
		return transcribe.NewFromConfig(a.config, func(o *transcribe.Options) { a.endpoints.apply("TRANSCRIBE", &o.BaseEndpoint) })
	})
}

// CostExplorer is the client for spend. Each call costs $0.01.
func (a *Account) CostExplorer() *costexplorer.Client {
	return a.costexplorer.get(func() *costexplorer.Client {
		return costexplorer.NewFromConfig(a.config, func(o *costexplorer.Options) { a.endpoints.apply("COST_EXPLORER", &o.BaseEndpoint) })
	})
}

// AccessAnalyzer is the client for findings of outside access.
func (a *Account) AccessAnalyzer() *accessanalyzer.Client {
	return a.accessanalyzer.get(func() *accessanalyzer.Client {
		return accessanalyzer.NewFromConfig(a.config, func(o *accessanalyzer.Options) {
			a.endpoints.apply("ACCESSANALYZER", &o.BaseEndpoint)
		})
	})
}

// Organizations is the client that tells which organisation owns the account.
func (a *Account) Organizations() *organizations.Client {
	return a.organizations.get(func() *organizations.Client {
		return organizations.NewFromConfig(a.config, func(o *organizations.Options) {
			a.endpoints.apply("ORGANIZATIONS", &o.BaseEndpoint)
		})
	})
}

// Identity is who the account's credential belongs to.
type Identity struct {
	Account string // 12 digits
	ARN     string
	UserID  string
}

// Root reports whether the identity is the account's root user.
func (i Identity) Root() bool { return i.ARN == "arn:aws:iam::"+i.Account+":root" }

// Identity asks STS who this is, once; later calls answer from memory.
func (a *Account) Identity(ctx context.Context) (Identity, error) {
	a.identity.Lock()
	defer a.identity.Unlock()
	if a.identity.value != nil {
		return *a.identity.value, nil
	}
	out, err := a.STS().GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, Wrap(err, "sts:GetCallerIdentity", "")
	}
	id := Identity{Account: sdk.ToString(out.Account), ARN: sdk.ToString(out.Arn), UserID: sdk.ToString(out.UserId)}
	a.identity.value = &id
	return id, nil
}

// fixedS3Control sends S3 Control's calls to one endpoint as it is. The SDK's own
// rules put the account's number before the host of a custom endpoint, which
// no address such as 127.0.0.1 can answer; the number also travels in a header.
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

// Source says where the account's credential comes from.
func (a *Account) Source() Source { return a.options.Source }
