package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	bedrocktypes "github.com/aws/aws-sdk-go-v2/service/bedrock/types"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	sonnet    = "anthropic.claude-sonnet-4-6"
	usSonnet  = "us." + sonnet
	fable     = "anthropic.claude-fable-5"
	usProfile = "arn:aws:bedrock:us-east-1:" + AccountID + ":inference-profile/" + usSonnet
)

// useCaseForm is a use-case form as the console sends it.
const useCaseForm = `{"companyName":"Example practice","companyWebsite":"https://example.com",` +
	`"intendedUsers":"0","industryOption":"Healthcare","otherIndustryOption":"","useCases":"Drafting reports for review by a clinician."}`

// asUser is the SDK's configuration for a new IAM user with one inline policy.
func asUser(t *testing.T, a *Account, name, document string) aws.Config {
	t.Helper()
	users := iam.NewFromConfig(sdkAsRoot(a))
	must(t, 0, errOf(users.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})))
	must(t, 0, errOf(users.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
		UserName: &name, PolicyName: new("p"), PolicyDocument: &document,
	})))
	key, err := users.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	must(t, 0, err)
	return sdkAs(a, *key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
}

// withModels submits the form and accepts the agreements of the models, as set-up does.
func withModels(t *testing.T, a *Account, models ...string) {
	t.Helper()
	client := bedrock.NewFromConfig(sdkAsRoot(a))
	must(t, 0, errOf(client.PutUseCaseForModelAccess(t.Context(), &bedrock.PutUseCaseForModelAccessInput{FormData: []byte(useCaseForm)})))
	for _, model := range models {
		offers, err := client.ListFoundationModelAgreementOffers(t.Context(), &bedrock.ListFoundationModelAgreementOffersInput{ModelId: &model})
		must(t, 0, err)
		_, err = client.CreateFoundationModelAgreement(t.Context(),
			&bedrock.CreateFoundationModelAgreementInput{ModelId: &model, OfferToken: offers.Offers[0].OfferToken})
		must(t, 0, err)
	}
}

// bySignature sends a request that the SDK has no operation for.
func bySignature(t *testing.T, config aws.Config, service, method, url, body string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	must(t, 0, err)
	key, err := config.Credentials.Retrieve(t.Context())
	must(t, 0, err)
	sum := sha256.Sum256([]byte(body))
	must(t, 0, v4.NewSigner().SignHTTP(t.Context(), key, r, hex.EncodeToString(sum[:]), service, config.Region, time.Now()))
	response, err := config.HTTPClient.Do(r)
	must(t, 0, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	must(t, 0, err)
	out := map[string]any{"error": response.Header.Get("X-Amzn-Errortype")}
	if len(text) > 0 {
		must(t, 0, json.Unmarshal(text, &out))
	}
	return response.StatusCode, out
}

// converseWith asks a model a question.
func converseWith(model, question string) *bedrockruntime.ConverseInput {
	return &bedrockruntime.ConverseInput{ModelId: &model, Messages: []types.Message{
		{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: question}}},
	}}
}

func TestModelAccess(t *testing.T) {
	a := newAccount(t, Options{})
	client, runtime := bedrock.NewFromConfig(sdkAsRoot(a)), bedrockruntime.NewFromConfig(sdkAsRoot(a))
	availability := func() *bedrock.GetFoundationModelAvailabilityOutput {
		out, err := client.GetFoundationModelAvailability(t.Context(), &bedrock.GetFoundationModelAvailabilityInput{ModelId: new(sonnet)})
		return must(t, out, err)
	}
	if got := availability(); got.AgreementAvailability.Status != bedrocktypes.AgreementStatusNotAvailable ||
		got.AuthorizationStatus != bedrocktypes.AuthorizationStatusNotAuthorized {
		t.Errorf("a fresh account has access: %v %v", got.AgreementAvailability.Status, got.AuthorizationStatus)
	}
	_, err := client.GetUseCaseForModelAccess(t.Context(), &bedrock.GetUseCaseForModelAccessInput{})
	wantCode(t, err, "ResourceNotFoundException")
	wantCode(t, errOf(runtime.Converse(t.Context(), converseWith(usSonnet, "Hello"))), "ResourceNotFoundException",
		"use case details have not been submitted")

	listed, err := client.ListFoundationModelAgreementOffers(t.Context(),
		&bedrock.ListFoundationModelAgreementOffersInput{ModelId: new(sonnet)})
	must(t, 0, err)
	agree := func() error {
		return errOf(client.CreateFoundationModelAgreement(t.Context(),
			&bedrock.CreateFoundationModelAgreementInput{ModelId: new(sonnet), OfferToken: listed.Offers[0].OfferToken}))
	}
	wantCode(t, agree(), "ValidationException", "use case details")
	wantCode(t, errOf(client.PutUseCaseForModelAccess(t.Context(),
		&bedrock.PutUseCaseForModelAccessInput{FormData: []byte(`{"companyName":"x"}`)})), "ValidationException", "companyWebsite")
	must(t, 0, errOf(client.PutUseCaseForModelAccess(t.Context(), &bedrock.PutUseCaseForModelAccessInput{FormData: []byte(useCaseForm)})))
	form, err := client.GetUseCaseForModelAccess(t.Context(), &bedrock.GetUseCaseForModelAccessInput{})
	must(t, 0, err)
	if string(form.FormData) != useCaseForm {
		t.Errorf("the form came back as %s", form.FormData)
	}
	wantCode(t, errOf(runtime.Converse(t.Context(), converseWith(usSonnet, "Hello"))), "AccessDeniedException",
		"You don't have access to the model")
	must(t, 0, agree())
	wantCode(t, agree(), "ConflictException")
	if got := availability(); got.AgreementAvailability.Status != bedrocktypes.AgreementStatusAvailable ||
		got.EntitlementAvailability != bedrocktypes.EntitlementAvailabilityAvailable ||
		got.AuthorizationStatus != bedrocktypes.AuthorizationStatusAuthorized ||
		got.RegionAvailability != bedrocktypes.RegionAvailabilityAvailable {
		t.Errorf("after the agreement: %+v", got)
	}
	answer, err := runtime.Converse(t.Context(), converseWith(usSonnet, "Hello"))
	must(t, 0, err)
	if text := textOf(answer.Output); !strings.Contains(text, "not an AI model") {
		t.Errorf("the demo writer does not say in a chat what it is: %q", text)
	}
	must(t, 0, errOf(client.DeleteFoundationModelAgreement(t.Context(), &bedrock.DeleteFoundationModelAgreementInput{ModelId: new(sonnet)})))
	wantCode(t, errOf(runtime.Converse(t.Context(), converseWith(usSonnet, "Hello"))), "AccessDeniedException")
}

func textOf(output types.ConverseOutput) string {
	var b strings.Builder
	for _, block := range output.(*types.ConverseOutputMemberMessage).Value.Content {
		b.WriteString(block.(*types.ContentBlockMemberText).Value)
	}
	return b.String()
}

func TestModelsAndProfilesAreListed(t *testing.T) {
	a := newAccount(t, Options{})
	client := bedrock.NewFromConfig(sdkAsRoot(a))
	models, err := client.ListFoundationModels(t.Context(), &bedrock.ListFoundationModelsInput{
		ByProvider: new("anthropic"), ByOutputModality: bedrocktypes.ModelModalityText,
	})
	must(t, 0, err)
	legacy := 0
	for _, m := range models.ModelSummaries {
		if m.ModelLifecycle.Status == bedrocktypes.FoundationModelLifecycleStatusLegacy {
			legacy++
		}
		if strings.HasPrefix(*m.ModelId, "amazon.") {
			t.Errorf("%s is not of Anthropic", *m.ModelId)
		}
	}
	if len(models.ModelSummaries) != 13 || legacy != 3 {
		t.Errorf("got %d models, %d of them legacy", len(models.ModelSummaries), legacy)
	}

	var ids []string
	pages := 0
	pager := bedrock.NewListInferenceProfilesPaginator(client, &bedrock.ListInferenceProfilesInput{
		MaxResults: new(int32(4)), TypeEquals: bedrocktypes.InferenceProfileTypeSystemDefined,
	})
	for pager.HasMorePages() {
		page, err := pager.NextPage(t.Context())
		must(t, 0, err)
		pages++
		for _, p := range page.InferenceProfileSummaries {
			ids = append(ids, *p.InferenceProfileId)
		}
	}
	if pages != 7 || len(ids) != 25 || !slices.Contains(ids, usSonnet) || !slices.Contains(ids, "global."+sonnet) ||
		slices.Contains(ids, "eu."+sonnet) {
		t.Errorf("%d pages of profiles in us-east-1: %v", pages, ids)
	}
	none, err := client.ListInferenceProfiles(t.Context(), &bedrock.ListInferenceProfilesInput{
		TypeEquals: bedrocktypes.InferenceProfileTypeApplication,
	})
	must(t, 0, err)
	if len(none.InferenceProfileSummaries) > 0 {
		t.Error("there are application profiles")
	}
	for _, name := range []string{usSonnet, usProfile} {
		p, err := client.GetInferenceProfile(t.Context(), &bedrock.GetInferenceProfileInput{InferenceProfileIdentifier: &name})
		must(t, 0, err)
		var arns []string
		for _, m := range p.Models {
			arns = append(arns, *m.ModelArn)
		}
		if got := strings.Join(arns, " "); got != modelARN("us-east-1", sonnet)+" "+modelARN("us-east-2", sonnet)+" "+
			modelARN("us-west-2", sonnet) {
			t.Errorf("%s runs in %s", name, got)
		}
	}
	wantCode(t, errOf(client.GetInferenceProfile(t.Context(), &bedrock.GetInferenceProfileInput{
		InferenceProfileIdentifier: new("eu." + sonnet),
	})), "ResourceNotFoundException")
}

func TestDataRetention(t *testing.T) {
	a := newAccount(t, Options{})
	root := sdkAsRoot(a)
	const url = "https://bedrock.us-east-1.amazonaws.com/data-retention"
	if status, out := bySignature(t, root, "bedrock", "GET", url, ""); status != 200 || out["mode"] != "inherit" {
		t.Errorf("a new account has the retention mode %v (%d)", out, status)
	}
	if status, out := bySignature(t, root, "bedrock", "PUT", url, `{"mode":"nothing"}`); status != 400 ||
		out["error"] != "ValidationException" {
		t.Errorf("an unknown mode: %d %v", status, out)
	}
	only := asUser(t, a, "mender", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"bedrock:PutAccountDataRetention","Resource":"*",
		"Condition":{"StringEquals":{"bedrock:DataRetentionMode":"none"}}}]}`)
	if status, out := bySignature(t, only, "bedrock", "PUT", url, `{"mode":"aws_review"}`); status != 403 ||
		out["error"] != "AccessDeniedException" {
		t.Errorf("a caller who may only set none set aws_review: %d %v", status, out)
	}
	if status, out := bySignature(t, only, "bedrock", "PUT", url, `{"mode":"none"}`); status != 200 || out["mode"] != "none" ||
		out["updatedAt"] == "" {
		t.Errorf("setting none: %d %v", status, out)
	}
	elsewhere := root
	elsewhere.Region = "us-west-2"
	if _, out := bySignature(t, elsewhere, "bedrock", "GET", strings.Replace(url, "us-east-1", "us-west-2", 1), ""); out["mode"] != "inherit" {
		t.Errorf("retention of another region is %v", out["mode"])
	}

	withModels(t, a, fable)
	runtime := bedrockruntime.NewFromConfig(root)
	wantCode(t, errOf(runtime.Converse(t.Context(), converseWith("us."+fable, "Hello"))), "ValidationException",
		"data retention mode 'none' is not available for this model")
	bySignature(t, root, "bedrock", "PUT", url, `{"mode":"aws_review"}`)
	must(t, 0, errOf(runtime.Converse(t.Context(), converseWith("us."+fable, "Hello"))))
}

func TestInvocationLogging(t *testing.T) {
	a := newAccount(t, Options{})
	makeBucket(t, a, "practice")
	client := bedrock.NewFromConfig(sdkAsRoot(a))
	get := func() *bedrocktypes.LoggingConfig {
		out, err := client.GetModelInvocationLoggingConfiguration(t.Context(), &bedrock.GetModelInvocationLoggingConfigurationInput{})
		return must(t, out, err).LoggingConfig
	}
	if get() != nil {
		t.Error("a new account logs prompts")
	}
	put := func() error {
		return errOf(client.PutModelInvocationLoggingConfiguration(t.Context(), &bedrock.PutModelInvocationLoggingConfigurationInput{
			LoggingConfig: &bedrocktypes.LoggingConfig{
				TextDataDeliveryEnabled: new(true), S3Config: &bedrocktypes.S3Config{BucketName: new("practice")},
			},
		}))
	}
	wantCode(t, put(), "ValidationException", "Failed to validate permissions for log bucket")
	setPolicy(t, a, "practice", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"bedrock.amazonaws.com"},"Action":"s3:PutObject",
		"Resource":"arn:aws:s3:::practice/AWSLogs/`+AccountID+`/BedrockModelInvocationLogs/*","Condition":{"StringEquals":{"aws:SourceAccount":"`+AccountID+`"}}}]}`)
	must(t, 0, put())
	if got := get(); got == nil || *got.S3Config.BucketName != "practice" || !*got.TextDataDeliveryEnabled {
		t.Errorf("logging is %+v", got)
	}
	must(t, 0, errOf(client.DeleteModelInvocationLoggingConfiguration(t.Context(), &bedrock.DeleteModelInvocationLoggingConfigurationInput{})))
	if get() != nil {
		t.Error("logging continues after it was deleted")
	}
}

func TestWhatMayNotBeInvoked(t *testing.T) {
	a := newAccount(t, Options{})
	withModels(t, a, sonnet)
	runtime := bedrockruntime.NewFromConfig(sdkAsRoot(a))
	for _, one := range []struct{ model, code, says string }{
		{sonnet, "ValidationException", "on-demand throughput isn’t supported"},
		{"us.anthropic.claude-99", "ValidationException", "The provided model identifier is invalid."},
		{"eu." + sonnet, "ValidationException", "The provided model identifier is invalid."},
		{"amazon.titan-embed-text-v2:0", "ValidationException", "does not support"},
	} {
		wantCode(t, errOf(runtime.Converse(t.Context(), converseWith(one.model, "Hello"))), one.code, one.says)
	}
	must(t, 0, errOf(runtime.Converse(t.Context(), converseWith("amazon.nova-lite-v1:0", "Hello"))))

	turns := func(roles ...types.ConversationRole) *bedrockruntime.ConverseInput {
		in := converseWith(usSonnet, "Hello")
		in.Messages = nil
		for _, role := range roles {
			in.Messages = append(in.Messages, types.Message{Role: role, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "x"}}})
		}
		return in
	}
	wantCode(t, errOf(runtime.Converse(t.Context(), turns("assistant"))), "ValidationException", "must start with a user message")
	wantCode(t, errOf(runtime.Converse(t.Context(), turns("user", "user"))), "ValidationException", "must alternate")
	wantCode(t, errOf(runtime.Converse(t.Context(), converseWith(usSonnet, "  "))), "ValidationException", "blank")
	wantCode(t, errOf(runtime.Converse(t.Context(), converseWith(usSonnet, strings.Repeat("word ", 1_000_000)))),
		"ValidationException", "Input is too long")
	both := converseWith(usSonnet, "Hello")
	both.InferenceConfig = &types.InferenceConfiguration{Temperature: new(float32(1)), TopP: new(float32(1))}
	wantCode(t, errOf(runtime.Converse(t.Context(), both)), "ValidationException", "cannot both be specified")
}

// A call through a profile needs permission on the profile and on the model in every region
// in which the profile can run, the latter only through the profile.
func TestInvokingNeedsProfileAndModels(t *testing.T) {
	a := newAccount(t, Options{})
	withModels(t, a, sonnet)
	allow := func(action string, statements ...string) string {
		for i, resource := range statements {
			statements[i] = `{"Effect":"Allow","Action":"` + action + `",` + resource + `}`
		}
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	profile := `"Resource":"` + usProfile + `"`
	through := `,"Condition":{"StringEquals":{"bedrock:InferenceProfileArn":"` + usProfile + `"}}`
	everywhere := `"Resource":"arn:aws:bedrock:*::foundation-model/` + sonnet + `"` + through
	home := `"Resource":"` + modelARN("us-east-1", sonnet) + `"` + through
	other := `"Resource":"arn:aws:bedrock:*::foundation-model/*","Condition":{"StringEquals":{"bedrock:InferenceProfileArn":"` + usProfile +
		`x"}}`

	for name, one := range map[string]struct{ policy, denied string }{
		"both":          {allow("bedrock:InvokeModelWithResponseStream", profile, everywhere), ""},
		"wrong-action":  {allow("bedrock:InvokeModel", profile, everywhere), usProfile},
		"profile-only":  {allow("bedrock:InvokeModelWithResponseStream", profile), modelARN("us-east-1", sonnet)},
		"models-only":   {allow("bedrock:InvokeModelWithResponseStream", everywhere), usProfile},
		"home-only":     {allow("bedrock:InvokeModelWithResponseStream", profile, home), modelARN("us-east-2", sonnet)},
		"other-profile": {allow("bedrock:InvokeModelWithResponseStream", profile, other), modelARN("us-east-1", sonnet)},
	} {
		client := bedrockruntime.NewFromConfig(asUser(t, a, name, one.policy))
		in := converseWith(usSonnet, "Hello")
		_, err := client.ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{ModelId: in.ModelId, Messages: in.Messages})
		if one.denied == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		wantCode(t, err, "AccessDeniedException", "bedrock:InvokeModelWithResponseStream on resource: "+one.denied+
			" because no identity-based policy allows")
	}
}

func TestCountTokens(t *testing.T) {
	a := newAccount(t, Options{})
	client := bedrockruntime.NewFromConfig(sdkAsRoot(a))
	count := func(ctx context.Context, model string) (*bedrockruntime.CountTokensOutput, error) {
		return client.CountTokens(ctx, &bedrockruntime.CountTokensInput{ModelId: &model, Input: &types.CountTokensInputMemberConverse{
			Value: types.ConverseTokensRequest{Messages: converseWith(model, strings.Repeat("abcd", 100)).Messages},
		}})
	}
	out, err := count(t.Context(), sonnet)
	must(t, 0, err)
	if *out.InputTokens != 100 {
		t.Errorf("400 characters counted as %d tokens", *out.InputTokens)
	}
	wantCode(t, errOf(count(t.Context(), usSonnet)), "ValidationException", "The provided model identifier is invalid.")
	wantCode(t, errOf(count(t.Context(), "anthropic.claude-opus-4-6-v1")), "ValidationException", "doesn't support counting tokens")
}

// makeBucket makes a bucket as the root user.
func makeBucket(t *testing.T, a *Account, bucket string) {
	t.Helper()
	if _, err := s3.NewFromConfig(sdkAsRoot(a)).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
}

// setPolicy sets a bucket's policy as the root user.
func setPolicy(t *testing.T, a *Account, bucket, document string) {
	t.Helper()
	_, err := s3.NewFromConfig(sdkAsRoot(a)).PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &document})
	if err != nil {
		t.Fatal(err)
	}
}
