package ui

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"claria/internal/local"
)

// parsePaths reads the paths in what was typed, pasted, or dropped on the
// terminal, which pastes the paths of what is dropped. Terminals write them in
// different ways: one to a line or separated by spaces; bare, between single or
// double quotes, with backslashes before what a shell would read, or as file://
// addresses. A line that is itself the path of something is that path.
func parsePaths(text string, exists func(string) bool) []string {
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
		for _, word := range shellWords(line) {
			add(word)
		}
	}
	return paths
}

// shellWords splits a line at spaces that are not quoted, as a shell would, and
// resolves ~ and file:// in each word.
func shellWords(line string) []string {
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

// thereIs reports whether there is anything at a path of this computer.
func thereIs(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
