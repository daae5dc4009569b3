package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Event selectors: which events a trail records.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html

type basicSelector struct {
	ReadWriteType                 string
	IncludeManagementEvents       *bool
	DataResources                 []dataResource
	ExcludeManagementEventSources []string
}

type dataResource struct {
	Type   string
	Values []string
}

type advancedSelector struct {
	Name           string `json:",omitempty"`
	FieldSelectors []fieldSelector
}

type fieldSelector struct {
	Field         string
	Equals        []string `json:",omitempty"`
	StartsWith    []string `json:",omitempty"`
	EndsWith      []string `json:",omitempty"`
	NotEquals     []string `json:",omitempty"`
	NotStartsWith []string `json:",omitempty"`
	NotEndsWith   []string `json:",omitempty"`
}

// defaultSelectors are the selectors of a trail without its own: management events, read
// and write.
func defaultSelectors() []basicSelector {
	yes := true
	return []basicSelector{
		{ReadWriteType: "All", IncludeManagementEvents: &yes, DataResources: []dataResource{}, ExcludeManagementEventSources: []string{}},
	}
}

func (t *trail) basic() []basicSelector {
	if t.Basic == nil && t.Advanced == nil {
		return defaultSelectors()
	}
	return t.Basic
}

func (c *call) putEventSelectors() error {
	var in struct {
		TrailName              string
		EventSelectors         []basicSelector
		AdvancedEventSelectors []advancedSelector
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn, err := c.onTrail("PutEventSelectors", in.TrailName)
	if err != nil {
		return err
	}
	if (len(in.EventSelectors) > 0) == (len(in.AdvancedEventSelectors) > 0) {
		return invalidSelectors("Give either event selectors or advanced event selectors.")
	}
	for i := range in.EventSelectors {
		if err := in.EventSelectors[i].check(); err != nil {
			return err
		}
	}
	if len(in.EventSelectors) > 5 {
		return invalidSelectors("A trail can have up to five event selectors.")
	}
	values := 0
	for _, s := range in.AdvancedEventSelectors {
		if err := s.check(); err != nil {
			return err
		}
		for _, f := range s.FieldSelectors {
			for _, list := range f.lists() {
				values += len(*list)
			}
		}
	}
	if values > 500 {
		return invalidSelectors("The advanced event selectors of a trail can have up to 500 values.")
	}
	err = c.changeTrail(arn, func(t *trail) error {
		t.Basic, t.Advanced = in.EventSelectors, in.AdvancedEventSelectors
		return nil
	})
	if err != nil {
		return err
	}
	return c.answerSelectors(arn)
}

func invalidSelectors(message string) error {
	return trailError("InvalidEventSelectorsException", message)
}

// check sets the defaults of a basic selector and refuses what CloudTrail refuses.
func (s *basicSelector) check() error {
	if s.ReadWriteType == "" {
		s.ReadWriteType = "All"
	}
	if s.IncludeManagementEvents == nil {
		s.IncludeManagementEvents = new(true)
	}
	s.DataResources, s.ExcludeManagementEventSources = nonNil(s.DataResources), nonNil(s.ExcludeManagementEventSources)
	if !slices.Contains([]string{"All", "ReadOnly", "WriteOnly"}, s.ReadWriteType) {
		return invalidSelectors("ReadWriteType must be ReadOnly, WriteOnly or All.")
	}
	for _, source := range s.ExcludeManagementEventSources {
		if source != "kms.amazonaws.com" && source != "rdsdata.amazonaws.com" {
			return invalidSelectors("ExcludeManagementEventSources can only be kms.amazonaws.com and rdsdata.amazonaws.com.")
		}
	}
	for _, data := range s.DataResources {
		if !slices.Contains([]string{"AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"}, data.Type) {
			return invalidSelectors("Value for data resource type is invalid: " + data.Type)
		}
		for _, value := range data.Values {
			if data.Type == "AWS::S3::Object" && value != "arn:aws:s3" && value != "arn:aws:s3:::" &&
				(!strings.HasPrefix(value, "arn:aws:s3:::") || !strings.Contains(value, "/")) {
				return invalidSelectors(
					"Value " + value + " for S3 data resources is invalid: it must be the ARN of a bucket or prefix that ends in a slash.")
			}
		}
	}
	return nil
}

func (f *fieldSelector) lists() []*[]string {
	return []*[]string{&f.Equals, &f.StartsWith, &f.EndsWith, &f.NotEquals, &f.NotStartsWith, &f.NotEndsWith}
}

// The fields of advanced selectors, by event category.
var (
	managementFields = []string{
		"eventCategory", "readOnly", "eventSource", "eventName", "eventType", "userIdentity.arn", "sessionCredentialFromConsole",
	}
	dataFields = append([]string{"resources.type", "resources.ARN"}, managementFields...)
	// Network activity: calls through VPC endpoints.
	// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html
	networkFields = []string{"eventCategory", "eventSource", "eventName", "errorCode", "vpcEndpointId"}
)

func (s advancedSelector) check() error {
	if len(s.Name) > 1000 {
		return invalidSelectors("The name of an advanced event selector can have up to 1000 characters.")
	}
	seen := map[string]*fieldSelector{}
	for i := range s.FieldSelectors {
		f := &s.FieldSelectors[i]
		if seen[f.Field] != nil {
			return invalidSelectors("Field " + f.Field + " is given twice in one selector.")
		}
		seen[f.Field] = f
		given := 0
		for _, list := range f.lists() {
			given += len(*list)
		}
		if given == 0 {
			return invalidSelectors("Field " + f.Field + " has no operator.")
		}
	}
	only := func(field string) string {
		f := seen[field]
		if f == nil || len(f.Equals) != 1 || len(f.StartsWith)+len(f.EndsWith)+len(f.NotEquals)+len(f.NotStartsWith)+len(f.NotEndsWith) > 0 {
			return ""
		}
		return f.Equals[0]
	}
	var fields []string
	switch only("eventCategory") {
	case "Management":
		fields = managementFields
	case "Data":
		fields = dataFields
		if only("resources.type") == "" {
			return invalidSelectors("A selector for data events must have resources.type with Equals and one value.")
		}
	case "NetworkActivity":
		fields = networkFields
		if only("eventSource") == "" {
			return invalidSelectors("A selector for network activity events must have eventSource with Equals and one value.")
		}
	default:
		return invalidSelectors("A selector must have eventCategory with Equals and one of Management, Data and NetworkActivity.")
	}
	for field := range seen {
		if !slices.Contains(fields, field) {
			return invalidSelectors("Field " + field + " cannot be used for the event category " + only("eventCategory") + ".")
		}
	}
	if seen["errorCode"] != nil && only("errorCode") != "VpceAccessDenied" {
		return invalidSelectors("errorCode can only be Equals with the value VpceAccessDenied.")
	}
	if seen["readOnly"] != nil && only("readOnly") != "true" && only("readOnly") != "false" {
		return invalidSelectors("readOnly can only be Equals with the value true or false.")
	}
	return nil
}

func (c *call) getEventSelectors() error {
	var in struct{ TrailName string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn, err := c.onTrail("GetEventSelectors", in.TrailName)
	if err != nil {
		return err
	}
	return c.answerSelectors(arn)
}

func (c *call) answerSelectors(arn string) error {
	var out struct {
		TrailARN               string
		EventSelectors         []basicSelector    `json:",omitempty"`
		AdvancedEventSelectors []advancedSelector `json:",omitempty"`
	}
	out.TrailARN = arn
	err := c.readTrail(arn, func(t *trail) { out.EventSelectors, out.AdvancedEventSelectors = t.basic(), t.Advanced })
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, out)
}

// wants reports whether a trail records an event.
func (t *trail) wants(r trailRecord) bool {
	for _, s := range t.basic() {
		if s.matches(r) {
			return true
		}
	}
	return slices.ContainsFunc(t.Advanced, func(s advancedSelector) bool { return s.matches(r) })
}

func (s basicSelector) matches(r trailRecord) bool {
	if s.ReadWriteType == "ReadOnly" && !r.ReadOnly || s.ReadWriteType == "WriteOnly" && r.ReadOnly {
		return false
	}
	if r.ManagementEvent {
		return *s.IncludeManagementEvents && !slices.Contains(s.ExcludeManagementEventSources, r.EventSource)
	}
	for _, data := range s.DataResources {
		for _, one := range r.Resources {
			if one.Type != data.Type {
				continue
			}
			if slices.ContainsFunc(data.Values, func(value string) bool { return strings.HasPrefix(one.ARN, value) }) {
				return true
			}
		}
	}
	return false
}

func (s advancedSelector) matches(r trailRecord) bool {
	for _, f := range s.FieldSelectors {
		if !slices.ContainsFunc(r.field(f.Field), f.matches) {
			return false
		}
	}
	return true
}

// matches: one positive value is enough, and every negative one must hold.
func (f fieldSelector) matches(value string) bool {
	has := func(list []string, test func(s, part string) bool) bool {
		return slices.ContainsFunc(list, func(part string) bool { return test(value, part) })
	}
	equal := func(s, part string) bool { return s == part }
	if has(f.NotEquals, equal) || has(f.NotStartsWith, strings.HasPrefix) || has(f.NotEndsWith, strings.HasSuffix) {
		return false
	}
	if len(f.Equals)+len(f.StartsWith)+len(f.EndsWith) == 0 {
		return true
	}
	return has(f.Equals, equal) || has(f.StartsWith, strings.HasPrefix) || has(f.EndsWith, strings.HasSuffix)
}

// field returns a record's values for a selector's field.
func (r trailRecord) field(name string) []string {
	switch name {
	case "eventCategory":
		return []string{r.EventCategory}
	case "readOnly":
		return []string{strconv.FormatBool(r.ReadOnly)}
	case "eventSource":
		return []string{r.EventSource}
	case "eventName":
		return []string{r.EventName}
	case "eventType":
		return []string{r.EventType}
	case "userIdentity.arn":
		return []string{r.UserIdentity.ARN}
	case "sessionCredentialFromConsole":
		return []string{"false"}
	}
	// A data event's own resource is its first: the object, not the bucket.
	if len(r.Resources) == 0 {
		return nil
	}
	if name == "resources.type" {
		return []string{r.Resources[0].Type}
	}
	return []string{r.Resources[0].ARN}
}
