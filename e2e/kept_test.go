package e2e

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// kept is an account that an earlier version of the program left, served again,
// with the computer that set it up.
type kept struct {
	t       *testing.T
	environ []string
	home    string
	seed    string // of the second factor
	spent   int64  // the half minute whose code was used last
}

// openKept unpacks an archive of testdata and serves its account.
func openKept(t *testing.T, archive string) *kept {
	t.Helper()
	dir := t.TempDir()
	unpack(t, filepath.Join("testdata", archive), dir)
	ctx, cancel := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, claria, "sandbox", "--listen", "127.0.0.1:0", "--seed", "empty", "--dir", filepath.Join(dir, "account"))
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = server.Wait()
	})
	home := filepath.Join(dir, "home")
	k := &kept{t: t, home: home, environ: []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "CLARIA_KEYRING_PASSPHRASE_FILE=" + filepath.Join(dir, "passphrase"),
	}}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != ""; {
		if name, _, _ := strings.Cut(lines.Text(), "="); name == "AWS_ENDPOINT_URL" {
			k.environ = append(k.environ, lines.Text())
		}
	}
	seed, err := os.ReadFile(filepath.Join(dir, "second-factor-seed"))
	if err != nil {
		t.Fatal(err)
	}
	k.seed = strings.TrimSpace(string(seed))
	return k
}

// claria runs a verb on the kept computer and returns what it printed and its exit code.
func (k *kept) claria(args ...string) (stdout, stderr string, code int) {
	k.t.Helper()
	cmd := exec.Command(claria, args...)
	cmd.Env = k.environ
	var out, told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &told
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		k.t.Fatal(err)
	}
	return out.String(), told.String(), code
}

// does runs a verb that must succeed and returns what it printed.
func (k *kept) does(args ...string) string {
	k.t.Helper()
	out, told, code := k.claria(args...)
	if code != 0 {
		k.t.Fatalf("claria %s: exit %d\n%s%s", strings.Join(args, " "), code, out, told)
	}
	return out
}

// code is the authenticator's code of a half minute (RFC 6238).
func (k *kept) code(halfMinute int64) string {
	k.t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(k.seed)
	if err != nil {
		k.t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, halfMinute)
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// approves runs a verb that takes a code. AWS accepts the code of this half minute and
// of the one before it, each once, so a second verb need not wait for the phone.
func (k *kept) approves(args ...string) {
	k.t.Helper()
	for {
		k.spent = max(k.spent+1, time.Now().Unix()/30-1)
		for tick := time.NewTicker(time.Second); k.spent > time.Now().Unix()/30; <-tick.C {
		}
		out, told, exit := k.claria(append(args, "--yes", "--mfa-code", k.code(k.spent))...)
		switch {
		case exit == 0:
			return
		case !strings.Contains(told, "did not accept the code"): // one that grew old on the way
			k.t.Fatalf("claria %s: exit %d\n%s%s", strings.Join(args, " "), exit, out, told)
		}
	}
}

func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for files := tar.NewReader(zipped); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, filepath.FromSlash(header.Name))
		if header.FileInfo().IsDir() {
			if err := os.MkdirAll(name, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		data, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnAccountOfAnEarlierVersion opens what a version of November 2026 left: it is
// checked, its record is read and drafted from, and its ledger is intact.
func TestAnAccountOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	k := openKept(t, "account-2026-11.tar.gz")

	report, told, _ := k.claria("--check")
	for _, line := range []string{
		"ok       CT-03", "ok       S3-02", "ok       S3-09", "signed   PRV-06", "fail     BDR-06", "LEGACY, end of life 20",
		"instead of 2192", // it kept logs and old versions for six times 365 days
	} {
		if !strings.Contains(report, line) {
			t.Errorf("the check does not show %q:\n%s%s", line, report, told)
		}
	}
	if out := k.does("files", "list", "Avery Quill"); !strings.Contains(out, "intake.txt") || !strings.Contains(out, "notes.txt") {
		t.Errorf("the client's files:\n%s", out)
	}
	if out := k.does("files", "get", "Avery Quill", "intake.txt", "-o", "-"); !strings.Contains(out, "Avery Quill is 9 years old") {
		t.Errorf("the file:\n%s", out)
	}
	if out := k.does("reports", "list", "Avery Quill"); !strings.Contains(out, "SOAP note") {
		t.Errorf("the client's reports:\n%s", out)
	}
	draft := filepath.Join(t.TempDir(), "draft.md")
	k.does("draft", "Avery Quill", "--template", "soap", "--files", "intake.txt,notes.txt", "-o", draft)
	if text, err := os.ReadFile(draft); err != nil || !strings.Contains(string(text), "[S") {
		t.Errorf("the draft, %v:\n%s", err, text)
	}
	if out := k.does("evidence", "verify"); !strings.Contains(out, "5 lines are unchanged") {
		t.Errorf("the ledger after another check:\n%s", out)
	}
}

// TestAPlanOnAnAccountOfAnEarlierVersion compares the whole home directory before and
// after a plan, which does not even rewrite the old keyring. A check does.
func TestAPlanOnAnAccountOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	k := openKept(t, "account-2026-11.tar.gz")
	files := func() map[string]string {
		t.Helper()
		found := map[string]string{}
		if err := filepath.WalkDir(k.home, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				found[path] = "folder"
				return err
			}
			data, err := os.ReadFile(path)
			found[path] = string(data)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return found
	}
	before := files()
	k.does("setup", "--plan")
	if after := files(); !maps.Equal(before, after) {
		for path, is := range after {
			if before[path] != is {
				t.Errorf("%s changed", path)
			}
		}
		t.Errorf("%d files, %d before", len(after), len(before))
	}
	if _, told, code := k.claria("--check"); code == 1 {
		t.Fatal(told)
	}
	for path, is := range files() {
		if strings.HasSuffix(path, " claria-auditor") && !strings.HasPrefix(is, "age-encryption.org/v1\n") {
			t.Errorf("%s is still in the old form", path)
		}
	}
}

// TestUndoOnAnAccountOfAnEarlierVersion changes a setting of the kept account and undoes
// it; what the earlier version changed is listed and cannot be undone.
func TestUndoOnAnAccountOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	k := openKept(t, "account-2026-11.tar.gz")
	if list := k.does("setup", "--undo"); !strings.Contains(list, "recorded before undo") {
		t.Errorf("the changes of the earlier version:\n%s", list)
	}
	if _, told, code := k.claria("setup", "--undo", "1.1", "--yes"); code == 0 || !strings.Contains(told, "recorded before undo") {
		t.Errorf("undoing a change of the earlier version: exit %d\n%s", code, told)
	}

	config := filepath.Join(k.home, ".config", "claria", "claria.toml")
	declared, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	contact := "\n[contact]\nname = \"Rowan Alder\"\ntitle = \"Owner\"\nemail = \"rowan@example.com\"\nphone = \"+1 555 0100\"\n"
	if err := os.WriteFile(config, append(declared, contact...), 0o600); err != nil {
		t.Fatal(err)
	}
	k.approves("setup", "--apply")
	if report, _, _ := k.claria("--check"); !strings.Contains(report, "ok       CT-10") || !strings.Contains(report, "ok       S3-13") {
		t.Errorf("six calendar years after set-up:\n%s", report)
	}
	list := k.does("setup", "--undo")
	id := regexp.MustCompile(`(?m)^ *(\d+\.\d+) .*security contact`).FindStringSubmatch(list)
	if id == nil {
		t.Fatalf("the change is not listed:\n%s", list)
	}
	if shown := k.does("setup", "--undo", id[1], "--plan"); !strings.Contains(shown, "rowan@example.com") {
		t.Errorf("the plan:\n%s", shown)
	}
	k.approves("setup", "--undo", id[1])
	if list := k.does("setup", "--undo"); !strings.Contains(list, "undone by ") {
		t.Errorf("after the undo:\n%s", list)
	}
	if _, told, code := k.claria("setup", "--undo", id[1], "--yes"); code != 1 || !strings.Contains(told, "was undone by change") {
		t.Errorf("undone twice: exit %d, %s", code, told)
	}
	k.does("evidence", "verify")
}
