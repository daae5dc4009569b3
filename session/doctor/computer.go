package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"claria/aws"
	"claria/internal/config"
	"claria/session"
)

func (x *Examination) version() []Line {
	return line("version", OK, fmt.Sprintf("Claria %s, %s, %s/%s", x.input.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH), "")
}

// configuration says whether claria.toml can be used, and whether the state can be
// written.
func (x *Examination) configuration() []Line {
	if s := x.input.Session; s != nil && s.Demo {
		return line("configuration", OK, "the demo account: nothing is read from or written to this computer", "")
	}
	file := x.input.Places.File
	c, found, err := config.Load(file)
	switch {
	case err != nil:
		return line("configuration", Act, err.Error(), "mend or move the file, then run claria setup --plan")
	case !found:
		return line("configuration", Note, "there is no "+file+": Claria is not set up on this computer", "run claria setup, or claria and open Setup")
	}
	lines := line("configuration", OK, fmt.Sprintf("%s: account %s, region %s, %s profile", file, c.Account, c.Region, profile(c)), "")
	if err := writable(x.input.Places.State); err != nil {
		lines = append(lines, Line{
			"state", Act, "the directory of the ledger cannot be written: " + err.Error(),
			"give Claria a directory that it can write: set CLARIA_HOME, or correct the directory's owner and mode",
		})
	}
	return lines
}

func profile(c config.Config) string {
	if c.Strict {
		return "strict"
	}
	return "core"
}

// writable tries to make a file in a directory, if the directory exists.
func writable(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return nil // the first check makes it
	}
	file, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	_ = file.Close()
	return os.Remove(file.Name())
}

// mostSkew is how far a clock may differ before AWS refuses signatures: five minutes for
// most services, fifteen for S3 (AWS Signature Version 4 and S3's error RequestTimeTooSkewed).
const mostSkew = 5 * time.Minute

func (x *Examination) clock() []Line {
	if s := x.input.Session; s != nil && s.Demo {
		return line("clock", OK, "the demo account has the clock of this computer", "")
	}
	if x.account == nil {
		return line("clock", Unknown, "AWS was not reached, so there is nothing to compare this computer's clock with", "")
	}
	skew, told := x.account.Skew()
	if !told {
		return line("clock", Unknown, "AWS was not reached, so there is nothing to compare this computer's clock with", "see endpoints below")
	}
	words := fmt.Sprintf("%s ahead of AWS", skew.Abs().Round(time.Second))
	if skew < 0 {
		words = fmt.Sprintf("%s behind AWS", skew.Abs().Round(time.Second))
	}
	switch {
	case skew.Abs() >= mostSkew:
		return line("clock", Act, words+": AWS refuses signatures that are more than five minutes off, and codes of a second factor do not fit",
			"set this computer's clock, best by turning on its time synchronisation")
	case skew.Abs() > 25*time.Second: // a code is valid for 30 seconds
		return line("clock", Note, words+": a code of the second factor may be refused", "turn on this computer's time synchronisation")
	}
	return line("clock", OK, "within "+(skew.Abs()+time.Second).Round(time.Second).String()+" of AWS", "")
}

func (x *Examination) keyring() []Line {
	s := x.input.Session
	if s == nil {
		if _, ok := errors.AsType[*aws.NoKeyringError](x.input.Failed); ok {
			return line("keyring", Act, x.input.Failed.Error(), "")
		}
		return nil // the line about the credential says why
	}
	if s.Keyring == nil {
		status := Note
		if s.SetUp && (s.Config.Credentials == "" || s.Config.Credentials == string(aws.FromKeyring)) {
			status = Act
		}
		return line("keyring", status, errorText(s.KeyringErr, "this computer has none"), "")
	}
	names, err := s.Keyring.Names()
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, session.PrivateKey) })
	switch {
	case err != nil:
		return line("keyring", Act, err.Error(), "unlock it, or check where its passphrase comes from")
	case len(names) == 0:
		return line("keyring", Note, s.Keyring.Backend()+": it holds no key of this account",
			"run claria setup here, or claria keys issue auditor on a computer that only checks")
	}
	return line("keyring", OK, s.Keyring.Backend()+" holds the keys of "+strings.Join(names, " and "), "")
}

func errorText(err error, otherwise string) string {
	if err == nil {
		return otherwise
	}
	return err.Error()
}

// variables are the environment's settings that decide how AWS is reached.
var variables = []string{
	"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy",
	"AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_ENDPOINT_URL", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
	"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_PROFILE", "AWS_CONFIG_FILE",
}

// environment lists which variables are set. The values of proxies can hold a password, so
// only names are shown, and paths by whether they exist.
func (x *Examination) environment() string {
	var set []string
	for _, name := range variables {
		value, ok := x.input.LookupEnv(name)
		if !ok || value == "" {
			continue
		}
		if strings.HasPrefix(name, "SSL_CERT") || name == "AWS_CA_BUNDLE" {
			if _, err := os.Stat(value); err != nil || !filepath.IsAbs(value) {
				name += " (" + value + " is missing or not an absolute path)"
			}
		}
		set = append(set, name)
	}
	return strings.Join(set, ", ")
}
