"""How boto3 reads the demo account: each check raises when it fails."""

import gzip
import hashlib
import json
import os

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(retries={"max_attempts": 1})
checks = 0


def check(condition, what):
    global checks
    if not condition:
        raise SystemExit("boto.py: " + what)
    checks += 1


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        check(error.response["Error"]["Code"] == code, f"want {code}, got {error}")
        return
    raise SystemExit(f"boto.py: {code} expected, the call succeeded")


def client(name):
    return boto3.client(name, config=config)


sts, s3, iam, trail = client("sts"), client("s3"), client("iam"), client("cloudtrail")
identity = sts.get_caller_identity()
account = identity["Account"]
check(identity["Arn"] == f"arn:aws:iam::{account}:user/claria-admin", "the demo's identity is claria-admin")
records, audit = f"{account}-claria-records", f"{account}-claria-audit"

# Conditional writes, versions, checksums.
body = os.urandom(100_000)
put = s3.put_object(Bucket=records, Key="records/t/t", Body=body, IfNoneMatch="*", ChecksumAlgorithm="SHA256")
check("VersionId" in put, "a put into a versioned bucket names its version")
refused("PreconditionFailed", s3.put_object, Bucket=records, Key="records/t/t", Body=b"x", IfNoneMatch="*")
got = s3.get_object(Bucket=records, Key="records/t/t", ChecksumMode="ENABLED")
check(hashlib.sha256(got["Body"].read()).digest() == hashlib.sha256(body).digest(), "the bytes come back")
got = s3.get_object(Bucket=records, Key="records/t/t", Range="bytes=10-19")
check(got["Body"].read() == body[10:20], "a range is that range")
s3.delete_object(Bucket=records, Key="records/t/t")
refused("NoSuchKey", s3.get_object, Bucket=records, Key="records/t/t")
versions = s3.list_object_versions(Bucket=records, Prefix="records/t/")
check(len(versions["Versions"]) == 1 and len(versions["DeleteMarkers"]) == 1, "one version, one delete marker")

# What the daily identity may not do.
refused("AccessDenied", s3.delete_object, Bucket=records, Key="records/t/t", VersionId=put["VersionId"])
refused("AccessDenied", s3.put_bucket_policy, Bucket=records, Policy="{}")
refused("AccessDeniedException", trail.stop_logging, Name="claria-trail")
refused("AccessDenied", iam.create_user, UserName="mallory")

# The trail has delivered what happened.
logs = s3.list_objects_v2(Bucket=audit, Prefix="_cloudtrail/")
names = [o["Key"] for o in logs.get("Contents", []) if o["Key"].endswith(".json.gz") and "/CloudTrail/" in o["Key"]]
check(names, "log files are in the audit bucket")
events = json.loads(gzip.decompress(s3.get_object(Bucket=audit, Key=names[0])["Body"].read()))["Records"]
check(events and all("eventName" in e for e in events), "a log file holds events")

# A model, streamed.
runtime = client("bedrock-runtime")
stream = runtime.converse_stream(
    modelId=os.environ["MODEL"],
    messages=[{"role": "user", "content": [{"text": "Hello"}]}],
)["stream"]
seen = [next(iter(event)) for event in stream]
check(seen[0] == "messageStart" and "contentBlockDelta" in seen and seen[-1] == "metadata", f"the stream's events are in order: {seen}")

print(json.dumps({"checks": checks}))
