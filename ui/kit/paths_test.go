package kit

import (
	"slices"
	"testing"
)

// What terminals paste when files are dropped on them, and what people type.
func TestParsePaths(t *testing.T) {
	t.Setenv("HOME", "/home/ada")
	there := []string{"/tmp/teacher form.pdf", "/tmp/it's.txt", "/home/ada/a b.txt"}
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"one", "/tmp/a.txt", []string{"/tmp/a.txt"}},
		{"spaces around", "  /tmp/a.txt \n", []string{"/tmp/a.txt"}},
		{"two on a line", "/tmp/a.txt /tmp/b.txt", []string{"/tmp/a.txt", "/tmp/b.txt"}},
		{"one to a line", "/tmp/a.txt\r\n/tmp/b.txt\n", []string{"/tmp/a.txt", "/tmp/b.txt"}},
		{"single quotes", "'/tmp/teacher form.pdf' '/tmp/b.txt'", []string{"/tmp/teacher form.pdf", "/tmp/b.txt"}},
		{"double quotes", `"/tmp/teacher form.pdf" "/tmp/a \"b\".txt"`, []string{"/tmp/teacher form.pdf", `/tmp/a "b".txt`}},
		{"backslashes", `/tmp/teacher\ form.pdf /tmp/it\'s.txt /tmp/a\(1\).txt`, []string{"/tmp/teacher form.pdf", "/tmp/it's.txt", "/tmp/a(1).txt"}},
		{"an apostrophe as a shell quotes it", `'/tmp/it'\''s.txt'`, []string{"/tmp/it's.txt"}},
		{"addresses", "file:///tmp/teacher%20form.pdf\nfile://localhost/tmp/%C3%A4.txt", []string{"/tmp/teacher form.pdf", "/tmp/ä.txt"}},
		{"an address of another machine stays one", "file://server/a.txt", []string{"file://server/a.txt"}},
		{"home", "~/a.txt ~", []string{"/home/ada/a.txt", "/home/ada"}},
		{"a quoted ~ is a name", "'~/a.txt'", []string{"~/a.txt"}},
		{"bare with spaces", "/tmp/teacher form.pdf", []string{"/tmp/teacher form.pdf"}},
		{"bare with spaces in the home", "~/a b.txt", []string{"/home/ada/a b.txt"}},
		{"bare with an apostrophe", "/tmp/it's.txt", []string{"/tmp/it's.txt"}},
		{"an apostrophe in the middle of nothing", "/tmp/it's.doc", []string{"/tmp/it's.doc"}},
		{"other alphabets", "/tmp/日本.txt", []string{"/tmp/日本.txt"}},
		{"nothing", " \n ", nil},
	} {
		got := ParsePaths(c.text, func(path string) bool { return slices.Contains(there, path) })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q gives %q, not %q", c.name, c.text, got, c.want)
		}
	}
}
