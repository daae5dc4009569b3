package sandbox

import (
	"cmp"
	"encoding/base64"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rootSerial is the serial number of the root user's virtual MFA device.
const rootSerial = "arn:aws:iam::" + AccountID + ":mfa/root-account-mfa-device"

func iamService() *service {
	operations := byName(slices.Concat(
		userOperations(), keyOperations(), groupOperations(), roleOperations(), entityPolicyOperations(),
		managedPolicyOperations(), mfaOperations(), accountOperations(), reportOperations(), tagOperations(),
		credentialOperations(), providerOperations(),
	)...)
	return &service{
		name: "iam", protocol: queryProtocol, xmlns: "https://iam.amazonaws.com/doc/2010-05-08/", global: true,
		route: func(c *call) *operation { return operations[c.form.Get("Action")] },
		state: newIAMState,
		seed:  seedIAM,
	}
}

// seedIAM makes a new account: its root user has an MFA device and one access key.
func seedIAM(a *Account) {
	s, now := a.iam(), a.now()
	s.Created = now
	s.addKey("", now)
	s.Devices[rootSerial] = &iamDevice{Serial: rootSerial, Seed: randomBytes(deviceSeed), User: rootDevice, Enabled: now}
}

// byName indexes a table of operations.
func byName(list ...*operation) map[string]*operation {
	out := make(map[string]*operation, len(list))
	for _, op := range list {
		out[op.name] = op
	}
	return out
}

// target is the subject of an IAM operation, for authorisation.
type target struct {
	arn      string
	tags     map[string]string
	boundary string
}

// reads and writes make an operation from its target and its effect. do runs under the
// account's lock; its result must not share memory with the state.
func reads(name string, on func(*call, *iamState) (target, error), do func(*call, *iamState) (any, error)) *operation {
	return &operation{name: name, serve: func(c *call) error {
		if err := c.authorizeIAM(on); err != nil {
			return err
		}
		var out any
		var err error
		c.account.view(func() { out, err = do(c, c.account.iam()) })
		if err != nil {
			return err
		}
		return c.result(out)
	}}
}

func writes(name string, on func(*call, *iamState) (target, error), do func(*call, *iamState) (any, error)) *operation {
	return &operation{name: name, write: true, serve: func(c *call) error {
		if err := c.authorizeIAM(on); err != nil {
			return err
		}
		var out any
		err := c.account.update("iam", func() (err error) {
			if err := c.protected(name); err != nil {
				return err
			}
			c.account.hide(c.now, "iam:"+name)
			out, err = do(c, c.account.iam())
			return err
		})
		if err != nil {
			return err
		}
		return c.result(out)
	}}
}

// authorizeIAM authorises the call's operation on its target, with the
// condition keys of IAM.
func (c *call) authorizeIAM(on func(*call, *iamState) (target, error)) error {
	// A session from GetSessionToken without MFA cannot call IAM.
	if !c.caller.issued.IsZero() && c.caller.role == "" && !c.caller.mfa {
		return c.unknownKey()
	}
	var t target
	var err error
	c.account.view(func() {
		t, err = on(c, c.account.iam())
		t.tags = maps.Clone(t.tags)
	})
	if err != nil {
		return err
	}
	keys := map[string][]string{}
	if arn := c.form.Get("PolicyArn"); arn != "" {
		keys["iam:PolicyARN"] = []string{arn}
	}
	if boundary := cmp.Or(c.form.Get("PermissionsBoundary"), t.boundary); boundary != "" {
		keys["iam:PermissionsBoundary"] = []string{boundary}
	}
	for name, value := range t.tags {
		keys["aws:ResourceTag/"+name] = []string{value}
		keys["iam:ResourceTag/"+name] = []string{value}
	}
	for name, value := range c.tags() {
		keys["aws:RequestTag/"+name] = []string{value}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], name)
	}
	keys["aws:TagKeys"] = append(keys["aws:TagKeys"], c.members("TagKeys")...)
	if len(keys["aws:TagKeys"]) == 0 {
		delete(keys, "aws:TagKeys")
	}
	return c.authorize("iam:"+c.op.name, t.arn, keys)
}

// onAll is an operation that lists one kind of resource. AWS authorises it on the whole
// kind, "arn:aws:iam::111122223333:user/".
func onAll(kind string) func(*call, *iamState) (target, error) {
	return func(c *call, _ *iamState) (target, error) {
		return target{arn: "arn:aws:iam::" + c.account.id + ":" + kind + strings.TrimPrefix(c.form.Get("PathPrefix"), "/")}, nil
	}
}

// onAccount is an operation without a resource.
func onAccount(*call, *iamState) (target, error) { return target{arn: "*"}, nil }

// onUser is an operation about the user that UserName names, or the caller's own.
func onUser(c *call, s *iamState) (target, error) {
	name, err := c.userName(s)
	if err != nil {
		return target{}, err
	}
	if name == "" {
		return target{arn: "arn:aws:iam::" + c.account.id + ":root"}, nil
	}
	if u := s.Users[strings.ToLower(name)]; u != nil {
		return u.target(c, userKind), nil
	}
	return target{arn: "arn:aws:iam::" + c.account.id + ":user" + c.path() + name}, nil
}

// userName is the user that an operation is about: UserName, or else the caller. Empty is
// the root user.
func (c *call) userName(s *iamState) (string, error) {
	if c.form.Has("UserName") {
		return c.form.Get("UserName"), nil
	}
	if c.op.name == "GetAccessKeyLastUsed" {
		if key := s.Keys[c.form.Get("AccessKeyId")]; key != nil && s.Users[key.User] != nil {
			return s.Users[key.User].Name, nil
		}
		return "", nil
	}
	if c.caller.role != "" {
		return "", fail(http.StatusBadRequest, "ValidationError", "Must specify userName when calling with non-User credentials")
	}
	return c.caller.user, nil
}

// entityKind is one of the three kinds of identity with policies of their own.
type entityKind struct {
	word  string // "User"
	lower string // "user", as in ARNs and messages
	limit int    // characters of all its inline policies, without white space
	quota int    // managed policies attached
	of    func(*iamState, string) *entity
}

var (
	userKind = entityKind{"User", "user", 2048, 10, func(s *iamState, name string) *entity {
		if u := s.Users[strings.ToLower(name)]; u != nil {
			return &u.entity
		}
		return nil
	}}
	groupKind = entityKind{"Group", "group", 5120, 10, func(s *iamState, name string) *entity {
		if g := s.Groups[strings.ToLower(name)]; g != nil {
			return &g.entity
		}
		return nil
	}}
	roleKind = entityKind{"Role", "role", 10240, 10, func(s *iamState, name string) *entity {
		if r := s.Roles[strings.ToLower(name)]; r != nil {
			return &r.entity
		}
		return nil
	}}
)

// on is an operation about the entity in the request.
func (k entityKind) on(c *call, s *iamState) (target, error) {
	name := c.form.Get(k.word + "Name")
	if e := k.of(s, name); e != nil {
		return e.target(c, k), nil
	}
	return target{arn: "arn:aws:iam::" + c.account.id + ":" + k.lower + c.path() + name}, nil
}

// named finds the entity that the request names.
func (k entityKind) named(c *call, s *iamState) (*entity, error) {
	name := c.form.Get(k.word + "Name")
	if err := checkName(lowerFirst(k.word)+"Name", name, 128); err != nil {
		return nil, err
	}
	e := k.of(s, name)
	if e == nil {
		return nil, noSuch("The %s with name %s cannot be found.", k.lower, name)
	}
	return e, nil
}

func (e *entity) target(c *call, k entityKind) target {
	return target{arn: e.arn(c.account.id, k), tags: e.Tags, boundary: e.Boundary}
}

func (e *entity) arn(account string, k entityKind) string {
	return "arn:aws:iam::" + account + ":" + k.lower + e.Path + e.Name
}

func noSuch(format string, args ...any) error {
	return failf(http.StatusNotFound, "NoSuchEntity", format, args...)
}

func exists(format string, args ...any) error {
	return failf(http.StatusConflict, "EntityAlreadyExists", format, args...)
}

func conflict(message string) error { return fail(http.StatusConflict, "DeleteConflict", message) }

func limitExceeded(format string, args ...any) error {
	return failf(http.StatusConflict, "LimitExceeded", format, args...)
}

func invalid(format string, args ...any) error {
	return failf(http.StatusBadRequest, "ValidationError", format, args...)
}

// The characters of IAM names and paths:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func validName(s string) bool { return regexp.MustCompile(`^[\w+=,.@-]+$`).MatchString(s) }

func validPath(s string) bool {
	return regexp.MustCompile(`^(/|/[\x21-\x7e]+/)$`).MatchString(s) && len(s) <= 512
}

func checkName(what, value string, longest int) error {
	switch {
	case value == "":
		return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", what)
	case len(value) > longest:
		return invalid(
			"1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", value,
			what, longest)
	case !validName(value):
		return invalid("The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", what)
	}
	return nil
}

// path is the request's Path, or "/".
func (c *call) path() string { return cmp.Or(c.form.Get("Path"), "/") }

// newEntity reads a new entity's name, path, tags and boundary.
func (c *call) newEntity(s *iamState, k entityKind, prefix string) (entity, error) {
	name := c.form.Get(k.word + "Name")
	longest := 64
	if k.lower == "group" {
		longest = 128
	}
	if err := checkName(lowerFirst(k.word)+"Name", name, longest); err != nil {
		return entity{}, err
	}
	if !validPath(c.path()) {
		return entity{}, invalid(
			"The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	if k.of(s, name) != nil {
		return entity{}, exists("%s with name %s already exists.", k.word, name)
	}
	boundary := c.form.Get("PermissionsBoundary")
	if boundary != "" && s.managed(boundary) == nil {
		return entity{}, noSuch("Scope ARN: %s does not exist or is not attachable.", boundary)
	}
	tags, err := c.checkedTags(nil)
	if err != nil {
		return entity{}, err
	}
	return entity{Name: name, ID: newID(prefix), Path: c.path(), Created: c.now, Tags: tags, Boundary: boundary}, nil
}

// members reads a query-protocol list: name.member.1, name.member.2, …
func (c *call) members(name string) []string {
	var out []string
	for i := 1; c.form.Has(name + ".member." + strconv.Itoa(i)); i++ {
		out = append(out, c.form.Get(name+".member."+strconv.Itoa(i)))
	}
	return out
}

// tags reads the request's Tags list.
func (c *call) tags() map[string]string {
	out := map[string]string{}
	for i := 1; ; i++ {
		at := "Tags.member." + strconv.Itoa(i)
		if !c.form.Has(at + ".Key") {
			return out
		}
		out[c.form.Get(at+".Key")] = c.form.Get(at + ".Value")
	}
}

// checkedTags adds the request's tags to the existing ones.
func (c *call) checkedTags(have map[string]string) (map[string]string, error) {
	all := maps.Clone(have)
	for name, value := range c.tags() {
		if name == "" || len(name) > 128 || len(value) > 256 || strings.HasPrefix(strings.ToLower(name), "aws:") {
			return nil, fail(http.StatusBadRequest, "InvalidInput", "Invalid tag key or value")
		}
		if all == nil {
			all = map[string]string{}
		}
		all[name] = value
	}
	if len(all) > 50 {
		return nil, limitExceeded("The number of tags has reached the maximum limit.")
	}
	return all, nil
}

// page returns one page of a sorted list by Marker and MaxItems. key names an element; the
// marker is the last element's key, so that a list that changes between two pages loses no
// element that stays.
func page[T any](c *call, list []T, key func(T) string) ([]T, pageEnd, error) {
	most := 100
	if text := c.form.Get("MaxItems"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			return nil, pageEnd{}, invalid(
				"1 validation error detected: Value '%s' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000", text)
		}
		most = n
	}
	slices.SortFunc(list, func(x, y T) int { return strings.Compare(key(x), key(y)) })
	if marker := c.form.Get("Marker"); marker != "" {
		last, err := base64.RawURLEncoding.DecodeString(marker)
		if err != nil {
			return nil, pageEnd{}, invalid("Invalid Marker.")
		}
		start := 0
		for start < len(list) && key(list[start]) <= string(last) {
			start++
		}
		list = list[start:]
	}
	if len(list) <= most {
		return list, pageEnd{}, nil
	}
	list = list[:most]
	return list, pageEnd{IsTruncated: true, Marker: base64.RawURLEncoding.EncodeToString([]byte(key(list[most-1])))}, nil
}

// pageEnd is the end of every paginated answer.
type pageEnd struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

func byItself(s string) string { return s }

// iamTime is how IAM writes times.
func iamTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// quota is the error for a request that exceeds a number of resources.
func quota(what string, have, most int) error {
	if have < most {
		return nil
	}
	return limitExceeded("Cannot exceed quota for %s: %d", what, most)
}
