package kit

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"claria/internal/local"
	"claria/internal/safe"
)

// ParsePaths reads the paths in what was typed, pasted, or dropped on the
// terminal, which pastes the paths of what is dropped. Terminals write them in
// different ways: one to a line or separated by spaces; bare, between single or
// double quotes, with backslashes before what a shell would read, or as file://
// addresses. A line that is itself the path of something is that path.
func ParsePaths(text string, exists func(string) bool) []string {
	var paths []string
	add := func(path string) {
		if path != "" {
			paths = append(paths, path)
		}
	}
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' || r == 0 }) {
		line = strings.TrimSpace(line)
		if whole := local.Home(line); whole != "" && exists(whole) {
			add(whole)
			continue
		}
		for _, word := range ShellWords(line) {
			add(word)
		}
	}
	return paths
}

// ShellWords splits a line at spaces that are not quoted, as a shell would, and
// resolves ~ and file:// in each word.
func ShellWords(line string) []string {
	var words []string
	var word strings.Builder
	var quote rune
	quoted, begun := false, false // of the word: some of it is quoted; there is one
	end := func() {
		if begun {
			words = append(words, resolve(word.String(), quoted))
		}
		word.Reset()
		quoted, begun = false, false
	}
	runes := []rune(line)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case quote == 0 && (r == ' ' || r == '\t'):
			end()
		case quote == 0 && (r == '\'' || r == '"') && (!begun || closes(runes[i:], r)):
			quote, quoted, begun = r, quoted || !begun, true
		case quote != 0 && r == quote:
			quote = 0
		case r == '\\' && quote != '\'' && filepath.Separator != '\\' && i+1 < len(runes) &&
			(quote == 0 || strings.ContainsRune("\"\\$`", runes[i+1])):
			i++
			word.WriteRune(runes[i])
			begun = true
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	end()
	return words
}

// closes reports whether the quote that rest begins with is closed in it: an
// apostrophe in a name is not.
func closes(rest []rune, quote rune) bool {
	for _, r := range rest[1:] {
		if r == quote {
			return true
		}
	}
	return false
}

// resolve is one word as a path.
func resolve(word string, quoted bool) string {
	if address, err := url.Parse(word); err == nil && address.Scheme == "file" &&
		(address.Host == "" || address.Host == "localhost") && address.Path != "" {
		return filepath.FromSlash(address.Path)
	}
	if quoted {
		return word
	}
	return local.Home(word)
}

// ThereIs reports whether there is anything at a path of this computer.
func ThereIs(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// DownloadsFolder is the folder that downloads are offered to go to.
func DownloadsFolder() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return "."
	}
	if info, err := os.Stat(filepath.Join(home, "Downloads")); err == nil && info.IsDir() {
		return filepath.Join("~", "Downloads")
	}
	return "~"
}

// FreePath is a path in the folder at which there is nothing: "a.txt", "a (2).txt", …
func FreePath(folder, name string) string {
	extension := filepath.Ext(name)
	path := filepath.Join(folder, name)
	for n := 2; local.Free(local.Home(path)) != nil && n < 100; n++ {
		path = filepath.Join(folder, fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, extension), n, extension))
	}
	return path
}

// TargetPath is the path that was typed; a folder means the name in it.
func TargetPath(text, name string) string {
	path := local.Home(strings.TrimSpace(text))
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, name)
	}
	return path
}

// CheckTarget says what is wrong with a path to write to; empty: nothing.
func CheckTarget(text, name string) string {
	if strings.TrimSpace(text) == "" {
		return "Say where the file is to go."
	}
	path := TargetPath(text, name)
	if folder := filepath.Dir(path); !ThereIs(folder) {
		return "There is no folder " + safe.Line(folder) + "."
	}
	switch err := local.Free(path); {
	case errors.Is(err, local.ErrExists):
		return "There is a file of that name already, and it stays. Give another name."
	case err != nil:
		return Sentence(err.Error())
	}
	return ""
}
