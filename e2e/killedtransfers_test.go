package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	transferKills = 4 // without killsVariable
	// secret is in every file of a transfer, and must be in no other.
	secret = "Thistlewood said that she slept badly"
)

// newTransfers is an account with a practice in it, and a computer with a folder of
// files: small ones, one in a subfolder, and one that is sent in parts.
func newTransfers(t *testing.T) *killable {
	t.Helper()
	k := &killable{t: t, dir: t.TempDir()}
	const config = "version = 1\nsystem = \"claria\"\naccount = \"111122223333\"\nregion = \"us-east-1\"\ncredentials = \"environment\"\n"
	k.write("home/claria.toml", config)
	for i := range 12 {
		k.write(fmt.Sprintf("files/note %d.txt", i), fmt.Sprintf("Note %d.\n\n%s.", i, secret))
	}
	k.write("files/school/report.txt", "Report.\n\n"+secret+".")
	audio := make([]byte, 40<<20)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(audio)
	k.write("files/session.wav", string(audio)+secret)
	k.write("empty/x", "")
	k.serve("--seed", "demo")
	// What a killed program leaves in the folder for temporary files counts as well.
	k.environ = append(k.environ, "TMPDIR="+k.path("empty"))
	return k
}

func (k *killable) write(name, text string) {
	k.t.Helper()
	path := k.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		k.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// ok runs the program to its end.
func (k *killable) ok(args ...string) string {
	k.t.Helper()
	said, err := k.run(0, 0, args...)
	if err != nil {
		k.t.Fatalf("claria %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return said
}

// client adds a client and returns its id.
func (k *killable) client() string {
	k.t.Helper()
	return strings.Fields(k.ok("clients", "add", "Avery Thistle"))[0]
}

// below are the files in a folder, by their paths in it.
func (k *killable) below(folder string) map[string][]byte {
	k.t.Helper()
	found := map[string][]byte{}
	err := filepath.WalkDir(k.path(folder), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err != nil || entry.IsDir() {
			return nil
		}
		inside, _ := filepath.Rel(k.path(folder), path)
		found[filepath.ToSlash(inside)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return found
}

// readable reports the files that the program left behind with what a patient said.
func (k *killable) readable() {
	k.t.Helper()
	for _, folder := range []string{"home", "empty"} {
		for name, data := range k.below(folder) {
			if bytes.Contains(data, []byte("Thistlewood")) {
				k.t.Errorf("%s/%s was left behind", folder, name)
			}
		}
	}
}

// whole reports the files of a folder that are not as they were uploaded, and how many
// there are.
func (k *killable) whole(folder string) int {
	k.t.Helper()
	want, got := k.below("files"), k.below(folder)
	for name, data := range got {
		if original, ok := want[name]; !ok || !bytes.Equal(original, data) {
			k.t.Errorf("%s is not a file that was uploaded, or not all of it (%d bytes)", name, len(data))
		}
	}
	return len(got)
}

// killing kills a command at random moments, each time with a client of its own, and then
// lets check see what is there.
func (k *killable) killing(args func(client string) []string, prepare func(client string), check func(client, said string)) {
	k.t.Helper()
	client := k.client()
	prepare(client)
	k.ok(args(client)...)
	calls := k.seen.count()
	moments := rand.New(rand.NewPCG(killSeed, 1))
	for i := range killTimes(k.t, transferKills) {
		n, after := 1+moments.IntN(calls), time.Duration(moments.IntN(30))*time.Millisecond
		client := k.client()
		prepare(client)
		said, err := k.run(n, after, args(client)...)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() { // it may also end before it is killed
			k.t.Fatalf("%d: it was not killed after call %d of %d: %v\n%s", i, n, calls, err, said)
		}
		check(client, said)
		if k.t.Failed() {
			k.t.Fatalf("%d: killed %v after call %d of %d", i, after, n, calls)
		}
	}
}

// TestAnUploadThatIsKilled kills files put: what is listed is whole, and the same command
// sends the rest.
func TestAnUploadThatIsKilled(t *testing.T) {
	t.Parallel()
	k := newTransfers(t)
	put := func(client string) []string { return []string{"files", "put", client, k.path("files")} }
	k.killing(put, func(string) {}, func(client, _ string) {
		k.readable()
		var listed []struct{ Name string }
		if err := json.Unmarshal([]byte(k.ok("files", "list", client, "--json")), &listed); err != nil {
			t.Fatal(err)
		}
		if len(listed) > 0 {
			k.ok("files", "get", client, "--all", "-o", k.path("half-"+client))
		}
		if n := k.whole("half-" + client); n != len(listed) {
			t.Errorf("%d files are listed and %d came down", len(listed), n)
		}
		k.ok(put(client)...)
		k.ok("files", "get", client, "--all", "-o", k.path("all-"+client))
		if n := k.whole("all-" + client); n != len(k.below("files")) {
			t.Errorf("after the next run there are %d files", n)
		}
		k.forget("half-"+client, "all-"+client)
	})
}

// TestADownloadThatIsKilled kills files get: each file is whole or not there, and the same
// command fetches the rest.
func TestADownloadThatIsKilled(t *testing.T) {
	t.Parallel()
	k := newTransfers(t)
	get := func(client string) []string {
		return []string{"files", "get", client, "--all", "-o", k.path("down-" + client)}
	}
	k.killing(get, func(client string) { k.ok("files", "put", client, k.path("files")) }, func(client, _ string) {
		k.readable()
		k.whole("down-" + client)
		k.ok(get(client)...)
		if n := k.whole("down-" + client); n != len(k.below("files")) {
			t.Errorf("after the next run there are %d files", n)
		}
		k.forget("down-" + client)
	})
}

func (k *killable) forget(folders ...string) {
	for _, folder := range folders {
		_ = os.RemoveAll(k.path(folder))
	}
}
