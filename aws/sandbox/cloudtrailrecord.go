package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A trailRecord is one event as CloudTrail writes it.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
type trailRecord struct {
	EventVersion        string          `json:"eventVersion"`
	UserIdentity        userIdentity    `json:"userIdentity"`
	EventTime           string          `json:"eventTime"`
	EventSource         string          `json:"eventSource"`
	EventName           string          `json:"eventName"`
	AWSRegion           string          `json:"awsRegion"`
	SourceIPAddress     string          `json:"sourceIPAddress"`
	UserAgent           string          `json:"userAgent"`
	ErrorCode           string          `json:"errorCode,omitempty"`
	ErrorMessage        string          `json:"errorMessage,omitempty"`
	RequestParameters   map[string]any  `json:"requestParameters"`
	ResponseElements    map[string]any  `json:"responseElements"`
	AdditionalEventData map[string]any  `json:"additionalEventData,omitempty"`
	RequestID           string          `json:"requestID"`
	EventID             string          `json:"eventID"`
	ReadOnly            bool            `json:"readOnly"`
	Resources           []trailResource `json:"resources,omitempty"`
	EventType           string          `json:"eventType"`
	ManagementEvent     bool            `json:"managementEvent"`
	RecipientAccountID  string          `json:"recipientAccountId"`
	EventCategory       string          `json:"eventCategory"`
	TLSDetails          *tlsDetails     `json:"tlsDetails,omitempty"`
}

type userIdentity struct {
	Type           string          `json:"type"`
	PrincipalID    string          `json:"principalId,omitempty"`
	ARN            string          `json:"arn,omitempty"`
	AccountID      string          `json:"accountId,omitempty"`
	AccessKeyID    string          `json:"accessKeyId,omitempty"`
	UserName       string          `json:"userName,omitempty"`
	SessionContext *sessionContext `json:"sessionContext,omitempty"`
	InvokedBy      string          `json:"invokedBy,omitempty"`
}

type sessionContext struct {
	SessionIssuer struct {
		Type        string `json:"type"`
		PrincipalID string `json:"principalId"`
		ARN         string `json:"arn"`
		AccountID   string `json:"accountId"`
		UserName    string `json:"userName"`
	} `json:"sessionIssuer"`
	Attributes struct {
		CreationDate     string `json:"creationDate"`
		MFAAuthenticated string `json:"mfaAuthenticated"`
	} `json:"attributes"`
}

type trailResource struct {
	AccountID string `json:"accountId,omitempty"`
	Type      string `json:"type"`
	ARN       string `json:"ARN"`
}

type tlsDetails struct {
	Version string `json:"tlsVersion"`
	Cipher  string `json:"cipherSuite"`
	Host    string `json:"clientProvidedHostHeader,omitempty"`
}

// eventName is CloudTrail's name of an operation. For some operations of S3 it differs from
// the API's name.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
func eventName(e event) string {
	if e.Service != "s3" {
		return e.Operation
	}
	if name, ok := strings.CutSuffix(e.Operation, "PublicAccessBlock"); ok {
		if strings.HasSuffix(e.Action, "AccountPublicAccessBlock") {
			return name + "AccountPublicAccessBlock"
		}
		return name + "BucketPublicAccessBlock"
	}
	switch e.Operation {
	case "ListObjectsV2":
		return "ListObjects"
	case "GetBucketLifecycleConfiguration":
		return "GetBucketLifecycle"
	case "PutBucketLifecycleConfiguration":
		return "PutBucketLifecycle"
	case "GetBucketNotificationConfiguration":
		return "GetBucketNotification"
	case "PutBucketNotificationConfiguration":
		return "PutBucketNotification"
	case "GetObjectLockConfiguration":
		return "GetBucketObjectLockConfiguration"
	case "PutObjectLockConfiguration":
		return "PutBucketObjectLockConfiguration"
	}
	return e.Operation
}

// recordOf makes the CloudTrail record of an event.
func recordOf(account string, e event) trailRecord {
	r := trailRecord{
		EventVersion: "1.11", UserIdentity: identityOf(e.Identity), EventTime: isoSeconds(e.Time), EventSource: e.Source,
		EventName: eventName(e), AWSRegion: e.Region, SourceIPAddress: e.SourceIP, UserAgent: e.UserAgent,
		ErrorCode: e.Code, ErrorMessage: e.Message, RequestParameters: e.Parameters, AdditionalEventData: e.Extra,
		RequestID: e.RequestID, EventID: newRequestID(), ReadOnly: !e.Write, EventType: "AwsApiCall",
		ManagementEvent: !e.Data, RecipientAccountID: account, EventCategory: "Management",
	}
	if e.Write && e.Code == "" {
		r.ResponseElements = e.Response
	}
	for _, one := range e.Resources {
		r.Resources = append(r.Resources, trailResource{AccountID: account, Type: one.Type, ARN: one.ARN})
	}
	if e.Data {
		r.EventCategory = "Data"
		// An object event of a whole bucket (a listing, a batch delete) concerns all of the
		// bucket's objects.
		if e.Service == "s3" && !slices.ContainsFunc(r.Resources, func(one trailResource) bool { return one.Type == "AWS::S3::Object" }) {
			if bucket, ok := e.Parameters["bucketName"].(string); ok {
				r.Resources = slices.Insert(r.Resources, 0, trailResource{Type: "AWS::S3::Object", ARN: objectARN(bucket, "")})
			}
		}
	}
	if e.Service == "s3" && e.Identity.Service == "" {
		r.AdditionalEventData = map[string]any{
			"SignatureVersion": "SigV4", "AuthenticationMethod": e.Signature, "bytesTransferredIn": e.In, "bytesTransferredOut": e.Out,
			"x-amz-id-2": hostID(e.RequestID),
		}
		for name, value := range e.Extra {
			r.AdditionalEventData[name] = value
		}
	}
	if e.TLS && e.Identity.Service == "" {
		r.TLSDetails = &tlsDetails{Version: "TLSv1.3", Cipher: "TLS_AES_128_GCM_SHA256", Host: e.Host}
	}
	return r
}

func identityOf(c caller) userIdentity {
	u := userIdentity{Type: c.kind(), PrincipalID: c.UserID, ARN: c.ARN, AccountID: c.Account, AccessKeyID: c.keyID, UserName: c.user}
	switch u.Type {
	case "AWSService":
		return userIdentity{Type: u.Type, InvokedBy: c.Service}
	case "AWSAccount":
		return userIdentity{Type: u.Type, PrincipalID: "", AccountID: "anonymous"}
	case "AssumedRole":
		s := &sessionContext{}
		role, _, _ := strings.Cut(c.UserID, ":")
		s.SessionIssuer.Type, s.SessionIssuer.PrincipalID, s.SessionIssuer.UserName = "Role", role, c.role
		s.SessionIssuer.ARN, s.SessionIssuer.AccountID = c.principalARN(), c.Account
		s.Attributes.CreationDate, s.Attributes.MFAAuthenticated = isoSeconds(c.issued), strconv.FormatBool(c.mfa)
		u.SessionContext = s
	}
	return u
}

// A historyEvent is a management event in the event history, with its look-up attributes.
type historyEvent struct {
	Time     time.Time       `json:"time"`
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Source   string          `json:"source"`
	Region   string          `json:"region"`
	User     string          `json:"user,omitempty"`
	Key      string          `json:"key,omitempty"`
	ReadOnly bool            `json:"read_only"`
	Record   json.RawMessage `json:"record"`
}

// The event history keeps 90 days; the demo account also limits the number of events.
const (
	historyDays   = 90
	longestRecord = 256 << 10
	mostHistory   = 5000
)

// observeCall records one finished call: in the event history when it is a management
// event, and for every trail that selects it. Then it runs due deliveries.
func (a *Account) observeCall(e event) {
	if e.Operation == "Unknown" || e.Identity.ARN == "" && e.Identity.Service == "" && !e.Identity.anonymous {
		return // CloudTrail does not record this: no operation, or an unknown signer
	}
	record := recordOf(a.id, e)
	text, err := json.Marshal(record)
	if err == nil && len(text) > longestRecord {
		record.RequestParameters = map[string]any{"omitted": true}
		text, err = json.Marshal(record)
	}
	if err != nil {
		return // every value in a record marshals
	}
	own := e.Identity.Service == trailPrincipal
	_ = a.update("cloudtrail", func() error {
		state := a.cloudtrail()
		if record.ManagementEvent {
			state.History = append(state.History, historyEvent{
				Time: e.Time.UTC(), ID: record.EventID, Name: record.EventName, Source: record.EventSource, Region: record.AWSRegion,
				User: userNameOf(record.UserIdentity), Key: record.UserIdentity.AccessKeyID, ReadOnly: record.ReadOnly, Record: text,
			})
			if over := len(state.History) - mostHistory; over > 0 {
				// Drops many at once, so that the list is not moved for each event.
				state.History = slices.Delete(state.History, 0, over+mostHistory/10)
			}
		}
		for _, t := range state.Trails {
			if (t.Logging || t.Closing) && t.covers(record) && t.wants(record) && (!own || !record.ManagementEvent) {
				t.Pending = append(t.Pending, text)
			}
		}
		return nil
	})
	if !own {
		a.deliverDue()
	}
}

// covers reports whether a trail records events of the record's region.
func (t *trail) covers(r trailRecord) bool {
	global := r.EventSource == "iam.amazonaws.com" || r.EventSource == "sts.amazonaws.com" || r.EventSource == "organizations.amazonaws.com"
	if global && !t.Global {
		return false
	}
	return t.MultiRegion || r.AWSRegion == t.Region
}

// userNameOf is the name that LookupEvents finds events by.
func userNameOf(u userIdentity) string {
	switch {
	case u.UserName != "":
		return u.UserName
	case u.Type == "Root":
		return "root"
	case u.SessionContext != nil:
		_, session, _ := strings.Cut(u.PrincipalID, ":")
		return session
	}
	return ""
}

// lookupEvents: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
func (c *call) lookupEvents() error {
	var in struct {
		LookupAttributes []struct{ AttributeKey, AttributeValue string } `json:",omitempty"`
		StartTime        *epoch                                          `json:",omitempty"`
		EndTime          *epoch                                          `json:",omitempty"`
		MaxResults       *int                                            `json:",omitempty"`
		NextToken        string                                          `json:",omitempty"`
		EventCategory    string                                          `json:",omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("cloudtrail:LookupEvents", "*", nil); err != nil {
		return err
	}
	start, end, size := c.now.AddDate(0, 0, -historyDays), c.now.Add(time.Second), 50
	if in.StartTime != nil && in.StartTime.After(start) {
		start = in.StartTime.Time
	}
	if in.EndTime != nil {
		end = in.EndTime.Time
	}
	if in.MaxResults != nil {
		size = *in.MaxResults
	}
	switch {
	case start.After(end):
		return trailError("InvalidTimeRangeException", "End time must be after start time.")
	case size < 1 || size > 50:
		return trailError("InvalidMaxResultsException", "A maximum results value of "+strconv.Itoa(size)+
			" is invalid. Valid values are between 1 and 50.")
	case len(in.LookupAttributes) > 1:
		return trailError("InvalidLookupAttributesException", "You can specify only one lookup attribute per request.")
	}
	fits := func(historyEvent) bool { return true }
	for _, one := range in.LookupAttributes {
		get, ok := lookupKeys()[one.AttributeKey]
		if !ok {
			return trailError("InvalidLookupAttributesException", "Invalid lookup attribute key: "+one.AttributeKey)
		}
		fits = func(e historyEvent) bool { return slices.Contains(get(e), one.AttributeValue) }
	}
	found := []historyEvent{}
	if in.EventCategory == "" { // the demo account has no insight events
		c.account.view(func() {
			for _, e := range slices.Backward(c.account.cloudtrail().History) {
				if e.Region == c.region && !e.Time.Before(start) && !e.Time.After(end) && fits(e) {
					found = append(found, e)
				}
			}
		})
	}
	slices.SortStableFunc(found, func(x, y historyEvent) int { return y.Time.Compare(x.Time) })
	page, next, err := pageOf(found, in.NextToken, size)
	if err != nil {
		return trailError("InvalidNextTokenException", "The NextToken is not valid.")
	}
	out := struct {
		Events    []lookedUp
		NextToken string `json:",omitempty"`
	}{Events: []lookedUp{}, NextToken: next}
	for _, e := range page {
		out.Events = append(out.Events, e.onWire())
	}
	return c.json(http.StatusOK, out)
}

// lookupKeys are the attributes that events are looked up by.
func lookupKeys() map[string]func(historyEvent) []string {
	one := func(get func(historyEvent) string) func(historyEvent) []string {
		return func(e historyEvent) []string { return []string{get(e)} }
	}
	return map[string]func(historyEvent) []string{
		"EventId":     one(func(e historyEvent) string { return e.ID }),
		"EventName":   one(func(e historyEvent) string { return e.Name }),
		"EventSource": one(func(e historyEvent) string { return e.Source }),
		"Username":    one(func(e historyEvent) string { return e.User }),
		"AccessKeyId": one(func(e historyEvent) string { return e.Key }),
		"ReadOnly":    one(func(e historyEvent) string { return strconv.FormatBool(e.ReadOnly) }),
		"ResourceType": func(e historyEvent) (types []string) {
			for _, one := range e.resources() {
				types = append(types, one.ResourceType)
			}
			return types
		},
		"ResourceName": func(e historyEvent) (names []string) {
			for _, one := range e.resources() {
				names = append(names, one.ResourceName)
			}
			return names
		},
	}
}

type lookedUp struct {
	EventId         string
	EventName       string
	ReadOnly        string
	AccessKeyId     string `json:",omitempty"`
	EventTime       epoch
	EventSource     string
	Username        string `json:",omitempty"`
	Resources       []lookedUpResource
	CloudTrailEvent string
}

type lookedUpResource struct{ ResourceType, ResourceName string }

// resources returns an event's resources as the event history names them: an S3 bucket by
// name, all others by ARN.
func (e historyEvent) resources() []lookedUpResource {
	var record struct {
		Resources []trailResource `json:"resources"`
	}
	if err := json.Unmarshal(e.Record, &record); err != nil {
		return nil // we wrote it
	}
	out := []lookedUpResource{}
	for _, one := range record.Resources {
		out = append(out, lookedUpResource{one.Type, strings.TrimPrefix(one.ARN, "arn:aws:s3:::")})
	}
	return out
}

func (e historyEvent) onWire() lookedUp {
	return lookedUp{
		EventId: e.ID, EventName: e.Name, ReadOnly: strconv.FormatBool(e.ReadOnly), AccessKeyId: e.Key, EventTime: epoch{e.Time},
		EventSource: e.Source, Username: e.User, Resources: e.resources(), CloudTrailEvent: string(e.Record),
	}
}
