//go:build conformance

package conformance

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/internal/config"
	"claria/provision/state"
)

const (
	large = 300 << 20 // bytes
	// flat limits by how much the resident memory grows while a large file moves: only a few
	// parts are in progress at once, for a file of any size.
	flat = 60 << 20
)

// office is a demo account that is set up and kept on disk, and the machine that did it.
type office struct {
	t       *testing.T
	environ map[string]string
	calls   string // the file that every call is written to
}

// newOffice sets an account up on a machine without a keyring service.
func newOffice(t *testing.T, args ...string) office {
	t.Helper()
	home := t.TempDir()
	calls := filepath.Join(home, "calls")
	environ := sandbox(t, append([]string{"--dir", t.TempDir(), "--calls", calls}, args...)...)
	passphrase := filepath.Join(home, "passphrase")
	if err := os.WriteFile(passphrase, []byte(rand.Text()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ["CLARIA_HOME"], environ["CLARIA_KEYRING_PASSPHRASE_FILE"] = home, passphrase
	p := office{t, environ, calls}
	answers := filepath.Join(home, "answers.toml")
	if err := os.WriteFile(answers, []byte("region = \"us-east-1\"\ncredentials = \"environment\"\nkeyring = \"file\"\napprove = true\n"+
		"delete_root_key = true\n[second_factor]\nseed_file = \""+filepath.Join(home, "seed")+"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.claria("setup", "--answers", answers)
	// From now on the key comes from the keyring.
	delete(environ, "AWS_ACCESS_KEY_ID")
	delete(environ, "AWS_SECRET_ACCESS_KEY")
	return p
}

func (p office) command(args ...string) *exec.Cmd {
	p.t.Helper()
	return command(p.t, p.environ, os.Getenv("CLARIA"), args...)
}

// claria runs a verb and returns its standard output and its peak memory.
func (p office) claria(args ...string) (out string, peak int64) {
	p.t.Helper()
	cmd := p.command(args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	data, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("claria %s: %v\n%s%s", strings.Join(args, " "), err, data, &stderr)
	}
	return string(data), peakMemory(cmd.ProcessState)
}

// peakMemory is the peak resident memory of a process, in bytes.
func peakMemory(state *os.ProcessState) int64 {
	peak := state.SysUsage().(*syscall.Rusage).Maxrss
	if runtime.GOOS != "darwin" {
		peak <<= 10 // kilobytes; bytes on macOS: getrusage(2) of each
	}
	return peak
}

// files are the names of a client's files as `claria files list` shows them.
func (p office) files(client string) []string {
	p.t.Helper()
	out, _ := p.claria("files", "list", client, "--json")
	var list []struct{ Name string }
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		p.t.Fatalf("files list printed %s", out)
	}
	names := []string{}
	for _, f := range list {
		names = append(names, f.Name)
	}
	return names
}

// TestLargeFile uploads and downloads 300 MB in separate processes.
func TestLargeFile(t *testing.T) {
	p := newOffice(t)
	dir := t.TempDir()
	sum := randomFile(t, filepath.Join(dir, "session.wav"))
	p.claria("clients", "add", "Client 014")

	began := time.Now()
	_, up := p.claria("files", "put", "Client 014", filepath.Join(dir, "session.wav"))
	sent := time.Since(began)
	if names := p.files("Client 014"); fmt.Sprint(names) != "[session.wav]" {
		t.Fatalf("the client has %q", names)
	}
	began = time.Now()
	_, down := p.claria("files", "get", "Client 014", "session.wav", "-o", filepath.Join(dir, "back.wav"))
	t.Logf("%d MB up in %.1f s with at most %d MB of memory, down in %.1f s with at most %d MB",
		large>>20, sent.Seconds(), up>>20, time.Since(began).Seconds(), down>>20)
	_, idle := p.claria("clients", "list") // opens the keyring too, which takes 128 MB (scrypt)
	if up-idle > flat || down-idle > flat {
		t.Errorf("memory grows with the file: want at most %d MB more than the %d MB of a command that moves none", flat>>20, idle>>20)
	}
	if back := hashFile(t, filepath.Join(dir, "back.wav")); back != sum {
		t.Errorf("the downloaded file differs: SHA-256 %s, was %s", back, sum)
	}
}

// TestKilledUpload kills the program at three moments of an upload. Afterwards no listing
// shows a part of the file, and the upload works.
func TestKilledUpload(t *testing.T) {
	// S3 authorises parts and the joining of them as PutObject. Each waits, so
	// that there is a moment between them.
	p := newOffice(t, "--fault", "delay=s3:PutObject,for=300ms")
	joining := p.joins()
	path := filepath.Join(t.TempDir(), "session.wav")
	randomFile(t, path)
	p.claria("clients", "add", "Client 014")
	const all = (large + 8<<20 - 1) / (8 << 20) // parts of 8 MB
	for _, parts := range []int{1, all / 2, all} {
		cmd := p.command("files", "put", "Client 014", path)
		joined := p.done("CompleteMultipartUpload")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		p.await("UploadPart", parts) // of all runs: each continues with the parts that are there
		objects := 0
		if parts == all { // it is asking for the parts to be joined
			<-joining
			objects = 1 // all bytes, without the record that makes them a file
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if cmd.ProcessState.Exited() {
			t.Fatalf("the upload was over before it could be killed: %s", cmd.ProcessState)
		}
		p.await("CompleteMultipartUpload", joined+objects) // the upload is complete
		if names := p.files("Client 014"); len(names) != 0 {
			t.Errorf("killed after %d parts, the client has %q", parts, names)
		}
		if keys := p.objects("records/"); len(keys) != objects {
			t.Errorf("killed after %d parts, the bucket lists %q", parts, keys)
		}
	}
	p.claria("files", "put", "Client 014", path)
	if names := p.files("Client 014"); fmt.Sprint(names) != "[session.wav]" {
		t.Errorf("after the last upload the client has %q", names)
	}
}

// joins puts a proxy before the account and returns what it notes: that it has a
// whole request to join the parts of an upload, which it will hand on.
func (p office) joins() <-chan struct{} {
	p.t.Helper()
	target, err := url.Parse(p.environ["AWS_ENDPOINT_URL"])
	if err != nil {
		p.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // it is signed
		},
		ErrorLog: log.New(io.Discard, "", 0), // of clients that were killed
	}
	asked := make(chan struct{}, 8)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Query().Has("uploadId") {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
			defer cancel()
			r = r.WithContext(ctx)
			r.Body = io.NopCloser(bytes.NewReader(body))
			asked <- struct{}{}
		}
		proxy.ServeHTTP(w, r)
	}))
	p.t.Cleanup(server.Close)
	p.environ["AWS_ENDPOINT_URL"] = server.URL
	return asked
}

// await waits until an operation has succeeded so often.
func (p office) await(operation string, times int) {
	p.t.Helper()
	if !eventually(time.Minute, func() bool { return p.done(operation) >= times }) {
		p.t.Fatalf("%s was not done %d times", operation, times)
	}
}

// done is how often an operation succeeded so far.
func (p office) done(operation string) int {
	p.t.Helper()
	data, err := os.ReadFile(p.calls)
	if err != nil {
		p.t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		var call struct {
			Operation string
			Status    int
		}
		if json.Unmarshal([]byte(line), &call) == nil && call.Operation == operation && call.Status == 200 {
			n++
		}
	}
	return n
}

// objects are the keys that the data bucket lists.
func (p office) objects(prefix string) []string {
	p.t.Helper()
	lookup := func(name string) (string, bool) { v, ok := p.environ[name]; return v, ok }
	places, err := config.Locate(lookup)
	if err != nil {
		p.t.Fatal(err)
	}
	settings := state.Settings{Account: "111122223333", System: "claria", Region: "us-east-1"}
	keys, err := aws.OpenKeyring(aws.KeyringOptions{Scope: settings.Account, Dir: places.Keyring, LookupEnv: lookup})
	if err != nil {
		p.t.Fatal(err)
	}
	account, err := aws.Open(p.t.Context(), aws.Options{
		Region: settings.Region, LookupEnv: lookup, Source: aws.Source{Kind: aws.FromKeyring, Keyring: keys, Name: state.AdminUser},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	out, err := aws.S3(account).ListObjectsV2(p.t.Context(), &s3.ListObjectsV2Input{
		Bucket: new(state.DataBucketName(settings)), Prefix: &prefix,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	var list []string
	for _, object := range out.Contents {
		list = append(list, *object.Key)
	}
	return list
}

func randomFile(t *testing.T, path string) (sum string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.New()
	_, err = io.CopyN(io.MultiWriter(file, hash), rand.Reader, large)
	if err != nil || file.Close() != nil {
		t.Fatal("writing the file: ", err)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

func hashFile(t *testing.T, path string) string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(hash.Sum(nil))
}
