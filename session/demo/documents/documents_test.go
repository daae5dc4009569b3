package documents

import (
	"bytes"
	"strings"
	"testing"
)

func TestThreeClientsWithSmallRealFiles(t *testing.T) {
	all := Clients()
	if len(all) != 3 {
		t.Fatalf("%d clients", len(all))
	}
	for _, c := range all {
		kinds := map[string]bool{}
		for _, f := range c.Files {
			if len(f.Data) == 0 || len(f.Data) > 60_000 {
				t.Errorf("%s: %d bytes", f.Name, len(f.Data))
			}
			kind := f.Name[strings.LastIndexByte(f.Name, '.'):]
			kinds[kind] = true
			begins := map[string]string{".docx": "PK", ".pdf": "%PDF-"}[kind]
			if !bytes.HasPrefix(f.Data, []byte(begins)) {
				t.Errorf("%s is not what its name says", f.Name)
			}
		}
		if len(c.Files) < 3 || !kinds[".docx"] || !kinds[".pdf"] {
			t.Errorf("%s has %v", c.Name, kinds)
		}
	}
}
