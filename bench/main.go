// Command bench measures what a person feels: the time to the first frame, from
// key to paint, what goes over the line, the memory, and how long a check takes.
// Each figure is a median with its spread; peers are measured in the same run.
// It asserts nothing: `make bench` prints, a person judges.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"claria/internal/terminal"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	claria, err := filepath.Abs("claria")
	if err != nil {
		return err
	}
	info, err := os.Stat(claria)
	if err != nil {
		return fmt.Errorf("build first: %w", err)
	}
	fmt.Printf("%-58s %8.1f MB\n", "binary, stripped (aim under 40 MB)", float64(info.Size())/1e6)
	for _, measure := range []func(string) error{firstFrames, tour, keyToPaint, checks} {
		if err := measure(claria); err != nil {
			return err
		}
	}
	return nil
}

// spread prints the median of some durations with their least and largest.
func spread(what string, durations []time.Duration) {
	slices.Sort(durations)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Printf("%-58s %8.1f ms  (%.1f–%.1f, n=%d)\n", what, ms(durations[len(durations)/2]), ms(durations[0]), ms(durations[len(durations)-1]), len(durations))
}

// firstFrames starts each program on a terminal until its frame is whole.
func firstFrames(claria string) error {
	const times = 15
	type program struct {
		name string
		args []string
		full func(string) bool
	}
	programs := []program{
		{"first frame: claria --demo (aim under 100 ms)", []string{claria, "--demo"}, func(s string) bool {
			return strings.Contains(s, "1 Today") && strings.Contains(s, "? help")
		}},
	}
	dir, err := repository()
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	// Peers are full-screen programs that people use daily; Debian packages them.
	for _, peer := range []struct {
		name, shows string
		args        []string
	}{
		{"tig", "first", []string{"-C", dir}},
		{"mc", "Quit", []string{"-u", dir}},
		{"ranger", "one.txt", []string{dir}},
	} {
		path, err := exec.LookPath(peer.name)
		if err != nil {
			fmt.Printf("first frame: %s is not installed (apt-get install %s), not measured\n", peer.name, peer.name)
			continue
		}
		programs = append(programs, program{"first frame: " + peer.name, append([]string{path}, peer.args...), func(s string) bool {
			return strings.Contains(s, peer.shows)
		}})
	}
	for _, program := range programs {
		var took []time.Duration
		for range times {
			start := time.Now()
			screen, err := terminal.Open(120, 40, nil, program.args...)
			if err != nil {
				return err
			}
			err = screen.WaitFor(10*time.Second, program.full)
			took = append(took, time.Since(start))
			screen.Close()
			if err != nil {
				return fmt.Errorf("%s: %w", program.name, err)
			}
		}
		spread(program.name, took)
	}
	return nil
}

// repository makes a directory with one file and one commit for the peers to show.
func repository() (string, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return "", err
	}
	commit := exec.Command("sh", "-c", "echo 1 > one.txt && git init -q . && git add . && git -c user.name=a -c user.email=a@example.com commit -q -m first")
	commit.Dir = dir
	return dir, commit.Run()
}

// tour visits every pane, then measures what is written while nothing happens and
// the memory in use.
func tour(claria string) error {
	screen, err := terminal.Open(120, 40, nil, claria, "--demo")
	if err != nil {
		return err
	}
	defer screen.Close()
	if err := screen.WaitFor(10*time.Second, func(s string) bool { return strings.Contains(s, "? help") }); err != nil {
		return err
	}
	for _, key := range []string{"2", "j", "\r", "j", "j", "3", "4", "j", "j", "\r", "5", "?", "\x1b", "1", "2", "4"} {
		if err := screen.Send(key); err != nil {
			return err
		}
		time.Sleep(400 * time.Millisecond)
	}
	// Back from the details to the list, and to its middle.
	for _, key := range []string{"\x1b", "j", "j", "j", "j", "j"} {
		if err := screen.Send(key); err != nil {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
	screen.Settle(3 * time.Second)
	var moves []int64
	for i := range 20 {
		at := screen.Written()
		if err := screen.Send([]string{"j", "k"}[i/5%2]); err != nil {
			return err
		}
		time.Sleep(60 * time.Millisecond)
		moves = append(moves, screen.Written()-at)
	}
	slices.Sort(moves)
	fmt.Printf("%-58s %8d B   (%d–%d, n=%d)\n", "written per cursor move, compliance list (aim under 150)", moves[len(moves)/2], moves[0], moves[len(moves)-1], len(moves))
	screen.Settle(3 * time.Second)
	before := screen.Written()
	time.Sleep(10 * time.Second)
	fmt.Printf("%-58s %8d B\n", "written while idle for 10 s (aim 0)", screen.Written()-before)
	memory, err := screen.Resident()
	if err != nil {
		return err
	}
	fmt.Printf("%-58s %8.1f MB\n", "resident after the tour, practice account included (aim 60)", float64(memory)/1e6)
	return nil
}

// keyToPaint runs the screen's own benchmark on a list of 100,000 rows.
func keyToPaint(string) error {
	fmt.Println("key to paint on 100,000 rows (aim p99 under 16 ms), and a frame of a growing draft of 77 kB:")
	out, err := exec.Command("go", "test", "-run", "^$", "-bench", "KeyToPaint|GrowingDraft", "-benchtime", "2000x", "-count", "3", "./ui").CombinedOutput()
	if err != nil {
		return fmt.Errorf("key to paint: %w: %s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "Benchmark") {
			fmt.Print(line)
		}
	}
	return nil
}

// checks times `claria --check` as cron runs it, against a served practice
// account with and without latency.
func checks(claria string) error {
	for _, latency := range []time.Duration{0, 50 * time.Millisecond} {
		took, err := check(claria, latency)
		if err != nil {
			return err
		}
		aim := 5*latency + 200*time.Millisecond
		spread(fmt.Sprintf("claria --check, %v latency (aim at most %v)", latency, aim), took)
	}
	return nil
}

func check(claria string, latency time.Duration) ([]time.Duration, error) {
	home, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(home) }()
	config := "version = 1\nsystem = \"claria\"\naccount = \"111122223333\"\nregion = \"us-east-1\"\ncredentials = \"environment\"\n"
	if err := os.WriteFile(filepath.Join(home, "claria.toml"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	server := exec.Command(claria, "sandbox", "--listen", "127.0.0.1:0", "--seed", "demo", "--latency", latency.String())
	out, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
	environ := []string{"CLARIA_HOME=" + home, "HOME=" + home, "PATH=" + os.Getenv("PATH")}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != ""; {
		environ = append(environ, lines.Text())
	}
	var took []time.Duration
	for range 11 {
		cmd := exec.Command(claria, "--check", "--format", "json")
		cmd.Env = environ
		start := time.Now()
		printed, err := cmd.Output()
		took = append(took, time.Since(start))
		if len(printed) == 0 {
			return nil, fmt.Errorf("claria --check printed nothing: %w", err)
		}
	}
	return took, nil
}
