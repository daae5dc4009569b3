package sandbox

import (
	"encoding/base64"
	"encoding/csv"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reportLife is how long a credential report is current: within it, a request makes no new
// report.
const reportLife = 4 * time.Hour

func reportOperations() []*operation {
	return []*operation{
		// A report is created, but the account does not change.
		asRead(writes("GenerateCredentialReport", onAccount, generateCredentialReport)),
		reads("GetCredentialReport", onAccount, getCredentialReport),
	}
}

// asRead marks an operation that changes nothing of relevance to the account's owner.
// CloudTrail records it as read-only too.
func asRead(op *operation) *operation {
	op.write = false
	return op
}

func generateCredentialReport(c *call, s *iamState) (any, error) {
	type answer struct{ State, Description string }
	if s.Report != nil && c.now.Sub(s.Report.Generated) < reportLife {
		return answer{State: "COMPLETE"}, nil
	}
	s.Report = &credentialReport{Generated: c.now, Content: s.reportCSV(c)}
	return answer{"STARTED", "No report exists. Starting a new report generation task"}, nil
}

func getCredentialReport(c *call, s *iamState) (any, error) {
	switch {
	case s.Report == nil:
		return nil, fail(http.StatusGone, "ReportNotPresent", "No report exists. Please generate a new one.")
	case c.now.Sub(s.Report.Generated) >= reportLife:
		return nil, fail(http.StatusGone, "ReportExpired", "The report has expired. Please generate a new one.")
	}
	return struct{ Content, ReportFormat, GeneratedTime string }{
		base64.StdEncoding.EncodeToString([]byte(s.Report.Content)), "text/csv", iamTime(s.Report.Generated),
	}, nil
}

// reportColumns are the report's columns, in AWS's order:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
var reportColumns = []string{
	"user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed", "password_next_rotation",
	"mfa_active",
	"access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date", "access_key_1_last_used_region",
	"access_key_1_last_used_service",
	"access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date", "access_key_2_last_used_region",
	"access_key_2_last_used_service",
	"cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
}

func (s *iamState) reportCSV(c *call) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(reportColumns) // a Builder never fails
	root := []string{
		"<root_account>", "arn:aws:iam::" + c.account.id + ":root", reportTime(s.Created), "not_supported", "no_information",
		"not_supported", "not_supported",
	}
	_ = w.Write(append(root, s.reportCredentials("")...))
	for _, name := range slices.Sorted(maps.Keys(s.Users)) {
		u := s.Users[name]
		row := []string{u.Name, u.arn(c.account.id, userKind), reportTime(u.Created)}
		if u.Login == nil {
			row = append(row, "false", "N/A", "N/A", "N/A")
		} else {
			next := "N/A"
			if s.Password != nil && s.Password.MaxAge > 0 {
				next = reportTime(u.Login.Changed.AddDate(0, 0, s.Password.MaxAge))
			}
			row = append(row, "true", "no_information", reportTime(u.Login.Changed), next)
		}
		_ = w.Write(append(row, s.reportCredentials(name)...))
	}
	w.Flush()
	return b.String()
}

// reportCredentials are the columns from mfa_active on.
func (s *iamState) reportCredentials(user string) []string {
	row := []string{strconv.FormatBool(len(s.devicesOf(user)) > 0)}
	keys := s.keysOf(user)
	for i := range keysPerUser {
		if i >= len(keys) {
			row = append(row, "false", "N/A", "N/A", "N/A", "N/A")
			continue
		}
		k := keys[i]
		row = append(row, strconv.FormatBool(k.Active), reportTime(k.Created))
		if k.LastUsed.IsZero() {
			row = append(row, "N/A", "N/A", "N/A")
		} else {
			row = append(row, reportTime(k.LastUsed), k.LastRegion, k.LastService)
		}
	}
	certificates := []uploaded{}
	if u := s.Users[user]; u != nil {
		certificates = u.Certificates
	}
	for i := range 2 { // IAM's limit
		if i >= len(certificates) {
			row = append(row, "false", "N/A")
			continue
		}
		row = append(row, strconv.FormatBool(certificates[i].Active), reportTime(certificates[i].Created))
	}
	return row
}

func reportTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }
