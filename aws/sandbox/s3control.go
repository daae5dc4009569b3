package sandbox

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"strings"
)

// s3ControlPath is the API version with which every path of S3 Control begins.
const s3ControlPath = "/v20180820/"

// isS3Control recognises S3 Control, which has the signing name of S3: its paths begin with
// its version, and every request names the account.
func isS3Control(r *http.Request) bool {
	return r.Header.Get("X-Amz-Account-Id") != "" && strings.HasPrefix(r.URL.Path, s3ControlPath)
}

// s3ControlService serves the account-level settings of S3. Its state is part of S3's.
func s3ControlService() *service {
	return &service{
		name: "s3control", prefix: "s3", host: "s3-control", protocol: restXMLWrapped,
		match: isS3Control,
		route: func(c *call) *operation {
			path := strings.TrimPrefix(c.request.URL.Path, s3ControlPath)
			for _, row := range s3ControlRoutes() {
				if row.method != c.request.Method {
					continue
				}
				if row.path == path {
					return &row.operation
				}
				if kind, rest, ok := strings.Cut(row.path, "{Name}"); ok {
					name, ok := strings.CutPrefix(path, kind)
					name, fits := strings.CutSuffix(name, rest)
					if ok && fits && name != "" && !strings.Contains(name, "/") {
						c.params["Name"] = name
						return &row.operation
					}
				}
			}
			return nil
		},
	}
}

type s3ControlRoute struct {
	method, path string
	operation
}

func s3ControlRoutes() []s3ControlRoute {
	const block, point, grants = "configuration/publicAccessBlock", "accesspoint/{Name}", "accessgrantsinstance"
	return []s3ControlRoute{
		{http.MethodGet, block, operation{name: "GetPublicAccessBlock", action: "GetAccountPublicAccessBlock", serve: serveGetAccountBlock}},
		{http.MethodPut, block, operation{name: "PutPublicAccessBlock", action: "PutAccountPublicAccessBlock", write: true, serve: servePutAccountBlock}},
		{http.MethodDelete, block, operation{name: "DeletePublicAccessBlock", action: "PutAccountPublicAccessBlock", write: true, serve: serveDeleteAccountBlock}},
		{http.MethodGet, "accesspoint", operation{name: "ListAccessPoints", serve: serveListAccessPoints}},
		{http.MethodPut, point, operation{name: "CreateAccessPoint", write: true, serve: serveCreateAccessPoint}},
		{http.MethodGet, point, operation{name: "GetAccessPoint", serve: serveGetAccessPoint}},
		{http.MethodDelete, point, operation{name: "DeleteAccessPoint", write: true, serve: serveDeleteAccessPoint}},
		{http.MethodPut, point + "/policy", operation{name: "PutAccessPointPolicy", write: true, serve: servePutAccessPointPolicy}},
		{http.MethodGet, point + "/policy", operation{name: "GetAccessPointPolicy", serve: serveGetAccessPointPolicy}},
		{http.MethodDelete, point + "/policy", operation{name: "DeleteAccessPointPolicy", write: true, serve: serveDeleteAccessPointPolicy}},
		{http.MethodGet, point + "/policyStatus", operation{name: "GetAccessPointPolicyStatus", serve: serveGetAccessPointPolicyStatus}},
		{http.MethodPost, grants, operation{name: "CreateAccessGrantsInstance", write: true, serve: serveCreateAccessGrantsInstance}},
		{http.MethodGet, "accessgrantsinstances", operation{name: "ListAccessGrantsInstances", serve: serveListAccessGrantsInstances}},
		{http.MethodPost, grants + "/location", operation{name: "CreateAccessGrantsLocation", write: true, serve: serveCreateAccessGrantsLocation}},
		{http.MethodPost, grants + "/grant", operation{name: "CreateAccessGrant", write: true, serve: serveCreateAccessGrant}},
		{http.MethodDelete, grants + "/grant/{Name}", operation{name: "DeleteAccessGrant", write: true, serve: serveDeleteAccessGrant}},
		{http.MethodGet, grants + "/grants", operation{name: "ListAccessGrants", serve: serveListAccessGrants}},
		{http.MethodGet, "mrap/instances", operation{name: "ListMultiRegionAccessPoints", serve: serveListMultiRegionAccessPoints}},
	}
}

// controlAuthorize checks an action without a resource, on the caller's own account.
func (c *call) controlAuthorize(action string) error {
	if id := c.request.Header.Get("X-Amz-Account-Id"); id != c.account.id {
		return failf(http.StatusForbidden, "AccessDenied", "The caller is not of the account %s", id)
	}
	return c.authorize(action, "*", c.s3keys())
}

// controlDocument answers with a document in S3 Control's namespace.
func (c *call) controlDocument(root string, v any) error {
	var b bytes.Buffer
	b.WriteString(xmlHeader)
	start := xml.StartElement{Name: xml.Name{Local: root}, Attr: []xml.Attr{
		{Name: xml.Name{Local: "xmlns"}, Value: "http://awss3control.amazonaws.com/doc/2018-08-20/"},
	}}
	if err := xml.NewEncoder(&b).EncodeElement(v, start); err != nil {
		return err
	}
	return c.send(http.StatusOK, "application/xml", b.Bytes())
}

func serveGetAccountBlock(c *call) error {
	if err := c.controlAuthorize("s3:GetAccountPublicAccessBlock"); err != nil {
		return err
	}
	var found *publicAccessBlock
	c.account.view(func() { found = c.account.s3().AccountBlock })
	if found == nil {
		return &apiError{
			status: http.StatusNotFound, code: "NoSuchPublicAccessBlockConfiguration",
			message: "The public access block configuration was not found",
			extra:   map[string]string{"AccountId": c.account.id},
		}
	}
	return c.controlDocument("PublicAccessBlockConfiguration", *found)
}

func servePutAccountBlock(c *call) error {
	if err := c.controlAuthorize("s3:PutAccountPublicAccessBlock"); err != nil {
		return err
	}
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	var next publicAccessBlock
	if err := readXML(raw, "PublicAccessBlockConfiguration", &next); err != nil {
		return err
	}
	if err := c.setAccountBlock(&next); err != nil {
		return err
	}
	return c.empty(http.StatusCreated)
}

func serveDeleteAccountBlock(c *call) error {
	if err := c.controlAuthorize("s3:PutAccountPublicAccessBlock"); err != nil {
		return err
	}
	if err := c.setAccountBlock(nil); err != nil {
		return err
	}
	return c.empty(http.StatusNoContent)
}

func (c *call) setAccountBlock(next *publicAccessBlock) error {
	return c.account.update("s3", func() error { c.account.s3().AccountBlock = next; return nil })
}
