package sandbox

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestAnAccountIsKeptOnDisk(t *testing.T) {
	dir := t.TempDir()
	a := bucketAccount(t, Options{Dir: dir})
	if _, err := iam.NewFromConfig(sdkAsRoot(a)).CreateUser(t.Context(), &iam.CreateUserInput{UserName: new("ann")}); err != nil {
		t.Fatal(err)
	}
	body := bytes.Repeat([]byte("claria"), 100_000)
	if _, err := s3.NewFromConfig(sdkAsRoot(a)).PutObject(t.Context(),
		&s3.PutObjectInput{Bucket: new("practice"), Key: new("k"), Body: bytes.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
	before := a.Environ()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}

	// What a killed process leaves: an incomplete blob, a blob that no state refers to, and an
	// incomplete state file.
	for _, name := range []string{"blobs/0123" + partSuffix, "blobs/feedbeef", "iam.json.7" + partSuffix} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := newAccount(t, Options{Dir: dir})
	if after := b.Environ(); after["AWS_SECRET_ACCESS_KEY"] != before["AWS_SECRET_ACCESS_KEY"] {
		t.Error("the starting credential changed")
	}
	out, err := iam.NewFromConfig(sdkAsRoot(b)).ListUsers(t.Context(), &iam.ListUsersInput{})
	if users := must(t, out, err).Users; len(users) != 1 || *users[0].UserName != "ann" {
		t.Errorf("got %d users", len(users))
	}
	object, err := s3.NewFromConfig(sdkAsRoot(b)).GetObject(t.Context(), &s3.GetObjectInput{Bucket: new("practice"), Key: new("k")})
	got, err := io.ReadAll(must(t, object, err).Body)
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	for _, path := range filesIn(t, dir) {
		if strings.Contains(path, partSuffix) || strings.HasSuffix(path, "feedbeef") {
			t.Errorf("%s was not swept", path)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v", path, info.Mode())
		}
	}
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestADamagedAccountIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "iam.json"), []byte(`{"users":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "iam.json") {
		t.Errorf("got %v", err)
	}
}

func TestBlobs(t *testing.T) {
	files, err := newFileBlobs(filepath.Join(t.TempDir(), "b"))
	if err != nil {
		t.Fatal(err)
	}
	for name, store := range map[string]blobStore{"memory": newMemoryBlobs(), "files": files} {
		t.Run(name, func(t *testing.T) {
			body := bytes.Repeat([]byte("0123456789"), pieceSize/4) // two and a half pieces
			w := mustBlob(t, store)
			for chunk := range slices.Chunk(body, 77_777) {
				if _, err := w.Write(chunk); err != nil {
					t.Fatal(err)
				}
			}
			id, err := w.commit()
			w.abort()
			if err != nil {
				t.Fatal(err)
			}
			r, size, err := store.open(id)
			if err != nil || size != int64(len(body)) {
				t.Fatal(size, err)
			}
			if _, err := r.Seek(pieceSize-3, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, body[pieceSize-3:]) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
			_ = r.Close()

			lost := mustBlob(t, store)
			_, _ = lost.Write([]byte("half"))
			lost.abort()
			drop := store.retire()
			store.remove(id)
			drop() // taken before the removal: the state on disk may still refer to it
			if name == "files" {
				if _, _, err := store.open(id); err != nil {
					t.Errorf("gone before the state was saved: %v", err)
				}
			}
			store.retire()()
			if _, _, err := store.open(id); err == nil {
				t.Error("a removed blob is still there")
			}
		})
	}
	if left := filesIn(t, files.dir); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func mustBlob(t *testing.T, store blobStore) blobWriter {
	t.Helper()
	w, err := store.create()
	if err != nil {
		t.Fatal(err)
	}
	return w
}
