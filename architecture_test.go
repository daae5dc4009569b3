package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the picture of the house as a table: which of our own packages
// each package may import. Arrows point down only. Every package has a row, so
// that a new one is a decision.
var mayImport = map[string][]string{
	".":                      {"cli", "ui"},
	"cli":                    {"ui", "drift", "drift/evidence", "drift/ledger", "clients", "reports", "audit", "provision", "aws", "aws/sandbox", "session/demo", "session", "internal/safe", "internal/config", "internal/local", "host/machine", "host/schedule"},
	"ui":                     {"drift", "drift/evidence", "drift/ledger", "clients", "reports", "audit", "provision", "aws", "session", "internal/safe", "internal/local", "host/machine"},
	"drift":                  {"audit", "provision", "aws", "aws/policy", "internal/safe"},
	"drift/evidence":         {"drift", "drift/ledger", "audit", "provision", "internal/safe"},
	"drift/ledger":           {"drift", "provision", "aws", "internal/local", "internal/safe"},
	"audit":                  {"provision", "aws", "internal/safe"},
	"provision":              {"aws", "aws/policy", "internal/safe"},
	"clients":                {"aws", "internal/id", "clients/text/pdf", "internal/safe"},
	"clients/text/pdf":       {},
	"reports":                {"clients", "aws", "internal/id", "internal/safe"},
	"aws":                    {},
	"aws/policy":             {},
	"aws/sandbox":            {"aws/policy"},
	"internal/safe":          {},
	"internal/config":        {},
	"session":                {"aws", "clients", "reports", "provision", "drift", "drift/ledger", "internal/config", "internal/local"},
	"session/demo":           {"aws", "aws/sandbox", "clients", "provision", "internal/config", "session", "internal/safe", "session/demo/documents"},
	"session/demo/documents": {},
	"internal/local":         {"internal/safe"},
	"host/schedule":          {},
	"host/machine":           {"drift", "provision", "internal/safe"},
	"internal/terminal":      {},
	"internal/id":            {},
}

// outside says which of our packages may import other people's by prefix.
var outside = map[string][]string{
	"charm.land/":                     {"ui"},
	"github.com/charmbracelet/":       {"ui", "internal/terminal"},
	"github.com/aws/aws-sdk-go-v2":    {"aws", "aws/sandbox", "provision", "drift", "drift/ledger", "clients", "reports", "audit", "session/demo"},
	"github.com/aws/smithy-go":        {"aws", "aws/sandbox", "provision", "drift", "drift/ledger", "clients", "reports", "audit", "session/demo"},
	"github.com/99designs/keyring":    {"aws"},
	"github.com/spf13/cobra":          {"cli"},
	"github.com/yuin/goldmark":        {"clients", "reports", "ui"},
	"github.com/BurntSushi/toml":      {"internal/config"},
	"github.com/dvsekhvalnov/jose2go": {},
}

// TestArrowsPointDown holds the import rules of docs/architecture.md. Tests may
// import the practice account on top of what their package may.
func TestArrowsPointDown(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && name != "." || entry.Name() == "testdata" || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		// What judges the program from outside, and this package's own test, are not rooms of the house.
		if !strings.HasSuffix(name, ".go") || strings.HasPrefix(name, "conformance") || strings.HasPrefix(name, "bench") || strings.HasPrefix(name, "e2e") {
			return nil
		}
		from := path.Dir(filepath.ToSlash(name))
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		test := strings.HasSuffix(name, "_test.go")
		allowed, listed := mayImport[from]
		if !listed && !test {
			t.Errorf("%s: package %s has no row in mayImport: decide what it may import", name, from)
		}
		seen[from] = true
		for _, spec := range file.Imports {
			to, _ := strconv.Unquote(spec.Path.Value)
			if own, ok := strings.CutPrefix(to, "claria/"); ok {
				if !slices.Contains(allowed, own) && own != from && !test {
					t.Errorf("%s imports %s: that arrow points up", name, own)
				}
				continue
			}
			for prefix, rooms := range outside {
				if strings.HasPrefix(to, prefix) && !slices.Contains(rooms, from) && !test {
					t.Errorf("%s imports %s: only %s may", name, to, strings.Join(rooms, ", "))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room := range mayImport {
		if !seen[room] {
			t.Errorf("mayImport has a row for %s, which does not exist", room)
		}
	}
}
