package cli

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

// full is standard output on a full disk.
type full struct{}

func (full) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/home/pat/Avery.md", Err: syscall.ENOSPC}
}

func TestAnAnswerThatIsLostIsNeverASuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testAnAnswerThatIsLostIsNeverASuccess) // the model writes at its pace
}

func testAnAnswerThatIsLostIsNeverASuccess(t *testing.T) {
	d := newShop("demo")
	for _, args := range [][]string{
		{"setup", "--plan"},
		{"reports", "templates"},
		{"clients", "list"},
		{"files", "list", "Avery Quill", "--json"},
		{"files", "get", "Avery Quill", "session 2.txt", "-o", "-"},
		{"draft", "Avery Quill", "--template", "soap", "--files", "session 2.txt"},
	} {
		d.Stdout = full{}
		_, problem, code := d.says(t, "", args...)
		if code != 1 || !strings.Contains(problem, "standard output could not be written: no space left on device. Free space on the disk, then try again\n") ||
			strings.Contains(problem, "Avery") {
			t.Errorf("%q: exit %d, %q", args, code, problem)
		}
	}
	d.Stdout = full{}
	if _, problem, code := d.says(t, "", "check"); code != 2 || !strings.Contains(problem, "no space left") {
		t.Errorf("check: exit %d, %q", code, problem)
	}
}

func TestNoPathIsInAnError(t *testing.T) {
	t.Parallel()
	d := newShop("demo")
	for path, why := range map[string]string{
		filepath.Join(t.TempDir(), "Avery", "session.txt"): "no such file or directory",
		"/proc/Avery.txt": "cannot be written there",
	} {
		for _, args := range [][]string{
			{"files", "get", "Avery Quill", "session 2.txt", "-o", path},
			{"files", "get", "Avery Quill", "session 2.txt", "--force", "-o", path},
		} {
			out, problem, code := d.says(t, "", args...)
			if code != 1 || out != "" || !strings.Contains(problem, why) || strings.Contains(problem, "Avery") {
				t.Errorf("%q: exit %d, %q", args, code, problem)
			}
		}
	}
}

// Cron expects 0, 1 or 2; a check that was stopped or ran out of time exits with 1.
func TestACheckThatIsCutShortIsNotEvaluated(t *testing.T) {
	t.Parallel()
	d := newShop("demo")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code := d.run(ctx, []string{"--demo", "check", "--quiet"}); code != 1 || !strings.Contains(d.err.String(), "stopped") ||
		d.out.Len() > 0 {
		t.Errorf("stopped: exit %d, %q %q", code, d.err.String(), d.out.String())
	}
	out, problem, code := d.says(t, "", "check", "--timeout", "1ns")
	if code != 1 || out != "" || !strings.Contains(problem, "within 1ns (--timeout)") {
		t.Errorf("out of time: exit %d, %q", code, problem)
	}
}

func TestJSONSpeaksToNoTerminal(t *testing.T) {
	t.Parallel()
	d := newShop("demo")
	name := "a\u009b31m\x1b[2J\u202egpj.\U000e0041\x7f"
	if out := d.ok(t, "clients", "add", name, "--json"); strings.ContainsAny(out, "\u009b\x1b\u202e\U000e0041\x7f") ||
		!strings.Contains(out, `a\u009b31m\u001b[2J\u202egpj.\udb40\udc41\u007f`) {
		t.Errorf("%q", out)
	}
	if _, problem, code := d.says(t, "", "files", "list", name, "--json"); code != 0 {
		t.Error(errors.New(problem))
	}
}

// A person who waits for AWS is told what for.
func TestAWaitForAWSIsSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newShop("demo")
		d.ok(t, "clients", "list")
		if err := d.account.Sandbox.Inject("error=s3:GetBucketPolicy,times=1,status=409,code=OperationAborted"); err != nil {
			t.Fatal(err)
		}
		_, problem, code := d.says(t, "", "setup", "--plan")
		if want := "Waiting for AWS: s3:GetBucketPolicy: another change of the bucket is still under way (OperationAborted), up to 2 min\n"; code != 0 ||
			!strings.Contains(problem, want) {
			t.Errorf("exit %d, %q", code, problem)
		}
	})
}
