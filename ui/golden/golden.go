// Package golden compares what a test drew with a file in testdata. It knows
// nothing about what is drawn.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Update makes tests write the files instead of comparing with them.
var Update = flag.Bool("update", false, "write the golden frames and docs/keys.md")

// Compare compares the text with testdata/<name>.golden, without the spaces at the ends
// of its lines; with -update it writes that file.
func Compare(t testing.TB, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	lines := strings.Split(got, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	got = strings.Join(lines, "\n") + "\n"
	if *Update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if got != string(want) {
		t.Errorf("the screen is not %s:\n--- got\n%s--- want\n%s", file, got, want)
	}
}
