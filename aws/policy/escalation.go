package policy

import (
	"slices"
	"strings"
)

// Escalation is a way in which a caller who is not an administrator could become one,
// or act as somebody else.
type Escalation struct {
	Name  string // the actions that it needs: "iam:PassRole with lambda:CreateFunction"
	Means string // what the caller can do: "can run code of its own with a role's rights"
}

// step is one action that a way needs.
type step struct {
	action string
	// on are the resources on which the action widens rights, below
	// arn:aws:iam::ACCOUNT:; empty: any.
	on string
	// keys are condition keys whose values the way fixes.
	keys map[string][]string
	// other: the action widens rights only on another user.
	other bool
	// bounded: the action widens rights only for a caller with a boundary.
	bounded bool
}

// way is an escalation and all the steps that it needs.
type way struct {
	means string
	steps []step
}

// administrators is AWS's own policy that allows everything. When a condition limits
// attachments to other policies, nobody becomes an administrator by one.
const administrators = "arn:aws:iam::aws:policy/AdministratorAccess"

// ways are the known ways (sources include Rhino Security Labs' “AWS IAM Privilege
// Escalation” and pathfinding.cloud): their actions and what they lead to.
func ways() []way {
	on := func(means, on string, actions ...string) []way {
		var all []way
		for _, a := range actions {
			all = append(all, way{means, []step{{action: "iam:" + a, on: on}}})
		}
		return all
	}
	attach := func(action, on string) way {
		return way{
			"can make somebody an administrator", []step{
				{action: "iam:" + action, on: on, keys: map[string][]string{"iam:PolicyARN": {administrators}}},
			},
		}
	}
	other := func(means string, actions ...string) []way {
		var all []way
		for _, a := range actions {
			all = append(all, way{means, []step{{action: "iam:" + a, other: true}}})
		}
		return all
	}
	// pass is a role passed to a service that then runs the caller's code.
	pass := func(service string, actions ...string) way {
		w := way{means: "can run code of its own with a role's rights", steps: []step{
			{action: "iam:PassRole", on: "role/*", keys: map[string][]string{"iam:PassedToService": {service + ".amazonaws.com"}}},
		}}
		for _, a := range actions {
			w.steps = append(w.steps, step{action: a})
		}
		return w
	}
	running := func(actions ...string) []way {
		var all []way
		for _, a := range actions {
			all = append(all, way{"can run code of its own with the rights of a running service", []step{{action: a}}})
		}
		return all
	}
	return slices.Concat(
		on("can rewrite a policy", "policy/*", "CreatePolicyVersion", "SetDefaultPolicyVersion"),
		[]way{attach("AttachUserPolicy", "user/*"), attach("AttachGroupPolicy", "group/*"), attach("AttachRolePolicy", "role/*")},
		on("can write somebody a policy", "user/*", "PutUserPolicy"),
		on("can write somebody a policy", "group/*", "PutGroupPolicy", "AddUserToGroup"),
		on("can write somebody a policy", "role/*", "PutRolePolicy"),
		on("can let itself become a role", "role/*", "UpdateAssumeRolePolicy"),
		on("can let its own directory in", "saml-provider/*", "UpdateSAMLProvider"),
		on("can let its own directory in", "oidc-provider/*", "AddClientIDToOpenIDConnectProvider", "UpdateOpenIDConnectProviderThumbprint"),
		other("can sign in as another user", "CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile",
			"CreateServiceSpecificCredential", "ResetServiceSpecificCredential"),
		[]way{
			{"can lift its own limits", []step{{action: "iam:DeleteUserPermissionsBoundary", on: "user/*", bounded: true}}},
			{"can lift its own limits", []step{{action: "iam:PutUserPermissionsBoundary", on: "user/*", bounded: true}}},
			{"can lift its own limits", []step{{action: "iam:DeleteRolePermissionsBoundary", on: "role/*", bounded: true}}},
			{"can lift its own limits", []step{{action: "iam:PutRolePermissionsBoundary", on: "role/*", bounded: true}}},
			pass("ec2", "ec2:RunInstances"), pass("ec2", "ec2:RequestSpotInstances"),
			pass("ec2", "ec2:AssociateIamInstanceProfile"), pass("ec2", "ec2:ReplaceIamInstanceProfileAssociation"),
			pass("ec2", "autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"),
			pass("ec2", "elasticmapreduce:RunJobFlow"),
			pass("lambda", "lambda:CreateFunction"),
			pass("glue", "glue:CreateDevEndpoint"), pass("glue", "glue:CreateJob"), pass("glue", "glue:UpdateJob"),
			pass("glue", "glue:CreateSession"),
			pass("cloudformation", "cloudformation:CreateStack"), pass("cloudformation", "cloudformation:UpdateStack"),
			pass("cloudformation", "cloudformation:CreateStackSet"),
			pass("datapipeline", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"),
			pass("sagemaker", "sagemaker:CreateNotebookInstance"), pass("sagemaker", "sagemaker:CreateTrainingJob"),
			pass("sagemaker", "sagemaker:CreateProcessingJob"),
			pass("codebuild", "codebuild:CreateProject"),
			pass("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:RunTask"), pass("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:CreateService"),
			pass("ecs-tasks", "batch:RegisterJobDefinition", "batch:SubmitJob"),
			pass("tasks.apprunner", "apprunner:CreateService"),
			pass("states", "states:CreateStateMachine"),
			pass("scheduler", "scheduler:CreateSchedule"),
			pass("ssm", "ssm:StartAutomationExecution"),
			pass("bedrock-agentcore", "bedrock-agentcore:CreateCodeInterpreter", "bedrock-agentcore:InvokeCodeInterpreter"),
		},
		running("lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "ssm:SendCommand", "ssm:StartSession",
			"ec2-instance-connect:SendSSHPublicKey", "ec2:ModifyInstanceAttribute", "ecs:ExecuteCommand", "glue:UpdateDevEndpoint",
			"sagemaker:CreatePresignedNotebookInstanceUrl", "codebuild:StartBuild", "codebuild:UpdateProject", "states:UpdateStateMachine"),
	)
}

// Escalations lists the ways in which the caller, a user or a role, could widen
// its rights under its policies; users are the ARNs of the account's users. It decides
// as CanEver does: a way that is not listed is certainly closed, and a listed one may be
// too cautious. CanAssume answers whether the caller can become a role that trusts it.
func Escalations(caller Caller, p Policies, users []string) []Escalation {
	var open []Escalation
	for _, w := range ways() {
		if slices.ContainsFunc(w.steps, func(s step) bool { return !s.open(caller, p, users) }) {
			continue
		}
		names := make([]string, 0, len(w.steps))
		for _, s := range w.steps {
			names = append(names, s.action)
		}
		name := names[0]
		if len(names) > 1 {
			name += " with " + strings.Join(names[1:], " and ")
		}
		open = append(open, Escalation{name, w.means})
	}
	return open
}

// open reports whether the caller may take the step.
func (s step) open(caller Caller, p Policies, users []string) bool {
	if s.bounded && p.Boundary == nil {
		return false
	}
	may := func(on string) bool {
		return reach(Request{Caller: caller, Action: s.action, Resource: on, Keys: s.keys}, p).Yes
	}
	switch {
	case s.other:
		return slices.ContainsFunc(p.others(caller, s.action, users), may)
	case s.on == "":
		return may("*")
	default:
		return may("arn:aws:iam::" + caller.Account + ":" + s.on)
	}
}

// CanAssume reports whether the caller could become a role: its own policies and
// the role's trust policy together allow it.
func CanAssume(caller Caller, p Policies, role string, trust Document) bool {
	p.Resource = &trust
	return CanEver(caller, "sts:AssumeRole", role, "", p).Yes
}
