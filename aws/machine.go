package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// load reads the machine's AWS configuration files. It asks the instance metadata
// service only when AWS_EC2_METADATA_DISABLED=false: on a clinician's machine nothing
// answers, and the question costs seconds.
func load(ctx context.Context, options Options, profile string) (sdk.Config, error) {
	from := []func(*config.LoadOptions) error{
		config.WithEC2IMDSClientEnableState(imds.ClientDisabled),
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
			if o.SerialNumber == nil {
				return
			}
			o.TokenProvider = code(options.MFACode, *o.SerialNumber)
			o.Duration = max(o.Duration, roleTime) // a shorter session would ask again during the work
		}),
	}
	if profile != "" {
		from = append(from, config.WithSharedConfigProfile(profile))
	}
	loaded, err := config.LoadDefaultConfig(ctx, from...)
	if err != nil {
		return sdk.Config{}, fmt.Errorf("the AWS configuration of this machine: %w", err)
	}
	return loaded, nil
}

// CodeError says that a profile's role wants the code of a second factor, and that none was
// given.
type CodeError struct {
	Serial string // of the second factor
	Err    error  // nil: nobody could be asked
}

func (e *CodeError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("no code of the second factor %s was given: %v", e.Serial, e.Err)
	}
	return "it needs a code of the second factor " + e.Serial + ", and nobody can be asked here"
}

// Unwrap returns the cause.
func (e *CodeError) Unwrap() error { return e.Err }

// code asks for the code of a profile's second factor. After a refused question it does
// not ask again: many reads begin at the same time.
func code(ask func(serial string) (string, error), serial string) func() (string, error) {
	var refused error
	return func() (string, error) {
		if ask == nil {
			return "", &CodeError{Serial: serial}
		}
		if refused != nil {
			return "", refused
		}
		given, err := ask(serial)
		if err == nil && strings.TrimSpace(given) == "" {
			err = errors.New("the answer was empty")
		}
		if err != nil {
			refused = &CodeError{Serial: serial, Err: err}
			return "", refused
		}
		return strings.TrimSpace(given), nil
	}
}

// machine is what this computer's AWS settings say about the way to AWS, in the
// environment or in the profile of the configuration file.
type machine struct {
	bundle    string // the file with the certificates to trust
	fips      bool
	dualStack bool
}

// machineSettings reads the settings as the AWS SDKs and tools do (AWS SDKs and Tools
// Reference Guide: "FIPS endpoints", "Dual-stack endpoints", "General configuration",
// ca_bundle). The file is read only when the account uses the network.
func machineSettings(ctx context.Context, options Options) (machine, error) {
	var file config.SharedConfig
	if options.Client == nil {
		profile := options.Source.Profile
		if profile == "" {
			profile = first(options.LookupEnv, "AWS_PROFILE", "AWS_DEFAULT_PROFILE")
		}
		if profile == "" {
			profile = config.DefaultSharedConfigProfile
		}
		var err error
		file, err = config.LoadSharedConfigProfile(ctx, profile, func(o *config.LoadSharedConfigOptions) {
			o.ConfigFiles = filesOf(options.LookupEnv, "AWS_CONFIG_FILE", config.DefaultSharedConfigFilename())
			o.CredentialsFiles = filesOf(options.LookupEnv, "AWS_SHARED_CREDENTIALS_FILE", config.DefaultSharedCredentialsFilename())
		})
		// A profile that does not exist or is wrong is the credential's error, in its own words.
		if _, missing := errors.AsType[config.SharedConfigProfileNotExistError](err); err != nil && !missing {
			file = config.SharedConfig{}
		}
	}
	m := machine{
		bundle:    first(options.LookupEnv, "AWS_CA_BUNDLE"),
		fips:      file.UseFIPSEndpoint == sdk.FIPSEndpointStateEnabled,
		dualStack: file.UseDualStackEndpoint == sdk.DualStackEndpointStateEnabled,
	}
	if m.bundle == "" {
		m.bundle = file.CustomCABundle
	}
	for name, on := range map[string]*bool{"AWS_USE_FIPS_ENDPOINT": &m.fips, "AWS_USE_DUALSTACK_ENDPOINT": &m.dualStack} {
		switch value := first(options.LookupEnv, name); {
		case value == "":
		case strings.EqualFold(value, "true"):
			*on = true
		case strings.EqualFold(value, "false"):
			*on = false
		default:
			return m, fmt.Errorf("%s=%q: must be true or false", name, value)
		}
	}
	return m, nil
}

func filesOf(lookup func(string) (string, bool), variable, otherwise string) []string {
	if path := first(lookup, variable); path != "" {
		return []string{path}
	}
	return []string{otherwise}
}
