package evidence

import (
	"bytes"
	"encoding/json"
	"io"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
)

// ocsfVersion is the version of the Open Cybersecurity Schema Framework that the
// events follow: the first with an object for the single checks of a control.
const ocsfVersion = "1.5.0"

// The event's class (OCSF, Compliance Finding): category Findings, class 2003.
const (
	ocsfCategory = 2
	ocsfClass    = 2003
)

// ocsfEvent is one Compliance Finding: one control on one resource. Times are in
// milliseconds since 1970.
type ocsfEvent struct {
	ActivityID   int            `json:"activity_id"`
	ActivityName string         `json:"activity_name"`
	CategoryName string         `json:"category_name"`
	CategoryUID  int            `json:"category_uid"`
	ClassName    string         `json:"class_name"`
	ClassUID     int            `json:"class_uid"`
	Cloud        ocsfCloud      `json:"cloud"`
	Compliance   ocsfCompliance `json:"compliance"`
	FindingInfo  ocsfFinding    `json:"finding_info"`
	Message      string         `json:"message"`
	Metadata     ocsfMetadata   `json:"metadata"`
	Remediation  *ocsfRemedy    `json:"remediation,omitempty"`
	Resources    []ocsfResource `json:"resources"`
	Severity     string         `json:"severity"`
	SeverityID   int            `json:"severity_id"`
	Status       string         `json:"status"`
	StatusID     int            `json:"status_id"`
	Time         int64          `json:"time"`
	TypeName     string         `json:"type_name"`
	TypeUID      int            `json:"type_uid"`
}

type ocsfCloud struct {
	Account  ocsfNamed `json:"account"`
	Provider string    `json:"provider"`
	Region   string    `json:"region,omitempty"`
}

type ocsfNamed struct {
	Type   string `json:"type,omitempty"`
	TypeID int    `json:"type_id,omitempty"`
	UID    string `json:"uid"`
}

type ocsfCompliance struct {
	Checks       []ocsfCheck `json:"checks"`
	Control      string      `json:"control"`
	Requirements []string    `json:"requirements"`
	Standards    []string    `json:"standards"`
	Status       string      `json:"status"`
	StatusCode   string      `json:"status_code"`
	StatusDetail string      `json:"status_detail,omitempty"`
	StatusID     int         `json:"status_id"`
}

type ocsfCheck struct {
	Desc     string `json:"desc,omitempty"`
	Name     string `json:"name"`
	Status   string `json:"status"`
	StatusID int    `json:"status_id"`
	UID      string `json:"uid"`
}

type ocsfFinding struct {
	CreatedTime  int64    `json:"created_time"`
	Desc         string   `json:"desc"`
	LastSeenTime int64    `json:"last_seen_time"`
	Title        string   `json:"title"`
	Types        []string `json:"types"`
	UID          string   `json:"uid"`
}

type ocsfMetadata struct {
	EventCode string      `json:"event_code"`
	Product   ocsfProduct `json:"product"`
	Profiles  []string    `json:"profiles"`
	UID       string      `json:"uid"`
	Version   string      `json:"version"`
}

type ocsfProduct struct {
	Name       string `json:"name"`
	UID        string `json:"uid"`
	VendorName string `json:"vendor_name"`
	Version    string `json:"version,omitempty"`
}

type ocsfRemedy struct {
	Desc       string   `json:"desc"`
	References []string `json:"references,omitempty"`
}

type ocsfResource struct {
	Name   string `json:"name"`
	Region string `json:"region,omitempty"`
	Type   string `json:"type"`
	UID    string `json:"uid"`
}

// OCSF writes one event per line. A finding that no longer needs action is closed;
// one that existed at the previous check is updated; any other is created.
func OCSF(w io.Writer, d Dossier) error {
	rows := controls(d.Report.Set)
	open := map[string]bool{}
	if d.Previous != nil {
		for _, f := range d.Previous.Controls {
			open[f.ID] = !settled(f)
		}
	}
	for _, f := range d.Report.Controls {
		event := ocsf(d, f, rows[f.ID], open[f.ID])
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(event); err != nil {
			return err
		}
		if _, err := w.Write(out.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func ocsf(d Dossier, f drift.Finding, c catalogue.Control, seen bool) ocsfEvent {
	at := d.Report.Started.UnixMilli()
	resource := where(d, f)
	activity, name, status, statusID := 1, "Create", "New", 1
	switch {
	case settled(f):
		activity, name, status, statusID = 3, "Close", "Resolved", 4
	case f.Status == catalogue.Waived:
		activity, name, status, statusID = 2, "Update", "Suppressed", 3
	case seen:
		activity, name = 2, "Update"
	}
	verdict, verdictID := ocsfVerdict(f)
	requirements := []string{}
	for _, citation := range f.Citations {
		requirements = append(requirements, cited(citation))
	}
	severity, severityID := ocsfSeverity(f.Severity)
	uid := uuid("ocsf", d.Report.Account, f.ID, resource)
	event := ocsfEvent{
		ActivityID: activity, ActivityName: name, CategoryName: "Findings", CategoryUID: ocsfCategory,
		ClassName: "Compliance Finding", ClassUID: ocsfClass,
		TypeUID: ocsfClass*100 + activity, TypeName: "Compliance Finding: " + name,
		Time: at, Severity: severity, SeverityID: severityID, Status: status, StatusID: statusID,
		Message: safe.Line(f.ID+" "+f.Title) + ": " + meaning(f),
		Cloud: ocsfCloud{
			Provider: "AWS", Region: safe.Line(d.Report.Region),
			Account: ocsfNamed{Type: "AWS Account", TypeID: 10, UID: safe.Line(d.Report.Account)},
		},
		Compliance: ocsfCompliance{
			Control: safe.Line(f.ID), Requirements: requirements, Standards: []string{"HIPAA Security Rule 45 CFR 164"},
			Status: verdict, StatusID: verdictID, StatusCode: string(f.Status), StatusDetail: meaning(f), Checks: []ocsfCheck{},
		},
		FindingInfo: ocsfFinding{
			UID: uid, Title: safe.Line(f.Title), Desc: meaning(f), Types: []string{"HIPAA"}, CreatedTime: at, LastSeenTime: at,
		},
		Metadata: ocsfMetadata{
			Version: ocsfVersion, EventCode: safe.Line(f.ID), Profiles: []string{"cloud"},
			UID:     uuid("ocsf event", uid, d.Report.Started.UTC().String()),
			Product: ocsfProduct{Name: "Claria", UID: "claria", VendorName: "Claria", Version: d.Version},
		},
		Resources: []ocsfResource{{UID: resource, Name: resource, Type: family(f, c), Region: safe.Line(d.Report.Region)}},
	}
	for _, checks := range [][]string{f.ConfigRules, f.Prowler} {
		for _, check := range checks {
			event.Compliance.Checks = append(event.Compliance.Checks, ocsfCheck{
				UID: safe.Line(check), Name: safe.Line(check), Status: verdict, StatusID: verdictID,
			})
		}
	}
	if !settled(f) && c.Guide != "" {
		event.Remediation = &ocsfRemedy{Desc: c.Guide}
	}
	return event
}

// ocsfVerdict returns the compliance object's status. Only what was verified is a
// pass: what someone signed, what does not apply and what was accepted are Other
// under their own name, and what waits for a signature or is only advice is a warning.
func ocsfVerdict(f drift.Finding) (string, int) {
	switch {
	case f.Status == catalogue.Pass:
		return "Pass", 1
	case f.Status == catalogue.Attested:
		return "Attested", 99
	case f.Status == catalogue.NotApplicable:
		return "Not applicable", 99
	case f.Status == catalogue.Waived:
		return "Waived", 99
	case fails(f):
		return "Fail", 3
	case unsure(f):
		return "Unknown", 0
	}
	return "Warning", 2
}

// settled reports whether a finding needs no action.
func settled(f drift.Finding) bool {
	return f.Status == catalogue.Pass || f.Status == catalogue.Attested || f.Status == catalogue.NotApplicable
}

func ocsfSeverity(s catalogue.Severity) (string, int) {
	switch s {
	case catalogue.Critical:
		return "Critical", 5
	case catalogue.High:
		return "High", 4
	case catalogue.Medium:
		return "Medium", 3
	case catalogue.Low:
		return "Low", 2
	case catalogue.Info:
		return "Informational", 1
	}
	return "Unknown", 0
}

func family(f drift.Finding, c catalogue.Control) string {
	switch {
	case f.Family != "":
		return f.Family
	case c.Family != "":
		return c.Family
	}
	return "Other"
}
