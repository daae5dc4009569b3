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

// ParsePaths finds the paths in text that was typed or pasted, or that a terminal
// pasted because files were dropped on it. Terminals write paths in different ways:
// one to a line or separated by spaces; bare, between single or double quotes, with
// backslashes before what a shell would read, or as file:// addresses. A line that is
// as a whole the path of something is that path.
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
	quoted, begun := false, false // of the current word
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

// closes reports whether the quote that rest begins with is closed in it. An
// apostrophe in a name is not closed.
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

// ThereIs reports whether anything exists at a path of this computer.
func ThereIs(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// DownloadsFolder is the folder that Claria proposes for downloads.
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

// FreePath is an unused path in the folder: "a.txt", "a (2).txt", …
func FreePath(folder, name string) string {
	extension := filepath.Ext(name)
	path := filepath.Join(folder, name)
	for n := 2; local.Free(local.Home(path)) != nil && n < 100; n++ {
		path = filepath.Join(folder, fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, extension), n, extension))
	}
	return path
}

// TargetPath is the path that was typed; for a folder, name inside it.
func TargetPath(text, name string) string {
	path := local.Home(strings.TrimSpace(text))
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, name)
	}
	return path
}

// CheckTarget returns what is wrong with a path to write to, or "".
func CheckTarget(text, name string) string {
	if strings.TrimSpace(text) == "" {
		return "Type the path of the file to write."
	}
	path := TargetPath(text, name)
	if folder := filepath.Dir(path); !ThereIs(folder) {
		return "There is no folder " + safe.Line(folder) + "."
	}
	switch err := local.Free(path); {
	case errors.Is(err, local.ErrExists):
		return "A file of that name exists, and Claria does not replace it. Type another name."
	case err != nil:
		return Sentence(err.Error())
	}
	return ""
}
