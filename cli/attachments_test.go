package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheFilesWithinAnEmailBecomeFiles(t *testing.T) {
	t.Parallel()
	d := newShop("demo")
	mail := filepath.Join(t.TempDir(), "from school.eml")
	body := "From: a@school.example\r\nSubject: Report\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nSee the report.\r\n" +
		"--m\r\nContent-Type: text/rtf; name=report.rtf\r\nContent-Disposition: attachment\r\n\r\n{\\rtf1 He sleeps badly.}\r\n--m--\r\n"
	if err := os.WriteFile(mail, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	out, said, code := d.says(t, "", "files", "put", "avery", mail)
	if code != 0 || !strings.Contains(out, "stored  from school.eml  1 attachment not read\n") ||
		!strings.Contains(said, "1 attachment; claria files put --attachments stores them as files\n") {
		t.Fatalf("exit %d\n%s%s", code, out, said)
	}
	out, _, code = d.says(t, "", "files", "put", "avery", mail, "--attachments")
	if code != 0 || !strings.Contains(out, "same  from school.eml") || !strings.Contains(out, "stored  from school/report.rtf\n") {
		t.Fatalf("exit %d\n%s", code, out)
	}
	if out := d.ok(t, "files", "text", "avery", "from school/report.rtf"); !strings.Contains(out, "He sleeps badly.") {
		t.Errorf("the attachment's text:\n%s", out)
	}
}
