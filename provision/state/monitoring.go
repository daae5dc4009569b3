package state

import "time"

// Monitoring is what watches the account, where it raises the alarm, and what else of AI and transcription is in it.
type Monitoring struct {
	GuardDuty Reading[GuardDuty] `json:"guard_duty"` // absent: there is no detector in Region
	// Findings are Access Analyzer's active findings of access from outside;
	// absent: there is no analyzer that would make any.
	Findings Reading[[]AccessFinding] `json:"findings"`
	Mantle   Reading[Mantle]          `json:"mantle"` // absent: Bedrock has no such endpoint in Region

	// Alerting is where alarms are raised: Region first, then the region that hears
	// of sign-ins and of IAM. It is read when alarms are asked for, or Wide.
	Alerting []Alerting `json:"alerting"`

	// What follows is read when Wide.

	Topics      Reading[[]Topic]         `json:"topics"`       // every SNS topic in Region
	LogAlarms   Reading[[]LogAlarm]      `json:"log_alarms"`   // CloudWatch alarms on log lines, in Region
	LogGroups   Reading[[]LogGroup]      `json:"log_groups"`   // in Region
	LogPolicies Reading[[]NamedDocument] `json:"log_policies"` // who else may write into them
	Recorder    Reading[Recorder]        `json:"recorder"`     // AWS Config in Region; absent: none
	SecurityHub Reading[bool]            `json:"security_hub"` // absent: not turned on in Region

	Lifecycles   []Lifecycle          `json:"lifecycles"` // of the declared models, in their order
	Guardrails   Reading[[]Guardrail] `json:"guardrails"` // Bedrock's, in Region
	Assets       []Assets             `json:"assets"`     // what else there is of Bedrock in Region
	Recordings   Reading[Recordings]  `json:"recordings"` // what lies under recordings/ in the data bucket
	Vocabularies Reading[[]Asset]     `json:"vocabularies"`
}

// GuardDuty is the region's detector.
type GuardDuty struct {
	Detector Reading[Detector] `json:"detector"` // read when Wide
	High     Reading[int]      `json:"high"`     // findings of severity 7 and more that nobody archived
}

// Detector is what GuardDuty watches.
type Detector struct {
	Enabled bool `json:"enabled"`
	S3      bool `json:"s3"` // data events of S3
}

// AccessFinding is a resource that somebody outside the account can reach.
type AccessFinding struct {
	Resource string `json:"resource"` // ARN
	Type     string `json:"type"`     // AWS::S3::Bucket, …
}

// Mantle is Bedrock's other endpoint, which has a retention mode of its own
// (Bedrock user guide, "Data retention").
type Mantle struct {
	Mode     string          `json:"mode"`
	Projects []MantleProject `json:"projects"`
}

// MantleProject is a project, whose own mode comes before the account's.
type MantleProject struct {
	ID   string `json:"id"`
	Mode string `json:"mode"` // inherit: the account's
}

// Alerting is where one region raises the alarm.
type Alerting struct {
	Region string               `json:"region"`
	Topic  Reading[Topic]       `json:"topic"` // the program's own
	Rules  Reading[[]EventRule] `json:"rules"` // of the default event bus; without Wide the program's own only
}

// Topic is an SNS topic and who hears of what is published to it.
type Topic struct {
	ARN           string            `json:"arn"`
	Policy        string            `json:"policy"`        // JSON
	Key           string            `json:"key,omitempty"` // KMS key; empty: SNS's own encryption of its disks
	Tags          map[string]string `json:"tags,omitempty"`
	Subscriptions []Subscription    `json:"subscriptions"`
}

// Subscription is one receiver of a topic's messages.
type Subscription struct {
	Protocol string `json:"protocol"` // email, https, lambda, …
	Endpoint string `json:"endpoint"`
	Pending  bool   `json:"pending,omitempty"` // the receiver has not agreed yet
}

// EventRule is an EventBridge rule with an event pattern.
type EventRule struct {
	Name    string            `json:"name"`
	Pattern string            `json:"pattern"` // JSON
	State   string            `json:"state"`   // ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS
	Tags    map[string]string `json:"tags,omitempty"`
	Targets []EventTarget     `json:"targets"`
}

// EventTarget is where a rule sends what it hears.
type EventTarget struct {
	ARN string `json:"arn"`
	// Paths and Template are its input transformer; both empty: the event is sent
	// as it is.
	Paths    map[string]string `json:"paths,omitempty"`
	Template string            `json:"template,omitempty"`
}

// LogAlarm is a metric made of log lines and an alarm on it.
type LogAlarm struct {
	Alarm   string `json:"alarm"`
	Filter  string `json:"filter"`  // the metric filter's name
	Pattern string `json:"pattern"` // CloudWatch Logs filter pattern
	Group   string `json:"group"`   // log group
	Acts    bool   `json:"acts"`    // the alarm's actions are on, and there are some
}

// LogGroup is a CloudWatch log group.
type LogGroup struct {
	Name string `json:"name"`
	Days int    `json:"days"`          // 0: its lines never expire
	Key  string `json:"key,omitempty"` // KMS key; empty: CloudWatch's own encryption
}

// Recorder is AWS Config's recorder and the conformance packs that are deployed.
type Recorder struct {
	Recording bool     `json:"recording"`
	Packs     []string `json:"packs,omitempty"`
}

// Lifecycle is where a declared model stands in its life.
type Lifecycle struct {
	Foundation string          `json:"foundation"`
	Status     Reading[string] `json:"status"` // ACTIVE, LEGACY
}

// Guardrail is a Bedrock guardrail.
type Guardrail struct {
	Name      string `json:"name"`
	Sensitive bool   `json:"sensitive"` // it has a filter for sensitive information
}

// Assets are the things of one kind.
type Assets struct {
	Kind string           `json:"kind"` // "agent", "knowledge base", …
	List Reading[[]Asset] `json:"list"`
}

// Asset is something that somebody made in the account.
type Asset struct {
	Kind string `json:"kind,omitempty"`
	Name string `json:"name"`
}

// Recordings is what lies under recordings/, deleted versions included.
type Recordings struct {
	Files   int       `json:"files"`
	Oldest  time.Time `json:"oldest,omitzero"` // of the files
	Deleted int       `json:"deleted"`         // older versions that are still there
	Since   time.Time `json:"since,omitzero"`  // when the first of those was deleted or overwritten
	More    bool      `json:"more,omitempty"`  // there is more than was looked at
}
