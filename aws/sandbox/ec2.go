package sandbox

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"
)

// computeState holds changes to EC2, by region. A region without an entry is as AWS creates
// it.
type computeState struct {
	Regions map[string]*computeRegion `json:"regions,omitempty"`
}

type computeRegion struct {
	Instances    []*instance `json:"instances,omitempty"`
	NoDefaultVPC bool        `json:"no_default_vpc,omitempty"`
	ClosedIn     bool        `json:"closed_in,omitempty"`  // the default group's rules were revoked
	ClosedOut    bool        `json:"closed_out,omitempty"` //
	EncryptDisks bool        `json:"encrypt_disks,omitempty"`
	Snapshots    string      `json:"snapshots,omitempty"` // block public access; empty: unblocked
}

type instance struct {
	ID    string `json:"id"`
	Image string `json:"image"`
	Type  string `json:"type"`
	State string `json:"state"`
}

// computeAt returns a region's state for reading; call it under the account's lock.
func (a *Account) computeAt(region string) computeRegion {
	if r := stateOf[computeState](a, "ec2").Regions[region]; r != nil {
		return *r
	}
	return computeRegion{}
}

func (a *Account) changeCompute(region string, change func(*computeRegion) error) error {
	return a.update("ec2", func() error {
		s := stateOf[computeState](a, "ec2")
		if s.Regions == nil {
			s.Regions = map[string]*computeRegion{}
		}
		next := computeRegion{}
		if have := s.Regions[region]; have != nil {
			next = *have
		}
		if err := change(&next); err != nil {
			return err
		}
		s.Regions[region] = &next
		return nil
	})
}

func ec2Service() *service {
	row := func(name string, write bool, serve func(*call) (any, error)) *operation {
		return &operation{name: name, write: write, serve: func(c *call) error {
			if err := c.authorize("ec2:"+name, "*", nil); err != nil {
				return err
			}
			out, err := serve(c)
			if err != nil {
				return err
			}
			return c.ec2Result(out)
		}}
	}
	operations := byName(
		row("DescribeRegions", false, describeRegions),
		row("DescribeInstances", false, describeInstances),
		row("RunInstances", true, runInstances),
		row("TerminateInstances", true, terminateInstances),
		row("DescribeVpcs", false, describeVpcs),
		row("DeleteVpc", true, deleteVpc),
		row("DescribeSecurityGroups", false, describeSecurityGroups),
		row("RevokeSecurityGroupIngress", true, revoke(func(r *computeRegion) { r.ClosedIn = true })),
		row("RevokeSecurityGroupEgress", true, revoke(func(r *computeRegion) { r.ClosedOut = true })),
		row("GetEbsEncryptionByDefault", false, getDiskEncryption),
		row("EnableEbsEncryptionByDefault", true, setDiskEncryption(true)),
		row("DisableEbsEncryptionByDefault", true, setDiskEncryption(false)),
		row("GetSnapshotBlockPublicAccessState", false, getSnapshotBlock),
		row("EnableSnapshotBlockPublicAccess", true, setSnapshotBlock),
		row("DisableSnapshotBlockPublicAccess", true, setSnapshotBlock),
	)
	return &service{
		name: "ec2", protocol: ec2Protocol, xmlns: "http://ec2.amazonaws.com/doc/2016-11-15/",
		route: func(c *call) *operation { return operations[c.form.Get("Action")] },
		state: func() any { return &computeState{} },
	}
}

// ec2Result answers as EC2 does: the members are in the answer itself, next to the request
// id.
func (c *call) ec2Result(result any) error {
	var b bytes.Buffer
	b.WriteString(`<` + c.op.name + `Response xmlns="` + c.service.xmlns + `"><requestId>` + c.id + `</requestId>`)
	var members bytes.Buffer
	if err := xml.NewEncoder(&members).EncodeElement(result, xml.StartElement{Name: xml.Name{Local: "x"}}); err != nil {
		return err
	}
	b.Write(bytes.TrimSuffix(bytes.TrimPrefix(members.Bytes(), []byte("<x>")), []byte("</x>")))
	b.WriteString(`</` + c.op.name + `Response>`)
	return c.send(http.StatusOK, "text/xml;charset=UTF-8", b.Bytes())
}

// ec2Name is the stable id of a region's default resource: "vpc-0123456789abcdef0".
func (c *call) ec2Name(prefix string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.account.id + c.region + prefix))
	return fmt.Sprintf("%s-0%016x", prefix, h.Sum64())
}

// wanted reports whether a resource passes the request's filters, given its values by
// filter name. An unknown filter is refused.
func (c *call) wanted(values map[string]string) (bool, error) {
	for i := 1; ; i++ {
		name := c.form.Get(fmt.Sprintf("Filter.%d.Name", i))
		if name == "" {
			return true, nil
		}
		value, ok := values[name]
		if !ok {
			return false, failf(http.StatusBadRequest, "InvalidParameterValue", "The filter '%s' is invalid", name)
		}
		fits := false
		for j := 1; ; j++ {
			want, given := c.form[fmt.Sprintf("Filter.%d.Value.%d", i, j)]
			if !given {
				break
			}
			fits = fits || want[0] == value
		}
		if !fits {
			return false, nil
		}
	}
}

type regionXML struct {
	Name     string `xml:"regionName"`
	Endpoint string `xml:"regionEndpoint"`
	Status   string `xml:"optInStatus"`
}

func describeRegions(c *call) (any, error) {
	var out struct {
		Regions []regionXML `xml:"regionInfo>item"`
	}
	c.account.view(func() {
		for _, name := range alwaysOn() {
			out.Regions = append(out.Regions, regionXML{name, "ec2." + name + ".amazonaws.com", "opt-in-not-required"})
		}
		for _, name := range optIn() {
			status := "not-opted-in"
			if slices.Contains(c.account.settings().Enabled, name) {
				status = "opted-in"
			}
			if status == "opted-in" || c.form.Get("AllRegions") == "true" {
				out.Regions = append(out.Regions, regionXML{name, "ec2." + name + ".amazonaws.com", status})
			}
		}
	})
	return out, nil
}

type instanceXML struct {
	ID    string `xml:"instanceId"`
	Image string `xml:"imageId"`
	Code  int    `xml:"instanceState>code"`
	State string `xml:"instanceState>name"`
	Type  string `xml:"instanceType"`
}

func (i *instance) xml() instanceXML {
	code := map[string]int{"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}[i.State]
	return instanceXML{i.ID, i.Image, code, i.State, i.Type}
}

type reservationXML struct {
	ID        string        `xml:"reservationId"`
	Owner     string        `xml:"ownerId"`
	Instances []instanceXML `xml:"instancesSet>item"`
}

func describeInstances(c *call) (any, error) {
	var out struct {
		Set struct {
			Items []reservationXML `xml:"item"`
		} `xml:"reservationSet"`
	}
	var err error
	c.account.view(func() {
		for _, i := range c.account.computeAt(c.region).Instances {
			var fits bool
			if fits, err = c.wanted(map[string]string{"instance-state-name": i.State, "instance-id": i.ID}); err != nil {
				return
			}
			if fits {
				out.Set.Items = append(out.Set.Items, reservationXML{"r-" + strings.TrimPrefix(i.ID, "i-"), c.account.id, []instanceXML{i.xml()}})
			}
		}
	})
	if err == nil { // filters are checked even when there is nothing to filter
		_, err = c.wanted(map[string]string{"instance-state-name": "", "instance-id": ""})
	}
	return out, err
}

func runInstances(c *call) (any, error) {
	image := c.form.Get("ImageId")
	if !strings.HasPrefix(image, "ami-") {
		return nil, fail(http.StatusBadRequest, "InvalidAMIID.Malformed", "Invalid id: \""+image+"\"")
	}
	kind := c.form.Get("InstanceType")
	if kind == "" {
		kind = "m1.small"
	}
	one := &instance{ID: fmt.Sprintf("i-0%x", randomBytes(8)), Image: image, Type: kind, State: "running"}
	err := c.account.changeCompute(c.region, func(r *computeRegion) error {
		r.Instances = append(slices.Clone(r.Instances), one)
		return nil
	})
	return reservationXML{"r-" + strings.TrimPrefix(one.ID, "i-"), c.account.id, []instanceXML{one.xml()}}, err
}

func terminateInstances(c *call) (any, error) {
	type stateXML struct {
		ID    string `xml:"instanceId"`
		Now   string `xml:"currentState>name"`
		Until string `xml:"previousState>name"`
	}
	var out struct {
		Items []stateXML `xml:"instancesSet>item"`
	}
	err := c.account.changeCompute(c.region, func(r *computeRegion) error {
		next := slices.Clone(r.Instances)
		for n := 1; c.form.Get(fmt.Sprintf("InstanceId.%d", n)) != ""; n++ {
			id := c.form.Get(fmt.Sprintf("InstanceId.%d", n))
			i := slices.IndexFunc(next, func(one *instance) bool { return one.ID == id })
			if i < 0 {
				return fail(http.StatusBadRequest, "InvalidInstanceID.NotFound", "The instance ID '"+id+"' does not exist")
			}
			out.Items = append(out.Items, stateXML{id, "terminated", next[i].State})
			ended := *next[i]
			ended.State = "terminated"
			next[i] = &ended
		}
		r.Instances = next
		return nil
	})
	return out, err
}

type vpcXML struct {
	ID      string `xml:"vpcId"`
	Owner   string `xml:"ownerId"`
	State   string `xml:"state"`
	CIDR    string `xml:"cidrBlock"`
	Default bool   `xml:"isDefault"`
}

func describeVpcs(c *call) (any, error) {
	var out struct {
		Set struct {
			Items []vpcXML `xml:"item"`
		} `xml:"vpcSet"`
	}
	fits, err := c.wanted(map[string]string{"is-default": "true", "isDefault": "true", "vpc-id": c.ec2Name("vpc")})
	c.account.view(func() {
		if fits && !c.account.computeAt(c.region).NoDefaultVPC {
			out.Set.Items = []vpcXML{{c.ec2Name("vpc"), c.account.id, "available", "172.31.0.0/16", true}}
		}
	})
	return out, err
}

func deleteVpc(c *call) (any, error) {
	err := c.account.changeCompute(c.region, func(r *computeRegion) error {
		if id := c.form.Get("VpcId"); r.NoDefaultVPC || id != c.ec2Name("vpc") {
			return fail(http.StatusBadRequest, "InvalidVpcID.NotFound", "The vpc ID '"+id+"' does not exist")
		}
		r.NoDefaultVPC = true
		return nil
	})
	return returned{true}, err
}

// returned is the answer of an operation that returns only its success.
type returned struct {
	Return bool `xml:"return"`
}

type ruleXML struct {
	Protocol string     `xml:"ipProtocol"`
	Groups   []groupRef `xml:"groups>item,omitempty"`
	Ranges   []rangeXML `xml:"ipRanges>item,omitempty"`
}

type groupRef struct {
	ID    string `xml:"groupId"`
	Owner string `xml:"userId"`
}

type rangeXML struct {
	CIDR string `xml:"cidrIp"`
}

type securityGroupXML struct {
	Owner       string    `xml:"ownerId"`
	ID          string    `xml:"groupId"`
	Name        string    `xml:"groupName"`
	Description string    `xml:"groupDescription"`
	VPC         string    `xml:"vpcId"`
	In          []ruleXML `xml:"ipPermissions>item"`
	Out         []ruleXML `xml:"ipPermissionsEgress>item"`
}

// describeSecurityGroups shows the default group of the default network. It allows all
// inbound traffic from its members and all outbound traffic (VPC user guide, "Default
// security groups for your VPCs").
func describeSecurityGroups(c *call) (any, error) {
	var out struct {
		Set struct {
			Items []securityGroupXML `xml:"item"`
		} `xml:"securityGroupInfo"`
	}
	id := c.ec2Name("sg")
	fits, err := c.wanted(map[string]string{"group-name": "default", "group-id": id, "vpc-id": c.ec2Name("vpc")})
	c.account.view(func() {
		r := c.account.computeAt(c.region)
		if !fits || r.NoDefaultVPC {
			return
		}
		group := securityGroupXML{Owner: c.account.id, ID: id, Name: "default", Description: "default VPC security group", VPC: c.ec2Name("vpc")}
		if !r.ClosedIn {
			group.In = []ruleXML{{Protocol: "-1", Groups: []groupRef{{id, c.account.id}}}}
		}
		if !r.ClosedOut {
			group.Out = []ruleXML{{Protocol: "-1", Ranges: []rangeXML{{"0.0.0.0/0"}}}}
		}
		out.Set.Items = []securityGroupXML{group}
	})
	return out, err
}

func revoke(change func(*computeRegion)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		err := c.account.changeCompute(c.region, func(r *computeRegion) error {
			if id := c.form.Get("GroupId"); r.NoDefaultVPC || id != c.ec2Name("sg") {
				return fail(http.StatusBadRequest, "InvalidGroup.NotFound", "The security group '"+id+"' does not exist")
			}
			change(r)
			return nil
		})
		return returned{true}, err
	}
}

type diskXML struct {
	On bool `xml:"ebsEncryptionByDefault"`
}

func getDiskEncryption(c *call) (any, error) {
	var out diskXML
	c.account.view(func() { out.On = c.account.computeAt(c.region).EncryptDisks })
	return out, nil
}

func setDiskEncryption(on bool) func(*call) (any, error) {
	return func(c *call) (any, error) {
		return diskXML{on}, c.account.changeCompute(c.region, func(r *computeRegion) error {
			r.EncryptDisks = on
			return nil
		})
	}
}

type snapshotXML struct {
	State string `xml:"state"`
	By    string `xml:"managedBy,omitempty"`
}

func getSnapshotBlock(c *call) (any, error) {
	out := snapshotXML{By: "account"}
	c.account.view(func() { out.State = c.account.computeAt(c.region).Snapshots })
	if out.State == "" {
		out.State = "unblocked"
	}
	return out, nil
}

func setSnapshotBlock(c *call) (any, error) {
	state := "unblocked"
	if c.op.name == "EnableSnapshotBlockPublicAccess" {
		if state = c.form.Get("State"); state != "block-all-sharing" && state != "block-new-sharing" {
			return nil, fail(http.StatusBadRequest, "InvalidParameterValue", "Value ("+state+") for parameter State is invalid.")
		}
	}
	return snapshotXML{State: state}, c.account.changeCompute(c.region, func(r *computeRegion) error {
		r.Snapshots = state
		return nil
	})
}
