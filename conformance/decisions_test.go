//go:build conformance

package conformance

import "regexp"

// decision is a kind of answer in which the demo account and moto differ, and the page of
// AWS's documentation by which the demo account is right.
type decision struct {
	about *regexp.Regexp // of "question: field"
	page  string
}

func about(pattern, page string) decision {
	return decision{regexp.MustCompile(`^(?:` + pattern + `)`), page}
}

// decisions are few and narrow, and one that is no longer needed fails the run. Any other
// difference is a fault of the demo account until a page says otherwise. “API” is the
// service's API reference.
var decisions = []decision{
	// The defaults of S3 for a bucket, an object or an upload.
	about(`get bucket_encryption first:`, "S3 User Guide, “Setting default server-side encryption behavior”: every bucket has SSE-S3 from the start"),
	about(`get (public_access_block|bucket_ownership_controls) first:`,
		"S3 User Guide, “Blocking public access” and “Controlling ownership of objects”: new buckets have all four blocks and BucketOwnerEnforced"),
	about(`(begin|begin another|part [12]|put locked):\.ServerSideEncryption`, "S3 API, CreateMultipartUpload, UploadPart, PutObject: x-amz-server-side-encryption shows the encryption"),
	about(`begin( another)?:\.Checksum`, "S3 User Guide, “Checking object integrity”: an upload in parts that asks for no algorithm has CRC64NVME over the whole"),
	about(`join:\.Checksum(CRC64NVME|Type)`, "the same page: the joined object has that checksum"),
	about(`(put|get|list|copy|page|object versions|versions page).*\.ChecksumType$`, "S3 API, PutObject, GetObject, CopyObject, Object, ObjectVersion: ChecksumType goes with a checksum"),
	about(`(list v1|object versions|versions page \d):.*\.ChecksumAlgorithm\[0\]$`, "S3 API, Object and ObjectVersion: ChecksumAlgorithm"),
	about(`put bucket_lifecycle_configuration:`, "S3 API, PutBucketLifecycleConfiguration: x-amz-transition-default-minimum-object-size is answered"),

	// What S3 refuses.
	about(`a public policy: `, "S3 User Guide, “Blocking public access”: BlockPublicPolicy refuses a public policy"),
	about(`malformed policy: `, "S3 API, “Error responses”: MalformedPolicy for a policy without statements"),
	about(`get marker: `, "S3 API, GetObject: naming a delete marker's version is 405 MethodNotAllowed"),
	about(`join wrongly: code`, "S3 API, CompleteMultipartUpload: InvalidPartOrder for parts that do not ascend; moto checks their sizes first"),
	about(`part of none: `, "S3 API, UploadPart: NoSuchUpload, 404; moto fails with 500"),
	about(`suspend with lock: `, "S3 User Guide, “Using S3 Object Lock”: versioning of a bucket with Object Lock cannot be suspended"),

	// Delete markers.
	about(`delete nothing:|delete many:\.Deleted\[1\]|(object versions|versions page 2):\.DeleteMarkers\[`,
		"S3 API, DeleteObject: in a versioned bucket it always inserts a delete marker, and listings of versions show it"),
	about(`delete marker:\.DeleteMarker`, "S3 API, DeleteObject: x-amz-delete-marker is true when what was deleted is a marker"),
	about(`delete many quietly:`, "S3 API, DeleteObjects: quiet mode returns errors only"),

	// The rest of S3's answers.
	about(`(put bucket_policy|let the trail in): status`, "S3 API, PutBucketPolicy, “Examples”: 204 No Content"),
	about(`.*\.DisplayName$`, "S3 API, Owner: DisplayName is not returned since November 2025"),
	about(`uploads:\.Uploads\[0\]\.Initiator`, "S3 API, Initiator: for an account the same as the owner; moto invents a user"),
	about(`head bucket:\.AccessPointAlias`, "S3 API, HeadBucket: x-amz-access-point-alias"),
	about(`join:\.Location`, "S3 API, CompleteMultipartUpload: Location is the object's URI; the two have different hosts"),
	about(`(object versions|versions page \d):\.EncodingType`, "S3 API, ListObjectVersions: EncodingType is echoed when it was asked for, as boto3 does"),
	about(`page 2:\.ContinuationToken`, "S3 API, ListObjectsV2: ContinuationToken is echoed"),
	about(`list v1:\.NextMarker`, "S3 API, ListObjects: NextMarker only with a delimiter"),
	about(`get lock:.*\.Years`, "S3 API, DefaultRetention: Days or Years, not both"),
	about(`tag:`, "S3 API, PutObjectTagging: x-amz-version-id"),

	// IAM and STS.
	about(`delete attached: `, "IAM API, DeletePolicy: DeleteConflict while it is attached"),
	about(`(version \d|versions of it):.*\.Document`, "IAM API, PolicyVersion: Document is not returned by CreatePolicyVersion and ListPolicyVersions"),
	about(`(keys|versions of it):\.IsTruncated`, "IAM API, ListAccessKeys and ListPolicyVersions: IsTruncated"),
	about(`details:\.Policies`, "IAM API, GetAccountAuthorizationDetails: the filter LocalManagedPolicy selects the account's policies; moto returns none"),
	about(`details:\.RoleDetailList\[0\]\.Tags`, "IAM API, RoleDetail: Tags is optional, and this role has none"),
	about(`create policy:\.Policy\.PermissionsBoundaryUsageCount`, "IAM API, Policy: PermissionsBoundaryUsageCount"),
	about(`get password policy:.*\.(HardExpiry|MaxPasswordAge)`, "IAM API, PasswordPolicy: MaxPasswordAge is at least 1, so it is absent without expiry"),
	about(`role in:`, "STS API, AssumeRole: access is denied to the root user"),

	// CloudTrail.
	about(`create trail again:`, "CloudTrail API, CreateTrail: TrailAlreadyExistsException"),
	about(`get trail:\.Trail\.HomeRegion`, "CloudTrail API, GetTrail: HomeRegion"),
	about(`selectors:`, "CloudTrail API, GetEventSelectors: a new trail has one basic selector for all management events"),
	about(`get advanced selectors:\.EventSelectors`, "CloudTrail API, GetEventSelectors: a trail has basic or advanced selectors, not both"),
	about(`describe trails:.*\.HasCustomEventSelectors`, "CloudTrail API, Trail: HasCustomEventSelectors is true once selectors were put"),
}
