package aws

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The regions of AWS's commercial partition in November 2026: those that every account
// has, and those that an account enables first. Sources: the partitions of the SDK's
// endpoint rules (aws-sdk-go-v2 1.47), and the Account Management reference guide,
// "Enable or disable AWS Regions in your account".
var (
	everyAccount = []string{
		"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
		"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
	}
	enabledFirst = []string{
		"af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6",
		"ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1",
		"mx-central-1",
	}
)

// optIn reports whether an account must enable the region before it can use it.
func optIn(region string) bool { return slices.Contains(enabledFirst, region) }

// partitions are AWS's other partitions by how the names of their regions begin. They
// have their own accounts, ARNs and hosts.
var partitions = []struct{ prefix, name string }{
	{"us-gov-", "AWS GovCloud (US)"},
	{"cn-", "AWS in China"},
	{"eusc-", "the AWS European Sovereign Cloud"},
	{"us-iso", "a partition of the US government"},
	{"eu-iso", "a partition of a government"},
}

var zonePattern = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)+-[0-9])(?:[a-z]|-[a-z0-9-]+)$`)

// RegionError is the name of a region in which Claria cannot work, and what may be meant.
type RegionError struct {
	Region, Why string
	Meant       string // empty: nothing is close
}

func (e *RegionError) Error() string {
	said := fmt.Sprintf("region %q %s", e.Region, e.Why)
	if e.Meant != "" {
		return said + ": use " + e.Meant
	}
	return said + ": must be a region such as us-east-1"
}

// CheckRegion returns a RegionError unless the region is one of the commercial partition.
func CheckRegion(region string) error {
	known := slices.Concat(everyAccount, enabledFirst)
	if slices.Contains(known, region) {
		return nil
	}
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return &RegionError{Region: region, Why: "belongs to " + p.name + ", where Claria does not work yet"}
		}
	}
	if zone := zonePattern.FindStringSubmatch(region); zone != nil && slices.Contains(known, zone[1]) {
		return &RegionError{Region: region, Why: "is a zone, not a region", Meant: zone[1]}
	}
	wrong := &RegionError{Region: region, Why: "does not exist, as of November 2026"}
	written := strings.ToLower(strings.TrimSpace(region))
	closest := slices.MinFunc(known, func(a, b string) int { return cmp.Compare(distance(written, a), distance(written, b)) })
	if distance(written, closest) <= 3 {
		wrong.Meant = closest
	}
	return wrong
}

// distance is how many letters must be put in, left out or replaced to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := corner
			if a[i] != b[j] {
				replaced++
			}
			corner = row[j+1]
			row[j+1] = min(replaced, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
