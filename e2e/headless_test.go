package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"claria/internal/config"
)

// TestSetUpFromAFileOfAnswers sets an account up unattended, from its root key. The
// check then finds nothing.
func TestSetUpFromAFileOfAnswers(t *testing.T) {
	t.Parallel()
	account := serve(t, "--seed", "empty")
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	account.environ = append(account.environ, "CLARIA_KEYRING_PASSPHRASE_FILE="+write("passphrase", "correct horse"))
	seed := filepath.Join(dir, "seed")
	answers := strings.Replace(config.AnswersExample, "/root/claria-mfa-seed", seed, 1)
	example, _, code := account.runs("setup", "--answers-example")
	if code != 0 || example != config.AnswersExample {
		t.Errorf("the example: exit %d\n%s", code, example)
	}
	for says, text := range map[string]string{
		`unknown answer "regoin"`:          strings.Replace(answers, "region", "regoin", 1),
		"do not approve the plan":          strings.Replace(answers, "approve = true", "", 1),
		"environment or profile:NAME":      strings.Replace(answers, `credentials = "environment"`, `credentials = "AKIAIOSFODNN7EXAMPLE"`, 1),
		"have no file for its seed":        strings.Replace(answers, "[second_factor]\nseed_file", "# seed_file", 1),
		"written only to a new file":       strings.Replace(answers, seed, write("taken", "x"), 1),
		"must be a region such as us-east": strings.Replace(answers, "us-east-1", "somewhere", 1),
	} {
		_, stderr, code := account.runs("setup", "--answers", write("wrong.toml", text))
		if code != 1 || !strings.Contains(stderr, says) || strings.Contains(stderr, "done") || strings.Contains(stderr, "AKIAIOSFODNN7EXAMPLE") {
			t.Errorf("want %q: exit %d, %s", says, code, stderr)
		}
	}
	path := write("answers.toml", answers)
	out, stderr, code := account.runs("setup", "--answers", path)
	for _, says := range []string{
		"root user's key", "second factor of claria-admin on, and tested by assuming claria-provisioner", "root access key deleted",
		"The seed of the second factor of claria-admin is in " + seed, "works as arn:aws:iam::111122223333:user/claria-admin",
		"found the account as it should be",
	} {
		if !strings.Contains(stderr, says) {
			t.Errorf("set-up does not say %q", says)
		}
	}
	if code != 0 {
		t.Fatalf("exit %d\n%s\n%s", code, out, stderr)
	}
	kept, err := os.ReadFile(seed)
	if info, _ := os.Stat(seed); err != nil || info.Mode().Perm() != 0o600 || strings.Contains(out+stderr, strings.Split(string(kept), "\n")[0]) {
		t.Errorf("the seed file: %v, %v; or the seed was printed", info.Mode(), err)
	}
	if out, stderr, code := account.runs("--check", "--controls", "core", "--quiet"); code != 0 || out != "" {
		t.Errorf("the check: exit %d\n%s%s", code, out, stderr)
	}
	if out, stderr, code := account.runs("setup", "--answers", path); code != 0 || !strings.Contains(out, "Nothing to do") {
		t.Errorf("the second time: exit %d\n%s%s", code, out, stderr)
	}
}

// With strict = true the same set-up ends as well: the practice's own key encrypts the
// records and the trail, and the check finds nothing.
func TestStrictSetUpFromAFileOfAnswers(t *testing.T) {
	t.Parallel()
	account := serve(t, "--seed", "empty")
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	account.environ = append(account.environ, "CLARIA_KEYRING_PASSPHRASE_FILE="+write("passphrase", "correct horse"))
	answers := strings.Replace(config.AnswersExample, "/root/claria-mfa-seed", filepath.Join(dir, "seed"), 1)
	path := write("answers.toml", strings.Replace(answers, "# strict = true", "strict = true", 1))
	out, stderr, code := account.runs("setup", "--answers", path)
	if code != 0 || !strings.Contains(stderr, "encryption key alias/claria") || !strings.Contains(stderr, "root access key deleted") ||
		!strings.Contains(stderr, "found the account as it should be") {
		t.Fatalf("exit %d\n%s\n%s", code, out, stderr)
	}
	if out, stderr, code := account.runs("--check", "--controls", "core", "--quiet"); code != 0 || out != "" {
		t.Errorf("the check: exit %d\n%s%s", code, out, stderr)
	}
	if out, stderr, code := account.runs("setup", "--answers", path); code != 0 || !strings.Contains(out, "Nothing to do") {
		t.Errorf("the second time: exit %d\n%s%s", code, out, stderr)
	}
}
