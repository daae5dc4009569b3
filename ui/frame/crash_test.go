package frame

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claria/session"
)

// A crash on a computer without saved state writes its report there. The panic's value,
// which may hold patient data, is not in it.
func TestACrashLeavesAReportOnANewMachine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "claria")
	err := newCrash(errors.New("Avery Quill")).report(session.Screen{Version: "test", Now: time.Now}, dir)
	if err == nil || !strings.Contains(err.Error(), dir) {
		t.Fatalf("%v", err)
	}
	reports, _ := filepath.Glob(filepath.Join(dir, "claria-crash-*.log"))
	if len(reports) != 1 {
		t.Fatalf("%d reports", len(reports))
	}
	text, _ := os.ReadFile(reports[0])
	if info, _ := os.Stat(reports[0]); info.Mode().Perm() != 0o600 ||
		strings.Contains(string(text), "Avery") || !strings.Contains(string(text), "goroutine") {
		t.Errorf("mode %v:\n%s", info.Mode(), text)
	}
}
