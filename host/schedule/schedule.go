// Package schedule makes the machine run the check every day: by a systemd user
// timer, the user's crontab, or launchd.
//
// Pure functions render the files; commands go through the caller's runner. The
// package must not know what a check is.
package schedule

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Kind is what runs the job.
type Kind string

// The kinds.
const (
	Systemd Kind = "systemd" // a timer of the user's own systemd
	Cron    Kind = "cron"    // a line of the user's crontab
	Launchd Kind = "launchd" // a user agent of macOS
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{Systemd, Cron, Launchd} }

// Job is the command that runs every day.
type Job struct {
	Program string   // absolute path
	Args    []string //
	Environ []Pair   // environment variables set for it
	Hour    int      // local time
	Minute  int
	// Passphrase is the file with the keyring's passphrase; empty: the job needs none.
	Passphrase string
	// Log is a file for its output, for launchd, which sends no mail.
	Log string
}

// Pair is one environment variable.
type Pair struct{ Name, Value string }

// PassphraseVariable is the environment variable that names the passphrase file.
const PassphraseVariable = "CLARIA_KEYRING_PASSPHRASE_FILE"

// carried are the variables that the job needs as the person has them now, because a
// scheduler starts it with almost none: where Claria's and AWS's files are, and the way to
// AWS. Go reads the proxies in capitals first, and other programs only in small letters.
var carried = []struct {
	name  string
	paths bool // its value is a path, or a list of them
}{
	{"CLARIA_HOME", true},
	{"XDG_CONFIG_HOME", true},
	{"XDG_STATE_HOME", true},
	{"AWS_CONFIG_FILE", true},
	{"AWS_SHARED_CREDENTIALS_FILE", true},
	{"AWS_CA_BUNDLE", true},
	{"SSL_CERT_FILE", true},
	{"SSL_CERT_DIR", true},
	{"HTTP_PROXY", false},
	{"http_proxy", false},
	{"HTTPS_PROXY", false},
	{"https_proxy", false},
	{"NO_PROXY", false},
	{"no_proxy", false},
	{"AWS_USE_FIPS_ENDPOINT", false},
	{"AWS_USE_DUALSTACK_ENDPOINT", false},
	{"AWS_ENDPOINT_URL", false},
}

// Environ returns the variables that the job takes along. The job starts in another
// directory, so relative paths become absolute.
func Environ(lookup func(string) (string, bool)) ([]Pair, error) {
	var pairs []Pair
	for _, variable := range carried {
		value, ok := lookup(variable.name)
		if !ok || value == "" {
			continue
		}
		if variable.paths {
			list := filepath.SplitList(value)
			for i, path := range list {
				absolute, err := filepath.Abs(path)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", variable.name, err)
				}
				list[i] = absolute
			}
			value = strings.Join(list, string(filepath.ListSeparator))
		}
		pairs = append(pairs, Pair{variable.name, value})
	}
	return pairs, nil
}

// Next is when the job runs next.
func Next(now time.Time, hour, minute int) time.Time {
	next := time.Date(now.Year(), now.Month(), now.Day(), hour, minute, 0, 0, now.Location())
	if !next.After(now) {
		next = time.Date(now.Year(), now.Month(), now.Day()+1, hour, minute, 0, 0, now.Location())
	}
	return next
}

// ParseTime reads "07:42".
func ParseTime(text string) (hour, minute int, err error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, 0, fmt.Errorf("%q is not a time of day: use one such as 07:42", text)
	}
	return t.Hour(), t.Minute(), nil
}

// Names of the installed files and labels.
const (
	unit  = "claria-check"
	label = "app.claria.check"
	// mark ends our line in a crontab, so that it can be found again.
	mark = "# claria-check"
)

// Service is the systemd unit that runs the job once.
func Service(j Job) string {
	var b strings.Builder
	b.WriteString("# Written by claria schedule install; claria schedule remove deletes it.\n" +
		"[Unit]\nDescription=Claria: check of the AWS account\n\n[Service]\nType=oneshot\n")
	for _, pair := range j.Environ {
		b.WriteString("Environment=" + systemdQuote(pair.Name+"="+pair.Value, false) + "\n")
	}
	if j.Passphrase != "" {
		// systemd passes the file to this unit alone; no other user can read it.
		b.WriteString("LoadCredential=" + strings.ReplaceAll("claria-passphrase:"+j.Passphrase, "%", "%%") + "\n" +
			"Environment=" + PassphraseVariable + "=%d/claria-passphrase\n")
	} else {
		b.WriteString("# For the encrypted file keyring, name the file with its passphrase (mode 0600):\n" +
			"#LoadCredential=claria-passphrase:/path/to/passphrase\n" +
			"#Environment=" + PassphraseVariable + "=%d/claria-passphrase\n")
	}
	words := []string{systemdQuote(j.Program, true)}
	for _, arg := range j.Args {
		words = append(words, systemdQuote(arg, true))
	}
	b.WriteString("ExecStart=" + strings.Join(words, " ") + "\nUMask=0077\nNoNewPrivileges=yes\n")
	return b.String()
}

// Timer is the systemd unit that starts the service daily, and at the next boot when
// the machine was off at that time.
func Timer(j Job) string {
	return fmt.Sprintf("# Written by claria schedule install; claria schedule remove deletes it.\n"+
		"[Unit]\nDescription=Claria: daily check of the AWS account\n\n"+
		"[Timer]\nOnCalendar=*-*-* %02d:%02d:00\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n", j.Hour, j.Minute)
}

// systemdQuote quotes a word of a unit file (systemd.syntax, systemd.service): %
// is a specifier, and in a command $ is a variable.
func systemdQuote(word string, command bool) string {
	word = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "\n", `\n`).Replace(word)
	if command {
		word = strings.ReplaceAll(word, "$", "$$")
	}
	return `"` + word + `"`
}

// Line is the job's line in a crontab.
func Line(j Job) string {
	words := []string{}
	for _, pair := range j.environ() {
		words = append(words, pair.Name+"="+shellQuote(pair.Value))
	}
	words = append(words, shellQuote(j.Program))
	for _, arg := range j.Args {
		words = append(words, shellQuote(arg))
	}
	// In a crontab % is a line break (crontab(5)).
	return fmt.Sprintf("%d %d * * * %s %s", j.Minute, j.Hour, strings.ReplaceAll(strings.Join(words, " "), "%", `\%`), mark)
}

// environ is the environment for a scheduler that has no way to pass a credential.
func (j Job) environ() []Pair {
	pairs := append([]Pair{}, j.Environ...)
	if j.Passphrase != "" {
		pairs = append(pairs, Pair{PassphraseVariable, j.Passphrase})
	}
	return pairs
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@+-]+$`)

func shellQuote(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Crontab returns a crontab with the job's line in place of an earlier one. An empty
// line removes ours. Everything else stays as it is.
func Crontab(before, line string) string {
	var kept []string
	placed := line == ""
	for _, l := range strings.Split(strings.TrimSuffix(before, "\n"), "\n") {
		if !strings.HasSuffix(strings.TrimSpace(l), mark) {
			kept = append(kept, l)
		} else if !placed {
			kept, placed = append(kept, line), true
		}
	}
	if before == "" {
		kept = nil
	}
	if !placed {
		kept = append(kept, line)
	}
	if len(kept) == 0 {
		return ""
	}
	return strings.Join(kept, "\n") + "\n"
}

// Agent is the property list for launchd.
func Agent(j Job) string {
	var b strings.Builder
	str := func(s string) string { return "<string>" + xmlText.Replace(s) + "</string>" }
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">` + "\n" +
		"<!-- Written by claria schedule install; claria schedule remove deletes it. -->\n<plist version=\"1.0\">\n<dict>\n" +
		"  <key>Label</key>" + str(label) + "\n  <key>ProgramArguments</key>\n  <array>\n")
	for _, word := range append([]string{j.Program}, j.Args...) {
		b.WriteString("    " + str(word) + "\n")
	}
	b.WriteString("  </array>\n")
	if pairs := j.environ(); len(pairs) > 0 {
		b.WriteString("  <key>EnvironmentVariables</key>\n  <dict>\n")
		for _, pair := range pairs {
			b.WriteString("    <key>" + xmlText.Replace(pair.Name) + "</key>" + str(pair.Value) + "\n")
		}
		b.WriteString("  </dict>\n")
	}
	fmt.Fprintf(&b,
		"  <key>StartCalendarInterval</key>\n  <dict>\n    "+
			"<key>Hour</key><integer>%d</integer>\n    <key>Minute</key><integer>%d</integer>\n  </dict>\n", j.Hour, j.Minute)
	if j.Log != "" {
		b.WriteString("  <key>StandardOutPath</key>" + str(j.Log) + "\n  <key>StandardErrorPath</key>" + str(j.Log) + "\n")
	}
	b.WriteString("  <key>ProcessType</key><string>Background</string>\n</dict>\n</plist>\n")
	return b.String()
}

var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

var (
	calendar = regexp.MustCompile(`(?m)^OnCalendar=\*-\*-\* (\d\d):(\d\d):00$`)
	interval = regexp.MustCompile(`<key>Hour</key><integer>(\d+)</integer>\s*<key>Minute</key><integer>(\d+)</integer>`)
	cronTime = regexp.MustCompile(`^(\d+) (\d+) \* \* \* .*` + mark + `\s*$`)
)

// timeOf reads the time from an installed file.
func timeOf(kind Kind, text string) (hour, minute int, ok bool) {
	var found []string
	switch kind {
	case Systemd:
		found = calendar.FindStringSubmatch(text)
	case Launchd:
		found = interval.FindStringSubmatch(text)
	case Cron:
		for line := range strings.Lines(text) {
			if m := cronTime.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
				found = []string{m[0], m[2], m[1]}
			}
		}
	}
	if found == nil {
		return 0, 0, false
	}
	hour, err1 := strconv.Atoi(found[1])
	minute, err2 := strconv.Atoi(found[2])
	return hour, minute, err1 == nil && err2 == nil
}
