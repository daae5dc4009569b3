package policy

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEscalations lists by hand what lets a caller widen its rights, and what looks
// like it but does not.
func TestEscalations(t *testing.T) {
	alice := Caller{ARN: "arn:aws:iam::111122223333:user/alice", Account: "111122223333"}
	users := []string{alice.ARN, "arn:aws:iam::111122223333:user/bob"}
	allow := func(actions, resource, condition string) string {
		if condition != "" {
			condition = `, "Condition": ` + condition
		}
		return `{"Effect": "Allow", "Action": [` + actions + `], "Resource": "` + resource + `"` + condition + `}`
	}
	const deny = `{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}`
	for _, c := range []struct {
		name, statements string
		open             []string
	}{
		{"nothing", ``, nil},
		{"reading", allow(`"iam:Get*", "iam:List*", "ec2:Describe*", "s3:*"`, "*", ``), nil},
		{"rewriting a policy", allow(`"iam:CreatePolicyVersion"`, "*", ``), []string{"iam:CreatePolicyVersion"}},
		{"rewriting one policy", allow(`"iam:CreatePolicyVersion"`, "arn:aws:iam::111122223333:policy/mine", ``), []string{"iam:CreatePolicyVersion"}},
		{"another account's policies", allow(`"iam:CreatePolicyVersion"`, "arn:aws:iam::444455556666:policy/*", ``), nil},
		{"an older version", allow(`"iam:SetDefault*"`, "*", ``), []string{"iam:SetDefaultPolicyVersion"}},
		{"allowed and refused", allow(`"iam:CreatePolicyVersion", "iam:PutUserPolicy"`, "*", ``) + "," + deny, nil},
		{"refused elsewhere", allow(`"iam:PutUserPolicy"`, "*", ``) + `, {"Effect": "Deny", "Action": "iam:*", "Resource": "arn:aws:iam::111122223333:user/alice"}`, []string{"iam:PutUserPolicy"}},
		{"attaching any policy", allow(`"iam:AttachUserPolicy", "iam:AttachRolePolicy"`, "*", ``), []string{"iam:AttachUserPolicy", "iam:AttachRolePolicy"}},
		{"attaching one policy", allow(`"iam:AttachUserPolicy"`, "*", `{"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::111122223333:policy/small"}}`), nil},
		{"attaching any of AWS's", allow(`"iam:AttachUserPolicy"`, "*", `{"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}}`), []string{"iam:AttachUserPolicy"}},
		{"inline policies", allow(`"iam:Put*Policy"`, "*", ``), []string{"iam:PutUserPolicy", "iam:PutGroupPolicy", "iam:PutRolePolicy"}},
		{"joining a group", allow(`"iam:AddUserToGroup"`, "*", ``), []string{"iam:AddUserToGroup"}},
		{"one's own key", allow(`"iam:CreateAccessKey", "iam:UpdateLoginProfile"`, "arn:aws:iam::111122223333:user/${aws:username}", ``), nil},
		{"anybody's key", allow(`"iam:CreateAccessKey"`, "arn:aws:iam::*:user/*", ``), []string{"iam:CreateAccessKey"}},
		{"another's key", allow(`"iam:CreateAccessKey"`, "arn:aws:iam::111122223333:user/bob", ``), []string{"iam:CreateAccessKey"}},
		{"a key of a user who does not exist", allow(`"iam:CreateAccessKey"`, "arn:aws:iam::111122223333:user/carol", ``), nil},
		{"another's password", allow(`"iam:CreateLoginProfile", "iam:UpdateLoginProfile"`, "*", ``), []string{"iam:CreateLoginProfile", "iam:UpdateLoginProfile"}},
		{"a Bedrock key in another's name", allow(`"iam:CreateServiceSpecificCredential"`, "*", ``), []string{"iam:CreateServiceSpecificCredential"}},
		{"opening a role", allow(`"iam:UpdateAssumeRolePolicy"`, "*", ``), []string{"iam:UpdateAssumeRolePolicy"}},
		{"passing a role to nobody", allow(`"iam:PassRole"`, "*", ``), nil},
		{"running without a role", allow(`"ec2:RunInstances", "lambda:CreateFunction"`, "*", ``), nil},
		{"a machine with a role", allow(`"iam:PassRole", "ec2:RunInstances"`, "*", ``), []string{"iam:PassRole with ec2:RunInstances"}},
		{"a function with a role", allow(`"iam:PassRole"`, "arn:aws:iam::111122223333:role/app-*", ``) + "," + allow(`"lambda:*"`, "*", `{"StringEquals": {"aws:RequestedRegion": "us-east-1"}}`), []string{
			"iam:PassRole with lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
		}},
		{"a role for another service", allow(`"iam:PassRole"`, "*", `{"StringEquals": {"iam:PassedToService": "config.amazonaws.com"}}`) + "," + allow(`"ec2:RunInstances"`, "*", ``), nil},
		{"a role for any service", allow(`"iam:PassRole"`, "*", `{"StringLike": {"iam:PassedToService": "*.amazonaws.com"}}`) + "," + allow(`"glue:CreateJob"`, "*", ``), []string{"iam:PassRole with glue:CreateJob"}},
		{"half of a service", allow(`"iam:PassRole", "ecs:RegisterTaskDefinition"`, "*", ``), nil},
		{"a service", allow(`"iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:CreateService"`, "*", ``), []string{"iam:PassRole with ecs:RegisterTaskDefinition and ecs:CreateService"}},
		{"a task", allow(`"iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"`, "*", ``), []string{"iam:PassRole with ecs:RunTask"}},
		{"a task without a role", allow(`"ecs:RegisterTaskDefinition", "ecs:RunTask"`, "*", ``), nil},
		{"machines of a group, for EC2 only", allow(`"iam:PassRole"`, "*", `{"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}`) + "," + allow(`"autoscaling:*"`, "*", ``), []string{"iam:PassRole with autoscaling:CreateLaunchConfiguration and autoscaling:CreateAutoScalingGroup", "iam:PassRole with autoscaling:CreateLaunchConfiguration and autoscaling:UpdateAutoScalingGroup"}},
		{"half of a change set", allow(`"cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet"`, "*", ``), nil},
		{"running a change set that another made", allow(`"cloudformation:ExecuteChangeSet"`, "*", ``), nil},
		{"a stack", allow(`"iam:PassRole", "cloudformation:CreateStack"`, "*", ``), []string{"iam:PassRole with cloudformation:CreateStack"}},
		{"a command on a machine", allow(`"ssm:SendCommand"`, "arn:aws:ec2:us-east-1:111122223333:instance/i-1", ``), []string{"ssm:SendCommand"}},
		{"under a condition that might hold", allow(`"iam:PutUserPolicy"`, "*", `{"Bool": {"aws:MultiFactorAuthPresent": "true"}}`), []string{"iam:PutUserPolicy"}},
		{"under a condition of another", allow(`"iam:PutUserPolicy"`, "*", `{"StringEquals": {"aws:username": "bob"}}`), nil},
		{"a boundary that it does not have", allow(`"iam:DeleteUserPermissionsBoundary"`, "*", ``), nil},
	} {
		var open []string
		for _, e := range Escalations(alice, Policies{Identity: []Document{document(t, c.statements)}}, users) {
			open = append(open, e.Name)
			if e.Means == "" {
				t.Errorf("%s: %s does not say what it means", c.name, e.Name)
			}
		}
		if !slices.Equal(open, c.open) {
			t.Errorf("%s: %q, want %q", c.name, open, c.open)
		}
	}

	bounds := document(t, `{"Effect": "Allow", "Action": ["s3:*", "iam:DeleteUserPermissionsBoundary"], "Resource": "*"}`)
	all := document(t, `{"Effect": "Allow", "Action": ["iam:DeleteUserPermissionsBoundary", "iam:PutUserPolicy"], "Resource": "*"}`)
	open := Escalations(alice, Policies{Identity: []Document{all}, Boundary: &bounds}, users)
	if len(open) != 1 || open[0].Name != "iam:DeleteUserPermissionsBoundary" {
		t.Errorf("within a boundary: %+v", open)
	}
}

func TestCanAssume(t *testing.T) {
	alice := Caller{ARN: "arn:aws:iam::111122223333:user/alice", Account: "111122223333"}
	const role = "arn:aws:iam::111122223333:role/boss"
	trust := func(principal string) string {
		return `{"Effect": "Allow", "Principal": ` + principal + `, "Action": "sts:AssumeRole"}`
	}
	assume := `{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "` + role + `"}`
	for _, c := range []struct {
		name, identity, trust string
		can                   bool
	}{
		{"by name", ``, trust(`{"AWS": "` + alice.ARN + `"}`), true},
		{"by the account, and allowed", assume, trust(`{"AWS": "111122223333"}`), true},
		{"by the account, not allowed", ``, trust(`{"AWS": "111122223333"}`), false},
		{"another", assume, trust(`{"AWS": "arn:aws:iam::111122223333:user/bob"}`), false},
		{"a service", assume, trust(`{"Service": "ec2.amazonaws.com"}`), false},
		{"refused", `{"Effect": "Deny", "Action": "sts:*", "Resource": "*"}`, trust(`{"AWS": "` + alice.ARN + `"}`), false},
	} {
		if got := CanAssume(alice, Policies{Identity: []Document{document(t, c.identity)}}, role, document(t, c.trust)); got != c.can {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestKnownWays finds each known way in every form in which a policy can say it, and no
// longer when one of its actions is refused.
func TestKnownWays(t *testing.T) {
	alice := Caller{ARN: "arn:aws:iam::111122223333:user/alice", Account: "111122223333"}
	users := []string{alice.ARN, "arn:aws:iam::111122223333:user/bob"}
	open := func(statements string) []Escalation {
		return Escalations(alice, Policies{Identity: []Document{document(t, statements)}}, users)
	}
	data, err := os.ReadFile("testdata/escalations.txt")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] == "#" {
			continue
		}
		found++
		name, actions := fields[0], fields[1:]
		allow := func(form func(string) string) string {
			var each []string
			for _, a := range actions {
				each = append(each, `{"Effect": "Allow", "Action": "`+form(a)+`", "Resource": "*"}`)
			}
			return strings.Join(each, ", ")
		}
		whole := `{"Effect": "Allow", "Action": ["` + strings.Join(actions, `", "`) + `"], "Resource": ["*"]}`
		for form, statements := range map[string]string{
			"in one list": whole,
			"in several":  allow(func(a string) string { return a }),
			"in capitals": allow(strings.ToUpper),
			"cut short":   allow(func(a string) string { return a[:max(strings.Index(a, ":")+1, len(a)-2)] + "*" }),
			"with question marks": allow(func(a string) string {
				return strings.TrimSuffix(a, "e") + strings.Repeat("?", len(a)-len(strings.TrimSuffix(a, "e")))
			}),
			"as whole services":    allow(func(a string) string { return a[:strings.Index(a, ":")+1] + "*" }),
			"as everything but":    `{"Effect": "Allow", "NotAction": ["s3:*", "budgets:*"], "Resource": "*"}`,
			"one action at a time": whole + `, {"Effect": "Deny", "Action": "` + actions[0] + `", "Resource": "arn:aws:iam::444455556666:role/elsewhere"}`,
		} {
			if len(open(statements)) == 0 {
				t.Errorf("%s, %s: not found", name, form)
			}
		}
		refused := whole + `, {"Effect": "Deny", "Action": ["` + strings.Join(actions, `", "`) + `"], "Resource": "*"}`
		if ways := open(refused); len(ways) > 0 {
			t.Errorf("%s is found although it is refused: %v", name, ways)
		}
	}
	if found < 100 {
		t.Errorf("only %d ways were tried", found)
	}
	for _, w := range ways {
		for _, s := range w.steps {
			var rest []string
			for _, other := range w.steps {
				if other.action != s.action {
					rest = append(rest, other.action)
				}
			}
			if len(rest) == 0 {
				continue
			}
			if ways := open(`{"Effect": "Allow", "Action": ["` + strings.Join(rest, `", "`) + `"], "Resource": "*"}`); len(ways) > 0 {
				t.Errorf("%s without %s: %s is enough, so the way is not in its shortest form", w.source, s.action, ways[0].Name)
			}
		}
	}
}
