package drift

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write docs/controls.md")

// docs/controls.md is the catalogue.
func TestControlsDocument(t *testing.T) {
	t.Parallel()
	const path = "../docs/controls.md"
	if *update {
		if err := os.WriteFile(path, []byte(ControlsMarkdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != ControlsMarkdown() {
		t.Errorf("%s is out of date (%v): go test ./drift -run ControlsDocument -update", path, err)
	}
}
