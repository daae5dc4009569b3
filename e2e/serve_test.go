package e2e

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// served is an account behind `claria sandbox`, for a test that runs the program several
// times on one account.
type served struct {
	t       *testing.T
	environ []string
}

// serve starts a demo account that is set up already.
func serve(t *testing.T, args ...string) served {
	t.Helper()
	cmd := exec.Command(claria, append([]string{"sandbox", "--listen", "127.0.0.1:0", "--seed", "demo"}, args...)...)
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
	s := served{t, append(plainEnviron(), "CLARIA_HOME="+t.TempDir())}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != ""; {
		s.environ = append(s.environ, lines.Text())
	}
	return s
}

// runs runs a verb on the account, without a terminal.
func (s served) runs(args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	cmd := exec.Command(claria, args...)
	cmd.Env = s.environ
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	return out.String(), strings.TrimSpace(errs.String()), cmd.ProcessState.ExitCode()
}
