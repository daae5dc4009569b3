package provision

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/transcribe"
	"github.com/aws/aws-sdk-go-v2/service/transcribe/types"

	"claria/aws"
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

func (o *observer) destinations(m *state.Model) {
	ask(o, "bedrock:GetInferenceProfile", &m.Destinations, func(ctx context.Context) ([]string, error) {
		out, err := aws.Bedrock(o.account).GetInferenceProfile(ctx, &bedrock.GetInferenceProfileInput{InferenceProfileIdentifier: &m.Profile})
		if err != nil {
			return nil, err
		}
		if len(out.Models) == 0 {
			return nil, state.ErrIncomplete
		}
		regions := []string{}
		for _, model := range out.Models {
			// arn:aws:bedrock:us-east-1::foundation-model/…; a global profile has no region.
			parts := strings.SplitN(sdk.ToString(model.ModelArn), ":", 6)
			if len(parts) != 6 {
				return nil, state.ErrIncomplete
			}
			regions = append(regions, parts[3])
		}
		slices.Sort(regions)
		return slices.Compact(regions), nil
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
