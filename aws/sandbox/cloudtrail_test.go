package sandbox

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

const (
	auditBucket = AccountID + "-claria-audit"
	dataBucket  = AccountID + "-claria-records"
	clariaTrail = "arn:aws:cloudtrail:us-east-1:" + AccountID + ":trail/claria-trail"
)

// auditPolicy is the bucket policy in CloudTrail's documentation, for one trail.
func auditPolicy(trail string) string {
	return `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::` + auditBucket + `",
		 "Condition":{"StringEquals":{"aws:SourceArn":"` + trail + `"}}},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::` + auditBucket + `/_cloudtrail/AWSLogs/` + AccountID + `/*",
		 "Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"` + trail + `"}}}]}`
}

// withTrail makes both buckets and a logging trail with data events of the data bucket.
func withTrail(t *testing.T, a *Account) *cloudtrail.Client {
	t.Helper()
	makeBucket(t, a, auditBucket)
	makeBucket(t, a, dataBucket)
	setPolicy(t, a, auditBucket, auditPolicy(clariaTrail))
	client := cloudtrail.NewFromConfig(sdkAsRoot(a))
	must(t, 0, errOf(client.CreateTrail(t.Context(), clariaTrailInput())))
	field := func(name string, values ...string) types.AdvancedFieldSelector {
		return types.AdvancedFieldSelector{Field: &name, Equals: values}
	}
	must(t, 0, errOf(client.PutEventSelectors(t.Context(), &cloudtrail.PutEventSelectorsInput{
		TrailName: new("claria-trail"), AdvancedEventSelectors: []types.AdvancedEventSelector{
			{Name: new("management"), FieldSelectors: []types.AdvancedFieldSelector{field("eventCategory", "Management")}},
			{Name: new("records"), FieldSelectors: []types.AdvancedFieldSelector{
				field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object"),
				{Field: new("resources.ARN"), StartsWith: []string{"arn:aws:s3:::" + dataBucket + "/"}},
			}},
		},
	})))
	must(t, 0, errOf(client.StartLogging(t.Context(), &cloudtrail.StartLoggingInput{Name: new("claria-trail")})))
	return client
}

func clariaTrailInput() *cloudtrail.CreateTrailInput {
	return &cloudtrail.CreateTrailInput{
		Name: new("claria-trail"), S3BucketName: new(auditBucket), S3KeyPrefix: new("_cloudtrail"),
		IsMultiRegionTrail: new(true), EnableLogFileValidation: new(true),
		TagsList: []types.Tag{{Key: new("claria:system"), Value: new("claria")}},
	}
}

// inflated reads one delivered file.
func inflated(t *testing.T, a *Account, key string) []byte {
	t.Helper()
	content, found, err := a.objectBytes(auditBucket, key)
	if err != nil || !found {
		t.Fatalf("%s: found %v, %v", key, found, err)
	}
	r, err := gzip.NewReader(bytes.NewReader(content))
	must(t, 0, err)
	text, err := io.ReadAll(r)
	return must(t, text, err)
}

// delivered are all records in the delivered log files, oldest file first.
func delivered(t *testing.T, a *Account) []trailRecord {
	t.Helper()
	var all []trailRecord
	for _, key := range a.objectKeys(auditBucket, "_cloudtrail/AWSLogs/"+AccountID+"/CloudTrail/") {
		var file struct{ Records []trailRecord }
		must(t, 0, json.Unmarshal(inflated(t, a, key), &file))
		all = append(all, file.Records...)
	}
	return all
}

func TestTrailNeedsItsBucketsPolicy(t *testing.T) {
	a := newAccount(t, Options{})
	client := cloudtrail.NewFromConfig(sdkAsRoot(a))
	create := func() error { return errOf(client.CreateTrail(t.Context(), clariaTrailInput())) }
	wantCode(t, create(), "S3BucketDoesNotExistException")
	makeBucket(t, a, auditBucket)
	wantCode(t, create(), "InsufficientS3BucketPolicyException", "Incorrect S3 bucket policy is detected for bucket: "+auditBucket)
	setPolicy(t, a, auditBucket, auditPolicy(clariaTrail+"-other"))
	wantCode(t, create(), "InsufficientS3BucketPolicyException")
	setPolicy(t, a, auditBucket, auditPolicy(clariaTrail))
	must(t, 0, create())
	wantCode(t, create(), "TrailAlreadyExistsException")

	got, err := client.GetTrail(t.Context(), &cloudtrail.GetTrailInput{Name: new(clariaTrail)})
	must(t, 0, err)
	if trail := got.Trail; *trail.TrailARN != clariaTrail || *trail.HomeRegion != "us-east-1" || !*trail.IsMultiRegionTrail ||
		!*trail.IncludeGlobalServiceEvents ||
		!*trail.LogFileValidationEnabled || *trail.S3KeyPrefix != "_cloudtrail" || *trail.HasCustomEventSelectors {
		t.Errorf("the trail is %+v", trail)
	}
	tags, err := client.ListTags(t.Context(), &cloudtrail.ListTagsInput{ResourceIdList: []string{clariaTrail}})
	must(t, 0, err)
	if list := tags.ResourceTagList[0].TagsList; len(list) != 1 || *list[0].Value != "claria" {
		t.Errorf("tags are %v", list)
	}
	updated, err := client.UpdateTrail(t.Context(), &cloudtrail.UpdateTrailInput{
		Name: new("claria-trail"), EnableLogFileValidation: new(false),
	})
	must(t, 0, err)
	if *updated.LogFileValidationEnabled || !*updated.IsMultiRegionTrail {
		t.Errorf("after the update: %+v", updated)
	}
	wantCode(t, errOf(client.UpdateTrail(t.Context(), &cloudtrail.UpdateTrailInput{
		Name: new("claria-trail"), IncludeGlobalServiceEvents: new(false),
	})), "InvalidParameterCombinationException")
	wantCode(t, errOf(client.GetTrail(t.Context(), &cloudtrail.GetTrailInput{Name: new("no-trail")})), "TrailNotFoundException")
	wantCode(t, errOf(client.GetTrail(t.Context(), &cloudtrail.GetTrailInput{Name: new("a")})), "InvalidTrailNameException")
	wantCode(t, errOf(client.GetInsightSelectors(t.Context(), &cloudtrail.GetInsightSelectorsInput{TrailName: new("claria-trail")})),
		"InsightNotEnabledException")

	elsewhere := sdkAsRoot(a)
	elsewhere.Region = "us-west-2"
	west := cloudtrail.NewFromConfig(elsewhere)
	shadows, err := west.DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{})
	must(t, 0, err)
	none, err := west.DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: new(false)})
	must(t, 0, err)
	if len(shadows.TrailList) != 1 || len(none.TrailList) != 0 {
		t.Errorf("us-west-2 shows %d trails, %d of its own", len(shadows.TrailList), len(none.TrailList))
	}
	wantCode(t, errOf(west.StopLogging(t.Context(), &cloudtrail.StopLoggingInput{Name: new(clariaTrail)})), "InvalidHomeRegionException")
	must(t, 0, errOf(client.DeleteTrail(t.Context(), &cloudtrail.DeleteTrailInput{Name: new("claria-trail")})))
	wantCode(t, errOf(client.GetTrailStatus(t.Context(), &cloudtrail.GetTrailStatusInput{Name: new("claria-trail")})),
		"TrailNotFoundException")
}

func TestEventSelectorsAreChecked(t *testing.T) {
	a := newAccount(t, Options{})
	client := withTrail(t, a)
	field := func(name string, values ...string) types.AdvancedFieldSelector {
		return types.AdvancedFieldSelector{Field: &name, Equals: values}
	}
	for says, fields := range map[string][]types.AdvancedFieldSelector{
		"must have eventCategory":           {field("readOnly", "true")},
		"must have resources.type":          {field("eventCategory", "Data")},
		"cannot be used for":                {field("eventCategory", "Management"), field("resources.ARN", "x")},
		"readOnly can only be Equals":       {field("eventCategory", "Management"), field("readOnly", "true", "false")},
		"must have eventSource":             {field("eventCategory", "NetworkActivity")},
		"errorCode can only be Equals":      {field("eventCategory", "NetworkActivity"), field("eventSource", "s3.amazonaws.com"), field("errorCode", "AccessDenied")},
		"Field readOnly is given twice":     {field("eventCategory", "Management"), field("readOnly", "true"), field("readOnly", "true")},
		"Field resources.ARN has no operat": {field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object"), {Field: new("resources.ARN")}},
	} {
		err := errOf(client.PutEventSelectors(t.Context(), &cloudtrail.PutEventSelectorsInput{
			TrailName: new("claria-trail"), AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: fields}},
		}))
		wantCode(t, err, "InvalidEventSelectorsException", says)
	}
	kept, err := client.GetEventSelectors(t.Context(), &cloudtrail.GetEventSelectorsInput{TrailName: new("claria-trail")})
	must(t, 0, err)
	if len(kept.AdvancedEventSelectors) != 2 || len(kept.EventSelectors) != 0 ||
		kept.AdvancedEventSelectors[1].FieldSelectors[2].StartsWith[0] != "arn:aws:s3:::"+dataBucket+"/" {
		t.Errorf("selectors are %+v", kept)
	}
	must(t, 0, errOf(client.PutEventSelectors(t.Context(), &cloudtrail.PutEventSelectorsInput{
		TrailName: new("claria-trail"), AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: []types.AdvancedFieldSelector{
			field("eventCategory", "NetworkActivity"), field("eventSource", "s3.amazonaws.com"), field("errorCode", "VpceAccessDenied"),
		}}},
	})))
	kept, err = client.GetEventSelectors(t.Context(), &cloudtrail.GetEventSelectorsInput{TrailName: new("claria-trail")})
	must(t, 0, err)
	if len(kept.AdvancedEventSelectors) != 1 || *kept.AdvancedEventSelectors[0].FieldSelectors[1].Field != "eventSource" {
		t.Errorf("selectors are %+v", kept)
	}
	basic := types.EventSelector{ReadWriteType: types.ReadWriteTypeWriteOnly, DataResources: []types.DataResource{
		{Type: new("AWS::S3::Object"), Values: []string{"arn:aws:s3:::" + dataBucket + "/"}},
	}}
	must(t, 0, errOf(client.PutEventSelectors(t.Context(), &cloudtrail.PutEventSelectorsInput{
		TrailName: new("claria-trail"), EventSelectors: []types.EventSelector{basic},
	})))
	kept, err = client.GetEventSelectors(t.Context(), &cloudtrail.GetEventSelectorsInput{TrailName: new("claria-trail")})
	must(t, 0, err)
	if len(kept.EventSelectors) != 1 || !*kept.EventSelectors[0].IncludeManagementEvents || len(kept.AdvancedEventSelectors) != 0 {
		t.Errorf("selectors are %+v", kept)
	}
}

func TestTrailDeliversWhatWasDone(t *testing.T) {
	clock := &testClock{now: time.Now().Truncate(time.Second)}
	a := newAccount(t, Options{Now: clock.Now})
	withModels(t, a, sonnet)
	client := withTrail(t, a)
	objects := s3.NewFromConfig(sdkAsRoot(a))
	status := func() *cloudtrail.GetTrailStatusOutput {
		out, err := client.GetTrailStatus(t.Context(), &cloudtrail.GetTrailStatusInput{Name: new("claria-trail")})
		return must(t, out, err)
	}
	if s := status(); !*s.IsLogging || s.LatestDeliveryTime != nil || s.StartLoggingTime == nil {
		t.Errorf("after the start: %+v", s)
	}
	for _, bucket := range []string{dataBucket, auditBucket} {
		must(t, 0, errOf(objects.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &bucket, Key: new("records/c1/f1"), Body: strings.NewReader("secret text"),
		})))
	}
	must(t, 0, errOf(bedrockruntime.NewFromConfig(sdkAsRoot(a)).Converse(t.Context(), converseWith(usSonnet, "a question nobody should log"))))
	reader := s3.NewFromConfig(asUser(t,
		a, "stranger", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`))
	if err := errOf(reader.GetObject(t.Context(), &s3.GetObjectInput{Bucket: new(dataBucket), Key: new("records/c1/f1")})); err == nil {
		t.Fatal("the stranger read a record")
	}
	if keys := a.objectKeys(auditBucket, "_cloudtrail/"); len(keys) != 0 {
		t.Errorf("delivered after less than five minutes: %v", keys)
	}
	clock.forward(5 * time.Minute)
	status() // any call
	if s := status(); s.LatestDeliveryTime == nil || !s.LatestDeliveryTime.Equal(clock.now) || s.LatestDeliveryError != nil {
		t.Errorf("after five minutes: %+v", s)
	}

	keys := a.objectKeys(auditBucket, "_cloudtrail/")
	prefix := "_cloudtrail/AWSLogs/" + AccountID + "/CloudTrail/us-east-1/" + clock.now.UTC().Format("2006/01/02") + "/" + AccountID +
		"_CloudTrail_us-east-1_" + clock.now.UTC().Format("20060102T1504Z") + "_"
	if len(keys) != 1 || !strings.HasPrefix(keys[0], prefix) || !strings.HasSuffix(keys[0], ".json.gz") {
		t.Fatalf("log files: %v", keys)
	}
	if text := string(inflated(t, a, keys[0])); strings.Contains(text, "secret text") || strings.Contains(text, "nobody should log") {
		t.Error("a body is in the log")
	}
	records := delivered(t, a)
	find := func(name string, fits func(trailRecord) bool) trailRecord {
		i := slices.IndexFunc(records, func(r trailRecord) bool { return r.EventName == name && fits(r) })
		if i < 0 {
			t.Fatalf("no %s was recorded", name)
		}
		return records[i]
	}
	put := find("PutObject", func(trailRecord) bool { return true })
	if put.EventCategory != "Data" || put.ManagementEvent || put.ReadOnly ||
		put.Resources[0].ARN != "arn:aws:s3:::"+dataBucket+"/records/c1/f1" ||
		put.UserIdentity.Type != "Root" || put.RequestParameters["key"] != "records/c1/f1" || put.TLSDetails == nil ||
		put.RecipientAccountID != AccountID || put.EventID == "" {
		t.Errorf("the upload is %+v", put)
	}
	if slices.ContainsFunc(records, func(r trailRecord) bool {
		return r.EventName == "PutObject" && r.RequestParameters["bucketName"] == auditBucket
	}) {
		t.Error("objects of the audit bucket are recorded, though no selector has them")
	}
	denied := find("GetObject", func(trailRecord) bool { return true })
	if denied.ErrorCode != "AccessDenied" || denied.UserIdentity.UserName != "stranger" || !denied.ReadOnly {
		t.Errorf("the stranger's attempt is %+v", denied)
	}
	asked := find("Converse", func(trailRecord) bool { return true })
	if asked.EventSource != "bedrock.amazonaws.com" || asked.EventCategory != "Management" ||
		asked.AdditionalEventData["inferenceRegion"] != "us-east-1" ||
		asked.RequestParameters["modelId"] != usSonnet {
		t.Errorf("the model's use is %+v", asked)
	}
	created := find("CreateUser", func(trailRecord) bool { return true })
	if created.AWSRegion != "us-east-1" || created.RequestParameters["userName"] != "stranger" {
		t.Errorf("CreateUser is %+v", created)
	}

	// Without the policy nothing is lost: the delivery happens when the policy is back.
	setPolicy(t, a, auditBucket, auditPolicy(clariaTrail+"-other"))
	must(t, 0, errOf(objects.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: new(dataBucket)})))
	a.Deliver()
	if s := status(); s.LatestDeliveryError == nil || *s.LatestDeliveryError != "AccessDenied" || s.LatestDigestDeliveryError == nil {
		t.Errorf("without the policy: %+v", s)
	}
	setPolicy(t, a, auditBucket, auditPolicy(clariaTrail))
	a.Deliver()
	if s := status(); s.LatestDeliveryError != nil || s.LatestDigestDeliveryError != nil || s.LatestDigestDeliveryTime == nil {
		t.Errorf("with the policy again: %+v", s)
	}
	records = delivered(t, a)
	find("ListObjects", func(r trailRecord) bool { return r.Resources[0].ARN == "arn:aws:s3:::"+dataBucket+"/" })

	must(t, 0, errOf(client.StopLogging(t.Context(), &cloudtrail.StopLoggingInput{Name: new("claria-trail")})))
	before := len(a.objectKeys(auditBucket, "_cloudtrail/"))
	records = delivered(t, a)
	find("StopLogging", func(r trailRecord) bool { return !r.ReadOnly })
	clock.forward(6 * time.Minute)
	if s := status(); *s.IsLogging || s.StopLoggingTime == nil {
		t.Errorf("stopped: %+v", s)
	}
	if after := len(a.objectKeys(auditBucket, "_cloudtrail/")); after != before {
		t.Error("a stopped trail delivered")
	}
}

// Every digest is signed, names the digest before it and hashes the log files, as
// documented. Every hour has one, even an hour without calls.
func TestDigestsChain(t *testing.T) {
	clock := &testClock{now: time.Now().Truncate(time.Second)}
	a := newAccount(t, Options{Now: clock.Now})
	client := withTrail(t, a)
	clock.forward(10 * time.Minute)
	must(t, 0, errOf(client.ListTrails(t.Context(), &cloudtrail.ListTrailsInput{})))
	must(t, 0, errOf(client.ListTrails(t.Context(), &cloudtrail.ListTrailsInput{})))
	clock.forward(3*time.Hour + time.Minute)
	a.deliverDue() // otherwise a call would be too far from the time of its signature
	a.Deliver()
	clock.forward(-3 * time.Hour)

	listed, err := client.ListPublicKeys(t.Context(), &cloudtrail.ListPublicKeysInput{
		StartTime: new(clock.now.Add(-4 * time.Hour)), EndTime: new(clock.now.Add(4 * time.Hour)),
	})
	must(t, 0, err)
	public := must(t, listed.PublicKeyList, nil)[0]
	key, err := x509.ParsePKCS1PublicKey(public.Value)
	must(t, 0, err)

	objects := s3.NewFromConfig(sdkAsRoot(a))
	var last struct{ object, hash, signature, end string }
	keys := a.objectKeys(auditBucket, "_cloudtrail/AWSLogs/"+AccountID+"/CloudTrail-Digest/us-east-1/")
	files := 0
	for i, name := range keys {
		text := inflated(t, a, name)
		var d map[string]any
		must(t, 0, json.Unmarshal(text, &d))
		head, err := objects.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: new(auditBucket), Key: &name})
		must(t, 0, err)
		signature, hash := head.Metadata["signature"], hashOf(text)
		previous := "null"
		if i == 0 {
			if value, there := d["previousDigestSignature"]; !there || value != nil {
				t.Errorf("the first digest names a previous one: %v", value)
			}
		} else {
			previous = last.signature
			if d["previousDigestS3Object"] != last.object || d["previousDigestHashValue"] != last.hash ||
				d["previousDigestSignature"] != last.signature || d["digestStartTime"] != last.end {
				t.Errorf("%s does not follow %s", name, last.object)
			}
		}
		sum := sha256.Sum256([]byte(strings.Join([]string{d["digestEndTime"].(string), auditBucket + "/" + name, hash, previous}, "\n")))
		raw, err := hex.DecodeString(signature)
		must(t, 0, err)
		if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d["digestPublicKeyFingerprint"] != *public.Fingerprint || head.Metadata["signature-algorithm"] != "SHA256withRSA" ||
			d["digestS3Object"] != name {
			t.Errorf("%s: %v", name, d)
		}
		for _, one := range d["logFiles"].([]any) {
			file := one.(map[string]any)
			files++
			if got := hashOf(inflated(t, a, file["s3Object"].(string))); got != file["hashValue"] {
				t.Errorf("%s does not match its digest", file["s3Object"])
			}
		}
		last.object, last.hash, last.signature, last.end = name, hash, signature, d["digestEndTime"].(string)
	}
	if logs := len(a.objectKeys(auditBucket, "_cloudtrail/AWSLogs/"+AccountID+"/CloudTrail/us-east-1/")); len(keys) != 4 ||
		files != logs || logs != 2 {
		t.Errorf("%d digests name %d of %d log files", len(keys), files, logs)
	}
}

func TestLookupEvents(t *testing.T) {
	clock := &testClock{now: time.Now().Truncate(time.Second)}
	a := newAccount(t, Options{Now: clock.Now})
	client := cloudtrail.NewFromConfig(sdkAsRoot(a))
	users := iam.NewFromConfig(sdkAsRoot(a))
	for range 3 {
		must(t, 0, errOf(users.ListUsers(t.Context(), &iam.ListUsersInput{})))
		clock.forward(time.Minute)
	}
	makeBucket(t, a, "practice")
	look := func(key types.LookupAttributeKey, value string) []types.Event {
		var found []types.Event
		pager := cloudtrail.NewLookupEventsPaginator(client, &cloudtrail.LookupEventsInput{
			LookupAttributes: []types.LookupAttribute{{AttributeKey: key, AttributeValue: &value}}, MaxResults: new(int32(2)),
		})
		for pager.HasMorePages() {
			page, err := pager.NextPage(t.Context())
			must(t, 0, err)
			found = append(found, page.Events...)
		}
		return found
	}
	listed := look(types.LookupAttributeKeyEventName, "ListUsers")
	if len(listed) != 3 || !listed[0].EventTime.After(*listed[2].EventTime) || *listed[0].Username != "root" || *listed[0].ReadOnly != "true" {
		t.Errorf("ListUsers was found as %+v", listed)
	}
	created := look(types.LookupAttributeKeyResourceName, "practice")
	if len(created) != 1 || *created[0].EventName != "CreateBucket" || *created[0].EventSource != "s3.amazonaws.com" {
		t.Errorf("the bucket was found as %+v", created)
	}
	var record trailRecord
	must(t, 0, json.Unmarshal([]byte(*created[0].CloudTrailEvent), &record))
	if record.EventID != *created[0].EventId || record.EventVersion == "" || record.UserIdentity.AccessKeyID != *created[0].AccessKeyId {
		t.Errorf("the event's record is %+v", record)
	}
	since, err := client.LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{
		StartTime: new(clock.now.Add(-90 * time.Second)), EndTime: new(clock.now.Add(-30 * time.Second)),
	})
	must(t, 0, err)
	if len(since.Events) != 1 {
		t.Errorf("%d events in one minute", len(since.Events))
	}
	wantCode(t, errOf(client.LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{LookupAttributes: []types.LookupAttribute{
		{AttributeKey: "EventName", AttributeValue: new("a")}, {AttributeKey: "Username", AttributeValue: new("b")},
	}})), "InvalidLookupAttributesException")
	wantCode(t, errOf(client.LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{MaxResults: new(int32(51))})),
		"InvalidMaxResultsException")
}

// An account on disk keeps its trail, its chain and its key.
func TestTrailSurvivesRestart(t *testing.T) {
	clock := &testClock{now: time.Now().Truncate(time.Second)}
	options := Options{Now: clock.Now, Dir: t.TempDir()}
	a := newAccount(t, options)
	client := withTrail(t, a)
	clock.forward(time.Minute)
	a.Deliver()
	before, err := client.ListPublicKeys(t.Context(), &cloudtrail.ListPublicKeysInput{})
	must(t, 0, err)
	must(t, 0, a.Close())

	b := newAccount(t, options)
	client = cloudtrail.NewFromConfig(sdkAsRoot(b))
	after, err := client.ListPublicKeys(t.Context(), &cloudtrail.ListPublicKeysInput{})
	must(t, 0, err)
	if *before.PublicKeyList[0].Fingerprint != *after.PublicKeyList[0].Fingerprint {
		t.Error("the key changed")
	}
	clock.forward(time.Minute)
	b.Deliver()
	keys := b.objectKeys(auditBucket, "_cloudtrail/AWSLogs/"+AccountID+"/CloudTrail-Digest/")
	if len(keys) != 2 {
		t.Fatalf("digests: %v", keys)
	}
	var d digest
	must(t, 0, json.Unmarshal(inflated(t, b, keys[1]), &d))
	if d.PreviousObject == nil || *d.PreviousObject != keys[0] {
		t.Errorf("the second digest follows %v", d.PreviousObject)
	}
}

// The daily identity must not be able to disable the trail, and nobody without permission
// may read it.
func TestTrailIsAuthorised(t *testing.T) {
	a := newAccount(t, Options{})
	withTrail(t, a)
	only := cloudtrail.NewFromConfig(asUser(t, a, "auditor", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["cloudtrail:GetTrail","cloudtrail:GetTrailStatus"],"Resource":"`+clariaTrail+`"}]}`))
	must(t, 0, errOf(only.GetTrail(t.Context(), &cloudtrail.GetTrailInput{Name: new("claria-trail")})))
	for name, err := range map[string]error{
		"StopLogging":       errOf(only.StopLogging(t.Context(), &cloudtrail.StopLoggingInput{Name: new("claria-trail")})),
		"DescribeTrails":    errOf(only.DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{})),
		"LookupEvents":      errOf(only.LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{})),
		"GetEventSelectors": errOf(only.GetEventSelectors(t.Context(), &cloudtrail.GetEventSelectorsInput{TrailName: new("claria-trail")})),
		"GetTrail":          errOf(only.GetTrail(t.Context(), &cloudtrail.GetTrailInput{Name: new("other-trail")})),
	} {
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != "AccessDeniedException" || !strings.Contains(api.ErrorMessage(), "cloudtrail:"+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
