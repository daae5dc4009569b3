package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// transcribeState is the transcription jobs and the custom vocabularies, by region and then
// in the order of their creation.
type transcribeState struct {
	Jobs         map[string][]*transcriptionJob `json:"jobs,omitempty"`
	Vocabularies map[string][]vocabulary        `json:"vocabularies,omitempty"`
}

// A transcriptionJob is complete as soon as it starts.
type transcriptionJob struct {
	Name     string            `json:"name"`
	Language string            `json:"language"`
	Identify bool              `json:"identify,omitempty"` // the language was to be identified
	Media    string            `json:"media"`              // URI as given
	Format   string            `json:"format,omitempty"`
	Settings json.RawMessage   `json:"settings,omitempty"` // as given
	Output   string            `json:"output,omitempty"`   // the caller's bucket; empty: one of AWS's own
	URI      string            `json:"uri"`                // of the transcript
	Created  time.Time         `json:"created"`
	Tags     map[string]string `json:"tags,omitempty"`
}

func (a *Account) transcribe() *transcribeState {
	return stateOf[transcribeState](a, "transcribe")
}

func transcribeService() *service {
	return &service{
		name: "transcribe", protocol: json11,
		route: byTarget(byName(append(vocabularyOperations(),
			&operation{name: "StartTranscriptionJob", write: true, serve: (*call).startTranscriptionJob},
			&operation{name: "GetTranscriptionJob", serve: (*call).getTranscriptionJob},
			&operation{name: "ListTranscriptionJobs", serve: (*call).listTranscriptionJobs},
			&operation{name: "DeleteTranscriptionJob", write: true, serve: (*call).deleteTranscriptionJob},
		)...)),
		state: func() any { return &transcribeState{} },
	}
}

func badRequest(message string) error {
	return fail(http.StatusBadRequest, "BadRequestException", message)
}

var jobName = regexp.MustCompile(`^[0-9A-Za-z._-]{1,200}$`)

func (c *call) jobARN(name string) string {
	return "arn:aws:transcribe:" + c.region + ":" + c.account.id + ":transcription-job/" + name
}

// startTranscriptionJob:
// https://docs.aws.amazon.com/transcribe/latest/APIReference/API_StartTranscriptionJob.html
func (c *call) startTranscriptionJob() error {
	var in struct {
		TranscriptionJobName string
		LanguageCode         string `json:",omitempty"`
		IdentifyLanguage     bool   `json:",omitempty"`
		MediaFormat          string `json:",omitempty"`
		Media                struct{ MediaFileUri string }
		OutputBucketName     string          `json:",omitempty"`
		OutputKey            string          `json:",omitempty"`
		OutputKMSKey         string          `json:"OutputEncryptionKMSKeyId,omitempty"`
		Settings             json.RawMessage `json:",omitempty"`
		Tags                 []wireTag       `json:",omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	keys := tagKeys(in.Tags)
	if keys == nil {
		keys = map[string][]string{}
	}
	for name, value := range map[string]string{
		"transcribe:OutputBucketName": in.OutputBucketName, "transcribe:OutputKey": in.OutputKey,
		"transcribe:OutputEncryptionKMSKeyId": in.OutputKMSKey,
	} {
		if value != "" {
			keys[name] = []string{value}
		}
	}
	if err := c.authorize("transcribe:StartTranscriptionJob", "*", keys); err != nil {
		return err
	}
	var settings struct {
		ShowSpeakerLabels bool
		MaxSpeakerLabels  int
	}
	if len(in.Settings) > 0 {
		if err := json.Unmarshal(in.Settings, &settings); err != nil {
			return badRequest("The Settings could not be read.")
		}
	}
	switch {
	case !jobName.MatchString(in.TranscriptionJobName):
		return badRequest(
			"1 validation error detected: Value at 'transcriptionJobName' failed to satisfy constraint: " +
				"Member must satisfy regular expression pattern: ^[0-9a-zA-Z._-]+")
	case (in.LanguageCode != "") == in.IdentifyLanguage:
		return badRequest("Specify either LanguageCode or IdentifyLanguage.")
	case settings.ShowSpeakerLabels && (settings.MaxSpeakerLabels < 2 || settings.MaxSpeakerLabels > 30):
		return badRequest("When ShowSpeakerLabels is true, MaxSpeakerLabels must be between 2 and 30.")
	case in.OutputKey != "" && in.OutputBucketName == "":
		return badRequest("OutputKey needs OutputBucketName.")
	case in.OutputKMSKey != "":
		return badRequest("The demo account has no KMS keys.")
	}
	bucket, key, ok := mediaOf(in.Media.MediaFileUri)
	if !ok {
		return badRequest("The S3 URI that you provided can't be accessed. Make sure that you have read permission and try your request again.")
	}
	// Transcribe reads and writes with the caller's permissions.
	if err := c.authorize("s3:GetObject", objectARN(bucket, key), nil); err != nil {
		return badRequest("The S3 URI that you provided can't be accessed. Make sure that you have read permission and try your request again.")
	}
	if !c.account.objectExists(bucket, key) {
		return badRequest("The S3 URI that you provided doesn't point to an S3 object. Make sure the object exists and try your request again.")
	}
	job := &transcriptionJob{
		Name: in.TranscriptionJobName, Language: in.LanguageCode, Identify: in.IdentifyLanguage, Media: in.Media.MediaFileUri,
		Format:   in.MediaFormat,
		Settings: in.Settings, Output: in.OutputBucketName, Created: c.now, Tags: tagMap(in.Tags),
	}
	if job.Format == "" {
		job.Format = strings.ToLower(key[strings.LastIndexByte(key, '.')+1:])
	}
	if job.Identify {
		job.Language = "en-US"
	}
	taken := false
	c.account.view(func() { taken = c.findJob(job.Name) != nil })
	if taken {
		return fail(http.StatusBadRequest, "ConflictException", "The requested job name already exists.")
	}
	if err := c.writeTranscript(job, in.OutputKey, settings.ShowSpeakerLabels); err != nil {
		return err
	}
	err := c.account.update("transcribe", func() error {
		if c.findJob(job.Name) != nil {
			return fail(http.StatusBadRequest, "ConflictException", "The requested job name already exists.")
		}
		state := c.account.transcribe()
		if state.Jobs == nil {
			state.Jobs = map[string][]*transcriptionJob{}
		}
		state.Jobs[c.region] = append(state.Jobs[c.region], job)
		return nil
	})
	if err != nil {
		return err
	}
	started := job.onWire()
	started.Status, started.Transcript, started.CompletionTime = "IN_PROGRESS", nil, nil
	return c.json(http.StatusOK, map[string]any{"TranscriptionJob": started})
}

// objectExists reports whether an object has a current version.
func (a *Account) objectExists(bucketName, key string) (found bool) {
	a.view(func() {
		if b, ok := a.s3().Buckets[bucketName]; ok {
			latest := b.latest(key)
			found = latest != nil && !latest.Marker
		}
	})
	return found
}

// mediaOf reads s3://bucket/key and https://s3.region.amazonaws.com/bucket/key.
func mediaOf(uri string) (bucket, key string, ok bool) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", "", false
	}
	switch u.Scheme {
	case "s3":
		bucket, key = u.Host, strings.TrimPrefix(u.Path, "/")
	case "https":
		key = strings.TrimPrefix(u.Path, "/")
		if bucket = hostBucket(u.Host); bucket == "" {
			bucket, key, _ = strings.Cut(key, "/")
		}
	}
	return bucket, key, bucket != "" && key != ""
}

// writeTranscript writes the job's transcript to the requested bucket. Without one it is in
// a bucket of AWS's own, which is not part of the account and cannot be read here.
func (c *call) writeTranscript(job *transcriptionJob, key string, speakers bool) error {
	host := "https://s3." + c.region + ".amazonaws.com/"
	if job.Output == "" {
		job.URI = host + "aws-transcribe-" + c.region + "-prod/" + c.account.id + "/" + job.Name + "/" + newRequestID() + "/asrOutput.json"
		return nil
	}
	switch {
	case key == "":
		key = job.Name + ".json"
	case strings.HasSuffix(key, "/"):
		key += job.Name + ".json"
	}
	content, err := json.Marshal(demoTranscript(c.account.id, job.Name, speakers))
	if err != nil {
		return err
	}
	refused := badRequest("The specified S3 bucket can't be accessed. Make sure that you have write permission and try your request again.")
	if err := c.authorize("s3:PutObject", objectARN(job.Output, key), nil); err != nil {
		return refused
	}
	if err := c.account.putObject(delivery{Bucket: job.Output, Key: key, ContentType: "application/json"}, content); err != nil {
		return refused
	}
	job.URI = host + job.Output + "/" + (&url.URL{Path: key}).EscapedPath()
	return nil
}

// demoTurns is the text of every transcript.
var demoTurns = []struct{ speaker, text string }{
	{"spk_0", "This is a demo transcript."},
	{"spk_1", "Nobody listened to the recording, and nothing in it was transcribed."},
	{"spk_0", "In a real account, the words of the session would stand here."},
}

// demoTranscript is a transcript in Transcribe's own format.
// https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html
func demoTranscript(account, job string, speakers bool) map[string]any {
	type alternative struct {
		Confidence string `json:"confidence"`
		Content    string `json:"content"`
	}
	type item struct {
		ID           int           `json:"id"`
		Type         string        `json:"type"`
		Alternatives []alternative `json:"alternatives"`
		Start        string        `json:"start_time,omitempty"`
		End          string        `json:"end_time,omitempty"`
		Speaker      string        `json:"speaker_label,omitempty"`
	}
	type segment struct {
		ID      int    `json:"id"`
		Text    string `json:"transcript"`
		Start   string `json:"start_time"`
		End     string `json:"end_time"`
		Speaker string `json:"speaker_label,omitempty"`
		Items   []int  `json:"items"`
	}
	var items []item
	var segments []segment
	var texts []string
	at := 0.0
	second := func(s float64) string { return strconv.FormatFloat(s, 'f', 2, 64) }
	for i, turn := range demoTurns {
		texts = append(texts, turn.text)
		label := ""
		if speakers {
			label = turn.speaker
		}
		part := segment{ID: i, Text: turn.text, Start: second(at), Speaker: label}
		for word := range strings.FieldsSeq(turn.text) {
			bare := strings.TrimRight(word, ".,")
			part.Items = append(part.Items, len(items))
			items = append(items, item{len(items), "pronunciation", []alternative{{"0.99", bare}}, second(at), second(at + 0.3), label})
			at += 0.4
			if bare != word {
				part.Items = append(part.Items, len(items))
				items = append(items, item{ID: len(items), Type: "punctuation", Alternatives: []alternative{{"0.0", word[len(bare):]}}, Speaker: label})
			}
		}
		part.End = second(at)
		at += 0.6
		segments = append(segments, part)
	}
	results := map[string]any{
		"transcripts": []map[string]string{{"transcript": strings.Join(texts, " ")}}, "items": items, "audio_segments": segments,
	}
	if speakers {
		labelled := []map[string]any{}
		for _, one := range segments {
			labelled = append(labelled, map[string]any{"start_time": one.Start, "end_time": one.End, "speaker_label": one.Speaker, "items": []any{}})
		}
		results["speaker_labels"] = map[string]any{"speakers": 2, "segments": labelled}
	}
	return map[string]any{"jobName": job, "accountId": account, "status": "COMPLETED", "results": results}
}

// findJob finds a job of the call's region; call it under the account's lock.
func (c *call) findJob(name string) *transcriptionJob {
	jobs := c.account.transcribe().Jobs[c.region]
	if i := slices.IndexFunc(jobs, func(j *transcriptionJob) bool { return j.Name == name }); i >= 0 {
		return jobs[i]
	}
	return nil
}

// transcribedJob is a job on the wire; a summary leaves out most of it.
type transcribedJob struct {
	TranscriptionJobName string
	Status               string `json:"TranscriptionJobStatus"`
	LanguageCode         string `json:",omitempty"`
	MediaFormat          string `json:",omitempty"`
	Media                any    `json:",omitempty"`
	Transcript           any    `json:",omitempty"`
	CreationTime         epoch
	StartTime            epoch
	CompletionTime       *epoch          `json:",omitempty"`
	Settings             json.RawMessage `json:",omitempty"`
	IdentifyLanguage     *bool           `json:",omitempty"`
	OutputLocationType   string          `json:",omitempty"`
	Tags                 []wireTag       `json:",omitempty"`
}

func (j *transcriptionJob) onWire() transcribedJob {
	out := j.summary()
	out.OutputLocationType = ""
	out.MediaFormat, out.Settings, out.Tags = j.Format, j.Settings, sortedTags(j.Tags)
	out.Media = map[string]string{"MediaFileUri": j.Media}
	out.Transcript = map[string]string{"TranscriptFileUri": j.URI}
	return out
}

func (j *transcriptionJob) summary() transcribedJob {
	out := transcribedJob{
		TranscriptionJobName: j.Name, Status: "COMPLETED", LanguageCode: j.Language, OutputLocationType: "SERVICE_BUCKET",
		CreationTime: epoch{j.Created}, StartTime: epoch{j.Created}, CompletionTime: &epoch{j.Created},
	}
	if j.Output != "" {
		out.OutputLocationType = "CUSTOMER_BUCKET"
	}
	if j.Identify {
		out.IdentifyLanguage = new(true)
	}
	return out
}

func (c *call) getTranscriptionJob() error {
	var in struct{ TranscriptionJobName string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("transcribe:GetTranscriptionJob", c.jobARN(in.TranscriptionJobName), nil); err != nil {
		return err
	}
	var out transcribedJob
	found := false
	c.account.view(func() {
		if job := c.findJob(in.TranscriptionJobName); job != nil {
			out, found = job.onWire(), true
		}
	})
	if !found {
		return noSuchJob()
	}
	return c.json(http.StatusOK, map[string]any{"TranscriptionJob": out})
}

func noSuchJob() error {
	return badRequest("The requested job couldn't be found. Check the job name and try your request again.")
}

func (c *call) listTranscriptionJobs() error {
	var in struct {
		Status          string `json:",omitempty"`
		JobNameContains string `json:",omitempty"`
		NextToken       string `json:",omitempty"`
		MaxResults      *int   `json:",omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("transcribe:ListTranscriptionJobs", "*", nil); err != nil {
		return err
	}
	size := 5 // the service's default
	if in.MaxResults != nil {
		size = *in.MaxResults
	}
	if size < 1 || size > 100 {
		return badRequest("MaxResults must be between 1 and 100.")
	}
	all := []transcribedJob{}
	if in.Status == "" || in.Status == "COMPLETED" {
		c.account.view(func() {
			for _, job := range slices.Backward(c.account.transcribe().Jobs[c.region]) {
				if strings.Contains(strings.ToLower(job.Name), strings.ToLower(in.JobNameContains)) {
					all = append(all, job.summary())
				}
			}
		})
	}
	page, next, err := pageOf(all, in.NextToken, size)
	if err != nil {
		return badRequest("The NextToken is not valid.")
	}
	return c.json(http.StatusOK, struct {
		Status    string `json:",omitempty"`
		NextToken string `json:",omitempty"`
		Jobs      any    `json:"TranscriptionJobSummaries"`
	}{in.Status, next, nonNil(page)})
}

func (c *call) deleteTranscriptionJob() error {
	var in struct{ TranscriptionJobName string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("transcribe:DeleteTranscriptionJob", c.jobARN(in.TranscriptionJobName), nil); err != nil {
		return err
	}
	err := c.account.update("transcribe", func() error {
		job := c.findJob(in.TranscriptionJobName)
		if job == nil {
			return noSuchJob()
		}
		jobs := c.account.transcribe().Jobs
		jobs[c.region] = slices.DeleteFunc(jobs[c.region], func(j *transcriptionJob) bool { return j == job })
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}
