package catalogue

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestCatalogueIsComplete(t *testing.T) {
	t.Parallel()
	controls, err := Controls("")
	if err != nil {
		t.Fatal(err)
	}
	citation := regexp.MustCompile(`^164\.\d{3}(\([a-z0-9]+\))*$|^164\.\d{3}(\([a-z]\))(\(\d+\))?(\([ivx]+\))?(\([A-E]\))?$|^42 CFR 2\.\d+$|^state law$`)
	seen := map[string]bool{}
	for _, c := range controls {
		if seen[c.ID] {
			t.Errorf("%s is there twice", c.ID)
		}
		seen[c.ID] = true
		if c.Title == "" || c.Family == "" || c.Guide == "" || c.Severity == "" || c.Remedy == "" {
			t.Errorf("%s lacks something", c.ID)
		}
		if n := strings.Count(c.Meaning, ". ") + strings.Count(c.Meaning, ": ") + 1; !strings.HasSuffix(c.Meaning, ".") || n < 2 {
			t.Errorf("%s: the meaning is not two sentences: %s", c.ID, c.Meaning)
		}
		if len(c.Citations) == 0 {
			t.Errorf("%s cites nothing", c.ID)
		}
		for _, cite := range c.Citations {
			if !citation.MatchString(cite) {
				t.Errorf("%s: citation %q", c.ID, cite)
			}
		}
	}
	// The AWS Config rules that the product claims by name.
	for rule, id := range map[string]string{
		"s3-bucket-server-side-encryption-enabled": "S3-02", "s3-bucket-versioning-enabled": "S3-11",
		"s3-bucket-public-read-prohibited": "S3-05", "s3-bucket-public-write-prohibited": "S3-07", "cloudtrail-enabled": "CT-01",
		"iam-policy-no-statements-with-admin-access": "IAM-07", "iam-policy-no-statements-with-full-access": "IAM-08",
		"iam-root-access-key-check": "IAM-01",
	} {
		i := slices.IndexFunc(controls, func(c Control) bool { return c.ID == id })
		if !slices.Contains(controls[i].ConfigRules, rule) {
			t.Errorf("%s does not name %s", id, rule)
		}
	}
	if _, err := Controls("everything"); err == nil || !strings.Contains(err.Error(), "core") {
		t.Errorf("an unknown set: %v", err)
	}
}
