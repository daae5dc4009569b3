package drift

import (
	"time"

	"claria/provision"
	"claria/provision/state"
)

// goodMonitoring fills in what only an account itself can say about Monitoring, with what
// is off by default: GuardDuty, alerts, AWS Config, Security Hub.
func goodMonitoring(s *state.State) {
	asked := settings()
	asked.Alerts = "office@example.org"
	m := &s.Monitoring
	m.GuardDuty = state.Known(state.GuardDuty{Detector: state.Known(state.Detector{Enabled: true, S3: true}), High: state.Known(0)})
	m.Findings = state.Known([]state.AccessFinding{})
	m.Alerting = provision.Desired(asked).Monitoring.Alerting
	topic, _ := m.Alerting[0].Topic.Value()
	m.Topics = state.Known([]state.Topic{topic})
	m.LogAlarms = state.Known([]state.LogAlarm{})
	m.LogGroups = state.Known([]state.LogGroup{{Name: "/practice", Days: 400}, {Name: "/for-ever"}})
	m.LogPolicies = state.Known([]state.NamedDocument{})
	m.Recorder = state.Known(state.Recorder{Recording: true, Packs: []string{"Operational-Best-Practices-for-HIPAA-Security"}})
	m.SecurityHub = state.Known(true)
	for _, model := range s.Models {
		m.Lifecycles = append(m.Lifecycles, state.Lifecycle{Foundation: model.Foundation, Status: state.Known("ACTIVE")})
	}
	m.Guardrails = state.Known([]state.Guardrail{{Name: "names", Sensitive: true}})
	for _, kind := range []string{"agent", "knowledge base", "custom model"} {
		m.Assets = append(m.Assets, state.Assets{Kind: kind, List: state.Known([]state.Asset{})})
	}
	m.Recordings = state.Known(state.Recordings{Files: 2, Oldest: now.AddDate(0, 0, -4), Deleted: 1, Since: now.Add(-20 * time.Hour)})
	m.Vocabularies = state.Known([]state.Asset{})
	s.TranscriptionJobs = state.Known([]state.TranscriptionJob{{Name: "0123456789ABCDEFGHJKMNPQRS", Completed: now.Add(-time.Hour), Bucket: s.DataBucket.Name}})
}
