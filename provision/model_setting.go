package provision

import (
	"context"
	"net/http"
	"net/url"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrock/types"

	"claria/aws"
	"claria/provision/state"
)

const keepsPrompts = "none of Claria's identities may let AWS keep prompts and answers"

// modelSettings are the settings of Bedrock.
func modelSettings(s state.Settings) map[string]*setting {
	return map[string]*setting{
		"bedrock/retention": keep(whole[string]{
			of:  func(st *state.State) state.Reading[string] { return st.Retention },
			see: func(st *state.State, r state.Reading[string]) { st.Retention = r },
			put: func(ctx context.Context, w *writer, mode string) error {
				return aws.Wrap(w.account.SetDataRetention(ctx, mode), "bedrock:PutAccountDataRetention", s.Region)
			},
			never: func(st *state.State) string {
				if st.Retention.Absent() {
					return "there was no mode before, and Bedrock cannot remove one"
				}
				return ""
			},
			admin: func(st *state.State) string {
				if mode, _ := st.Retention.Value(); mode == "none" {
					return ""
				}
				return keepsPrompts
			},
		}),
		"bedrock/invocation-logging": keep(whole[types.LoggingConfig]{
			operation: "bedrock:GetModelInvocationLoggingConfiguration",
			ask: func(ctx context.Context, o *observer) (types.LoggingConfig, error) {
				in := &bedrock.GetModelInvocationLoggingConfigurationInput{}
				out, err := aws.Bedrock(o.account).GetModelInvocationLoggingConfiguration(ctx, in)
				switch {
				case err != nil:
					return types.LoggingConfig{}, err
				case out.LoggingConfig == nil:
					return types.LoggingConfig{}, state.ErrNone
				}
				return *out.LoggingConfig, nil
			},
			see: func(st *state.State, r state.Reading[types.LoggingConfig]) {
				st.InvocationLogging = state.Known(state.InvocationLogging{})
				if c, ok := r.Value(); ok {
					st.InvocationLogging = state.Known(reduceLogging(c))
				}
			},
			put: func(ctx context.Context, w *writer, c types.LoggingConfig) error {
				_, err := aws.Bedrock(w.account).PutModelInvocationLoggingConfiguration(ctx, &bedrock.PutModelInvocationLoggingConfigurationInput{
					LoggingConfig: &c,
				})
				return aws.Wrap(err, "bedrock:PutModelInvocationLoggingConfiguration", s.Region)
			},
			drop: func(ctx context.Context, w *writer) error {
				in := &bedrock.DeleteModelInvocationLoggingConfigurationInput{}
				_, err := aws.Bedrock(w.account).DeleteModelInvocationLoggingConfiguration(ctx, in)
				return aws.Wrap(err, "bedrock:DeleteModelInvocationLoggingConfiguration", s.Region)
			},
			admin: func(st *state.State) string {
				if l, _ := st.InvocationLogging.Value(); l.Enabled {
					return keepsPrompts
				}
				return ""
			},
		}),
		"bedrock/mantle-retention": keep(mantleKept()),
	}
}

func reduceLogging(c types.LoggingConfig) state.InvocationLogging {
	logging := state.InvocationLogging{Enabled: true}
	if c.S3Config != nil {
		logging.Bucket = sdk.ToString(c.S3Config.BucketName)
	}
	if c.CloudWatchConfig != nil {
		logging.LogGroup = sdk.ToString(c.CloudWatchConfig.LogGroupName)
	}
	return logging
}

// mantleKept are the retention modes of Bedrock's OpenAI-compatible endpoint: the account's
// under "account", and each project's under its id.
func mantleKept() whole[map[string]string] {
	const account = "account"
	return whole[map[string]string]{
		entries: true,
		of: func(st *state.State) state.Reading[map[string]string] {
			return state.Derive(st.Monitoring.Mantle, func(m state.Mantle) map[string]string {
				all := map[string]string{account: m.Mode}
				for _, p := range m.Projects {
					all[p.ID] = p.Mode
				}
				return all
			})
		},
		see: func(st *state.State, r state.Reading[map[string]string]) {
			all, _ := r.Value()
			st.Monitoring.Mantle = state.Derive(st.Monitoring.Mantle, func(m state.Mantle) state.Mantle {
				if mode, ok := all[account]; ok {
					m.Mode = mode
				}
				m.Projects, _ = replaced(state.Known(m.Projects), func(p state.MantleProject) bool { _, is := all[p.ID]; return is },
					func(p state.MantleProject) state.MantleProject { p.Mode = all[p.ID]; return p }).Value()
				return m
			})
		},
		put: func(ctx context.Context, w *writer, all map[string]string) error {
			for id, mode := range all {
				r := aws.Request{
					Operation: "UpdateProject", Method: http.MethodPost, Path: "/v1/organization/projects/" + url.PathEscape(id),
					In: map[string]any{"data_retention": map[string]string{"mode": mode}},
				}
				if id == account {
					r = aws.Request{
						Operation: "PutAccountDataRetention", Method: http.MethodPut, Path: "/v1/data_retention", In: map[string]string{"mode": mode},
					}
				}
				if err := aws.Ask(ctx, w.account, mantleAPI(), r, nil); err != nil {
					return aws.Wrap(err, "bedrock-mantle:"+r.Operation, id)
				}
			}
			return nil
		},
		admin: func(st *state.State) string {
			if m, _ := st.Monitoring.Mantle.Value(); m.Mode == "none" && len(opinionated(m)) == 0 {
				return ""
			}
			return keepsPrompts
		},
	}
}
