package drift

import (
	"time"

	"claria/provision"
)

// goodMonitoring is what only an account itself can say of Monitoring, with what
// nobody gets unasked: GuardDuty, alarms, AWS Config, Security Hub.
func goodMonitoring(s *provision.State) {
	asked := settings()
	asked.Alerts = "office@example.org"
	m := &s.Monitoring
	m.GuardDuty = provision.Known(provision.GuardDuty{Detector: provision.Known(provision.Detector{Enabled: true, S3: true}), High: provision.Known(0)})
	m.Findings = provision.Known([]provision.AccessFinding{})
	m.Alerting = provision.Desired(asked).Monitoring.Alerting
	topic, _ := m.Alerting[0].Topic.Value()
	m.Topics = provision.Known([]provision.Topic{topic})
	m.LogAlarms = provision.Known([]provision.LogAlarm{})
	m.LogGroups = provision.Known([]provision.LogGroup{{Name: "/practice", Days: 400}, {Name: "/for-ever"}})
	m.LogPolicies = provision.Known([]provision.NamedDocument{})
	m.Recorder = provision.Known(provision.Recorder{Recording: true, Packs: []string{"Operational-Best-Practices-for-HIPAA-Security"}})
	m.SecurityHub = provision.Known(true)
	for _, model := range s.Models {
		m.Lifecycles = append(m.Lifecycles, provision.Lifecycle{Foundation: model.Foundation, Status: provision.Known("ACTIVE")})
	}
	m.Guardrails = provision.Known([]provision.Guardrail{{Name: "names", Sensitive: true}})
	for _, kind := range []string{"agent", "knowledge base", "custom model"} {
		m.Assets = append(m.Assets, provision.Assets{Kind: kind, List: provision.Known([]provision.Asset{})})
	}
	m.Recordings = provision.Known(provision.Recordings{Files: 2, Oldest: now.AddDate(0, 0, -4), Deleted: 1, Since: now.Add(-20 * time.Hour)})
	m.Vocabularies = provision.Known([]provision.Asset{})
	s.TranscriptionJobs = provision.Known([]provision.TranscriptionJob{{Name: "0123456789ABCDEFGHJKMNPQRS", Completed: now.Add(-time.Hour), Bucket: s.DataBucket.Name}})
}
