package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"claria/internal/config"
)

// killsVariable is how many times each test here kills the program; without it, a few
// times.
// killSeed makes the moments the same in every run.
const (
	killsVariable = "CLARIA_KILLS"
	kills         = 12
	killSeed      = 20261130
)

// killable is an account kept on disk, and a computer on which set-up runs.
type killable struct {
	t       *testing.T
	dir     string
	answers string
	environ []string
	server  *exec.Cmd
	seen    *counter
}

// counter reads the account's calls, and does something when the nth arrives.
type counter struct {
	mu    sync.Mutex
	calls []call
	from  int // how many there were before the run
	at    int
	then  func()
}

// call is a call as the account records it.
type call struct {
	Action, Caller, Resource string
	Status                   int
}

func (c *counter) read(from io.Reader) {
	for lines := bufio.NewScanner(from); lines.Scan(); {
		var one call
		_ = json.Unmarshal(lines.Bytes(), &one)
		c.mu.Lock()
		c.calls = append(c.calls, one)
		if len(c.calls)-c.from == c.at {
			c.then()
		}
		c.mu.Unlock()
	}
}

func (c *counter) set(at int, then func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from, c.at, c.then = len(c.calls), at, then
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.calls) - c.from
}

func newKillable(t *testing.T) *killable {
	t.Helper()
	k := &killable{t: t, dir: t.TempDir()}
	k.answers = filepath.Join(k.dir, "answers.toml")
	answers := strings.Replace(config.AnswersExample, "/root/claria-mfa-seed", k.path("seed"), 1)
	answers = strings.Replace(answers, `# adopt = ["claria-admin"]`, `adopt = ["111122223333-claria-records", "111122223333-claria-audit"]`, 1)
	for path, text := range map[string]string{k.answers: answers, k.path("passphrase"): "correct horse"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	k.serve("--seed", "empty", "--dir", k.path("account"))
	k.environ = append(k.environ, "CLARIA_KEYRING_PASSPHRASE_FILE="+k.path("passphrase"))
	return k
}

// serve serves the account, counts its calls, and sets the environment of the programs
// that use it.
func (k *killable) serve(options ...string) {
	t := k.t
	t.Helper()
	if err := syscall.Mkfifo(k.path("calls"), 0o600); err != nil {
		t.Fatal(err)
	}
	calls, err := os.OpenFile(k.path("calls"), os.O_RDWR, 0) // for reading alone it would wait for the writer
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = calls.Close() })
	k.seen = &counter{}
	go k.seen.read(calls)
	k.server = exec.Command(claria, append([]string{"sandbox", "--listen", "127.0.0.1:0", "--calls", k.path("calls")}, options...)...)
	k.server.Stderr = os.Stderr
	out, err := k.server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := k.server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.close)
	k.environ = append(plainEnviron(), "CLARIA_HOME="+k.path("home"))
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != ""; {
		k.environ = append(k.environ, lines.Text())
	}
}

func (k *killable) path(name string) string { return filepath.Join(k.dir, name) }

// close ends the account, which writes its state.
func (k *killable) close() {
	if k.server != nil {
		_ = k.server.Process.Signal(os.Interrupt)
		_ = k.server.Wait()
		k.server = nil
	}
}

// setUp runs set-up, and kills it a moment after its nth call; 0: never.
func (k *killable) setUp(n int, after time.Duration) (said string, err error) {
	k.t.Helper()
	return k.run(n, after, "setup", "--answers", k.answers)
}

// run runs the program, and kills it a moment after its nth call; 0: never.
func (k *killable) run(n int, after time.Duration, args ...string) (said string, err error) {
	k.t.Helper()
	ctx, kill := context.WithCancel(context.Background())
	defer kill()
	k.seen.set(n, func() { time.AfterFunc(after, kill) })
	cmd := exec.CommandContext(ctx, claria, args...)
	cmd.Env = k.environ
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// keptIdentities is what the account's files say of its identities.
type keptIdentities struct {
	Keys map[string]struct {
		User   string
		Active bool
	}
	Devices map[string]keptDevice
}

type keptDevice struct {
	Seed []byte
	User string
}

// wrong lists what is not as it should be after set-up. It ends the account.
func (k *killable) wrong() (wrong []string) {
	k.t.Helper()
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	k.close()
	data, err := os.ReadFile(filepath.Join(k.dir, "account", "iam.json"))
	var iam keptIdentities
	if err != nil || json.Unmarshal(data, &iam) != nil {
		k.t.Fatalf("the kept account: %v", err)
	}
	keys := map[string]int{}
	for _, key := range iam.Keys {
		keys[fmt.Sprint(key.User, " ", key.Active)]++
	}
	if len(keys) != 2 || keys["claria-admin true"] != 1 || keys["claria-auditor true"] != 1 {
		say("the account's keys are %v", keys)
	}
	file, err := os.ReadFile(k.path("seed"))
	seed, _, _ := strings.Cut(string(file), "\n")
	raw, _ := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(seed)
	maps.DeleteFunc(iam.Devices, func(serial string, _ keptDevice) bool { return strings.HasSuffix(serial, "/root-account-mfa-device") })
	if len(iam.Devices) != 1 {
		say("there are %d devices", len(iam.Devices))
	}
	for serial, device := range iam.Devices {
		if err != nil || device.User != "claria-admin" || !bytes.Equal(device.Seed, raw) || len(raw) == 0 {
			say("the seed in the file (%v) is not that of %s, which is on for %q", err, serial, device.User)
		}
	}
	if err := filepath.WalkDir(k.dir, func(path string, _ fs.DirEntry, err error) error {
		// The ledger's key does not count: the next line writes it again.
		name := filepath.Base(path)
		if name == "seed.new" || strings.Contains(name, "claria-admin.") || strings.Contains(name, "claria-auditor.") {
			say("%s is left", path)
		}
		return err
	}); err != nil {
		k.t.Fatal(err)
	}
	return append(wrong, k.unproven()...)
}

// unproven reports a root key that was deleted before the second factor opened the role.
func (k *killable) unproven() (wrong []string) {
	k.seen.mu.Lock()
	defer k.seen.mu.Unlock()
	opened, deleted := false, false
	for _, call := range k.seen.calls {
		switch {
		case call.Action == "sts:AssumeRole" && call.Status == 200:
			opened = true
		case call.Action == "iam:DeleteAccessKey" && call.Status == 200 && strings.HasSuffix(call.Resource, ":root"):
			if deleted = true; !opened {
				wrong = append(wrong, "the root key was deleted before the second factor opened the role")
			}
		}
	}
	if !deleted {
		wrong = append(wrong, "the root key was not deleted")
	}
	return wrong
}

// killTimes is how many times a test kills the program.
func killTimes(t *testing.T, usual int) int {
	t.Helper()
	text, ok := os.LookupEnv(killsVariable)
	if !ok {
		return usual
	}
	times, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return times
}

// TestSetUpThatIsKilled kills set-up at random moments. The same command then ends well.
// CLARIA_KILLS=100 kills it as often.
func TestSetUpThatIsKilled(t *testing.T) {
	t.Parallel()
	times := killTimes(t, kills)
	whole := newKillable(t)
	if said, err := whole.setUp(0, 0); err != nil {
		t.Fatalf("a run that is not killed: %v\n%s", err, said)
	}
	calls := whole.seen.count()
	if wrong := whole.wrong(); len(wrong) > 0 {
		t.Fatalf("a run that is not killed: %q", wrong)
	}
	moments := rand.New(rand.NewPCG(killSeed, 0))
	for i := range times {
		n, after := 1+moments.IntN(calls), time.Duration(moments.IntN(30))*time.Millisecond
		t.Run(fmt.Sprintf("%d after call %d", i, n), func(t *testing.T) {
			t.Parallel()
			k := newKillable(t)
			said, err := k.setUp(n, after)
			if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() { // it may also end before it is killed
				t.Fatalf("the first run was not killed: %v\n%s", err, said)
			}
			if said, err := k.setUp(0, 0); err != nil || !strings.Contains(said, "found the account as it should be") {
				t.Errorf("the second run: %v\n%s", err, said)
			}
			for _, wrong := range k.wrong() {
				t.Error(wrong)
			}
		})
	}
}
