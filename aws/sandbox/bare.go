package sandbox

import (
	"encoding/json"
	"net/http"
)

// bareServices are services in which the demo account has no resources: they answer the
// lists that a scan reads, and each list is empty.
func bareServices() []*service {
	list := func(name, action, member string) *operation {
		return &operation{name: name, serve: func(c *call) error {
			if err := c.authorize(action, "*", nil); err != nil {
				return err
			}
			return c.json(http.StatusOK, map[string]json.RawMessage{member: json.RawMessage("[]")})
		}}
	}
	rest := func(name, pattern string, op *operation) *service {
		return &service{name: name, protocol: restJSON, route: byPath([]path{{http.MethodGet, pattern, op}})}
	}
	targets := func(name string, ops ...*operation) *service {
		return &service{name: name, protocol: json11, route: byTarget(byName(ops...))}
	}
	forms := func(name, xmlns string, ops ...*operation) *service {
		operations := byName(ops...)
		return &service{
			name: name, protocol: queryProtocol, xmlns: xmlns,
			route: func(c *call) *operation { return operations[c.form.Get("Action")] },
		}
	}
	answer := func(name, action string, result any) *operation {
		return &operation{name: name, serve: func(c *call) error {
			if err := c.authorize(action, "*", nil); err != nil {
				return err
			}
			return c.result(result)
		}}
	}
	return []*service{
		forms("rds", "http://rds.amazonaws.com/doc/2014-10-31/", answer("DescribeDBInstances", "rds:DescribeDBInstances", struct{ DBInstances struct{} }{})),
		forms("elasticloadbalancing", "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
			answer("DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers", struct{ LoadBalancers struct{} }{})),
		rest("lambda", "/2015-03-31/functions", list("ListFunctions", "lambda:ListFunctions", "Functions")),
		rest("elasticfilesystem", "/2015-02-01/file-systems", list("DescribeFileSystems", "elasticfilesystem:DescribeFileSystems", "FileSystems")),
		rest("es", "/2021-01-01/domain", list("ListDomainNames", "es:ListDomainNames", "DomainNames")),
		targets("ecs", list("ListClusters", "ecs:ListClusters", "clusterArns")),
		targets("dynamodb", list("ListTables", "dynamodb:ListTables", "TableNames")),
		targets("secretsmanager", list("ListSecrets", "secretsmanager:ListSecrets", "SecretList")),
	}
}
