package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"claria/aws"
	"claria/drift"
	"claria/drift/catalogue"
)

var began = time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)

// report is a small report; what AWS named is hostile.
func report(account string, fails int) *drift.Report {
	r := &drift.Report{Schema: 1, Account: account, Region: "us-east-1", Set: catalogue.Core, Started: began}
	for range fails {
		r.Controls = append(r.Controls, drift.Finding{ID: "S3-02", Title: "Records are encrypted", Status: catalogue.Fail, Observed: "bucket \"x\"\n{\"entry\":\u2028"})
	}
	r.Summary = drift.Summarize(r.Controls)
	return r
}

func open(t *testing.T, dir string, ring aws.Keyring) *Ledger {
	t.Helper()
	at := began
	l, err := Open(dir, Options{Keyring: ring, Version: "1.2.3", Now: func() time.Time { at = at.Add(time.Hour); return at }})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func appended(t *testing.T, l *Ledger, n int) {
	t.Helper()
	for i := range n {
		if err := l.Append(Entry{Kind: Check, Who: Who{ARN: "arn:aws:iam::111122223333:user/claria-auditor", Unattended: i%2 == 0}, Report: report("111122223333", i%3)}); err != nil {
			t.Fatal(err)
		}
	}
}

func keys(t *testing.T, l *Ledger) []ed25519.PublicKey {
	t.Helper()
	all, err := l.PublicKeys()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A changed ledger is detected offline, with the public key alone, and the line
// is named.
func TestTamperingIsFound(t *testing.T) {
	l := open(t, t.TempDir(), nil)
	appended(t, l, 6)
	public := keys(t, l)
	whole, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(bytes.Lines(whole))
	if v := Verify(bytes.NewReader(whole), public...); !v.OK() || v.Lines != 6 || v.Head.Sequence != 6 || len(v.Keys) != 1 {
		t.Fatalf("untouched: %+v", v)
	}
	join := func(parts ...[][]byte) []byte { return bytes.Join(slices.Concat(parts...), nil) }
	// A forger who has the program, but not the key: hashes are right, the signature is not.
	forger := open(t, t.TempDir(), nil)
	appended(t, forger, 1)
	third, err := parse(bytes.TrimSpace(lines[2]))
	if err != nil {
		t.Fatal(err)
	}
	third.Note = "forged"
	forged, err := forger.signer.line(third)
	if err != nil {
		t.Fatal(err)
	}
	dishonest := *forger.signer
	for name, c := range map[string]struct {
		file []byte
		line int
		says string
	}{
		"edited":                   {join(lines[:2], [][]byte{bytes.Replace(lines[2], []byte(`"fail":2`), []byte(`"fail":0`), 1)}, lines[3:]), 3, "edited"},
		"a space put in":           {join(lines[:2], [][]byte{bytes.Replace(lines[2], []byte(`"schema":2`), []byte(`"schema": 2`), 1)}, lines[3:]), 3, "edited"},
		"edited and hashed again":  {join(lines[:2], [][]byte{forged}, lines[3:]), 3, "edited"},
		"the signature edited":     {join(lines[:4], [][]byte{bytes.Replace(lines[4], []byte(`"signature":"`), []byte(`"signature":"A`), 1)}, lines[5:]), 5, "edited"},
		"made unreadable":          {join(lines[:4], [][]byte{[]byte("nothing happened\n")}, lines[5:]), 5, "not a line of the ledger"},
		"removed":                  {join(lines[:3], lines[4:]), 4, "number 4 is missing"},
		"two removed":              {join(lines[:1], lines[3:]), 2, "numbers 2 to 3 are missing"},
		"the first removed":        {join(lines[1:]), 1, "number 1 is missing"},
		"inserted":                 {join(lines[:3], lines[:1], lines[3:]), 4, "inserted or moved"},
		"repeated":                 {join(lines[:3], lines[2:]), 4, "inserted or moved"},
		"swapped":                  {join(lines[:1], lines[2:3], lines[1:2], lines[3:]), 2, "number 2 is missing"},
		"cut in the middle":        {join(lines[:2], [][]byte{lines[2][:200]}, lines[3:]), 3, "cannot be read"},
		"cut at the end of a line": {whole[:len(whole)-20], 6, "the last line is incomplete"},
		"somebody else's line":     {join(lines[:1], [][]byte{mustLine(t, &dishonest, parsed(t, lines[1]))}, lines[2:]), 2, "edited"},
	} {
		v := Verify(bytes.NewReader(c.file), public...)
		if v.OK() {
			t.Errorf("%s: not found", name)
			continue
		}
		if p := v.Problems[0]; p.Line != c.line || !strings.Contains(p.What, c.says) {
			t.Errorf("%s: %s, want line %d and %q", name, p, c.line, c.says)
		}
	}

	// Lines missing at the end leave no trace in the file; the mirrored head knows.
	short := Verify(bytes.NewReader(join(lines[:4])), public...)
	head, err := l.Head()
	if err != nil {
		t.Fatal(err)
	}
	if !short.OK() {
		t.Errorf("a file without its end: %v", short.Problems)
	}
	if v := short.Against(head, "the mirror"); v.OK() || !strings.Contains(v.Problems[0].String(), "the last line here is number 4, the mirror has number 6") {
		t.Errorf("against the head: %v", v.Problems)
	}
	if v := Verify(bytes.NewReader(whole), public...).Against(Head{Sequence: 4, Hash: first}, "the mirror"); v.OK() || v.Problems[0].Sequence != 4 {
		t.Errorf("against another line 4: %v", v.Problems)
	}
	// A key other than the one that was handed over verifies nothing.
	if v := Verify(bytes.NewReader(whole), keys(t, forger)...); len(v.Problems) != 6 || !strings.Contains(v.Problems[0].What, "which was not given") {
		t.Errorf("with another key: %v", v.Problems)
	}
}

func parsed(t *testing.T, line []byte) Entry {
	t.Helper()
	entry, err := parse(bytes.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func mustLine(t *testing.T, s *signer, entry Entry) []byte {
	t.Helper()
	line, err := s.line(entry)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// What is read back is what was written, newest first, and only as much of the
// file is read as needed.
func TestEntriesComeNewestFirst(t *testing.T) {
	for name, dir := range map[string]string{"file": t.TempDir(), "memory": ""} {
		l := open(t, dir, nil)
		if head, err := l.Head(); err != nil || head.Sequence != 0 || l.Last("111122223333", catalogue.Core) != nil {
			t.Errorf("%s: before the first line: %+v %v", name, head, err)
		}
		appended(t, l, 200)
		if err := l.Append(Entry{Kind: Apply, Account: "111122223333", Note: "turned log file validation on"}); err != nil {
			t.Fatal(err)
		}
		want := int64(201)
		for entry, err := range l.Entries() {
			if err != nil || entry.Sequence != want || entry.Version != "1.2.3" || entry.At.Location() != time.UTC {
				t.Fatalf("%s: %v, entry %d, want %d", name, err, entry.Sequence, want)
			}
			want--
		}
		if want != 0 {
			t.Errorf("%s: %d entries were left out", name, want)
		}
		last := l.Last("111122223333", catalogue.Core)
		if last == nil || last.Summary.Fail != 1 || last.Controls[0].Observed != report("", 1).Controls[0].Observed {
			t.Errorf("%s: the last report is %+v", name, last)
		}
		if l.Last("444455556666", catalogue.Core) != nil || l.Last("111122223333", catalogue.Strict) != nil {
			t.Errorf("%s: a report of another account or set", name)
		}
		if runs, err := l.Runs(); err != nil || len(runs) != 2 || runs[0].Unattended || !runs[1].Unattended || !runs[0].At.After(runs[1].At) {
			t.Errorf("%s: runs %v, %v", name, runs, err)
		}
	}
}

// The latest unattended check is found behind a day of the workstation's own.
func TestTheCheckByItselfIsFoundBehindOthers(t *testing.T) {
	now := time.Now()
	l, err := Open("", Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	add := func(at time.Time, unattended bool) {
		if err := l.Append(Entry{Kind: Check, At: at, Who: Who{Unattended: unattended}, Report: report("111122223333", 0)}); err != nil {
			t.Fatal(err)
		}
	}
	add(now.Add(-100*24*time.Hour), false)
	add(now.Add(-70*24*time.Hour), false)
	add(now.Add(-23*time.Hour), true)
	for i := range 250 {
		add(now.Add(time.Duration(i-250)*5*time.Minute), false)
	}
	if runs, err := l.Runs(); err != nil || len(runs) != 251 || !runs[250].Unattended {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	alone := l
	if l, err = Open("", Options{Now: alone.options.Now}); err != nil {
		t.Fatal(err)
	}
	add(now.Add(-100*24*time.Hour), false)
	add(now.Add(-70*24*time.Hour), false)
	add(now.Add(-time.Hour), false)
	if runs, err := l.Runs(); err != nil || len(runs) != 2 {
		t.Errorf("nothing ran by itself: %v, %v", runs, err)
	}
	l.memory.lines = append(l.memory.lines, "not a line\n"...)
	if runs, err := l.Runs(); err == nil || len(runs) != 2 {
		t.Errorf("a line that cannot be read: %v, %v", runs, err)
	}
}

// A line that was half written at a power cut is removed, reported, and recorded
// in the next line; the chain continues.
func TestAHalfWrittenLineIsRecovered(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, nil)
	appended(t, l, 3)
	whole, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(bytes.Lines(whole))
	for name, c := range map[string]struct {
		file      []byte
		sequence  int64
		recovered int
	}{
		"cut":                        {whole[:len(whole)-30], 3, len(lines[2]) - 30},
		"only its line feed missing": {whole[:len(whole)-1], 4, 0},
		"one byte":                   {append(bytes.Clone(whole), '{'), 4, 1},
		"all of the first":           {lines[0][:10], 1, 10},
	} {
		if err := os.WriteFile(l.Path(), c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		again := open(t, dir, nil)
		appended(t, again, 1)
		data, err := os.ReadFile(l.Path())
		if err != nil {
			t.Fatal(err)
		}
		if v := Verify(bytes.NewReader(data), keys(t, again)...); !v.OK() || v.Head.Sequence != c.sequence {
			t.Errorf("%s: head %d, %v", name, v.Head.Sequence, v.Problems)
		}
		newest := parsed(t, slices.Collect(bytes.Lines(data))[c.sequence-1])
		said := strings.Join(again.Notes(), "")
		if newest.Recovered != c.recovered || strings.Contains(said, "half-written") != (c.recovered > 0) {
			t.Errorf("%s: %d bytes, said %q", name, newest.Recovered, said)
		}
	}
}

// A damaged last line does not end the ledger, and Verify still finds it.
func TestTheLedgerGoesOnAfterADamagedLine(t *testing.T) {
	l := open(t, t.TempDir(), nil)
	appended(t, l, 2)
	data, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.Path(), append(data, "damage\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	appended(t, l, 2)
	file, err := l.Read()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if v := Verify(file, keys(t, l)...); len(v.Problems) != 1 || v.Problems[0].Line != 3 || v.Head.Sequence != 5 {
		t.Errorf("%+v", v)
	}
}

// The key is in the keyring if there is one, else in a private file; a cron job
// without the keyring uses its own key, and both public keys are returned.
func TestWhereTheKeyIs(t *testing.T) {
	dir, ring := t.TempDir(), aws.NewMemoryKeyring()
	l := open(t, dir, ring)
	appended(t, l, 1)
	if _, place, err := l.SigningKey(); err != nil || place != "the keyring (memory)" {
		t.Errorf("with a keyring: %s, %v", place, err)
	}
	if _, err := os.Stat(filepath.Join(dir, keyName)); err == nil {
		t.Error("the key is in a file too")
	}
	appended(t, open(t, dir, ring), 1) // the same key
	cron := open(t, dir, nil)
	appended(t, cron, 1)
	info, err := os.Stat(filepath.Join(dir, keyName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v", info, err)
	}
	back := open(t, dir, ring) // the file's key stays in use
	appended(t, back, 1)
	all := keys(t, back)
	file, err := back.Read()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if v := Verify(file, all...); !v.OK() || len(v.Keys) != 2 || len(all) != 2 {
		t.Errorf("%d keys known, used %v: %v", len(all), v.Keys, v.Problems)
	}
	text := FormatKey(all[0]) + "\n# a comment\n" + FormatKey(all[1]) + "\n"
	if read, err := ParseKeys(text); err != nil || len(read) != 2 || !read[1].Equal(all[1]) {
		t.Errorf("read back: %v, %v", read, err)
	}
	if _, err := ParseKeys("ssh-ed25519 AAAA"); err == nil {
		t.Error("another key was taken for one of a ledger")
	}

	refusing := open(t, t.TempDir(), refusingRing{ring})
	appended(t, refusing, 1)
	if _, place, _ := refusing.SigningKey(); !strings.Contains(place, keyName) || !strings.Contains(strings.Join(refusing.Notes(), ""), "locked") {
		t.Errorf("with a locked keyring: %s", place)
	}
}

type refusingRing struct{ aws.Keyring }

func (refusingRing) Load(string) (aws.Key, error) {
	return aws.Key{}, &aws.KeyringError{Kind: aws.Unavailable, Err: errors.New("locked")}
}

// Several writers, such as a check by cron and the screen, leave one complete chain.
func TestWritersTakeTurns(t *testing.T) {
	dir := t.TempDir()
	var wait sync.WaitGroup
	for range 8 {
		l := open(t, dir, nil)
		wait.Go(func() {
			for range 5 {
				if err := l.Append(Entry{Kind: Lock, Account: "111122223333"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	l := open(t, dir, nil)
	file, err := l.Read()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if v := Verify(file, keys(t, l)...); !v.OK() || v.Lines != 40 || len(v.Keys) != 1 {
		t.Errorf("%d lines, keys %v: %v", v.Lines, v.Keys, v.Problems)
	}
}

// A second check ends at once and says why; a killed one leaves no lock behind.
func TestTheLock(t *testing.T) {
	if dir := os.Getenv("LEDGER_TEST_HOLD"); dir != "" { // the other process
		if _, err := Acquire(dir, "check"); err != nil {
			t.Fatal(err)
		}
		_, _ = os.Stdout.WriteString("held\n")
		_, _ = io.Copy(io.Discard, os.Stdin) // holds it until it is killed
		return
	}
	dir := t.TempDir()
	other := exec.Command(os.Args[0], "-test.run=^TestTheLock$")
	other.Env = append(os.Environ(), "LEDGER_TEST_HOLD="+dir)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	_, err = Acquire(dir, "check")
	busy, ok := errors.AsType[*BusyError](err)
	if !ok || busy.PID != other.Process.Pid || !strings.HasPrefix(err.Error(), "another check is running (process ") {
		t.Errorf("while it is held: %v", err)
	}
	_ = other.Process.Kill()
	_ = other.Wait()
	release, err := Acquire(dir, "check")
	if err != nil {
		t.Fatalf("after the holder was killed: %v", err)
	}
	release()
	if release, err = Acquire(dir, "check"); err != nil {
		t.Errorf("after it was released: %v", err)
	} else {
		release()
	}
}

// A line is the JSON that its schema says, so that other programs can read it.
func TestALineIsPlainJSON(t *testing.T) {
	l := open(t, "", nil)
	appended(t, l, 2)
	for line := range bytes.Lines(l.memory.lines) {
		var read struct {
			Entry struct {
				Schema   int
				Findings string `json:"findings_sha256"`
				Who      struct{ Machine string }
				Report   drift.Report
			}
			Hash, Signature string
		}
		if err := json.Unmarshal(line, &read); err != nil || read.Entry.Schema != 2 || len(read.Hash) != 64 || read.Signature == "" ||
			len(read.Entry.Findings) != 64 || !machineID.MatchString(read.Entry.Who.Machine) || read.Entry.Report.Account == "" {
			t.Errorf("%v: %s", err, line)
		}
	}
}
