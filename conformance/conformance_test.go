//go:build conformance

// Package conformance compares the demo account with independent clients and an
// independent emulator. Run it with `make conformance`, which installs them.
package conformance

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tool is the path of an installed tool: "aws" or, outside the first set of tools,
// "judges/bin/prowler". A missing tool fails the run.
func tool(t *testing.T, name string) string {
	t.Helper()
	if !strings.Contains(name, "/") {
		name = "venv/bin/" + name
	}
	path := filepath.Join(os.Getenv("CONFORMANCE_TOOLS"), name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is not installed (run make conformance): %v", name, err)
	}
	return path
}

// sandbox starts `claria sandbox` and returns the environment that it prints.
func sandbox(t *testing.T, args ...string) map[string]string {
	t.Helper()
	cmd := exec.Command(os.Getenv("CLARIA"), append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	environ := map[string]string{}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "" {
		name, value, _ := strings.Cut(lines.Text(), "=")
		environ[name] = value
	}
	if environ["AWS_ENDPOINT_URL"] == "" {
		t.Fatal("claria sandbox printed no endpoint")
	}
	return environ
}

// run runs a tool with only the given environment and returns what it prints.
func run(t *testing.T, environ map[string]string, path string, args ...string) string {
	t.Helper()
	out, err := command(t, environ, path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(path), strings.Join(args, " "), err, out)
	}
	return string(out)
}

func command(t *testing.T, environ map[string]string, path string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER="}
	for name, value := range environ {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// moto starts moto's server and returns its endpoint.
func moto(t *testing.T, account string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = listener.Close()
	cmd := exec.Command(tool(t, "moto_server"), "-H", "127.0.0.1", "-p", port)
	cmd.Env = append(os.Environ(), "MOTO_ACCOUNT_ID="+account)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	url := "http://" + address
	var wrong error
	if !eventually(time.Minute, func() bool {
		response, err := http.Get(url + "/moto-api/data.json")
		if wrong = err; err == nil {
			_ = response.Body.Close()
		}
		return err == nil
	}) {
		t.Fatalf("moto did not answer: %v", wrong)
	}
	return url
}

// eventually asks another process until it says yes, which it cannot tell by itself.
func eventually(limit time.Duration, ask func() bool) bool {
	deadline := time.After(limit)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !ask() {
		select {
		case <-again.C:
		case <-deadline:
			return false
		}
	}
	return true
}
