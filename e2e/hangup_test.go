package e2e

import (
	"os/exec"
	"testing"

	"claria/internal/terminal"
)

// TestAClosedTerminalEndsTheProgram closes the window in every mode: while the workstation
// is open, while it works, while a verb asks, and while a verb writes.
func TestAClosedTerminalEndsTheProgram(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args  []string
		until []string
	}{
		"the workstation":       {[]string{"--demo"}, []string{"? help"}},
		"set-up on the screen":  {[]string{"--demo", "--seed", "empty"}, []string{"? help"}},
		"a question":            {[]string{"--demo", "--seed", "empty", "setup", "--apply"}, []string{"Type yes"}},
		"a draft":               {[]string{"--demo", "draft", "Avery Quill", "--template", "soap", "--files", "session 2.txt"}, []string{"# SOAP note"}},
		"a served demo account": {[]string{"sandbox", "--listen", "127.0.0.1:0"}, []string{"AWS_ENDPOINT_URL"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, 100, 60, c.args...) // high enough for a whole draft
			p.sees(c.until...)
			p.hangsUp()
		})
	}
}

// TestAClosedTerminalOfAnotherSession: the kernel tells only the terminal's own session.
func TestAClosedTerminalOfAnotherSession(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("there is no setsid here")
	}
	screen, err := terminal.Open(100, 30, []string{"CLARIA_HOME=" + t.TempDir()}, "sh", "-c", `trap "" HUP; setsid -w "$0" --demo`, claria)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(screen.Close)
	p := person{t, screen}
	p.sees("? help")
	p.hangsUp()
}

// hangsUp closes the terminal; the program must end.
func (p person) hangsUp() {
	p.t.Helper()
	if err := p.Hangup(); err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.Wait(patience); err != nil {
		p.t.Fatal(err)
	}
}
