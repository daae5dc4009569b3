package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"claria/aws/sandbox"
	"claria/reports"
	"claria/session/demo"
)

// person is a person at the command line of the demo account.
type person struct {
	account *demo.Account
	env     *env
	out     *bytes.Buffer
	err     *bytes.Buffer
}

const avery = "Avery Quill"

// newPerson opens the demo account, whose model writes a word each pace.
func newPerson(t *testing.T, pace time.Duration) *person {
	t.Helper()
	account, err := demo.New(demo.Options{Sandbox: sandbox.Options{Writer: sandbox.Pace{PerWord: pace}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := account.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &person{account: account}
}

// run runs a verb and returns its exit code.
func (d *person) run(ctx context.Context, args ...string) int {
	d.out, d.err = new(bytes.Buffer), new(bytes.Buffer)
	return d.runTo(ctx, d.out, args...)
}

func (d *person) runTo(ctx context.Context, out io.Writer, args ...string) int {
	d.env = &env{
		Stdin: strings.NewReader(""), Stdout: out, Stderr: d.err, Now: time.Now, version: "test",
		LookupEnv: func(string) (string, bool) { return "", false }, account: d.account,
	}
	return d.env.run(ctx, append([]string{"--demo"}, args...))
}

// shown returns what `claria reports show` prints for the report changed last.
func (d *person) shown(t *testing.T) string {
	t.Helper()
	errors := d.err
	code := d.run(t.Context(), "reports", "show", avery, "last")
	text, problem := d.out.String(), d.err.String()
	d.err = errors
	if code != 0 {
		t.Fatalf("reports show: exit %d: %s", code, problem)
	}
	return text
}

func TestADraftInAPipeIsExactlyTheReport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testADraftInAPipeIsExactlyTheReport) // the model writes at its own pace
}

func testADraftInAPipeIsExactlyTheReport(t *testing.T) {
	d := newPerson(t, 0)
	// If a stream breaks after it showed text, that text must not be in the pipe.
	if err := d.account.Sandbox.Inject("break=bedrock:ConverseStream,after=30,times=1,code=throttlingException"); err != nil {
		t.Fatal(err)
	}
	code := d.run(t.Context(), "draft", avery, "--template", "psychological-evaluation",
		"--files", "intake interview.docx,session 2.txt,teacher form.pdf", "--instructions", "Keep Xanadu out.")
	piped, said := d.out.String(), d.err.String()
	if code != 0 {
		t.Fatalf("exit %d: %s", code, said)
	}
	if piped != d.shown(t) {
		t.Errorf("piped:\n%s\nshown:\n%s", piped, d.shown(t))
	}
	if n := strings.Count(piped, "\n## "); n != 8 || !strings.HasPrefix(piped, "# Psychological evaluation\n") {
		t.Errorf("%d headings:\n%s", n, piped)
	}
	for _, want := range []string{
		"Section 1 of 7: Referral question\n", "fewer requests (ThrottlingException); the section starts again",
		"Sending 3 files", "input tokens, ", "at the list price", "Saved as report ",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("standard error lacks %q:\n%s", want, said)
		}
	}
	for _, secret := range []string{"Avery", "Quill", "intake", "Xanadu"} {
		if strings.Contains(said, secret) {
			t.Errorf("standard error says %q:\n%s", secret, said)
		}
	}

	if d.run(t.Context(), "reports", "list", avery, "--json"); true {
		var list []map[string]any
		if err := json.Unmarshal(d.out.Bytes(), &list); err != nil || len(list) != 1 || list[0]["template"] != "psychological-evaluation" {
			t.Fatalf("%v: %s", err, d.out)
		}
		if s := d.out.String(); strings.Contains(s, `"text"`) || strings.Contains(s, "intake") || strings.Contains(s, "Xanadu") {
			t.Errorf("a listing holds text: %s", s)
		}
	}
	if d.run(t.Context(), "reports", "show", avery, "last", "--json"); !strings.Contains(d.out.String(),
		`"instructions": "Keep Xanadu out."`) {
		t.Errorf("got %s", d.out)
	}
	line := regexp.MustCompile(`^[0-9A-Z]{26}  \d{4}-\d\d-\d\d \d\d:\d\d  written  Psychological evaluation\n$`)
	if d.run(t.Context(), "reports", "list", avery); !line.MatchString(d.out.String()) {
		t.Errorf("got %q", d.out)
	}
}

func TestADraftIntoAFileIsPrivateAndReplacesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testADraftIntoAFileIsPrivateAndReplacesNothing) // the model writes at its own pace
}

func testADraftIntoAFileIsPrivateAndReplacesNothing(t *testing.T) {
	d := newPerson(t, 0)
	path := filepath.Join(t.TempDir(), "note.md")
	draft := []string{"draft", avery, "--template", "soap", "--files", "session 2.txt", "-o", path}
	if code := d.run(t.Context(), draft...); code != 0 || d.out.Len() > 0 {
		t.Fatalf("exit %d: %s%s", code, d.out, d.err)
	}
	content, err := os.ReadFile(path)
	if err != nil || string(content) != d.shown(t) {
		t.Errorf("%v: %s", err, content)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	sent := len(d.account.Sandbox.Calls())
	if code := d.run(t.Context(), draft...); code != 1 || !strings.Contains(d.err.String(),
		"a file of this name already exists: choose another with -o, or use --force") || len(d.account.Sandbox.Calls()) != sent {
		t.Errorf("exit %d: %s", code, d.err)
	}
	if err := writePrivate(path, "x", false); err == nil {
		t.Error("a file that appeared in the meantime was replaced")
	}
	if code := d.run(t.Context(), append(draft, "--force")...); code != 0 {
		t.Errorf("exit %d: %s", code, d.err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("%d files are left", len(left))
	}
}

// stopper cancels after this many writes.
type stopper struct {
	bytes.Buffer
	stop  func()
	after string
}

func (s *stopper) Write(p []byte) (int, error) {
	n, err := s.Buffer.Write(p)
	if strings.Contains(s.String(), s.after) {
		s.stop()
	}
	return n, err
}

func TestAnInterruptKeepsTheTextAndResumeFinishesIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testAnInterruptKeepsTheTextAndResumeFinishesIt) // the model writes at its own pace
}

func testAnInterruptKeepsTheTextAndResumeFinishesIt(t *testing.T) {
	d := newPerson(t, 0)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	d.err = new(bytes.Buffer)
	out := &stopper{stop: stop, after: "## Background"}
	code := d.runTo(ctx, out, "draft", avery, "--template", "psychological-evaluation", "--files", "intake interview.docx,session 2.txt")
	if code != exitInterrupted || !strings.Contains(d.err.String(), "Stopped; the text so far is kept. To continue: claria draft ") {
		t.Fatalf("exit %d: %s", code, d.err)
	}
	if first := d.shown(t); first != out.String() || !strings.Contains(first, "> This section is not finished. The draft was stopped") &&
		!strings.Contains(first, "> This section is not written yet.") {
		t.Errorf("printed:\n%s\nkept:\n%s", out, first)
	}
	resume := regexp.MustCompile(`claria (draft \S+ --resume \S+)`).FindStringSubmatch(d.err.String())
	if code := d.run(t.Context(), strings.Fields(resume[1])...); code != 0 {
		t.Fatalf("exit %d: %s", code, d.err)
	}
	if finished := d.out.String(); finished != d.shown(t) || strings.Contains(finished, "not finished") ||
		strings.Contains(finished, "not written") {
		t.Errorf("resumed:\n%s", finished)
	}
}

func TestALiveDraftSaysWhenASectionBeginsAgain(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	sink := &liveSink{out: &out, notes: &out}
	report := reports.Report{
		Title:    "Note",
		Sections: []reports.Section{{Heading: "Plan", State: reports.Written}, {Heading: "Next", State: reports.Waiting}},
	}
	for _, e := range []reports.Event{
		{Kind: reports.SectionStarted, Report: report},
		{Kind: reports.Text, Delta: "Half\x1b[31m"},
		{Kind: reports.SectionReset},
		{Kind: reports.Text, Delta: "Whole [S1]."},
		{Kind: reports.SectionEnded, Report: report},
	} {
		sink.take(e)
	}
	sink.end(report)
	want := "# Note\n\n## Plan\n\nHalf\n-- Discard the text above: the section starts again.\n\n## Plan\n\nWhole [S1].\n" +
		"\n## Next\n\n> This section is not written yet.\n\n## Sources\n\n"
	if out.String() != want {
		t.Errorf("got\n%q\nwant\n%q", out.String(), want)
	}
}

func TestWhatADraftNeedsIsSaid(t *testing.T) {
	t.Parallel()
	d := newPerson(t, 0)
	for _, c := range []struct{ args, want string }{
		{"--files x", "--template psychological-evaluation or --template soap"},
		{"--template soap", "--files with at least one file"},
		{"--template poem --files x", `there is no template "poem"; use one of psychological-evaluation, soap`},
		{"--template soap --resume last", "leave out --template, --files and --instructions"},
		{"--template soap --files x --force", "--force needs -o"},
		{"--resume last", "This client has no reports yet."},
		{"--template soap --files x", "--files, file 1: "},
	} {
		if code := d.run(t.Context(), append([]string{"draft", avery}, strings.Fields(c.args)...)...); code != 1 ||
			!strings.Contains(d.err.String(), c.want) {
			t.Errorf("%s: exit %d: %s", c.args, code, d.err)
		}
	}
	if code := d.run(t.Context(), "reports", "templates"); code != 0 || !strings.Contains(d.out.String(),
		"soap  SOAP note\n    Subjective\n") {
		t.Errorf("exit %d: %s", code, d.out)
	}
}

// childHome is set in the process that the next test kills.
const childHome = "CLARIA_TEST_DRAFT_HOME"

func TestDraftChild(t *testing.T) {
	home := os.Getenv(childHome)
	if home == "" {
		t.Skip("TestAKilledProgramLosesAtMostTheLastSecond runs it")
	}
	os.Exit(Main([]string{
		"draft", avery, "--template", "psychological-evaluation",
		"--files", "intake interview.docx,session 2.txt",
	}, "test", nil))
}

func TestAKilledProgramLosesAtMostTheLastSecond(t *testing.T) {
	t.Parallel()
	d := newPerson(t, 20*time.Millisecond)
	var mu sync.Mutex
	var words []time.Time // when each word of the stream was sent
	enough := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/converse-stream") {
			w = &wordWatch{ResponseWriter: w, word: func() {
				mu.Lock()
				defer mu.Unlock()
				if words = append(words, time.Now()); len(words) == 151 {
					close(enough)
				}
			}}
		}
		d.account.Sandbox.ServeHTTP(w, r)
	}))
	defer server.Close()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "claria.toml"), []byte("version = 1\naccount = \"111122223333\"\n"+
		"region = \"us-east-1\"\ncredentials = \"environment\"\nmodels = [\""+demo.Model+"\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ, err := d.account.Environ(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestDraftChild$")
	child.Env = append(os.Environ(), childHome+"="+home, "CLARIA_HOME="+home, "AWS_ENDPOINT_URL="+server.URL)
	for name, value := range environ {
		child.Env = append(child.Env, name+"="+value)
	}
	var said bytes.Buffer
	child.Stderr = &said
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-enough:
	case <-time.After(30 * time.Second):
		_ = child.Process.Kill()
		_ = child.Wait()
		mu.Lock()
		defer mu.Unlock()
		t.Fatalf("only %d words arrived: %s", len(words), &said)
	}
	killed := time.Now()
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()

	if code := d.run(t.Context(), "reports", "show", avery, "last", "--json"); code != 0 {
		t.Fatalf("exit %d: %s", code, d.err)
	}
	var kept reportJSON
	if err := json.Unmarshal(d.out.Bytes(), &kept); err != nil {
		t.Fatal(err)
	}
	have, cut := 0, 0
	for _, section := range kept.Sections {
		have += len(strings.Fields(*section.Text))
		if section.State == reports.Stopped && strings.Contains(section.Problem, "The draft was interrupted") {
			cut++
		}
	}
	mu.Lock()
	defer mu.Unlock()
	lost := time.Duration(0)
	if have < len(words) && words[have].Before(killed) {
		lost = killed.Sub(words[have])
	}
	if have < 50 || cut != 1 || lost > time.Second {
		t.Errorf("%d of %d words are kept, the last %s are lost, %d sections are cut off", have, len(words), lost, cut)
	}
	t.Logf("%d of %d words kept, the last %s lost", have, len(words), lost)
}

// wordWatch reports every word of a stream.
type wordWatch struct {
	http.ResponseWriter
	word func()
}

func (w *wordWatch) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	if bytes.Contains(p, []byte("contentBlockDelta")) {
		w.word()
	}
	return n, err
}

func (w *wordWatch) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }
