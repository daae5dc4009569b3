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
// each package imports. Arrows point down only. Every package has a row, so
// that a new one is a decision, and a grant that no code uses is taken away.
var mayImport = map[string][]string{
	".":                      {"cli", "ui"},
	"cli":                    {"session", "session/watch", "session/demo", "session/doctor", "host/schedule", "reports", "clients", "clients/text", "drift", "drift/catalogue", "drift/register", "drift/ledger", "drift/evidence", "provision", "provision/state", "aws", "aws/model", "internal/config", "internal/local", "internal/safe", "internal/words"},
	"ui":                     {"ui/kit", "ui/today", "ui/clients", "ui/reports", "ui/compliance", "ui/setup", "session", "ui/frame"},
	"ui/kit":                 {"session", "session/watch", "reports", "drift", "drift/catalogue", "drift/ledger", "provision", "provision/state", "aws", "internal/local", "internal/safe", "internal/words"},
	"ui/today":               {"ui/kit", "reports", "clients", "drift", "drift/catalogue", "internal/safe", "internal/words"},
	"ui/clients":             {"ui/kit", "clients", "clients/text", "internal/local", "internal/safe", "internal/words"},
	"ui/reports":             {"ui/kit", "reports", "clients", "clients/text", "internal/local", "internal/safe", "internal/words"},
	"ui/compliance":          {"ui/kit", "session/watch", "drift", "drift/catalogue", "drift/register", "drift/ledger", "drift/evidence", "provision", "internal/local", "internal/safe", "internal/words"},
	"ui/setup":               {"ui/kit", "session", "drift", "drift/catalogue", "drift/ledger", "provision", "provision/state", "aws", "internal/safe", "internal/words"},
	"session":                {"reports", "clients", "drift/register", "provision", "provision/state", "aws", "internal/config", "internal/id", "internal/local", "internal/sealed"},
	"session/watch":          {"session", "host/machine", "drift", "drift/catalogue", "drift/ledger", "audit", "provision", "provision/state", "aws"},
	"session/demo":           {"session", "session/demo/documents", "clients", "provision", "provision/state", "aws", "aws/sandbox", "internal/config", "internal/safe"},
	"session/doctor":         {"session", "drift", "provision", "provision/state", "aws", "internal/config", "internal/words"},
	"session/demo/documents": {},
	"host/machine":           {"provision/state", "internal/local", "internal/safe"},
	"host/schedule":          {},
	"reports":                {"clients", "clients/text", "aws", "aws/model", "aws/object", "internal/id", "internal/safe", "internal/words"},
	"clients":                {"clients/text", "aws", "aws/object", "internal/id", "internal/safe"},
	"clients/text":           {"clients/text/pdf", "internal/safe", "internal/words"},
	"clients/text/pdf":       {},
	"drift":                  {"drift/catalogue", "drift/register", "audit", "provision", "provision/state", "provision/permissions", "provision/access", "aws", "aws/policy", "drift/pattern", "internal/words"},
	"drift/catalogue":        {},
	"drift/register":         {"drift/catalogue", "provision/state", "provision/permissions", "aws", "aws/object", "internal/safe", "internal/words"},
	"drift/ledger":           {"drift", "provision", "provision/state", "aws", "aws/object", "internal/words"},
	"drift/evidence":         {"drift", "drift/catalogue", "drift/register", "drift/ledger", "internal/safe", "internal/words"},
	"audit":                  {"provision/state", "aws", "internal/words"},
	"provision":              {"provision/state", "provision/permissions", "provision/access", "aws", "aws/policy"},
	"provision/access":       {"provision/permissions", "aws/policy"},
	"provision/state":        {"aws", "aws/model"},
	"provision/permissions":  {"provision/state"},
	"aws":                    {},
	"aws/model":              {},
	"aws/object":             {"aws"},
	"aws/policy":             {},
	"aws/sandbox":            {"aws/policy"},
	"drift/pattern":          {},
	"internal/config":        {},
	"internal/id":            {},
	"internal/local":         {"internal/safe"},
	"internal/safe":          {},
	"internal/sealed":        {"internal/local"},
	"internal/terminal":      {},
	"internal/words":         {},
	"ui/frame":               {"ui/kit", "session", "internal/safe"},
}

// outside says which of our packages may import other people's by prefix.
var outside = map[string][]string{
	"codeberg.org/go-pdf/fpdf":     {"drift/evidence"},
	"filippo.io/age":               {"aws"},
	"github.com/creack/pty":        {"internal/terminal"},
	"golang.org/x/crypto":          {"internal/sealed"},
	"golang.org/x/net":             {"aws", "clients/text"},
	"golang.org/x/sync":            {"reports", "clients"},
	"golang.org/x/sys":             {"drift/ledger", "internal/local"},
	"golang.org/x/term":            {"cli"},
	"golang.org/x/text":            {"clients/text"},
	"rsc.io/qr":                    {"cli", "ui/kit", "aws/sandbox"},
	"charm.land/":                  {"ui", "ui/kit", "ui/today", "ui/clients", "ui/reports", "ui/compliance", "ui/setup", "ui/frame"},
	"github.com/charmbracelet/":    {"ui/kit", "internal/terminal", "ui/frame"},
	"github.com/aws/aws-sdk-go-v2": {"session/demo", "reports", "clients", "audit", "provision", "aws", "aws/object", "aws/sandbox"},
	"github.com/aws/smithy-go":     {"reports", "provision", "aws"},
	"github.com/99designs/keyring": {"aws"},
	"github.com/spf13/cobra":       {"cli"},
	"github.com/yuin/goldmark":     {"ui/kit", "clients/text"},
	"github.com/BurntSushi/toml":   {"internal/config"},
}

// mostFiles is how many Go files, tests included, a folder may have: beyond that a
// topic wants a folder of its own. The sandbox has a file for each group of
// operations and is not going to grow.
const mostFiles = 60

// outdoors are the folders that judge the program from outside: they may import
// what they like, and nothing imports them.
var outdoors = []string{"conformance", "bench", "e2e"}

// forTests are the packages that only tests import: as tests, they import what they
// need.
var forTests = []string{"ui/uitest", "ui/golden"}

// source is one Go file of the house and what it imports, whatever system it is for.
type source struct {
	name, room string
	test       bool
	imports    []string
}

// sources are all Go files of the house, by path.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if entry.IsDir() {
			hidden := strings.HasPrefix(entry.Name(), ".") && name != "."
			if hidden || entry.Name() == "testdata" || entry.Name() == "node_modules" || slices.Contains(outdoors, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		s := source{name: name, room: path.Dir(name)}
		s.test = strings.HasSuffix(name, "_test.go") || slices.Contains(forTests, s.room)
		for _, spec := range file.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, to)
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestArrowsPointDown holds the import rules of docs/architecture.md. A test may
// import what it needs; only the program is held to the table.
func TestArrowsPointDown(t *testing.T) {
	used := map[string]map[string]bool{} // by room: the grants that some file uses
	usedOutside := map[string]map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		if used[s.room] == nil {
			used[s.room] = map[string]bool{}
			if _, listed := mayImport[s.room]; !listed {
				t.Errorf("%s: package %s has no row in mayImport: decide what it may import", s.name, s.room)
			}
		}
		for _, to := range s.imports {
			if own, ok := strings.CutPrefix(to, "claria/"); ok {
				used[s.room][own] = true
				if !slices.Contains(mayImport[s.room], own) {
					t.Errorf("%s imports %s: that arrow points up, or is a decision for mayImport", s.name, own)
				}
				continue
			}
			known := !strings.Contains(strings.Split(to, "/")[0], ".") // the standard library has no dot there
			for prefix, rooms := range outside {
				if !strings.HasPrefix(to, prefix) {
					continue
				}
				known = true
				if usedOutside[prefix] == nil {
					usedOutside[prefix] = map[string]bool{}
				}
				usedOutside[prefix][s.room] = true
				if !slices.Contains(rooms, s.room) {
					t.Errorf("%s imports %s: only %s may", s.name, to, strings.Join(rooms, ", "))
				}
			}
			if !known {
				t.Errorf("%s imports %s, which outside does not have: a library is a decision", s.name, to)
			}
		}
	}
	for room, grants := range mayImport {
		if used[room] == nil {
			t.Errorf("mayImport has a row for %s, which does not exist", room)
			continue
		}
		for _, grant := range grants {
			if !used[room][grant] {
				t.Errorf("mayImport lets %s import %s, and nothing there does: take the grant away", room, grant)
			}
		}
	}
	for prefix, rooms := range outside {
		for _, room := range rooms {
			if !usedOutside[prefix][room] {
				t.Errorf("outside lets %s import %s, and nothing there does: take the grant away", room, prefix)
			}
		}
	}
}

// TestNoCycleOfRooms holds that the table is a picture of arrows that point down:
// following them never leads back.
func TestNoCycleOfRooms(t *testing.T) {
	const visiting, done = 1, 2
	state := map[string]int{}
	var visit func(room string, way []string)
	visit = func(room string, way []string) {
		way = append(way, room)
		state[room] = visiting
		for _, next := range mayImport[room] {
			switch state[next] {
			case visiting:
				t.Errorf("the arrows go in a circle: %s → %s", strings.Join(way, " → "), next)
			case done:
			default:
				visit(next, way)
			}
		}
		state[room] = done
	}
	for room := range mayImport {
		if state[room] != done {
			visit(room, nil)
		}
	}
}

// TestFoldersStaySmall holds that a folder has one topic.
func TestFoldersStaySmall(t *testing.T) {
	files := map[string]int{}
	for _, s := range sources(t) {
		files[s.room]++
	}
	for room, n := range files {
		if n > mostFiles && room != "aws/sandbox" {
			t.Errorf("%s has %d Go files, more than %d: a topic of it wants a folder of its own", room, n, mostFiles)
		}
	}
}
