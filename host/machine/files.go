package machine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"claria/internal/local"
	"claria/provision/state"
)

// Bounds of the search: a check must not take long, however many files there are.
const (
	maxFiles  = 4000
	maxSearch = 8 << 20 // bytes of one file; of a longer one, its end
)

// keyID is the id of a long-term access key, and secretKey a line that sets or
// passes a secret one (IAM user guide, "Unique identifiers").
var (
	keyID     = regexp.MustCompile(`\bAKIA[A-Z2-7]{16}\b`)
	secretKey = regexp.MustCompile(`(?i)(aws_secret_access_key|secretaccesskey|--secret-key)["']?\s*[=: ]\s*["']?[A-Za-z0-9/+]{40}\b`)
)

// histories and startups are files in which people leave keys behind.
func histories() []string {
	return []string{".bash_history", ".zsh_history", ".local/share/fish/fish_history", ".python_history", ".history"}
}

func startups() []string {
	return []string{
		".env", ".envrc", ".profile", ".bash_profile", ".bash_login", ".bashrc", ".zshrc", ".zshenv", ".zprofile", ".config/fish/config.fish",
		".config/environment.d/aws.conf", ".pam_environment", ".boto", ".s3cfg",
	}
}

// secrets searches the files in which people leave keys behind.
func (l *looker) secrets() ([]string, error) {
	if l.Home == "" {
		return nil, errUnanswered("there is no home directory to search")
	}
	found := []string{}
	for _, name := range slices.Concat(histories(), startups()) {
		path := filepath.Join(l.Home, name)
		line, err := l.search(path, func(line []byte) bool { return keyID.Match(line) || secretKey.Match(line) })
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, errUnanswered(l.shown(path) + " could not be searched")
		case line > 0:
			found = append(found, fmt.Sprintf("%s, line %d", l.shown(path), line))
		}
	}
	// The credentials file of the AWS tools may hold keys of other accounts, but not
	// this practice's, and only its owner may read it.
	path := filepath.Join(l.Home, ".aws", "credentials")
	own := func(line []byte) bool {
		id := string(keyID.Find(line))
		return id != "" && slices.Contains(l.Keys, id)
	}
	any := func(line []byte) bool { return keyID.Match(line) || secretKey.Match(line) }
	line, err := l.search(path, own)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return found, nil
	case err != nil:
		return nil, errUnanswered(l.shown(path) + " could not be searched")
	case line > 0:
		found = append(found, fmt.Sprintf("%s, line %d: the practice's own key", l.shown(path), line))
	}
	if info, err := os.Stat(path); err == nil && l.open(info) {
		if line, err := l.search(path, any); err == nil && line > 0 {
			found = append(found, l.shown(path)+" can be read by others")
		}
	}
	return found, nil
}

// search returns the first line of a file that matches, counted from 1 (in a long
// file, from the start of the part that is searched); 0: none.
func (l *looker) search(path string, fits func([]byte) bool) (int, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, nil
	}
	if info.Size() > maxSearch {
		if _, err := file.Seek(-maxSearch, io.SeekEnd); err != nil {
			return 0, err
		}
	}
	lines := bufio.NewReaderSize(file, 64<<10)
	for n := 1; ; n++ {
		line, err := lines.ReadSlice('\n') // a longer line is searched in pieces
		if fits(line) {
			return n, nil
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			n--
		case errors.Is(err, io.EOF):
			return 0, nil
		case err != nil:
			return 0, err
		case l.ctx.Err() != nil:
			return 0, l.ctx.Err()
		}
	}
}

// open reports whether others on this machine may read a file. On Windows the
// user's profile is private by its access list, which the mode does not show.
func (l *looker) open(info fs.FileInfo) bool {
	return l.System != "windows" && info.Mode().Type() != fs.ModeSymlink && info.Mode().Perm()&0o077 != 0
}

// own calls visit for each of the program's own files and directories. A directory
// that cannot be walked is an error: an unchecked file does not count as fine.
func (l *looker) own(visit func(path string, info fs.FileInfo) error) error {
	roots := slices.Clone(l.Dirs)
	// A draft in an editor is stored in a directory with a random number, in memory
	// where the system has such a place.
	runtime, _ := l.LookupEnv("XDG_RUNTIME_DIR")
	for _, dir := range []string{l.Temp, runtime} {
		for _, pattern := range []string{"claria-[0-9]*", ".claria-*"} {
			if dir != "" {
				left, _ := filepath.Glob(filepath.Join(dir, pattern)) // the patterns are well-formed
				roots = append(roots, left...)
			}
		}
	}
	seen := 0
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission) && filepath.Dir(path) == l.Temp: // another user's
				return nil
			case err != nil:
				return err
			case l.ctx.Err() != nil:
				return l.ctx.Err()
			}
			if seen++; seen > maxFiles {
				return errUnanswered(fmt.Sprintf("there are more than %d files", maxFiles))
			}
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			return visit(path, info)
		})
		if err != nil {
			if untold, ok := errors.AsType[errUnanswered](err); ok {
				return untold
			}
			return errUnanswered("Claria's own files could not all be searched under " + l.shown(root))
		}
	}
	return nil
}

// loose lists the program's own files that others may read. In a directory that only
// its owner may enter, others cannot read any.
func (l *looker) loose() ([]string, error) {
	found := []string{}
	var closed string
	err := l.own(func(path string, info fs.FileInfo) error {
		if closed != "" && strings.HasPrefix(path, closed+string(filepath.Separator)) {
			return nil
		}
		if !l.open(info) {
			if info.IsDir() {
				closed = path
			}
			return nil
		}
		found = append(found, l.shown(path))
		return nil
	})
	return found, err
}

// ssn is the shape of a social security number (SSA, POMS RM 10201.030: never 000,
// 666 or 9xx first, no part all zeros).
var ssn = regexp.MustCompile(
	`\b(00[1-9]|0[1-9]\d|[1-578]\d{2}|6[0-57-9]\d|66[0-57-9])-(0[1-9]|[1-9]\d)-(000[1-9]|00[1-9]\d|0[1-9]\d{2}|[1-9]\d{3})\b`)

// leaks lists the program's own unencrypted files that hold what looks like patient
// information. An encrypted file looks like noise, so nothing is found in it.
func (l *looker) leaks() ([]string, error) {
	var names [][]byte
	for _, c := range l.Canaries {
		if name := strings.TrimSpace(c.Reveal()); len(name) >= 4 { // a shorter one occurs in any text
			names = append(names, bytes.ToLower([]byte(name)))
		}
	}
	found := []string{}
	err := l.own(func(path string, info fs.FileInfo) error {
		if !info.Mode().IsRegular() {
			return nil
		}
		what := ""
		_, err := l.search(path, func(line []byte) bool {
			switch {
			case bytes.IndexByte(line, 0) >= 0: // not text
				return false
			case ssn.Match(line):
				what = "what looks like a social security number"
			default:
				lower := bytes.ToLower(line)
				if slices.ContainsFunc(names, func(name []byte) bool { return bytes.Contains(lower, name) }) {
					what = "a client's name"
				}
			}
			return what != ""
		})
		if err != nil {
			return err
		}
		if what != "" {
			found = append(found, l.shown(path)+": "+what)
		}
		return nil
	})
	return found, err
}

// build describes the program itself.
func (l *looker) build() (state.Build, error) {
	b := state.Build{Version: l.Version}
	if info, ok := debug.ReadBuildInfo(); ok {
		if b.Version == "" {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Revision = s.Value[:min(len(s.Value), 12)]
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	var err error
	if b.SHA256, err = local.SHA256(l.Executable); err != nil {
		return b, errUnanswered("the program's own file cannot be read")
	}
	if l.System != "windows" {
		for _, path := range []string{l.Executable, filepath.Dir(l.Executable)} {
			info, err := os.Stat(path)
			if err != nil {
				return b, errUnanswered("who may replace the program is not known on this system")
			}
			// In a directory with the sticky bit, others cannot replace what is not theirs.
			loose := info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0
			b.Writable = b.Writable || loose
		}
	}
	return b, nil
}
