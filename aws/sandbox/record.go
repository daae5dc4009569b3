package sandbox

import (
	"encoding/json"
	"io"
	"slices"
	"sync"
)

// An event is one finished call with everything that a CloudTrail record needs.
type event struct {
	Call
	RequestID  string
	Source     string // "s3.amazonaws.com"
	Region     string
	Identity   caller // who; kind() is the userIdentity type
	SourceIP   string // for an AWS service: its principal
	UserAgent  string
	Host       string
	Parameters map[string]any // requestParameters; never a body
	Response   map[string]any // responseElements
	Extra      map[string]any // additionalEventData
	Resources  []touched
	Data       bool // a data event
	Message    string
	In, Out    int64 // bytes of the bodies
	TLS        bool
	Signature  string // "AuthHeader", "QueryString" or empty
}

// touched is a resource that a call was about.
type touched struct {
	ARN  string
	Type string // CloudFormation type: "AWS::S3::Object"
}

// note adds a request parameter to the call's CloudTrail event.
func (c *call) note(name string, value any) {
	if c.event.Parameters == nil {
		c.event.Parameters = map[string]any{}
	}
	c.event.Parameters[name] = value
}

// respond adds a response element to the call's CloudTrail event. AWS records
// them for writes only.
func (c *call) respond(name string, value any) {
	if c.event.Response == nil {
		c.event.Response = map[string]any{}
	}
	c.event.Response[name] = value
}

// touch adds a resource to the call's CloudTrail event.
func (c *call) touch(arn, kind string) {
	c.event.Resources = append(c.event.Resources, touched{ARN: arn, Type: kind})
}

// record finishes the call's event, stores it and calls the observers.
func (c *call) record(status int, code, message string) {
	e := c.event
	e.Time, e.Service = c.now, c.service.iamPrefix()
	e.Operation, e.Write, e.Data = "Unknown", true, false
	if c.op != nil {
		e.Operation, e.Write, e.Data = c.op.name, c.op.write, c.op.data
	}
	e.Action, e.Resource, e.Caller = c.action, c.resource, c.caller.ARN
	if e.Action == "" && c.op != nil {
		e.Action = e.Service + ":" + c.op.name
		if c.op.action != "" {
			e.Action = e.Service + ":" + c.op.action
		}
	}
	e.Status, e.Code, e.Message = status, code, message
	e.RequestID, e.Source, e.Region = c.id, e.Service+".amazonaws.com", c.region
	if c.service.global {
		e.Region = "us-east-1"
	}
	e.Identity = c.caller
	e.SourceIP, e.UserAgent, e.Host, e.TLS = sourceIP(c.request), c.request.UserAgent(), c.request.Host, c.secure
	if e.Parameters == nil {
		e.Parameters = c.defaultParameters()
	}
	c.account.emit(e)
}

// defaultParameters are the path and form parameters, named as in CloudTrail.
func (c *call) defaultParameters() map[string]any {
	out := map[string]any{}
	for name, value := range c.params {
		out[lowerFirst(name)] = value
	}
	for name, values := range c.form {
		if name == "Action" || name == "Version" || secretParameters[name] {
			continue
		}
		if len(values) > 0 {
			out[lowerFirst(name)] = values[0]
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// secretParameters are the form parameters that CloudTrail leaves out.
var secretParameters = map[string]bool{
	"Password": true, "TokenCode": true, "AuthenticationCode1": true, "AuthenticationCode2": true,
	"NewPassword": true, "OldPassword": true,
}

// emit records one event and passes it to every observing service. A service that acts as
// itself (CloudTrail delivering a log) calls it for its own calls.
func (a *Account) emit(e event) {
	a.recorder.add(e.Call)
	for _, s := range a.services {
		if s.observe != nil {
			s.observe(a, e)
		}
	}
}

// recorder stores the calls.
type recorder struct {
	mu    sync.Mutex
	calls []Call
	lines io.Writer
}

func (r *recorder) add(c Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
	if r.lines == nil {
		return
	}
	line, err := json.Marshal(c)
	if err != nil {
		return // a Call always marshals
	}
	// A call must not fail because its record cannot be written.
	_, _ = r.lines.Write(append(line, '\n'))
}

func (r *recorder) all() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}
