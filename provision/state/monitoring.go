package state

import "time"

// Monitoring is what watches the account, where alarms go, and what the account has of AI
// and transcription.
type Monitoring struct {
	GuardDuty Reading[GuardDuty] `json:"guard_duty"` // absent: there is no detector in Region
	// Findings are Access Analyzer's active findings of access from outside; absent: there
	// is no analyzer for it.
	Findings Reading[[]AccessFinding] `json:"findings"`
	Mantle   Reading[Mantle]          `json:"mantle"` // absent: Bedrock has no such endpoint in Region

	// Alerting is how each region raises alarms: Region first, then the region that gets the
	// events of sign-ins and IAM. It is read with Settings.Alerts or Wide.
	Alerting []Alerting `json:"alerting"`

	// The rest is read with Wide.

	Topics      Reading[[]Topic]         `json:"topics"`       // every SNS topic in Region
	LogAlarms   Reading[[]LogAlarm]      `json:"log_alarms"`   // CloudWatch alarms on log lines, in Region
	LogGroups   Reading[[]LogGroup]      `json:"log_groups"`   // in Region
	LogPolicies Reading[[]NamedDocument] `json:"log_policies"` // who else may write into them
	Recorder    Reading[Recorder]        `json:"recorder"`     // AWS Config in Region; absent: none
	SecurityHub Reading[bool]            `json:"security_hub"` // absent: not turned on in Region

	Lifecycles   []Lifecycle          `json:"lifecycles"` // of the declared models, in their order
	Guardrails   Reading[[]Guardrail] `json:"guardrails"` // Bedrock's, in Region
	Assets       []Assets             `json:"assets"`     // other Bedrock resources in Region
	Recordings   Reading[Recordings]  `json:"recordings"` // what is stored under recordings/ in the data bucket
	Vocabularies Reading[[]Asset]     `json:"vocabularies"`
}

// GuardDuty is the region's detector.
type GuardDuty struct {
	Detector Reading[Detector] `json:"detector"` // read when Wide
	High     Reading[int]      `json:"high"`     // findings of severity 7 or more that nobody archived
}

// Detector is a GuardDuty detector.
type Detector struct {
	Enabled bool `json:"enabled"`
	S3      bool `json:"s3"` // data events of S3
}

// AccessFinding is a resource that somebody outside the account can access.
type AccessFinding struct {
	Resource string `json:"resource"` // ARN
	Type     string `json:"type"`     // AWS::S3::Bucket, …
}

// Mantle is Bedrock's OpenAI-compatible endpoint, which has its own retention mode
// (Bedrock user guide, "Data retention").
type Mantle struct {
	Mode     string          `json:"mode"`
	Projects []MantleProject `json:"projects"`
}

// MantleProject is a project. Its mode overrides the account's.
type MantleProject struct {
	ID   string `json:"id"`
	Mode string `json:"mode"` // inherit: the account's
}

// Alerting is how one region raises alarms.
type Alerting struct {
	Region string               `json:"region"`
	Topic  Reading[Topic]       `json:"topic"` // Claria's own
	Rules  Reading[[]EventRule] `json:"rules"` // of the default event bus; without Wide only Claria's own
}

// Topic is an SNS topic and its subscriptions.
type Topic struct {
	ARN           string            `json:"arn"`
	Policy        string            `json:"policy"`        // JSON
	Key           string            `json:"key,omitempty"` // KMS key; empty: SNS's default encryption
	Tags          map[string]string `json:"tags,omitempty"`
	Subscriptions []Subscription    `json:"subscriptions"`
}

// Subscription is one receiver of a topic's messages.
type Subscription struct {
	Protocol string `json:"protocol"` // email, https, lambda, …
	Endpoint string `json:"endpoint"`
	Pending  bool   `json:"pending,omitempty"` // the receiver has not confirmed yet
}

// EventRule is an EventBridge rule with an event pattern.
type EventRule struct {
	Name    string            `json:"name"`
	Pattern string            `json:"pattern"` // JSON
	State   string            `json:"state"`   // ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS
	Tags    map[string]string `json:"tags,omitempty"`
	Targets []EventTarget     `json:"targets"`
}

// EventTarget is where a rule sends matching events.
type EventTarget struct {
	ARN string `json:"arn"`
	// Paths and Template are its input transformer; both empty: it sends the event as it is.
	Paths    map[string]string `json:"paths,omitempty"`
	Template string            `json:"template,omitempty"`
}

// LogAlarm is a metric filter on a log group and the alarm on its metric.
type LogAlarm struct {
	Alarm   string `json:"alarm"`
	Filter  string `json:"filter"`  // the metric filter's name
	Pattern string `json:"pattern"` // CloudWatch Logs filter pattern
	Group   string `json:"group"`   // log group
	Acts    bool   `json:"acts"`    // the alarm has actions, and they are on
}

// LogGroup is a CloudWatch log group.
type LogGroup struct {
	Name string `json:"name"`
	Days int    `json:"days"`          // 0: its lines never expire
	Key  string `json:"key,omitempty"` // KMS key; empty: CloudWatch's default encryption
}

// Recorder is AWS Config's recorder and the deployed conformance packs.
type Recorder struct {
	Recording bool     `json:"recording"`
	Packs     []string `json:"packs,omitempty"`
}

// Lifecycle is a declared model's lifecycle; the status is absent if AWS no longer has the
// model.
type Lifecycle struct {
	Foundation string          `json:"foundation"`
	Status     Reading[string] `json:"status"`       // ACTIVE, LEGACY
	End        time.Time       `json:"end,omitzero"` // of life, once AWS has set it
}

// Guardrail is a Bedrock guardrail.
type Guardrail struct {
	Name      string `json:"name"`
	Sensitive bool   `json:"sensitive"` // it has a filter for sensitive information
}

// Assets are the resources of one kind.
type Assets struct {
	Kind string           `json:"kind"` // "agent", "knowledge base", …
	List Reading[[]Asset] `json:"list"`
}

// Asset is a resource that somebody created in the account.
type Asset struct {
	Kind string `json:"kind,omitempty"`
	Name string `json:"name"`
}

// Recordings is what is stored under recordings/, including deleted versions.
type Recordings struct {
	Files   int       `json:"files"`
	Oldest  time.Time `json:"oldest,omitzero"` // of the files
	Deleted int       `json:"deleted"`         // older versions that are still stored
	Since   time.Time `json:"since,omitzero"`  // when the first of those was deleted or overwritten
	More    bool      `json:"more,omitempty"`  // there is more than was read
}
