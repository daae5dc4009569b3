"""Asks an account a fixed list of questions with boto3 and prints the answers, one
JSON object a line: {"question", "status", "code", "answer"}. Ids and times, which differ
from run to run, are named after the question that first returned them, so that the
answers of two accounts can be compared."""

import datetime
import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
s3, iam, sts, trail = (boto3.client(n, config=config) for n in ("s3", "iam", "sts", "cloudtrail"))

VOLATILE = {
    "VersionId", "UploadId", "UserId", "RoleId", "PolicyId", "GroupId", "AccessKeyId", "SecretAccessKey", "SessionToken",
    "AssumedRoleId", "DisplayName", "NextContinuationToken", "ContinuationToken", "Marker", "NextToken", "KeyMarker",
    "VersionIdMarker", "NextVersionIdMarker", "Base32StringSeed", "QRCodePNG", "CopySourceVersionId", "DeleteMarkerVersionId", "UploadIdMarker", "NextUploadIdMarker",
}
labels, asking = {}, ""


def normal(node, key=""):
    if isinstance(node, dict):
        return {k: normal(v, k) for k, v in node.items() if k not in ("ResponseMetadata", "RequestId", "HostId")}
    if isinstance(node, list):
        out = [normal(v, key) for v in node]
        if key == "AccessKeyMetadata":  # AWS documents no order
            out.sort(key=lambda k: k["AccessKeyId"])
        return out
    if isinstance(node, datetime.datetime):
        return "‹time›"
    if isinstance(node, StreamingBody):
        node = node.read()
    if isinstance(node, bytes):
        node = node.decode("latin-1")
    if (key in VOLATILE or key == "ID" and len(node) == 64) and node not in ("null", ""):
        return labels.setdefault(node, f"‹{key} of {asking}›")
    return node


def ask(question, call, **arguments):
    """Asks one question and returns the answer as boto3 gives it, {} when refused."""
    global asking
    asking = question
    try:
        answer = call(**arguments)
        status, code = answer["ResponseMetadata"]["HTTPStatusCode"], ""
    except ClientError as error:
        answer = {}
        status, code = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    print(json.dumps({"question": question, "status": status, "code": code, "answer": normal(answer)}))
    return answer


b = "answers-111122223333"

# A new bucket, and each setting: absent, set, and deleted.
ask("head no bucket", s3.head_bucket, Bucket=b)
ask("list no bucket", s3.list_objects_v2, Bucket=b)
ask("create", s3.create_bucket, Bucket=b)
ask("head bucket", s3.head_bucket, Bucket=b)
ask("location", s3.get_bucket_location, Bucket=b)
ask("list empty", s3.list_objects_v2, Bucket=b)
flags = {f: True for f in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")}
policy = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Sid": "TLS", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{b}", f"arn:aws:s3:::{b}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]})
settings = [
    ("bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
    ("bucket_encryption", {"ServerSideEncryptionConfiguration": {"Rules": [{
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}}),
    ("public_access_block", {"PublicAccessBlockConfiguration": flags}),
    ("bucket_ownership_controls", {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}),
    ("bucket_policy", {"Policy": policy}),
    ("bucket_tagging", {"Tagging": {"TagSet": [{"Key": "claria:system", "Value": "claria"}]}}),
    ("bucket_cors", {"CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.org"]}]}}),
    ("bucket_website", {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}}),
    ("bucket_lifecycle_configuration", {"LifecycleConfiguration": {"Rules": [
        {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        {"ID": "b", "Status": "Enabled", "Filter": {"Prefix": "r/"}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}]}}),
    ("bucket_notification_configuration", {"NotificationConfiguration": {}}),
]
for name, put in settings:
    get = getattr(s3, "get_" + name)
    ask(f"get {name} first", get, Bucket=b)
    ask(f"put {name}", getattr(s3, "put_" + name), Bucket=b, **put)
    ask(f"get {name}", get, Bucket=b)
ask("policy status", s3.get_bucket_policy_status, Bucket=b)
ask("acl", s3.get_bucket_acl, Bucket=b)
ask("lock of none", s3.get_object_lock_configuration, Bucket=b)
ask("malformed policy", s3.put_bucket_policy, Bucket=b, Policy="{}")
ask("a public policy", s3.put_bucket_policy, Bucket=b, Policy=policy.replace('"Deny"', '"Allow"').replace('"Bool": {"aws:SecureTransport": "false"}', ""))
for name in ("bucket_cors", "bucket_website", "bucket_tagging", "bucket_lifecycle", "bucket_policy", "public_access_block"):
    ask(f"delete {name}", getattr(s3, "delete_" + name), Bucket=b)
for name in ("bucket_cors", "bucket_website", "bucket_tagging", "bucket_lifecycle_configuration", "bucket_policy", "public_access_block"):
    ask(f"get deleted {name}", getattr(s3, "get_" + name), Bucket=b)

# Objects, their versions, conditions, ranges, copies.
one = ask("put", s3.put_object, Bucket=b, Key="n/one", Body=b"first", ContentType="text/plain", Metadata={"k": "v"}, ChecksumAlgorithm="SHA256")
ask("put if none", s3.put_object, Bucket=b, Key="n/one", Body=b"second", IfNoneMatch="*")
ask("put if wrong", s3.put_object, Bucket=b, Key="n/one", Body=b"second", IfMatch='"00000000000000000000000000000000"')
two = ask("put if match", s3.put_object, Bucket=b, Key="n/one", Body=b"second", IfMatch=one["ETag"])
ask("put if match nothing", s3.put_object, Bucket=b, Key="n/none", Body=b"x", IfMatch=one["ETag"])
ask("get", s3.get_object, Bucket=b, Key="n/one")
ask("get first", s3.get_object, Bucket=b, Key="n/one", VersionId=one["VersionId"], ChecksumMode="ENABLED")
ask("get range", s3.get_object, Bucket=b, Key="n/one", Range="bytes=1-3")
ask("get tail", s3.get_object, Bucket=b, Key="n/one", Range="bytes=-2")
ask("get beyond", s3.get_object, Bucket=b, Key="n/one", Range="bytes=99-")
ask("get not modified", s3.get_object, Bucket=b, Key="n/one", IfNoneMatch=two["ETag"])
ask("get if match fails", s3.get_object, Bucket=b, Key="n/one", IfMatch=one["ETag"])
ask("get nothing", s3.get_object, Bucket=b, Key="n/none")
ask("get no version", s3.get_object, Bucket=b, Key="n/one", VersionId="rmSpXd3dIbrHYkMTRCxf3vjVBH40Nr8X")
ask("head", s3.head_object, Bucket=b, Key="n/one")
ask("head nothing", s3.head_object, Bucket=b, Key="n/none")
ask("copy", s3.copy_object, Bucket=b, Key="n/copy", CopySource={"Bucket": b, "Key": "n/one", "VersionId": one["VersionId"]})
ask("get copy", s3.get_object, Bucket=b, Key="n/copy")
ask("copy nothing", s3.copy_object, Bucket=b, Key="n/copy", CopySource={"Bucket": b, "Key": "n/none"})
marker = ask("delete", s3.delete_object, Bucket=b, Key="n/one")
ask("get deleted", s3.get_object, Bucket=b, Key="n/one")
ask("get marker", s3.get_object, Bucket=b, Key="n/one", VersionId=marker["VersionId"])
ask("head deleted", s3.head_object, Bucket=b, Key="n/one")
ask("delete marker", s3.delete_object, Bucket=b, Key="n/one", VersionId=marker["VersionId"])
ask("get again", s3.get_object, Bucket=b, Key="n/one")
ask("delete nothing", s3.delete_object, Bucket=b, Key="n/never")
ask("tag", s3.put_object_tagging, Bucket=b, Key="n/one", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
ask("tags", s3.get_object_tagging, Bucket=b, Key="n/one")
ask("object versions", s3.list_object_versions, Bucket=b, Prefix="n/")

# Listings: order, prefixes, delimiters, pages.
for key in ("l/a", "l/b/1", "l/b/2", "l/c d+ü", "l/e"):
    ask("put " + key, s3.put_object, Bucket=b, Key=key, Body=b"")
ask("list l", s3.list_objects_v2, Bucket=b, Prefix="l/")
ask("list by /", s3.list_objects_v2, Bucket=b, Prefix="l/", Delimiter="/")
page = ask("page 1", s3.list_objects_v2, Bucket=b, Prefix="l/", Delimiter="/", MaxKeys=2)
ask("page 2", s3.list_objects_v2, Bucket=b, Prefix="l/", Delimiter="/", MaxKeys=2, ContinuationToken=page.get("NextContinuationToken", "-"))
ask("list after", s3.list_objects_v2, Bucket=b, Prefix="l/", StartAfter="l/b/1")
ask("list v1", s3.list_objects, Bucket=b, Prefix="l/", MaxKeys=3)
ask("delete many", s3.delete_objects, Bucket=b, Delete={"Objects": [{"Key": "l/a"}, {"Key": "l/none"}]})
ask("delete many quietly", s3.delete_objects, Bucket=b, Delete={"Objects": [{"Key": "l/e"}], "Quiet": True})
page = ask("versions page 1", s3.list_object_versions, Bucket=b, Prefix="l/", MaxKeys=3)
ask("versions page 2", s3.list_object_versions, Bucket=b, Prefix="l/", KeyMarker=page.get("NextKeyMarker", "-"), VersionIdMarker=page.get("NextVersionIdMarker", "-"))

# An upload in parts.
up = ask("begin", s3.create_multipart_upload, Bucket=b, Key="m/big", ContentType="audio/wav")
part = ask("part 1", s3.upload_part, Bucket=b, Key="m/big", UploadId=up["UploadId"], PartNumber=1, Body=b"x" * (5 << 20))
last = ask("part 2", s3.upload_part, Bucket=b, Key="m/big", UploadId=up["UploadId"], PartNumber=2, Body=b"y")
ask("parts", s3.list_parts, Bucket=b, Key="m/big", UploadId=up["UploadId"])
ask("uploads", s3.list_multipart_uploads, Bucket=b)
ask("list during", s3.list_objects_v2, Bucket=b, Prefix="m/")
ask("join wrongly", s3.complete_multipart_upload, Bucket=b, Key="m/big", UploadId=up["UploadId"],
    MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": last["ETag"]}, {"PartNumber": 1, "ETag": part["ETag"]}]})
ask("join", s3.complete_multipart_upload, Bucket=b, Key="m/big", UploadId=up["UploadId"],
    MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}, {"PartNumber": 2, "ETag": last["ETag"]}]})
ask("head joined", s3.head_object, Bucket=b, Key="m/big")
up = ask("begin another", s3.create_multipart_upload, Bucket=b, Key="m/none")
ask("abort", s3.abort_multipart_upload, Bucket=b, Key="m/none", UploadId=up["UploadId"])
ask("part of none", s3.upload_part, Bucket=b, Key="m/none", UploadId=up["UploadId"], PartNumber=1, Body=b"x")
ask("delete full", s3.delete_bucket, Bucket=b)
ask("create again in us-east-1", s3.create_bucket, Bucket=b)

# Object Lock.
w = "answers-lock-111122223333"
ask("create with lock", s3.create_bucket, Bucket=w, ObjectLockEnabledForBucket=True)
ask("versioning with lock", s3.get_bucket_versioning, Bucket=w)
ask("put lock", s3.put_object_lock_configuration, Bucket=w, ObjectLockConfiguration={
    "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2190}}})
ask("get lock", s3.get_object_lock_configuration, Bucket=w)
locked = ask("put locked", s3.put_object, Bucket=w, Key="k", Body=b"log", ChecksumAlgorithm="SHA256")
ask("delete locked", s3.delete_object, Bucket=w, Key="k", VersionId=locked["VersionId"])
ask("suspend with lock", s3.put_bucket_versioning, Bucket=w, VersioningConfiguration={"Status": "Suspended"})

# IAM.
ask("no user", iam.get_user, UserName="ann")
ask("create user", iam.create_user, UserName="ann", Tags=[{"Key": "claria:system", "Value": "claria"}])
ask("create user again", iam.create_user, UserName="ann")
ask("get user", iam.get_user, UserName="ann")
ask("users", iam.list_users)
ask("user tags", iam.list_user_tags, UserName="ann")
key = ask("key", iam.create_access_key, UserName="ann")
ask("second key", iam.create_access_key, UserName="ann")
ask("third key", iam.create_access_key, UserName="ann")
ask("keys", iam.list_access_keys, UserName="ann")
ask("key last used", iam.get_access_key_last_used, AccessKeyId=key["AccessKey"]["AccessKeyId"])
ask("stop key", iam.update_access_key, UserName="ann", AccessKeyId=key["AccessKey"]["AccessKeyId"], Status="Inactive")
ask("delete key", iam.delete_access_key, UserName="ann", AccessKeyId=key["AccessKey"]["AccessKeyId"])
ask("delete no key", iam.delete_access_key, UserName="ann", AccessKeyId="AKIAIOSFODNN7EXAMPLE")
read = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{b}"}]})
arn = "arn:aws:iam::111122223333:policy/answers"
ask("no policy", iam.get_policy, PolicyArn=arn)
ask("create policy", iam.create_policy, PolicyName="answers", PolicyDocument=read)
ask("create policy again", iam.create_policy, PolicyName="answers", PolicyDocument=read)
ask("malformed", iam.create_policy, PolicyName="malformed", PolicyDocument="{")
for n in range(5):
    ask(f"version {n}", iam.create_policy_version, PolicyArn=arn, PolicyDocument=read, SetAsDefault=True)
ask("versions of it", iam.list_policy_versions, PolicyArn=arn)
ask("version document", iam.get_policy_version, PolicyArn=arn, VersionId="v5")
ask("delete default version", iam.delete_policy_version, PolicyArn=arn, VersionId="v5")
ask("delete version", iam.delete_policy_version, PolicyArn=arn, VersionId="v1")
ask("attach", iam.attach_user_policy, UserName="ann", PolicyArn=arn)
ask("attached", iam.list_attached_user_policies, UserName="ann")
ask("delete attached", iam.delete_policy, PolicyArn=arn)
ask("inline", iam.put_user_policy, UserName="ann", PolicyName="inline", PolicyDocument=read)
ask("get inline", iam.get_user_policy, UserName="ann", PolicyName="inline")
ask("get no inline", iam.get_user_policy, UserName="ann", PolicyName="none")
ask("inlines", iam.list_user_policies, UserName="ann")
ask("delete user in use", iam.delete_user, UserName="ann")
trust = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}]})
ask("no role", iam.get_role, RoleName="clinic")
ask("create role", iam.create_role, RoleName="clinic", AssumeRolePolicyDocument=trust, MaxSessionDuration=3600)
ask("get role", iam.get_role, RoleName="clinic")
ask("role inline", iam.put_role_policy, RoleName="clinic", PolicyName="inline", PolicyDocument=read)
ask("group", iam.create_group, GroupName="staff")
ask("into group", iam.add_user_to_group, GroupName="staff", UserName="ann")
ask("groups of user", iam.list_groups_for_user, UserName="ann")
ask("mfa devices", iam.list_mfa_devices, UserName="ann")
ask("details", iam.get_account_authorization_details, Filter=["User", "Role", "Group", "LocalManagedPolicy"])
ask("no password policy", iam.get_account_password_policy)
ask("password policy", iam.update_account_password_policy, MinimumPasswordLength=14, RequireSymbols=True, RequireNumbers=True,
    RequireUppercaseCharacters=True, RequireLowercaseCharacters=True, PasswordReusePrevention=24)
ask("get password policy", iam.get_account_password_policy)
ask("delete password policy", iam.delete_account_password_policy)

# CloudTrail.
name = "answers"
ask("no trail", trail.get_trail, Name=name)
ask("no trail's status", trail.get_trail_status, Name=name)
ask("trail into no bucket", trail.create_trail, Name=name, S3BucketName="answers-none-111122223333")
ask("short name", trail.create_trail, Name="a", S3BucketName=w)
allow = [{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{w}"},
         {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
          "Resource": f"arn:aws:s3:::{w}/AWSLogs/111122223333/*", "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}}]
ask("let the trail in", s3.put_bucket_policy, Bucket=w, Policy=json.dumps({"Version": "2012-10-17", "Statement": allow}))
ask("create trail", trail.create_trail, Name=name, S3BucketName=w, IsMultiRegionTrail=True, EnableLogFileValidation=True)
ask("get trail", trail.get_trail, Name=name)
ask("trail status", trail.get_trail_status, Name=name)
ask("selectors", trail.get_event_selectors, TrailName=name)
ask("advanced selectors", trail.put_event_selectors, TrailName=name, AdvancedEventSelectors=[
    {"Name": "all", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}])
ask("get advanced selectors", trail.get_event_selectors, TrailName=name)
ask("update trail", trail.update_trail, Name=name, IncludeGlobalServiceEvents=True)
ask("trails", trail.list_trails)
ask("describe trails", trail.describe_trails)
ask("create trail again", trail.create_trail, Name=name, S3BucketName=w)
ask("delete trail", trail.delete_trail, Name=name)

# STS.
ask("role in", sts.assume_role, RoleArn="arn:aws:iam::111122223333:role/clinic", RoleSessionName="session")
