package reports_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/clients"
	"claria/clients/text"
	"claria/internal/safe"
	"claria/reports"
)

// scanned stores a PDF file of three pages of which two are pictures, as its record says.
func (p *demo) scanned(t *testing.T) clients.File {
	t.Helper()
	data, err := os.ReadFile("../clients/text/testdata/office.pdf")
	must(t, err)
	file, err := p.store.PutReader(t.Context(), p.client.ID, "scan.pdf", bytes.NewReader(data))
	must(t, err)
	key, name := "records/"+p.client.ID+"/"+file.ID+".json", bucket
	out, err := aws.S3(p.account).GetObject(t.Context(), &s3.GetObjectInput{Bucket: &name, Key: &key})
	must(t, err)
	body, err := io.ReadAll(out.Body)
	must(t, err)
	record := map[string]any{}
	must(t, json.Unmarshal(body, &record))
	record["unread"] = []text.Unread{{Unit: "page", Numbers: []int{2, 3}, Count: 2, Of: 3, Reason: text.Picture}}
	body, err = json.Marshal(record)
	must(t, err)
	_, err = aws.S3(p.account).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &name, Key: &key, Body: bytes.NewReader(body)})
	must(t, err)
	file, err = p.store.FindFile(t.Context(), p.client.ID, file.ID)
	must(t, err)
	return file
}

func TestTheModelReadsScannedPagesOnlyWithConsent(t *testing.T) {
	p := newDemo(t, sandbox.Options{})
	drafter := p.drafter(func(*reports.Options) {})
	file := p.scanned(t)
	client := p.client
	if _, err := drafter.PlanScan(client, file); err == nil || !strings.Contains(err.Error(), "No consent of this client") {
		t.Fatalf("without consent: %v", err)
	}
	today := time.Now().UTC().Format(time.DateOnly)
	client.Consents = []clients.Consent{{Purpose: clients.ForDrafting, Date: today}}
	withdrawn := client
	withdrawn.Consents = []clients.Consent{{Purpose: clients.ForDrafting, Date: today, Withdrawn: today}}
	if _, err := drafter.PlanScan(withdrawn, file); err == nil {
		t.Error("a consent that was withdrawn counts")
	}
	manual := file
	manual.Class = clients.Test
	if _, err := drafter.PlanScan(client, manual); err == nil || !strings.Contains(err.Error(), "test material") {
		t.Errorf("test material: %v", err)
	}

	scan, err := drafter.PlanScan(client, file)
	must(t, err)
	if words := scan.Words(); !strings.Contains(words, "2 pages of 3") || !strings.Contains(words, "$") {
		t.Errorf("the plan says %q", words)
	}
	before, err := p.store.Segments(t.Context(), file)
	must(t, err)
	var after clients.File
	steps := 0
	for step, err := range drafter.ReadScan(t.Context(), scan) {
		must(t, err)
		steps++
		after = step.File
	}
	if steps != 3 || after.ID != file.ID || after.Machine == "" {
		t.Fatalf("%d steps, file %q, read by %q", steps, after.ID, after.Machine)
	}
	if len(after.Unread) != 1 || after.Unread[0].String() != "pages 2 and 3 of 3 were read by a machine: check the text against the pictures" {
		t.Errorf("unread: %v", after.Unread)
	}
	passages, err := p.store.Segments(t.Context(), after)
	must(t, err)
	found, places := "", map[safe.PHI]bool{}
	for i, passage := range passages {
		if passage.Number != i+1 {
			t.Errorf("passage %d has number %d", i+1, passage.Number)
		}
		found += passage.Text.Reveal() + "\n"
		places[passage.Place] = true
	}
	for _, want := range []string{before[0].Text.Reveal(), "20/20 on both sides.", "2026-02-03 | "} {
		if !strings.Contains(found, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	if !places["page 2, read by a machine"] || !places["page 3, read by a machine"] {
		t.Errorf("places: %v", len(places))
	}
	// What was read before the change is still what it was.
	old, err := p.store.At(t.Context(), file, file.Version)
	must(t, err)
	if again, err := p.store.Segments(t.Context(), old); err != nil || len(again) != len(before) {
		t.Errorf("the earlier version has %d passages, not %d: %v", len(again), len(before), err)
	}
}

func TestAStoppedScanKeepsThePagesRead(t *testing.T) {
	p := newDemo(t, sandbox.Options{})
	drafter := p.drafter(func(*reports.Options) {})
	client := p.client
	client.Consents = []clients.Consent{{Purpose: clients.ForDrafting, Date: "2020-01-01"}}
	scan, err := drafter.PlanScan(client, p.scanned(t))
	must(t, err)
	for range drafter.ReadScan(t.Context(), scan) {
		break // after the first page
	}
	file, err := p.store.FindFile(t.Context(), p.client.ID, "scan.pdf")
	must(t, err)
	if left, _ := file.PicturePages(); len(left) != 1 || left[0] != 3 {
		t.Errorf("still to read: %v", left)
	}
}
