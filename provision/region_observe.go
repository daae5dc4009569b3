package provision

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"

	"claria/aws"
	"claria/provision/state"
)

// Counts what runs in a region. It stops at the first page that is not empty, because the
// controls ask only whether there is anything.

// workload is one kind of resource to count, and the request that lists it.
type workload struct {
	kind    string
	service aws.Service
	request aws.Request
	list    string // JSON: the list's name; XML: the name of its elements' parent
	item    string // XML: the elements
	next    string // the token's name in answers, …
	token   string // … and in requests
}

// workloads are the kinds of resource that the conformance pack's rules about compute,
// databases and networks apply to.
func workloads() []workload {
	regional := func(name, host string, wording aws.Wording) aws.Service {
		return aws.Service{
			Name: name, Host: host + ".{region}.amazonaws.com", Endpoint: strings.ToUpper(strings.ReplaceAll(host, "-", "_")), Wording: wording,
		}
	}
	rds := regional("rds", "rds", aws.Query)
	rds.Version = "2014-10-31"
	balancers := regional("elasticloadbalancing", "elasticloadbalancing", aws.Query)
	balancers.Version, balancers.Endpoint = "2015-12-01", "ELASTIC_LOAD_BALANCING_V2"
	ecs := regional("ecs", "ecs", aws.JSON11)
	ecs.Target = "AmazonEC2ContainerServiceV20141113"
	dynamo := regional("dynamodb", "dynamodb", aws.JSON10)
	dynamo.Target = "DynamoDB_20120810"
	files := regional("elasticfilesystem", "elasticfilesystem", aws.RESTJSON)
	files.Endpoint = "EFS"
	search := regional("es", "es", aws.RESTJSON)
	search.Endpoint = "OPENSEARCH"
	return []workload{
		{
			"EC2 instances", ec2Service(), aws.Request{Operation: "DescribeInstances", Values: url.Values{
				"Filter.1.Name":    {"instance-state-name"},
				"Filter.1.Value.1": {"pending"}, "Filter.1.Value.2": {"running"}, "Filter.1.Value.3": {"stopping"}, "Filter.1.Value.4": {"stopped"},
			}}, "instancesSet", "item", "nextToken", "NextToken",
		},
		{"databases (RDS)", rds, aws.Request{Operation: "DescribeDBInstances"}, "DBInstances", "DBInstance", "Marker", "Marker"},
		{"Lambda functions", regional("lambda", "lambda", aws.RESTJSON), aws.Request{Operation: "ListFunctions", Path: "/2015-03-31/functions"}, "Functions", "", "NextMarker", "Marker"},
		{"container clusters (ECS)", ecs, aws.Request{Operation: "ListClusters"}, "clusterArns", "", "nextToken", "nextToken"},
		{"file systems (EFS)", files, aws.Request{Operation: "DescribeFileSystems", Path: "/2015-02-01/file-systems"}, "FileSystems", "", "NextMarker", "Marker"},
		{"load balancers", balancers, aws.Request{Operation: "DescribeLoadBalancers"}, "LoadBalancers", "member", "NextMarker", "Marker"},
		{"OpenSearch domains", search, aws.Request{Operation: "ListDomainNames", Path: "/2021-01-01/domain"}, "DomainNames", "", "", ""},
		{"DynamoDB tables", dynamo, aws.Request{Operation: "ListTables"}, "TableNames", "", "LastEvaluatedTableName", "ExclusiveStartTableName"},
	}
}

// regionContents schedules the reads of one region.
func (o *observer) regionContents(g *state.RegionContents) {
	kinds := workloads()
	g.Workloads = make([]state.Workload, len(kinds))
	for i, w := range kinds {
		g.Workloads[i].Kind = w.kind
		ask(o, w.service.Name+":"+w.request.Operation, &g.Workloads[i].Count, func(ctx context.Context) (int, error) {
			return o.count(ctx, g.Region, w)
		})
	}
	o.defaultNetworks(g)
	o.documents(g)
	o.secrets(g)
}

// maxEmptyPages bounds how many empty pages are read.
const maxEmptyPages = 50

func (o *observer) count(ctx context.Context, region string, w workload) (int, error) {
	request := w.request
	request.Region = region
	count := 0
	err := aws.PagesUpTo(maxEmptyPages, func(token string) (string, error) {
		if token != "" {
			switch w.service.Wording {
			case aws.JSON10, aws.JSON11:
				request.In = map[string]string{w.token: token}
			default:
				values := url.Values{w.token: {token}}
				for name, more := range w.request.Values {
					values[name] = more
				}
				request.Values = values
			}
		}
		found, next, err := o.countPage(ctx, w, request)
		if count = found; found > 0 {
			next = ""
		}
		return next, err
	})
	return count, err
}

func (o *observer) countPage(ctx context.Context, w workload, request aws.Request) (found int, next string, err error) {
	if w.service.Wording == aws.Query {
		var page xmlPage
		if err := aws.Ask(ctx, o.account, w.service, request, &page); err != nil {
			return 0, "", err
		}
		if page.root != w.request.Operation+"Response" {
			return 0, "", state.ErrIncomplete
		}
		return page.count(w.list, w.item), page.text[w.next], nil
	}
	var page map[string]json.RawMessage
	if err := aws.Ask(ctx, o.account, w.service, request, &page); err != nil {
		return 0, "", err
	}
	var list []json.RawMessage
	text, ok := page[w.list]
	if !ok || json.Unmarshal(text, &list) != nil {
		return 0, "", state.ErrIncomplete
	}
	_ = json.Unmarshal(page[w.next], &next) // absent or null: the last page
	return len(list), next, nil
}

// xmlPage is an XML answer, as counts of its elements.
type xmlPage struct {
	root  string
	items map[[2]string]int // parent and element → how many
	text  map[string]string
}

// UnmarshalXML reads any XML document.
func (p *xmlPage) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	p.root, p.items, p.text = start.Name.Local, map[[2]string]int{}, map[string]string{}
	path := []string{p.root}
	for len(path) > 0 {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			p.items[[2]string{path[len(path)-1], t.Name.Local}]++
			path = append(path, t.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if text := strings.TrimSpace(string(t)); text != "" {
				p.text[path[len(path)-1]] = text
			}
		}
	}
	return nil
}

func (p *xmlPage) count(list, item string) int { return p.items[[2]string{list, item}] }

func ec2Service() aws.Service {
	return aws.Service{Name: "ec2", Host: "ec2.{region}.amazonaws.com", Endpoint: "EC2", Wording: aws.Query, Version: "2016-11-15"}
}

// disks reads a region's defaults for disks and their snapshots.
func (o *observer) disks(g *state.RegionContents) {
	ask(o, "ec2:GetEbsEncryptionByDefault", &g.EncryptDisks, func(ctx context.Context) (bool, error) {
		var out struct {
			On *bool `xml:"ebsEncryptionByDefault"`
		}
		if err := aws.Ask(ctx, o.account, ec2Service(), aws.Request{Operation: "GetEbsEncryptionByDefault", Region: g.Region}, &out); err != nil {
			return false, err
		}
		if out.On == nil {
			return false, state.ErrIncomplete
		}
		return *out.On, nil
	})
	ask(o, "ec2:GetSnapshotBlockPublicAccessState", &g.BlockSnapshots, func(ctx context.Context) (string, error) {
		var out struct {
			State string `xml:"state"`
		}
		request := aws.Request{Operation: "GetSnapshotBlockPublicAccessState", Region: g.Region}
		if err := aws.Ask(ctx, o.account, ec2Service(), request, &out); err != nil {
			return "", err
		}
		if out.State == "" {
			return "", state.ErrIncomplete
		}
		return out.State, nil
	})
}

// defaultNetworks reads the VPC that AWS creates in each region, and which default
// security groups allow traffic.
func (o *observer) defaultNetworks(g *state.RegionContents) {
	ask(o, "ec2:DescribeVpcs", &g.DefaultVPCs, func(ctx context.Context) ([]string, error) {
		var out struct {
			Set *struct {
				IDs []string `xml:"item>vpcId"`
			} `xml:"vpcSet"`
		}
		err := aws.Ask(ctx, o.account, ec2Service(), aws.Request{
			Operation: "DescribeVpcs", Region: g.Region,
			Values: url.Values{"Filter.1.Name": {"is-default"}, "Filter.1.Value.1": {"true"}},
		}, &out)
		if err != nil {
			return nil, err
		}
		if out.Set == nil {
			return nil, state.ErrIncomplete
		}
		return append([]string{}, out.Set.IDs...), nil
	})
	ask(o, "ec2:DescribeSecurityGroups", &g.OpenGroups, func(ctx context.Context) ([]string, error) {
		var out struct {
			Set *struct {
				Groups []struct {
					ID  string   `xml:"groupId"`
					In  []string `xml:"ipPermissions>item>ipProtocol"`
					Out []string `xml:"ipPermissionsEgress>item>ipProtocol"`
				} `xml:"item"`
			} `xml:"securityGroupInfo"`
		}
		err := aws.Ask(ctx, o.account, ec2Service(), aws.Request{
			Operation: "DescribeSecurityGroups", Region: g.Region,
			Values: url.Values{"Filter.1.Name": {"group-name"}, "Filter.1.Value.1": {"default"}},
		}, &out)
		if err != nil {
			return nil, err
		}
		if out.Set == nil {
			return nil, state.ErrIncomplete
		}
		open := []string{}
		for _, group := range out.Set.Groups {
			if len(group.In)+len(group.Out) > 0 {
				open = append(open, group.ID)
			}
		}
		return open, nil
	})
}

// documents reads which of the account's SSM documents are public.
func (o *observer) documents(g *state.RegionContents) {
	ssm := aws.Service{Name: "ssm", Host: "ssm.{region}.amazonaws.com", Endpoint: "SSM", Wording: aws.JSON11, Target: "AmazonSSM"}
	ask(o, "ssm:ListDocuments", &g.PublicDocuments, func(ctx context.Context) ([]string, error) {
		public := []string{}
		in := map[string]any{"Filters": []map[string]any{{"Key": "Owner", "Values": []string{"Self"}}}, "MaxResults": 50}
		err := aws.Pages(func(token string) (string, error) {
			if token != "" {
				in["NextToken"] = token
			}
			var page struct {
				Documents *[]struct{ Name string } `json:"DocumentIdentifiers"`
				NextToken string
			}
			if err := aws.Ask(ctx, o.account, ssm, aws.Request{Operation: "ListDocuments", Region: g.Region, In: in}, &page); err != nil {
				return "", err
			}
			if page.Documents == nil {
				return "", state.ErrIncomplete
			}
			for _, d := range *page.Documents {
				var shared struct{ AccountIds []string }
				err := aws.Ask(ctx, o.account, ssm, aws.Request{
					Operation: "DescribeDocumentPermission", Region: g.Region, In: map[string]string{"Name": d.Name, "PermissionType": "Share"},
				}, &shared)
				if err != nil {
					return "", err
				}
				if slices.ContainsFunc(shared.AccountIds, func(id string) bool { return strings.EqualFold(id, "all") }) {
					public = append(public, d.Name)
				}
			}
			return page.NextToken, nil
		})
		return public, err
	})
}

// secrets lists the secrets. It never reads their values.
func (o *observer) secrets(g *state.RegionContents) {
	service := aws.Service{
		Name: "secretsmanager", Host: "secretsmanager.{region}.amazonaws.com", Endpoint: "SECRETS_MANAGER",
		Wording: aws.JSON11, Target: "secretsmanager",
	}
	ask(o, "secretsmanager:ListSecrets", &g.Secrets, func(ctx context.Context) ([]state.Secret, error) {
		secrets := []state.Secret{}
		in := map[string]any{"MaxResults": 100}
		err := aws.Pages(func(token string) (string, error) {
			if token != "" {
				in["NextToken"] = token
			}
			var page struct {
				List *[]struct {
					Name            string
					RotationEnabled bool
				} `json:"SecretList"`
				NextToken string
			}
			if err := aws.Ask(ctx, o.account, service, aws.Request{Operation: "ListSecrets", Region: g.Region, In: in}, &page); err != nil {
				return "", err
			}
			if page.List == nil {
				return "", state.ErrIncomplete
			}
			for _, s := range *page.List {
				secrets = append(secrets, state.Secret{Name: s.Name, Rotates: s.RotationEnabled})
			}
			return page.NextToken, nil
		})
		return secrets, err
	})
}
