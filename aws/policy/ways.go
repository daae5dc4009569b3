package policy

import "strings"

// known is a way to widen one's rights.
type known struct {
	source string // the id of the fact: see sources
	means  string
	// to are the services of which one must be given a role (iam:PassedToService); empty:
	// the way needs no iam:PassRole, because what it uses has its role already.
	to      string
	actions string // all are needed
}

// What a way leads to.
const (
	rewrites = "can rewrite a policy"
	writes   = "can write somebody a policy"
	attaches = "can make somebody an administrator"
	becomes  = "can let itself become a role"
	admits   = "can let its own directory in"
	signsIn  = "can sign in as another user"
	unbounds = "can lift its own limits"
	passes   = "can run code of its own with a role's rights"
	hijacks  = "can run code of its own with the rights of a running service"
	assigns  = "can give itself the rights of an administrator in IAM Identity Center"
)

// knownWays are the ways, each in its shortest form: anyone who may do more may do this.
// So ecs-001 to ecs-005 and ecs-007 are in ecs-003, ecs-008 and ecs-009, batch-001 in
// batch-002, bedrock-003 and bedrock-005 in bedrock-004, and iam-014 to iam-021 in their
// first halves.
//
// The sources are the ids of pathfinding.cloud (Datadog's library of ways to escalate
// privileges in AWS; "ecs-005" is https://pathfinding.cloud/paths/ecs-005), "rhino" (Rhino
// Security Labs, "AWS IAM privilege escalation: methods and mitigation"), "prowler"
// (its check iam_policy_allows_privilege_escalation), and "aws": the service's own guide says
// that the call runs code with, or hands over, a role.
var knownWays = []known{
	{"iam-001", rewrites, "", "iam:CreatePolicyVersion"},
	{"rhino", rewrites, "", "iam:SetDefaultPolicyVersion"},
	{"iam-008", attaches, "", "iam:AttachUserPolicy"},
	{"iam-010", attaches, "", "iam:AttachGroupPolicy"},
	{"iam-009", attaches, "", "iam:AttachRolePolicy"},
	{"iam-007", writes, "", "iam:PutUserPolicy"},
	{"iam-011", writes, "", "iam:PutGroupPolicy"},
	{"iam-013", writes, "", "iam:AddUserToGroup"},
	{"iam-005", writes, "", "iam:PutRolePolicy"},
	{"iam-012", becomes, "", "iam:UpdateAssumeRolePolicy"},
	{"aws", admits, "", "iam:UpdateSAMLProvider"},
	{"aws", admits, "", "iam:AddClientIDToOpenIDConnectProvider"},
	{"aws", admits, "", "iam:UpdateOpenIDConnectProviderThumbprint"},
	{"iam-002", signsIn, "", "iam:CreateAccessKey"},
	{"iam-004", signsIn, "", "iam:CreateLoginProfile"},
	{"iam-006", signsIn, "", "iam:UpdateLoginProfile"},
	{"aws", signsIn, "", "iam:CreateServiceSpecificCredential"},
	{"aws", signsIn, "", "iam:ResetServiceSpecificCredential"},
	{"iam-022", unbounds, "", "iam:DeleteUserPermissionsBoundary"},
	{"aws", unbounds, "", "iam:PutUserPermissionsBoundary"},
	{"iam-023", unbounds, "", "iam:DeleteRolePermissionsBoundary"},
	{"aws", unbounds, "", "iam:PutRolePermissionsBoundary"},

	// A role is passed to a service that then runs the caller's code.
	{"ec2-001", passes, "ec2", "ec2:RunInstances"},
	{"ec2-004", passes, "ec2", "ec2:RequestSpotInstances"},
	{"aws", passes, "ec2", "ec2:RequestSpotFleet"},
	{"aws", passes, "ec2", "ec2:AssociateIamInstanceProfile"},
	{"aws", passes, "ec2", "ec2:ReplaceIamInstanceProfileAssociation"},
	{"prowler", passes, "ec2 autoscaling", "autoscaling:CreateLaunchConfiguration autoscaling:CreateAutoScalingGroup"},
	{"prowler", passes, "ec2 autoscaling", "autoscaling:CreateLaunchConfiguration autoscaling:UpdateAutoScalingGroup"},
	{"aws", passes, "ec2 autoscaling", "ec2:CreateLaunchTemplate autoscaling:CreateAutoScalingGroup"},
	{"aws", passes, "ec2 autoscaling", "ec2:CreateLaunchTemplate autoscaling:UpdateAutoScalingGroup"},
	{"aws", passes, "ec2", "ec2:CreateLaunchTemplate ec2:CreateFleet"},
	{"emr-001", passes, "ec2 elasticmapreduce", "elasticmapreduce:RunJobFlow"},
	{"lambda-001", passes, "lambda", "lambda:CreateFunction"},
	{"glue-001", passes, "glue", "glue:CreateDevEndpoint"},
	{"glue-003", passes, "glue", "glue:CreateJob"},
	{"glue-005", passes, "glue", "glue:UpdateJob"},
	{"glue-007", passes, "glue", "glue:CreateSession"},
	{"cloudformation-001", passes, "cloudformation", "cloudformation:CreateStack"},
	{"cloudformation-003", passes, "cloudformation", "cloudformation:CreateStackSet"},
	{"cloudformation-004", passes, "cloudformation", "cloudformation:UpdateStackSet"},
	{"datapipeline-001", passes, "datapipeline ec2", "datapipeline:CreatePipeline datapipeline:PutPipelineDefinition"},
	{"sagemaker-001", passes, "sagemaker", "sagemaker:CreateNotebookInstance"},
	{"sagemaker-002", passes, "sagemaker", "sagemaker:CreateTrainingJob"},
	{"sagemaker-003", passes, "sagemaker", "sagemaker:CreateProcessingJob"},
	{"aws", passes, "sagemaker", "sagemaker:CreateHyperParameterTuningJob"},
	{"codebuild-001", passes, "codebuild", "codebuild:CreateProject"},
	{"ecs-003", passes, "ecs-tasks", "ecs:RegisterTaskDefinition ecs:CreateService"},
	{"aws", passes, "ecs-tasks", "ecs:RegisterTaskDefinition ecs:UpdateService"},
	{"ecs-008", passes, "ecs-tasks", "ecs:RunTask"},   // it overrides the role and the command of a task
	{"ecs-009", passes, "ecs-tasks", "ecs:StartTask"}, // the same; ecs-007 adds a machine of the caller's own
	{"apprunner-001", passes, "tasks.apprunner", "apprunner:CreateService"},
	{"stepfunctions-001", passes, "states", "states:CreateStateMachine"},
	{"scheduler-001", passes, "scheduler", "scheduler:CreateSchedule"},
	{"aws", passes, "scheduler", "scheduler:UpdateSchedule"},
	{"ssm-003", passes, "ssm", "ssm:StartAutomationExecution"},
	{"bedrock-001", passes, "bedrock-agentcore", "bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:InvokeCodeInterpreter"},
	{"aws", passes, "bedrock-agentcore", "bedrock-agentcore:CreateAgentRuntime bedrock-agentcore:InvokeAgentRuntime"},
	{"aws", passes, "bedrock-agentcore", "bedrock-agentcore:UpdateAgentRuntime"},
	{"bedrock-006", passes, "bedrock-agentcore", "bedrock-agentcore:CreateBrowser bedrock-agentcore:ConnectBrowserAutomationStream"},
	{"braket-001", passes, "braket", "braket:CreateJob"},
	{"cognitoidentity-001", "can give a role's rights to anyone", "cognito-identity", "cognito-identity:SetIdentityPoolRoles"},
	{"emrserverless-001", passes, "emr-serverless", "emr-serverless:StartJobRun"},
	{"gamelift-001", passes, "gamelift", "gamelift:CreateBuild gamelift:CreateFleet"},
	{"imagebuilder-001", passes, "ec2 imagebuilder", "imagebuilder:CreateComponent imagebuilder:CreateInfrastructureConfiguration imagebuilder:CreateImage"},
	{"kinesisanalytics-001", passes, "kinesisanalytics", "kinesisanalytics:CreateApplication kinesisanalytics:StartApplication"},
	{"omics-001", passes, "omics", "omics:CreateWorkflow omics:StartRun"},
	// AWS ended CodeStar projects in July 2024. The rights remain in policies.
	{"prowler", passes, "codestar", "codestar:CreateProject"},

	// What runs already has its role, and the caller decides what it runs.
	{"lambda-003", hijacks, "", "lambda:UpdateFunctionCode"},
	{"prowler", hijacks, "", "lambda:UpdateFunctionConfiguration"}, // by a layer
	{"ssm-002", hijacks, "", "ssm:SendCommand"},
	{"ssm-001", hijacks, "", "ssm:StartSession"},
	{"ec2-003", hijacks, "", "ec2-instance-connect:SendSSHPublicKey"},
	{"aws", hijacks, "", "ec2-instance-connect:SendSerialConsoleSSHPublicKey"},
	{"ec2-002", hijacks, "", "ec2:ModifyInstanceAttribute"},
	{"ec2-005", hijacks, "", "ec2:CreateLaunchTemplateVersion"}, // a group may start the latest version; ec2:ModifyLaunchTemplate makes it the default
	{"ecs-006", hijacks, "", "ecs:ExecuteCommand"},
	{"glue-002", hijacks, "", "glue:UpdateDevEndpoint"},
	{"sagemaker-004", hijacks, "", "sagemaker:CreatePresignedNotebookInstanceUrl"},
	{"aws", hijacks, "", "sagemaker:CreatePresignedDomainUrl"},
	{"sagemaker-005", hijacks, "", "sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:UpdateNotebookInstance"},
	{"aws", hijacks, "", "sagemaker:UpdateNotebookInstanceLifecycleConfig"},
	{"codebuild-002", hijacks, "", "codebuild:StartBuild"}, // it overrides the build commands
	{"codebuild-003", hijacks, "", "codebuild:StartBuildBatch"},
	{"aws", hijacks, "", "codebuild:UpdateProject"},
	{"stepfunctions-002", hijacks, "", "states:UpdateStateMachine"},
	{"cloudformation-002", hijacks, "", "cloudformation:UpdateStack"},
	{"cloudformation-005", hijacks, "", "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet"},
	{"apprunner-002", hijacks, "", "apprunner:UpdateService"},
	{"batch-002", hijacks, "", "batch:SubmitJob"},
	{"codedeploy-001", hijacks, "", "codedeploy:CreateDeployment codedeploy:RegisterApplicationRevision"},
	{"bedrock-002", hijacks, "", "bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter"},
	{"bedrock-004", hijacks, "", "bedrock-agentcore:InvokeAgentRuntimeCommand"},
	{"bedrock-007", hijacks, "", "bedrock-agentcore:StartBrowserSession bedrock-agentcore:ConnectBrowserAutomationStream"},

	// IAM Identity Center writes the rights of its permission sets into the account.
	{"sso-002", assigns, "", "sso:AttachManagedPolicyToPermissionSet"},
	{"aws", assigns, "", "sso:AttachCustomerManagedPolicyReferenceToPermissionSet"},
	{"sso-003", assigns, "", "sso:PutInlinePolicyToPermissionSet"},
	{"sso-001", assigns, "", "sso:CreateAccountAssignment"},
	{"aws", assigns, "", "identitystore:CreateGroupMembership"},
	{"aws", assigns, "", "sso-directory:AddMemberToGroup"},
}

// administrators is AWS's own policy that allows everything. When a condition limits
// attachments to other policies, nobody becomes an administrator by one.
const administrators = "arn:aws:iam::aws:policy/AdministratorAccess"

// ways are the known ways with all the steps that each needs.
var ways = func() (all []way) {
	for _, k := range knownWays {
		w := way{source: k.source, means: k.means}
		if k.to != "" {
			pass := step{action: "iam:PassRole", on: "role/*"}
			for _, service := range strings.Fields(k.to) {
				pass.keys = append(pass.keys, map[string][]string{"iam:PassedToService": {service + ".amazonaws.com"}})
			}
			w.steps = append(w.steps, pass)
		}
		for _, action := range strings.Fields(k.actions) {
			s := step{action: action, on: iamResource(action), other: k.means == signsIn, bounded: k.means == unbounds}
			if k.means == attaches {
				s.keys = []map[string][]string{{"iam:PolicyARN": {administrators}}}
			}
			w.steps = append(w.steps, s)
		}
		all = append(all, w)
	}
	return all
}()

// iamResource is on which of the account's identities an action of IAM is done.
func iamResource(action string) string {
	name, ok := strings.CutPrefix(action, "iam:")
	if !ok {
		return ""
	}
	for _, kind := range []struct{ part, on string }{
		{"PolicyVersion", "policy/*"},
		{"SAMLProvider", "saml-provider/*"},
		{"OpenIDConnectProvider", "oidc-provider/*"},
		{"Group", "group/*"},
		{"Role", "role/*"},
	} {
		if strings.Contains(name, kind.part) {
			return kind.on
		}
	}
	return "user/*"
}
