package drift_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/internal/safe"
	"claria/provision/permissions"
	"claria/provision/state"
)

// as returns an account as one of the practice's users.
func as(t *testing.T, practice *sandbox.Account, user string) *aws.Account {
	t.Helper()
	environ := practice.EnvironFor(user)
	return open(t.Context(), t, practice, aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}, false)
}

func sign(t *testing.T, id string) register.Attestation {
	t.Helper()
	a, err := drift.Sign(id, "", "Ada Moss", time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), "", "")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestTheRegister: the daily identity writes it, the auditor reads it but not
// the notes, every version is kept, and a scan sees it.
func TestTheRegister(t *testing.T) {
	t.Parallel()
	practice, auditor := settled(t)
	admin := as(t, practice, state.AdminUser)
	store, reader := register.NewStore(admin, settings), register.NewStore(auditor, settings)
	if r := register.ReadRegister(t.Context(), auditor, settings); !r.Absent() {
		t.Errorf("before anything was written: %+v", r)
	}
	for _, id := range []string{"ADM-03", "ADM-04"} {
		if _, err := store.Update(t.Context(), func(r *register.Register) error {
			r.Attestations = append(r.Attestations, sign(t, id))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.UpdateNotes(t.Context(), func(n *register.Notes) error {
		n.Requests = map[string]safe.PHI{"REQ-2026-1": "of Jo Quill"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	entries, err := reader.Load(t.Context())
	if err != nil || len(entries.Attestations) != 2 || entries.Schema != 1 {
		t.Errorf("the auditor reads %+v, %v", entries, err)
	}
	notes, err := store.Notes(t.Context())
	if err != nil || notes.Requests["REQ-2026-1"].Reveal() != "of Jo Quill" || strings.Contains(fmt.Sprintf("%+v", notes), "Quill") {
		t.Errorf("the notes are %+v, %v", notes, err)
	}
	if _, err := reader.Notes(t.Context()); aws.KindOf(err) != aws.Denied {
		t.Errorf("the auditor reads the notes: %v", err)
	}
	if _, err := register.NewStore(as(t, practice, state.AuditorUser), settings).Update(t.Context(), func(*register.Register) error { return nil }); aws.KindOf(err) != aws.Denied {
		t.Errorf("the auditor writes the register: %v", err)
	}
	versions, err := store.History(t.Context())
	if err != nil || len(versions) != 2 || !versions[0].Latest || versions[1].Latest {
		t.Errorf("%+v, %v", versions, err)
	}
	refusal := errors.New("no")
	if _, err := store.Update(t.Context(), func(*register.Register) error { return refusal }); !errors.Is(err, refusal) {
		t.Errorf("a change that failed: %v", err)
	}
	result, err := drift.Scan(t.Context(), auditor, settings, drift.Options{Set: catalogue.Strict})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Report.Controls {
		if want := map[string]catalogue.Status{"ADM-03": catalogue.Attested, "ADM-07": catalogue.AttestDue}[f.ID]; want != "" && f.Status != want {
			t.Errorf("%s: %s %s", f.ID, f.Status, f.Reason)
		}
	}
}

// TestALostRaceLosesNothing: two computers write at once, and both entries are there.
func TestALostRaceLosesNothing(t *testing.T) {
	t.Parallel()
	practice, _ := settled(t)
	admin := as(t, practice, state.AdminUser)
	store := register.NewStore(admin, settings)
	raced := 0
	_, err := store.Update(t.Context(), func(r *register.Register) error {
		if raced++; raced <= 2 { // somebody else is faster, twice
			if _, err := register.NewStore(admin, settings).Update(t.Context(), func(r *register.Register) error {
				r.Trainings = append(r.Trainings, register.Training{Person: fmt.Sprint("other ", raced)})
				return nil
			}); err != nil {
				return err
			}
		}
		r.Trainings = append(r.Trainings, register.Training{Person: "mine"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := store.Load(t.Context())
	if err != nil || len(entries.Trainings) != 3 || raced != 3 {
		t.Errorf("%+v after %d tries, %v", entries.Trainings, raced, err)
	}

	// A writer that always loses says so, and that nothing was written.
	_, err = store.Update(t.Context(), func(*register.Register) error {
		_, err := register.NewStore(admin, settings).Update(t.Context(), func(r *register.Register) error {
			r.Trainings = append(r.Trainings, register.Training{Person: "another"})
			return nil
		})
		return err
	})
	if aws.KindOf(err) != aws.Conflict || !strings.Contains(err.Error(), "nothing of yours was written") {
		t.Errorf("always late: %v", err)
	}

	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			if _, err := register.NewStore(admin, settings).UpdateNotes(context.WithoutCancel(t.Context()), func(n *register.Notes) error {
				if n.Requests == nil {
					n.Requests = map[string]safe.PHI{}
				}
				n.Requests[fmt.Sprint(i)] = "x"
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if notes, err := store.Notes(t.Context()); err != nil || len(notes.Requests) != 3 {
		t.Errorf("%+v, %v", notes, err)
	}
}

// TestARegisterThatIsNone: an invalid register is neither absent nor empty, and
// is never overwritten.
func TestARegisterThatIsNone(t *testing.T) {
	t.Parallel()
	practice, auditor := settled(t)
	admin := as(t, practice, state.AdminUser)
	store := register.NewStore(admin, settings)
	for _, c := range []struct{ body, says string }{
		{`{"schema": 2, "attestations": []}`, "newer Claria"},
		{`{"schema": 2, "attestations": {"in": "another shape"}}`, "newer Claria"},
		{`{"attestations": []}`, "cannot be read"},
		{`not JSON`, "cannot be read"},
		{``, "cannot be read"},
	} {
		bucket := state.AuditBucketName(settings)
		if _, err := aws.S3(admin).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: new(permissions.RegisterKey), Body: strings.NewReader(c.body)}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Update(t.Context(), func(*register.Register) error { return nil }); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.body, err)
		}
		if p, unread := register.ReadRegister(t.Context(), auditor, settings).Problem(); !unread || !strings.Contains(p.String(), c.says) {
			t.Errorf("%s: a scan says %q", c.body, p)
		}
	}
}

// A practice in order fails once a legal deadline has passed.
func TestAClockThatRanOutFailsTheCheck(t *testing.T) {
	t.Parallel()
	practice, auditor := settled(t)
	if report := scan(t, auditor); report.Summary.ExitCode() != 0 || report.Summary.AttestDue == 0 {
		t.Fatalf("to begin with: %+v", report.Summary)
	}
	if _, err := register.NewStore(as(t, practice, state.AdminUser), settings).Update(t.Context(), func(r *register.Register) error {
		r.Requests = []register.Request{{ID: "REQ-2026-1", Kind: "access", Received: register.DateOf(time.Now().AddDate(0, 0, -31))}}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if s := scan(t, auditor).Summary; s.ExitCode() != 2 || s.Fail != 1 || s.Overdue != 1 {
		t.Errorf("%+v", s)
	}
}
