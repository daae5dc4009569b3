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

// IntakeKind is what a credential is, told from whom it belongs to.
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

// Intake is a credential judged by what it may do, before anything is done with it.
type Intake struct {
	Kind     IntakeKind
	Identity aws.Identity
	Own      bool     // one of the identities that set-up makes
	Broad    bool     // may do everything
	Missing  []string // the actions of set-up that it may not do; sorted
	// Unjudged is why what it may do could not be found out; empty: it was.
	Unjudged string
	Guidance string // what a person should know and do, in sentences
}

// SetsUp reports whether the credential may do all that set-up does.
func (c Intake) SetsUp() bool { return c.Unjudged == "" && len(c.Missing) == 0 && !c.Own }

// Classify judges the account's credential by its policies: those that IAM lists, or,
// where it may not list them, IAM's own simulation. It tries nothing out.
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

// kindOf tells the kind from the ARN and from the key's prefix (IAM user guide,
// "IAM identifiers": AKIA is a long-term key, ASIA a temporary one).
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

// setupNeeds are the changes that setting up an empty account makes, and the tagging
// that AWS asks for behind a creation with tags. New buckets have their encryption and
// public access blocks already. A test holds them to what set-up calls.
func setupNeeds() []need {
	return []need{
		{"*", []string{
			"s3:PutAccountPublicAccessBlock", "iam:UpdateAccountPasswordPolicy", "bedrock:PutAccountDataRetention", "bedrock-mantle:PutAccountDataRetention",
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
		"s3:CreateBucket", "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration", "s3:PutBucketPolicy",
	}
}

// judgedCaller finds out what a caller may do.
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
			c.Broad = c.Broad || (policy.Admin(d).Yes && policies.Boundary == nil)
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
		c.Unjudged = fmt.Sprintf("its policies could not be read (%v), nor simulated (%v)", first, err)
		return
	}
	c.Missing = j.lacking(func(action, _ string) bool { return allowed[action] })
	c.Broad = allowed[everything]
}

// everything stands for more than set-up needs: who may do this too may do all.
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

// keys are the condition keys that set-up's requests would have.
func (j judgedCaller) keys() map[string][]string {
	now := j.account.Now().UTC()
	return map[string][]string{
		"aws:RequestedRegion": {j.settings.Region}, "aws:SecureTransport": {"true"}, "aws:CurrentTime": {now.Format(time.RFC3339)},
		"aws:EpochTime": {fmt.Sprint(now.Unix())}, "aws:ViaAWSService": {"false"}, "aws:PrincipalIsAWSService": {"false"},
		"bedrock:DataRetentionMode": {"none"}, "iam:PolicyARN": {j.settings.PolicyARN(permissions.AdminPolicy)},
	}
}

// policies are those that bear on the caller, as IAM lists them.
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
			problem = fmt.Errorf("%s could not be understood: %w", what, err)
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
			if r.Name == role { // names are unique, whatever the path
				found = true
				add(r.Inline, r.Attached)
				bounded(r.Boundary)
			}
		}
	}
	if !found {
		return out, fmt.Errorf("IAM lists no policies of %s", j.identity.ARN)
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
		for more := true; more; {
			out, err := aws.IAM(j.account).SimulatePrincipalPolicy(j.ctx, input)
			if err != nil {
				return aws.Wrap(err, "iam:SimulatePrincipalPolicy", source)
			}
			for _, r := range out.EvaluationResults {
				before, seen := allowed[*r.EvalActionName]
				allowed[*r.EvalActionName] = r.EvalDecision == types.PolicyEvaluationDecisionTypeAllowed && (before || !seen)
			}
			input.Marker, more = out.Marker, out.IsTruncated
		}
		return nil
	}
	for _, n := range append(setupNeeds(), need{"*", []string{everything}}) {
		if err := ask(permissions.Expand(j.settings, n.on)[0], n.actions); err != nil {
			return nil, err
		}
	}
	return allowed, nil
}

// guidance is what a person should know of the credential.
func (c Intake) guidance() string {
	switch {
	case c.Kind == RootKey:
		return "This is the root user's key: it can do everything, and no policy can limit it. Set-up uses it once, in memory, " +
			"makes narrower identities, and then offers to delete it."
	case c.Own:
		return "This is an identity that set-up made. It cannot set up an account; a further computer gets a key of its own by it, with a code of the second factor."
	case c.Unjudged != "":
		return "What this credential may do is not known: " + c.Unjudged + ". Set-up stops at the first step that it may not do; an administrator's credential is surer."
	case len(c.Missing) > 0:
		return fmt.Sprintf("This credential cannot set the account up: it lacks %s. Have an administrator allow that, or use an administrator's credential for set-up only.", some(c.Missing))
	case c.Kind == UserSession, c.Kind == FederatedUser, c.Kind == RoleSession, c.Kind == SSOSession:
		return "This credential can set the account up, and ends by itself. It is used once and kept nowhere."
	case c.Broad:
		return "This key may do everything in the account. Set-up uses it once, in memory; deactivate it afterwards if nothing else needs it, for daily work has a narrow key of its own."
	}
	return "This key can set the account up. Set-up uses it once, in memory."
}

// some names the first few, and counts the rest.
func some(names []string) string {
	if len(names) > 6 {
		return strings.Join(names[:6], ", ") + fmt.Sprintf(" and %d more", len(names)-6)
	}
	return strings.Join(names, ", ")
}
