package provision

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	bedrocktypes "github.com/aws/aws-sdk-go-v2/service/bedrock/types"
	"github.com/aws/aws-sdk-go-v2/service/transcribe"
	"github.com/aws/aws-sdk-go-v2/service/transcribe/types"

	"claria/aws"
	"claria/aws/policy"
	"claria/provision/permissions"
	"claria/provision/state"
)

func (o *observer) agreements(s *state.State) {
	ask(o, "artifact:ListCustomerAgreements", &s.Agreements, func(ctx context.Context) ([]aws.Agreement, error) {
		return o.account.Agreements(ctx)
	})
}

func (o *observer) organization(s *state.State) {
	o.do(func(ctx context.Context) { s.Organization = readOrganization(ctx, o.account) })
}

func (o *observer) retention(s *state.State) {
	ask(o, "bedrock:GetAccountDataRetention", &s.Retention, func(ctx context.Context) (string, error) {
		return o.account.DataRetention(ctx)
	})
}

func (o *observer) invocationLogging(s *state.State) {
	ask(o, "bedrock:GetModelInvocationLoggingConfiguration", &s.InvocationLogging, func(ctx context.Context) (state.InvocationLogging, error) {
		out, err := aws.Bedrock(o.account).GetModelInvocationLoggingConfiguration(ctx, &bedrock.GetModelInvocationLoggingConfigurationInput{})
		if err != nil {
			return state.InvocationLogging{}, err
		}
		if out.LoggingConfig == nil {
			return state.InvocationLogging{}, nil
		}
		return reduceLogging(*out.LoggingConfig), nil
	})
}

func (o *observer) useCase(s *state.State) {
	ask(o, "bedrock:GetUseCaseForModelAccess", &s.UseCase, func(ctx context.Context) (bool, error) {
		out, err := aws.Bedrock(o.account).GetUseCaseForModelAccess(ctx, &bedrock.GetUseCaseForModelAccessInput{})
		if err != nil {
			return false, err
		}
		if len(out.FormData) == 0 {
			return false, state.ErrNone
		}
		return true, nil
	})
}

// models schedules the reads about the declared models.
func (o *observer) models(s *state.State) {
	for i := range s.Models {
		o.destinations(&s.Models[i])
		o.availability(&s.Models[i])
	}
	o.lifecycles(s)
}

// offers schedules the read of what the region offers. If AWS retires a declared model, the
// region's choice is read as its successor.
func (o *observer) offers(s *state.State) {
	declared := slices.Clone(s.Models)
	o.do(func(ctx context.Context) {
		offers, operation, err := readOffers(ctx, o.account)
		s.Offers = state.ReadingOf(offers, err, operation)
		retired := func(m state.Model) bool { return !active(offers, m.Foundation) }
		if choice := state.Choose(s.Region, offers); choice != "" && slices.ContainsFunc(declared, retired) {
			s.Successor = &state.Model{Profile: choice, Foundation: state.Foundation(choice)}
			o.destinations(s.Successor)
			o.availability(s.Successor)
		}
	})
}

// undeclared reads the models of a practice that names none here: those that the daily
// identity may call, as another computer set it up, else the region's choice.
func (o *observer) undeclared(s *state.State) {
	profiles := callable(o.settings, s)
	if offers, _ := s.Offers.Value(); len(profiles) == 0 {
		if choice := state.Choose(s.Region, offers); choice != "" {
			profiles = []string{choice}
		}
	}
	for _, profile := range profiles {
		s.Models = append(s.Models, state.Model{Profile: profile, Foundation: state.Foundation(profile)})
	}
	o.models(s)
	o.wait()
}

// callable are the inference profiles that the daily identity's policy names.
func callable(settings state.Settings, s *state.State) []string {
	policies, _ := s.Policies.Value()
	var profiles []string
	for _, p := range policies {
		if p.ARN != settings.PolicyARN(permissions.AdminPolicy) {
			continue
		}
		d, err := policy.Parse([]byte(p.Document))
		if err != nil {
			return nil
		}
		for _, statement := range policy.Allowing(d, "bedrock:InvokeModelWithResponseStream") {
			for _, resource := range statement.Resources {
				_, id, ok := strings.Cut(resource, ":inference-profile/")
				if ok && !strings.ContainsAny(id, "*?") && !slices.Contains(profiles, id) {
					profiles = append(profiles, id)
				}
			}
		}
	}
	return profiles
}

// listedLives takes a lifecycle that could not be read on its own from the region's list:
// an identity may read single models only if they were declared when its rights were given.
func listedLives(s *state.State) {
	offers, _ := s.Offers.Value()
	for i := range s.Monitoring.Lifecycles {
		one := &s.Monitoring.Lifecycles[i]
		if _, unknown := one.Status.Problem(); !unknown {
			continue
		}
		for _, o := range offers {
			if o.Foundation == one.Foundation {
				one.Status, one.End = state.Known(o.Status), o.End
			}
		}
	}
}

// active reports whether the region offers the model and AWS does not retire it.
func active(offers []state.Offer, foundation string) bool {
	return slices.ContainsFunc(offers, func(o state.Offer) bool { return o.Foundation == foundation && o.Status == state.Active })
}

// Offers reads the models that the account's region offers through inference profiles.
func Offers(ctx context.Context, account *aws.Account) ([]state.Offer, error) {
	offers, operation, err := readOffers(ctx, account)
	return offers, aws.Wrap(err, operation, account.Region())
}

// readOffers is Offers with the operation that failed. A model of which AWS lists a
// profile but no lifecycle is left out.
func readOffers(ctx context.Context, account *aws.Account) (offers []state.Offer, operation string, err error) {
	operation = "bedrock:ListFoundationModels"
	models, err := aws.Bedrock(account).ListFoundationModels(ctx, &bedrock.ListFoundationModelsInput{
		ByOutputModality: bedrocktypes.ModelModalityText,
	})
	if err == nil && models.ModelSummaries == nil { // AWS sends an empty list for none
		err = state.ErrIncomplete
	}
	if err != nil {
		return nil, operation, err
	}
	known := map[string]state.Offer{}
	for _, m := range models.ModelSummaries {
		if id := sdk.ToString(m.ModelId); m.ModelLifecycle != nil {
			known[id] = state.Offer{Foundation: id, Name: sdk.ToString(m.ModelName), Life: state.Life{
				Status: string(m.ModelLifecycle.Status), Legacy: sdk.ToTime(m.ModelLifecycle.LegacyTime), End: sdk.ToTime(m.ModelLifecycle.EndOfLifeTime),
			}}
		}
	}
	offers, operation = []state.Offer{}, "bedrock:ListInferenceProfiles"
	err = aws.Pages(func(token string) (string, error) {
		in := &bedrock.ListInferenceProfilesInput{
			TypeEquals: bedrocktypes.InferenceProfileTypeSystemDefined, MaxResults: new(int32(100)), NextToken: aws.Token(token),
		}
		page, err := aws.Bedrock(account).ListInferenceProfiles(ctx, in)
		if err == nil && page.InferenceProfileSummaries == nil {
			err = state.ErrIncomplete
		}
		if err != nil {
			return "", err
		}
		for _, p := range page.InferenceProfileSummaries {
			offer, ok := known[state.Foundation(sdk.ToString(p.InferenceProfileId))]
			if !ok || p.Status != bedrocktypes.InferenceProfileStatusActive {
				continue
			}
			offer.Profile = sdk.ToString(p.InferenceProfileId)
			if offer.Destinations, err = destinationsOf(p.Models); err != nil {
				return "", err
			}
			offers = append(offers, offer)
		}
		return sdk.ToString(page.NextToken), nil
	})
	return offers, operation, err
}

// destinationsOf are the regions where a profile may run; "": any region of the world.
func destinationsOf(models []bedrocktypes.InferenceProfileModel) ([]string, error) {
	if len(models) == 0 {
		return nil, state.ErrIncomplete
	}
	regions := []string{}
	for _, m := range models {
		// arn:aws:bedrock:us-east-1::foundation-model/…; a global profile has no region.
		parts := strings.SplitN(sdk.ToString(m.ModelArn), ":", 6)
		if len(parts) != 6 {
			return nil, state.ErrIncomplete
		}
		regions = append(regions, parts[3])
	}
	slices.Sort(regions)
	return slices.Compact(regions), nil
}

func (o *observer) destinations(m *state.Model) {
	ask(o, "bedrock:GetInferenceProfile", &m.Destinations, func(ctx context.Context) ([]string, error) {
		out, err := aws.Bedrock(o.account).GetInferenceProfile(ctx, &bedrock.GetInferenceProfileInput{InferenceProfileIdentifier: &m.Profile})
		if err != nil {
			return nil, err
		}
		return destinationsOf(out.Models)
	})
}

func (o *observer) availability(m *state.Model) {
	ask(o, "bedrock:GetFoundationModelAvailability", &m.Availability, func(ctx context.Context) (state.Access, error) {
		in := &bedrock.GetFoundationModelAvailabilityInput{ModelId: &m.Foundation}
		out, err := aws.Bedrock(o.account).GetFoundationModelAvailability(ctx, in)
		if err != nil {
			return state.Access{}, err
		}
		if out.AgreementAvailability == nil {
			return state.Access{}, state.ErrIncomplete
		}
		return state.Access{
			Agreement: string(out.AgreementAvailability.Status), Authorization: string(out.AuthorizationStatus),
			Entitlement: string(out.EntitlementAvailability), Region: string(out.RegionAvailability),
		}, nil
	})
}

// How many transcription jobs a scan reads: how many pages of the list, latest first, and
// how many jobs in detail.
const (
	jobPages = 3 // of a hundred
	maxJobs  = 40
)

func sameJob(a types.TranscriptionJobSummary) func(types.TranscriptionJobSummary) bool {
	return func(b types.TranscriptionJobSummary) bool {
		return sdk.ToString(a.TranscriptionJobName) == sdk.ToString(b.TranscriptionJobName)
	}
}

// transcriptionJobs schedules the read of the latest finished jobs and of where each wrote
// its text. If one cannot be read, the whole reading is unknown.
func (o *observer) transcriptionJobs(s *state.State) {
	o.do(func(ctx context.Context) {
		const list, get = "transcribe:ListTranscriptionJobs", "transcribe:GetTranscriptionJob"
		var found []types.TranscriptionJobSummary
		input := &transcribe.ListTranscriptionJobsInput{Status: types.TranscriptionJobStatusCompleted, MaxResults: new(int32(100))}
		for range jobPages {
			out, err := aws.Transcribe(o.account).ListTranscriptionJobs(ctx, input)
			if err == nil && out.TranscriptionJobSummaries == nil { // AWS sends an empty list for none
				err = state.ErrIncomplete
			}
			if err == nil && input.NextToken != nil && (len(out.TranscriptionJobSummaries) == 0 ||
				slices.ContainsFunc(found, sameJob(out.TranscriptionJobSummaries[0]))) {
				err = &aws.EndlessError{Why: "a page does not go on where the one before it ended"}
			}
			if err != nil {
				s.TranscriptionJobs = state.ReadingOf[[]state.TranscriptionJob](nil, err, list)
				return
			}
			found = append(found, out.TranscriptionJobSummaries...)
			if input.NextToken = out.NextToken; out.NextToken == nil {
				break
			}
		}
		slices.SortFunc(found, func(a, b types.TranscriptionJobSummary) int {
			return sdk.ToTime(b.CompletionTime).Compare(sdk.ToTime(a.CompletionTime))
		})
		jobs := make([]state.TranscriptionJob, len(found))
		s.TranscriptionJobs = state.Known(jobs)
		var mu sync.Mutex
		asked := 0
		for i, summary := range found {
			jobs[i] = state.TranscriptionJob{Name: sdk.ToString(summary.TranscriptionJobName), Completed: sdk.ToTime(summary.CompletionTime)}
			if summary.OutputLocationType == types.OutputLocationTypeServiceBucket {
				continue // the list already says where
			}
			if asked++; asked > maxJobs {
				jobs[i].Unasked = true
				continue
			}
			o.do(func(ctx context.Context) {
				out, err := aws.Transcribe(o.account).GetTranscriptionJob(ctx, &transcribe.GetTranscriptionJobInput{
					TranscriptionJobName: &jobs[i].Name,
				})
				if err == nil && (out.TranscriptionJob == nil || out.TranscriptionJob.Transcript == nil) {
					err = state.ErrIncomplete
				}
				if err == nil {
					jobs[i].Bucket = transcriptBucket(sdk.ToString(out.TranscriptionJob.Transcript.TranscriptFileUri))
					return
				}
				if aws.KindOf(err) == aws.Absent {
					jobs[i].Unasked = true // deleted since it was listed
					return
				}
				mu.Lock()
				defer mu.Unlock()
				s.TranscriptionJobs = state.ReadingOf[[]state.TranscriptionJob](nil, err, get)
			})
		}
	})
}

// transcriptBucket is the bucket of a transcript's URI,
// https://s3.us-east-1.amazonaws.com/BUCKET/KEY or s3://BUCKET/KEY.
func transcriptBucket(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	if u.Scheme == "s3" {
		return u.Host
	}
	if name, _, ok := strings.Cut(u.Host, ".s3."); ok {
		return name
	}
	bucket, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return bucket
}
