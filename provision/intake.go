package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"claria/aws"
	"claria/aws/policy"
	"claria/provision/permissions"
	"claria/provision/state"
)

// IntakeKind is the kind of a credential.
type IntakeKind string

// The kinds of credential.
const (
	RootKey       IntakeKind = "root key"
	UserKey       IntakeKind = "user key"
	UserSession   IntakeKind = "user session" // a key with a session token
	SSOSession    IntakeKind = "SSO session"
	RoleSession   IntakeKind = "role session"
	FederatedUser IntakeKind = "federated user"
)

// Intake is what a credential may do, judged before it is used.
type Intake struct {
	Kind     IntakeKind
	Identity aws.Identity
	Own      bool     // one of the identities that set-up creates
	Broad    bool     // may do everything
	Missing  []string // set-up's actions that it may not do; sorted
	// Unjudged is why Claria could not find out what it may do; empty: it could.
	Unjudged string
	Guidance string // what a person should know and do, in sentences
}

// SetsUp reports whether the credential may do everything that set-up does.
func (c Intake) SetsUp() bool { return c.Unjudged == "" && len(c.Missing) == 0 && !c.Own }

// Classify judges the account's credential by the policies that IAM lists, or, if it may
// not list them, by IAM's policy simulator. It calls nothing that changes the account.
func Classify(ctx context.Context, account *aws.Account, settings state.Settings) (Intake, error) {
	identity, err := account.Identity(ctx)
	if err != nil {
		return Intake{}, err
	}
	key, err := account.KeyID(ctx)
	if err != nil {
		return Intake{}, err
	}
	settings = settings.In(identity.Account)
	settings.Region = account.Region()
	c := Intake{Kind: kindOf(identity, key), Identity: identity, Own: ownIdentity(settings, identity.ARN)}
	switch {
	case c.Kind == RootKey:
		c.Broad = true
	case c.Own:
	default:
		j := judgedCaller{ctx: ctx, account: account, settings: settings, identity: identity}
		j.judge(&c)
	}
	c.Guidance = c.guidance()
	return c, nil
}

// kindOf finds the kind from the ARN and the key's prefix (IAM user guide, "IAM
// identifiers": AKIA is a long-term key, ASIA a temporary one).
func kindOf(identity aws.Identity, key string) IntakeKind {
	_, rest, _ := strings.Cut(identity.ARN, "::"+identity.Account+":")
	switch {
	case identity.Root():
		return RootKey
	case strings.HasPrefix(rest, "assumed-role/AWSReservedSSO_"):
		return SSOSession
	case strings.HasPrefix(rest, "assumed-role/"):
		return RoleSession
	case strings.HasPrefix(rest, "federated-user/"):
		return FederatedUser
	case strings.HasPrefix(key, "ASIA"):
		return UserSession
	}
	return UserKey
}

// need is what set-up does to one kind of resource.
type need struct {
	on      string // a template; see Permission.On
	actions []string
}

// setupNeeds are the changes that set-up makes to an empty account, and the tagging that
// AWS checks when something is created with tags. New buckets already have encryption and
// public access blocks. A test compares them with what set-up calls.
func setupNeeds() []need {
	return []need{
		{"*", []string{
			"s3:PutAccountPublicAccessBlock", "iam:UpdateAccountPasswordPolicy", "bedrock:PutAccountDataRetention",
			"bedrock-mantle:PutAccountDataRetention",
			"bedrock:PutUseCaseForModelAccess", "bedrock:ListFoundationModelAgreementOffers", "bedrock:CreateFoundationModelAgreement",
		}},
		{"{data}", bucketNeeds()},
		{"{audit}", append(bucketNeeds(), "s3:PutBucketObjectLockConfiguration")},
		{"{trail}", []string{"cloudtrail:CreateTrail", "cloudtrail:PutEventSelectors", "cloudtrail:StartLogging", "cloudtrail:AddTags"}},
		{"{analyzer}", []string{"access-analyzer:CreateAnalyzer"}},
		{"{account}:policy/" + permissions.AdminPolicy, []string{"iam:CreatePolicy", "iam:TagPolicy"}},
		{"{account}:user/" + state.AdminUser, []string{
			"iam:CreateUser", "iam:TagUser", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:EnableMFADevice",
		}},
		{"{account}:user/" + state.AuditorUser, []string{"iam:CreateUser", "iam:TagUser", "iam:AttachUserPolicy", "iam:CreateAccessKey"}},
		{"{role}", []string{"iam:CreateRole", "iam:TagRole", "iam:AttachRolePolicy"}},
		{"{account}:mfa/" + state.AdminUser, []string{"iam:CreateVirtualMFADevice", "iam:TagMFADevice"}},
	}
}

func bucketNeeds() []string {
	return []string{
		"s3:CreateBucket", "s3:TagResource", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration", "s3:PutBucketPolicy",
	}
}

type judgedCaller struct {
	ctx      context.Context
	account  *aws.Account
	settings state.Settings
	identity aws.Identity
}

func (j judgedCaller) judge(c *Intake) {
	policies, err := j.policies()
	if err == nil {
		for _, d := range policies.Identity {
			c.Broad = c.Broad || (policy.Admin(policy.InForce(d, j.account.Now())).Yes && policies.Boundary == nil)
		}
		c.Missing = j.lacking(func(action, resource string) bool {
			return policy.Evaluate(policy.Request{
				Caller: policy.Caller{ARN: j.identity.ARN, Account: j.identity.Account, UserID: j.identity.UserID},
				Action: action, Resource: resource, Keys: j.keys(),
			}, policies).Allowed
		})
		return
	}
	first := err
	allowed, err := j.simulate()
	if err != nil {
		c.Unjudged = fmt.Sprintf("its policies could not be read (%v) or simulated (%v)", first, err)
		return
	}
	c.Missing = j.lacking(func(action, _ string) bool { return allowed[action] })
	c.Broad = allowed[everything]
}

// everything is an action beyond set-up's needs: a caller that may also do this counts as
// allowed to do everything.
const everything = "account:CloseAccount"

func (j judgedCaller) lacking(may func(action, resource string) bool) []string {
	var missing []string
	for _, n := range setupNeeds() {
		resource := permissions.Expand(j.settings, n.on)[0]
		for _, action := range n.actions {
			if !may(action, resource) {
				missing = append(missing, action)
			}
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// keys are the condition keys of set-up's requests.
func (j judgedCaller) keys() map[string][]string {
	now := j.account.Now().UTC()
	return map[string][]string{
		"aws:RequestedRegion": {j.settings.Region}, "aws:SecureTransport": {"true"}, "aws:CurrentTime": {now.Format(time.RFC3339)},
		"aws:EpochTime": {fmt.Sprint(now.Unix())}, "aws:ViaAWSService": {"false"}, "aws:PrincipalIsAWSService": {"false"},
		"bedrock:DataRetentionMode": {"none"}, "iam:PolicyARN": {j.settings.PolicyARN(permissions.AdminPolicy)},
	}
}

// policies are the caller's policies, as IAM lists them.
func (j judgedCaller) policies() (policy.Policies, error) {
	var out policy.Policies
	o := newObserver(j.ctx, j.account, j.settings)
	all, err := o.authorizationDetails(j.ctx)
	if err != nil {
		return out, aws.Wrap(err, "iam:GetAccountAuthorizationDetails", "")
	}
	managed := map[string]string{}
	for _, p := range all.policies {
		managed[p.ARN] = p.Document
	}
	var problem error
	parse := func(what, text string) (policy.Document, bool) {
		d, err := policy.Parse([]byte(text))
		if err != nil && problem == nil {
			problem = fmt.Errorf("%s could not be parsed: %w", what, err)
		}
		return d, err == nil
	}
	add := func(inline []state.NamedDocument, attached []string) {
		for _, d := range inline {
			if parsed, ok := parse("inline policy "+d.Name, d.Document); ok {
				out.Identity = append(out.Identity, parsed)
			}
		}
		for _, arn := range attached {
			if parsed, ok := parse(arn, managed[arn]); ok {
				out.Identity = append(out.Identity, parsed)
			}
		}
	}
	bounded := func(arn string) {
		if arn == "" {
			return
		}
		if parsed, ok := parse(arn, managed[arn]); ok {
			out.Boundary = &parsed
		}
	}
	_, rest, _ := strings.Cut(j.identity.ARN, "::"+j.identity.Account+":")
	kind, rest, _ := strings.Cut(rest, "/")
	found := false
	switch kind {
	case "user":
		for _, u := range all.users {
			if u.ARN != j.identity.ARN {
				continue
			}
			found = true
			add(u.Inline, u.Attached)
			bounded(u.Boundary)
			for _, g := range all.groups {
				if slices.Contains(u.Groups, g.Name) {
					add(g.Inline, g.Attached)
				}
			}
		}
	case "assumed-role":
		role, _, _ := strings.Cut(rest, "/")
		for _, r := range all.roles {
			if r.Name == role { // names are unique across paths
				found = true
				add(r.Inline, r.Attached)
				bounded(r.Boundary)
			}
		}
	}
	if !found {
		return out, fmt.Errorf("IAM lists no policies for %s", j.identity.ARN)
	}
	return out, problem
}

// simulate asks IAM what the caller may do.
func (j judgedCaller) simulate() (map[string]bool, error) {
	source := j.identity.ARN
	if _, rest, ok := strings.Cut(source, ":assumed-role/"); ok {
		role, _, _ := strings.Cut(rest, "/")
		source = j.settings.IAMARN("role/" + role)
	}
	allowed := map[string]bool{}
	ask := func(resource string, actions []string) error {
		input := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: &source, ActionNames: actions, ResourceArns: []string{resource}}
		for key, values := range j.keys() {
			input.ContextEntries = append(input.ContextEntries, types.ContextEntry{
				ContextKeyName: &key, ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: values,
			})
		}
		return aws.Pages(func(token string) (string, error) {
			input.Marker = aws.Token(token)
			out, err := aws.IAM(j.account).SimulatePrincipalPolicy(j.ctx, input)
			if err != nil {
				return "", aws.Wrap(err, "iam:SimulatePrincipalPolicy", source)
			}
			for _, r := range out.EvaluationResults {
				before, seen := allowed[*r.EvalActionName]
				allowed[*r.EvalActionName] = r.EvalDecision == types.PolicyEvaluationDecisionTypeAllowed && (before || !seen)
			}
			return aws.Next(out.IsTruncated, out.Marker)
		})
	}
	for _, n := range append(setupNeeds(), need{"*", []string{everything}}) {
		if err := ask(permissions.Expand(j.settings, n.on)[0], n.actions); err != nil {
			return nil, err
		}
	}
	return allowed, nil
}

// guidance is what a person should know about the credential.
func (c Intake) guidance() string {
	switch {
	case c.Kind == RootKey:
		return "This is the root user's key. It can do everything, and no policy can limit it. Set-up uses it once, in memory, " +
			"creates identities with fewer rights, and then offers to delete it."
	case c.Own:
		return "Set-up created this identity. It cannot set up an account, but it can give another computer a key of its own, " +
			"with a code of the second factor."
	case c.Unjudged != "":
		return "Claria could not find out what this credential may do: " + c.Unjudged + ". " +
			"Set-up stops at the first step that AWS refuses. Use an administrator's credential if you can."
	case len(c.Missing) > 0:
		return fmt.Sprintf("This credential cannot set up the account: it lacks %s. "+
			"Ask an administrator to allow that, or use an administrator's credential for set-up only.", some(c.Missing))
	case c.Kind == UserSession, c.Kind == FederatedUser, c.Kind == RoleSession, c.Kind == SSOSession:
		return "This credential can set up the account, and it expires by itself. Set-up uses it once and does not store it."
	case c.Broad:
		return "This key may do everything in the account. Set-up uses it once, in memory. Daily work uses its own key with fewer rights, " +
			"so deactivate it afterwards if nothing else needs it."
	}
	return "This key can set up the account. Set-up uses it once, in memory."
}

// some joins the first six names and counts the rest.
func some(names []string) string {
	if len(names) > 6 {
		return strings.Join(names[:6], ", ") + fmt.Sprintf(" and %d more", len(names)-6)
	}
	return strings.Join(names, ", ")
}
