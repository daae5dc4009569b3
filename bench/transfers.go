package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// rcloneInstall installs the peer for transfers, which people use who move many files to S3.
const rcloneInstall = "go install github.com/rclone/rclone@v1.76.0"

// transfers times 1,000 files of 16 KB and one of 1 GiB, up and down, with a latency of
// 50 ms, and rclone with 32 transfers on the same account. Claria stores the text and the
// record of each file as well, and verifies what it fetches.
func transfers(claria string) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	rclone, err := exec.LookPath("rclone")
	if err != nil {
		built, _ := exec.Command("go", "env", "GOPATH").Output()
		rclone = filepath.Join(strings.TrimSpace(string(built)), "bin", "rclone")
		if _, err := os.Stat(rclone); err != nil {
			fmt.Println("rclone is not installed (" + rcloneInstall + "), not measured")
			rclone = ""
		}
	}
	for _, set := range []struct {
		name  string
		make  func(string) error
		times int
	}{
		{"1,000 files of 16 KB", manySmall, 5},
		{"1 GiB", oneLarge, 3},
	} {
		files := filepath.Join(dir, strings.ReplaceAll(set.name, " ", "-"))
		if err := os.Mkdir(files, 0o700); err != nil {
			return err
		}
		if err := set.make(files); err != nil {
			return err
		}
		if err := transfersOf(claria, rclone, set.name, files, set.times); err != nil {
			return err
		}
		if err := os.RemoveAll(files); err != nil {
			return err
		}
	}
	return nil
}

// manySmall writes notes of plain words, whose text is read.
func manySmall(folder string) error {
	const words = "the and she was said that mother teacher slept well report school morning anxious reading scores home"
	vocabulary, random := strings.Fields(words), rand.New(rand.NewPCG(7, 7))
	for i := range 1000 {
		var note strings.Builder
		for note.Len() < 16<<10 {
			for range 60 {
				note.WriteString(vocabulary[random.IntN(len(vocabulary))] + " ")
			}
			note.WriteString("\n\n")
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("note %04d.txt", i)), []byte(note.String()[:16<<10]), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// oneLarge writes a recording, which nobody can compress.
func oneLarge(folder string) error {
	file, err := os.Create(filepath.Join(folder, "session.wav"))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	source, block := rand.NewChaCha8([32]byte{7}), make([]byte, 1<<20)
	for range 1024 {
		_, _ = source.Read(block)
		if _, err := file.Write(block); err != nil {
			return err
		}
	}
	return nil
}

// transfersOf measures both programs in turn, each time on a new account.
func transfersOf(claria, rclone, name, files string, times int) error {
	took, memory := map[string][]time.Duration{}, map[string]int64{}
	one := func(what string, environ []string, program string, args ...string) error {
		each, most, err := repeat(1, environ, program, args...)
		if err == nil {
			took[what], memory[what] = append(took[what], each...), max(memory[what], most)
		}
		return err
	}
	for range times {
		if err := transfersOnce(claria, rclone, files, one); err != nil {
			return err
		}
	}
	for _, way := range []string{"up", "down"} {
		for _, program := range []string{"claria", "rclone"} {
			if what := program + " " + way; len(took[what]) > 0 {
				spread(fmt.Sprintf("%s, %s, 50 ms latency", what, name), took[what])
				fmt.Printf("%-58s %8.1f MB\n", "  most resident (aim under 100)", float64(memory[what])/1e6)
			}
		}
		if ours, theirs := took["claria "+way], took["rclone "+way]; len(theirs) > 0 {
			fmt.Printf("%-58s %8.2f\n", "  times as long as rclone (aim at most 1)", float64(ours[times/2])/float64(theirs[times/2]))
		}
	}
	return nil
}

// transfersOnce sends the files and fetches them again, and checks that they arrived.
func transfersOnce(claria, rclone, files string, one func(what string, environ []string, program string, args ...string) error) error {
	environ, home, stop, err := serve(claria, "--seed", "demo", "--latency", "50ms")
	if err != nil {
		return err
	}
	defer stop()
	add := exec.Command(claria, "clients", "add", "Bench")
	add.Env = environ
	said, err := add.Output()
	if err != nil {
		return fmt.Errorf("clients add: %w", err)
	}
	client, down, peer := strings.Fields(string(said))[0], filepath.Join(home, "down"), filepath.Join(home, "peer")
	if err := one("claria up", environ, claria, "files", "put", client, files); err != nil {
		return err
	}
	if err := one("claria down", environ, claria, "files", "get", client, "--all", "-o", down); err != nil {
		return err
	}
	if rclone == "" {
		return same(files, down)
	}
	value := func(name string) string {
		for _, line := range environ {
			if text, ok := strings.CutPrefix(line, name+"="); ok {
				return text
			}
		}
		return ""
	}
	theirs := append(environ, "RCLONE_CONFIG_S_TYPE=s3", "RCLONE_CONFIG_S_PROVIDER=Other", "RCLONE_CONFIG_S_REGION=us-east-1",
		"RCLONE_CONFIG_S_NO_CHECK_BUCKET=true", "RCLONE_CONFIG_S_ENDPOINT="+value("AWS_ENDPOINT_URL"),
		"RCLONE_CONFIG_S_ACCESS_KEY_ID="+value("AWS_ACCESS_KEY_ID"), "RCLONE_CONFIG_S_SECRET_ACCESS_KEY="+value("AWS_SECRET_ACCESS_KEY"),
		"RCLONE_CONFIG_S_SESSION_TOKEN="+value("AWS_SESSION_TOKEN"))
	const there = "s:111122223333-claria-records/records/peer"
	options := []string{"--transfers", "32", "--config", os.DevNull, "--stats-one-line", "--stats-log-level", "NOTICE", "--stats", "1h"}
	if err := one("rclone up", theirs, rclone, append([]string{"copy", files, there}, options...)...); err != nil {
		return err
	}
	if err := one("rclone down", theirs, rclone, append([]string{"copy", there, peer}, options...)...); err != nil {
		return err
	}
	if err := same(files, peer); err != nil {
		return err
	}
	return same(files, down)
}

// same compares the number of files and their sizes.
func same(one, other string) error {
	want, err := os.ReadDir(one)
	if err != nil {
		return err
	}
	for _, entry := range want {
		was, err := entry.Info()
		if err != nil {
			return err
		}
		is, err := os.Stat(filepath.Join(other, entry.Name()))
		if err != nil || is.Size() != was.Size() {
			return fmt.Errorf("a file did not arrive as it was sent: %w", err)
		}
	}
	return nil
}
