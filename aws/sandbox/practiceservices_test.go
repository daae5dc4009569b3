package sandbox

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	analyzertypes "github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	costtypes "github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	s3controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/aws/aws-sdk-go-v2/service/transcribe"
	"github.com/aws/aws-sdk-go-v2/service/transcribe/types"
)

// agreements reads the whole list, one agreement a page.
func agreements(t *testing.T, a *Account) []map[string]any {
	t.Helper()
	var all []map[string]any
	for token := ""; ; {
		status, out := bySignature(t, sdkAsRoot(a), "artifact", "GET",
			"https://artifact.us-east-1.amazonaws.com/v1/customer-agreement/list?maxResults=1&nextToken="+token, "")
		if status != 200 {
			t.Fatalf("%d %v", status, out)
		}
		for _, one := range out["customerAgreements"].([]any) {
			all = append(all, one.(map[string]any))
		}
		next, more := out["nextToken"].(string)
		if !more {
			return all
		}
		token = next
	}
}

func TestAgreements(t *testing.T) {
	addendum := func(all []map[string]any) map[string]any {
		for _, one := range all {
			if one["name"] == "AWS Business Associate Addendum" && one["state"] == "ACTIVE" {
				return one
			}
		}
		return nil
	}
	a := newAccount(t, Options{})
	list := agreements(t, a)
	baa := addendum(list)
	if len(list) != 2 || baa == nil || baa["effectiveStart"] != "2026-03-02T00:00:00Z" || baa["awsAccountId"] != AccountID ||
		baa["effectiveEnd"] != nil || baa["type"] != "DEFAULT" {
		t.Errorf("a fresh account has %v", list)
	}
	a.TerminateBAA()
	if list = agreements(t, a); addendum(list) != nil || list[1]["state"] != "CUSTOMER_TERMINATED" || list[1]["effectiveEnd"] == nil {
		t.Errorf("after termination: %v", list)
	}

	without := newAccount(t, Options{Seed: "no-baa"})
	if list = agreements(t, without); len(list) != 1 || addendum(list) != nil {
		t.Errorf("no-baa has %v", list)
	}
	without.AcceptBAA()
	if addendum(agreements(t, without)) == nil {
		t.Error("the addendum was not accepted")
	}
	nobody := asUser(t, a, "nobody", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`)
	if status, out := bySignature(t, nobody, "artifact", "GET", "https://artifact.us-east-1.amazonaws.com/v1/customer-agreement/list",
		""); status != 403 || out["error"] != "AccessDeniedException" {
		t.Errorf("nobody: %d %v", status, out)
	}
}

func TestOrganization(t *testing.T) {
	a := newAccount(t, Options{})
	err := errOf(organizations.NewFromConfig(sdkAsRoot(a)).DescribeOrganization(t.Context(), &organizations.DescribeOrganizationInput{}))
	wantCode(t, err, "AWSOrganizationsNotInUseException")
	nobody := asUser(t, a, "nobody", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`)
	wantCode(t, errOf(organizations.NewFromConfig(nobody).DescribeOrganization(t.Context(), &organizations.DescribeOrganizationInput{})),
		"AccessDeniedException")
}

func TestTranscription(t *testing.T) {
	a := newAccount(t, Options{})
	makeBucket(t, a, dataBucket)
	objects := s3.NewFromConfig(sdkAsRoot(a))
	client := transcribe.NewFromConfig(asUser(t, a, "clinician", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"transcribe:StartTranscriptionJob","Resource":"*","Condition":{"StringEquals":{"transcribe:OutputBucketName":"`+dataBucket+`"}}},
		{"Effect":"Allow","Action":["transcribe:GetTranscriptionJob","transcribe:DeleteTranscriptionJob"],"Resource":"arn:aws:transcribe:us-east-1:`+AccountID+`:transcription-job/*"},
		{"Effect":"Allow","Action":"transcribe:ListTranscriptionJobs","Resource":"*"},
		{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::`+dataBucket+`/*"}]}`))
	start := func(name, output string) error {
		in := &transcribe.StartTranscriptionJobInput{
			TranscriptionJobName: &name, LanguageCode: types.LanguageCodeEnUs,
			Media:    &types.Media{MediaFileUri: new("s3://" + dataBucket + "/recordings/c1/f1.m4a")},
			Settings: &types.Settings{ShowSpeakerLabels: new(true), MaxSpeakerLabels: new(int32(2))},
		}
		if output != "" {
			in.OutputBucketName, in.OutputKey = &output, new("transcripts/")
		}
		out, err := client.StartTranscriptionJob(t.Context(), in)
		if err == nil && out.TranscriptionJob.TranscriptionJobStatus != types.TranscriptionJobStatusInProgress {
			t.Errorf("a started job is %s", out.TranscriptionJob.TranscriptionJobStatus)
		}
		return err
	}
	wantCode(t, start("job-1", dataBucket), "BadRequestException", "doesn't point to an S3 object")
	must(t, 0, errOf(objects.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: new(dataBucket), Key: new("recordings/c1/f1.m4a"), Body: strings.NewReader("sound"),
	})))
	wantCode(t, start("job-1", ""), "AccessDeniedException", "transcribe:StartTranscriptionJob")
	for _, name := range []string{"job-1", "job-2", "job-3"} {
		must(t, 0, start(name, dataBucket))
	}
	wantCode(t, start("job-1", dataBucket), "ConflictException")

	got, err := client.GetTranscriptionJob(t.Context(), &transcribe.GetTranscriptionJobInput{TranscriptionJobName: new("job-1")})
	must(t, 0, err)
	job := got.TranscriptionJob
	if job.TranscriptionJobStatus != types.TranscriptionJobStatusCompleted ||
		*job.Transcript.TranscriptFileUri != "https://s3.us-east-1.amazonaws.com/"+dataBucket+"/transcripts/job-1.json" ||
		job.MediaFormat != types.MediaFormatM4a || job.CompletionTime == nil || time.Since(*job.CompletionTime).Abs() > time.Minute {
		t.Errorf("the job is %+v", job)
	}
	content, found, err := a.objectBytes(dataBucket, "transcripts/job-1.json")
	if err != nil || !found {
		t.Fatalf("the transcript: %v %v", found, err)
	}
	var transcript struct {
		Results struct {
			Transcripts []struct{ Transcript string }
			Labels      struct{ Speakers int } `json:"speaker_labels"`
		}
	}
	must(t, 0, json.Unmarshal(content, &transcript))
	if !strings.Contains(transcript.Results.Transcripts[0].Transcript, "demo transcript") || transcript.Results.Labels.Speakers != 2 {
		t.Errorf("the transcript is %s", content)
	}

	pager := transcribe.NewListTranscriptionJobsPaginator(client,
		&transcribe.ListTranscriptionJobsInput{Status: types.TranscriptionJobStatusCompleted, MaxResults: new(int32(2))})
	jobs, pages := 0, 0
	for pager.HasMorePages() {
		page, err := pager.NextPage(t.Context())
		must(t, 0, err)
		jobs, pages = jobs+len(page.TranscriptionJobSummaries), pages+1
		if page.TranscriptionJobSummaries[0].OutputLocationType != types.OutputLocationTypeCustomerBucket {
			t.Errorf("output is in %s", page.TranscriptionJobSummaries[0].OutputLocationType)
		}
	}
	if jobs != 3 || pages != 2 {
		t.Errorf("%d jobs on %d pages", jobs, pages)
	}
	must(t, 0, errOf(client.DeleteTranscriptionJob(t.Context(), &transcribe.DeleteTranscriptionJobInput{TranscriptionJobName: new("job-1")})))
	wantCode(t, errOf(client.GetTranscriptionJob(t.Context(), &transcribe.GetTranscriptionJobInput{TranscriptionJobName: new("job-1")})),
		"BadRequestException", "couldn't be found")

	// Without an output bucket the text is in a bucket of AWS, which TRN-01 reports.
	root := transcribe.NewFromConfig(sdkAsRoot(a))
	must(t, 0, errOf(root.StartTranscriptionJob(t.Context(), &transcribe.StartTranscriptionJobInput{
		TranscriptionJobName: new("loose"), LanguageCode: types.LanguageCodeEnUs,
		Media: &types.Media{MediaFileUri: new("s3://" + dataBucket + "/recordings/c1/f1.m4a")},
	})))
	loose, err := root.GetTranscriptionJob(t.Context(), &transcribe.GetTranscriptionJobInput{TranscriptionJobName: new("loose")})
	must(t, 0, err)
	if uri := *loose.TranscriptionJob.Transcript.TranscriptFileUri; strings.Contains(uri, dataBucket) ||
		!strings.Contains(uri, "aws-transcribe-us-east-1-prod") {
		t.Errorf("the transcript without a bucket is at %s", uri)
	}
}

func TestCosts(t *testing.T) {
	a := newAccount(t, Options{})
	withModels(t, a, sonnet)
	makeBucket(t, a, "practice")
	objects := s3.NewFromConfig(sdkAsRoot(a))
	for range 20 {
		must(t, 0, errOf(objects.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: new("practice"), Key: new("k"), Body: strings.NewReader("v"),
		})))
	}
	client := costexplorer.NewFromConfig(sdkAsRoot(a))
	today := time.Now().UTC()
	ask := func() map[string]string {
		out, err := client.GetCostAndUsage(t.Context(), &costexplorer.GetCostAndUsageInput{
			TimePeriod: &costtypes.DateInterval{
				Start: new(today.AddDate(0, 0, -1).Format(time.DateOnly)), End: new(today.AddDate(0, 0, 2).Format(time.DateOnly)),
			},
			Granularity: costtypes.GranularityMonthly, Metrics: []string{"UnblendedCost"},
			GroupBy: []costtypes.GroupDefinition{{Type: costtypes.GroupDefinitionTypeDimension, Key: new("SERVICE")}},
		})
		must(t, 0, err)
		found := map[string]string{}
		for _, result := range out.ResultsByTime {
			if !result.Estimated {
				t.Error("a demo bill is not an estimate")
			}
			for _, group := range result.Groups {
				found[group.Keys[0]] = *group.Metrics["UnblendedCost"].Amount
			}
		}
		return found
	}
	first := ask()
	if first["Amazon Simple Storage Service"] != "0.0001000000" || first["AWS Cost Explorer"] != "" {
		t.Errorf("the bill is %v", first)
	}
	if second := ask(); second["AWS Cost Explorer"] != "0.0100000000" {
		t.Errorf("after one call to Cost Explorer: %v", second)
	}
}

func TestAnalyzer(t *testing.T) {
	a := newAccount(t, Options{})
	makeBucket(t, a, "practice")
	client := accessanalyzer.NewFromConfig(sdkAsRoot(a))
	create := func(name string) error {
		return errOf(client.CreateAnalyzer(t.Context(), &accessanalyzer.CreateAnalyzerInput{
			AnalyzerName: &name, Type: analyzertypes.TypeAccount, Tags: map[string]string{"claria:system": "claria"},
		}))
	}
	must(t, 0, create("claria"))
	roles := iam.NewFromConfig(sdkAsRoot(a))
	role, err := roles.GetRole(t.Context(), &iam.GetRoleInput{RoleName: new("AWSServiceRoleForAccessAnalyzer")})
	must(t, 0, err)
	wantCode(t, errOf(roles.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: role.Role.RoleName, PolicyName: new("more"),
		PolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
	})), "UnmodifiableEntity", "only modifiable by AWS")
	wantCode(t, errOf(roles.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{
		RoleName: role.Role.RoleName, PolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole"}]}`),
	})), "UnmodifiableEntity", "only modifiable by AWS")
	if *role.Role.Path != "/aws-service-role/access-analyzer.amazonaws.com/" {
		t.Errorf("the service-linked role is at %s", *role.Role.Path)
	}
	wantCode(t, create("claria"), "ConflictException")
	wantCode(t, create("other"), "ServiceQuotaExceededException")
	listed, err := client.ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{Type: analyzertypes.TypeAccount})
	must(t, 0, err)
	arn := "arn:aws:access-analyzer:us-east-1:" + AccountID + ":analyzer/claria"
	if len(listed.Analyzers) != 1 || *listed.Analyzers[0].Arn != arn || listed.Analyzers[0].Status != analyzertypes.AnalyzerStatusActive ||
		listed.Analyzers[0].Tags["claria:system"] != "claria" {
		t.Errorf("analyzers: %+v", listed.Analyzers)
	}
	findings := func() []analyzertypes.FindingSummaryV2 {
		out, err := client.ListFindingsV2(t.Context(), &accessanalyzer.ListFindingsV2Input{
			AnalyzerArn: &arn, Filter: map[string]analyzertypes.Criterion{"status": {Eq: []string{"ACTIVE"}}},
		})
		return must(t, out, err).Findings
	}
	if found := findings(); len(found) != 0 {
		t.Errorf("a finding for a private bucket: %+v", found)
	}
	must(t, 0, errOf(s3.NewFromConfig(sdkAsRoot(a)).PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{
		Bucket: new("practice"), PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{},
	})))
	must(t, 0, errOf(s3control.NewFromConfig(sdkAsRoot(a)).PutPublicAccessBlock(t.Context(), &s3control.PutPublicAccessBlockInput{
		AccountId: new(AccountID), PublicAccessBlockConfiguration: &s3controltypes.PublicAccessBlockConfiguration{},
	})))
	setPolicy(t, a, "practice",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::practice/*"}]}`)
	if found := findings(); len(found) != 1 || *found[0].Resource != "arn:aws:s3:::practice" ||
		found[0].FindingType != analyzertypes.FindingTypeExternalAccess {
		t.Errorf("a public bucket: %+v", found)
	}
	only := accessanalyzer.NewFromConfig(asUser(t,
		a, "half", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"access-analyzer:*","Resource":"*"}]}`))
	wantCode(t, errOf(only.CreateAnalyzer(t.Context(), &accessanalyzer.CreateAnalyzerInput{
		AnalyzerName: new("x"), Type: analyzertypes.TypeAccount,
	})), "AccessDeniedException", "iam:CreateServiceLinkedRole")
	must(t, 0, errOf(client.DeleteAnalyzer(t.Context(), &accessanalyzer.DeleteAnalyzerInput{AnalyzerName: new("claria")})))
	wantCode(t, errOf(client.GetAnalyzer(t.Context(), &accessanalyzer.GetAnalyzerInput{AnalyzerName: new("claria")})),
		"ResourceNotFoundException")
}
