package local

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// planted is a word that must not be found after a kill.
const planted = "planted-Ashby"

// kinds are the ways to begin a file: as this system does it, and as others do.
var kinds = map[string]func(string) (*File, error){"as here": New, "hidden": newHidden}

// TestMain writes half a file and waits to be killed when it is told to.
func TestMain(m *testing.M) {
	kind, path := os.Getenv("HALF_KIND"), os.Getenv("HALF_PATH")
	if path == "" {
		os.Exit(m.Run())
	}
	file, err := kinds[kind](path)
	if err != nil {
		panic(err)
	}
	_, _ = file.Write([]byte(strings.Repeat(planted, 100_000)))
	_, _ = os.Stdout.WriteString("half\n")
	select {}
}

func TestAKilledProgramLeavesNothingToRead(t *testing.T) {
	t.Parallel()
	for kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), "HALF_KIND="+kind, "HALF_PATH="+filepath.Join(dir, "a.txt"))
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			sweep(dir) // of another process: the file is in use
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait()
			seen := 0
			_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				data, err := os.ReadFile(path)
				if seen++; bytes.Contains(data, []byte(planted)) || err != nil {
					t.Errorf("%s can be read, %v", entry.Name(), err)
				}
				return nil
			})
			if file := nameless(dir); (kind == "hidden" || file == nil) != (seen == 1) {
				t.Errorf("%d files are left", seen)
			}
			swept.Delete(dir)
			sweep(dir)
			if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
				t.Errorf("%d files are left after the next run, %v", len(left), err)
			}
		})
	}
}

func TestAFileIsWrittenInAnyOrderAndReplacesOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	for kind, begin := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "a.txt")
			write := func(text string, replace bool) error {
				file, err := begin(path)
				if err != nil {
					t.Fatal(err)
				}
				whole := text
				for _, at := range []int{37, 5, 0} { // the later parts first
					if _, err := file.WriteAt([]byte(text[at:]), int64(at)); err != nil {
						t.Fatal(err)
					}
					text = text[:at]
				}
				back := make([]byte, 7)
				if _, err := file.ReadAt(back, 33); err != nil || string(back) != whole[33:40] {
					t.Fatalf("it reads %q again, %v", back, err)
				}
				return file.Commit(replace)
			}
			first, second := strings.Repeat("one", 20), strings.Repeat("two", 20)
			if err := write(first, false); err != nil {
				t.Fatal(err)
			}
			if err := write(second, false); !errors.Is(err, ErrExists) {
				t.Errorf("over another file: %v", err)
			}
			if data, err := os.ReadFile(path); err != nil || string(data) != first {
				t.Errorf("it holds %q, %v", data, err)
			}
			if err := write(second, true); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(path)
			info, statErr := os.Stat(path)
			if err != nil || string(data) != second || statErr != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("it holds %q, %v, %v", data, info.Mode(), err)
			}
			if left, _ := os.ReadDir(dir); len(left) != 1 {
				t.Errorf("%d files are there", len(left))
			}
		})
	}
}
