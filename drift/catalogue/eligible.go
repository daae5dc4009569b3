package catalogue

import (
	"slices"
	"strings"
)

// EligibleAsOf is the edition of AWS's list that eligibleServices follows.
const EligibleAsOf = "2022-04-18, with later additions"

// EligibleServices are the services that AWS's Business Associate Addendum covers,
// by their event source without ".amazonaws.com". Source: "HIPAA Eligible Services
// Reference", https://aws.amazon.com/compliance/hipaa-eligible-services-reference/,
// in the edition of 18 April 2022, plus, of the services that AWS has added since,
// those whose own documentation says so (Bedrock, HealthImaging, HealthOmics,
// MemoryDB, App Runner and the rest of the last line). AWS adds services more often
// than it removes one, so a service that is missing here may have become eligible;
// a service that is listed here is eligible.
func EligibleServices() []string {
	return strings.Fields(`
		acm amplify apigateway appflow appmesh appstream appsync athena autoscaling backup batch cassandra chime cloud9
		clouddirectory cloudformation cloudfront cloudhsm cloudtrail codebuild codecommit codedeploy codepipeline
		cognito-identity cognito-idp comprehend comprehendmedical config connect controltower databrew dataexchange datasync
		detective directconnect dms ds dynamodb ebs ec2 ecr ecs eks elasticache elasticbeanstalk elasticfilesystem
		elasticloadbalancing elasticmapreduce es events firehose fms forecast freertos fsx geo glacier globalaccelerator
		glue greengrass guardduty healthlake inspector inspector2 iot iotevents kafka kendra kinesis kinesisanalytics
		kinesisvideo kms lakeformation lambda lex lexv2 logs macie macie2 mediaconnect mediaconvert medialive mgn
		mobiletargeting monitoring mq network-firewall opsworks opsworks-cm organizations outposts personalize polly qldb
		quicksight rds redshift rekognition robomaker route53 s3 sagemaker secretsmanager securityhub serverlessrepo
		servicecatalog servicediscovery ses shield sms snowball sns sqs sso ssm states storagegateway swf textract timestream
		transcribe transfer translate waf waf-regional wafv2 workdocs worklink workspaces xray
		acm-pca airflow apprunner aps auditmanager bedrock bedrock-mantle emr-serverless grafana medical-imaging memorydb omics
		pipes redshift-serverless scheduler securitylake`)
}

// Plumbing lists the services that hold no customer content: identities, the
// account itself, its bill and its agreements. No record can be stored in them.
func Plumbing() []string {
	return strings.Fields(`
		access-analyzer account artifact aws-marketplace aws-marketplace-management billing billingconsole budgets
		ce consoleapp cost-optimization-hub cur freetier health iam identitystore invoicing marketplace-agreement notifications payments
		ram resource-explorer-2 resource-groups servicequotas signin sso-directory sts support tagging tax trustedadvisor`)
}

// Service is an event source without its domain: "s3" of "s3.amazonaws.com".
func Service(source string) string { return strings.TrimSuffix(source, ".amazonaws.com") }

// HoldsNothing reports whether a service holds no content of a customer's.
func HoldsNothing(source string) bool { return slices.Contains(Plumbing(), Service(source)) }

// Eligible reports whether the agreement with AWS covers a service, or it holds nothing
// that an agreement is about.
func Eligible(source string) bool {
	return HoldsNothing(source) || slices.Contains(EligibleServices(), Service(source))
}
