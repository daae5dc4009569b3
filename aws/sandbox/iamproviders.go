package sandbox

import (
	"net/url"
	"strings"
	"time"
)

// identityProvider is a SAML or an OpenID Connect provider of the account.
type identityProvider struct {
	ARN     string    `json:"arn"`
	Created time.Time `json:"created"`
}

func providerOperations() []*operation {
	return []*operation{
		writes("CreateSAMLProvider", onNewSAML, createSAMLProvider),
		reads("ListSAMLProviders", onAccount, listSAMLProviders),
		writes("DeleteSAMLProvider", onProvider("SAMLProviderArn"), deleteProvider("SAMLProviderArn")),
		writes("CreateOpenIDConnectProvider", onNewOpenID, createOpenIDProvider),
		reads("ListOpenIDConnectProviders", onAccount, listOpenIDProviders),
		writes("DeleteOpenIDConnectProvider", onProvider("OpenIDConnectProviderArn"), deleteProvider("OpenIDConnectProviderArn")),
	}
}

func onProvider(field string) func(*call, *iamState) (target, error) {
	return func(c *call, _ *iamState) (target, error) { return target{arn: c.form.Get(field)}, nil }
}

func onNewSAML(c *call, _ *iamState) (target, error) {
	return target{arn: "arn:aws:iam::" + c.account.id + ":saml-provider/" + c.form.Get("Name")}, nil
}

// onNewOpenID is the provider's ARN: its address without the scheme.
func onNewOpenID(c *call, _ *iamState) (target, error) {
	return target{arn: "arn:aws:iam::" + c.account.id + ":oidc-provider/" + strings.TrimPrefix(c.form.Get("Url"), "https://")}, nil
}

func (c *call) addProvider(s *iamState, arn string) error {
	if s.Providers[arn] != nil {
		return exists("Provider with url %s already exists.", arn)
	}
	if s.Providers == nil {
		s.Providers = map[string]*identityProvider{}
	}
	s.Providers[arn] = &identityProvider{ARN: arn, Created: c.now}
	return nil
}

func createSAMLProvider(c *call, s *iamState) (any, error) {
	if err := checkName("name", c.form.Get("Name"), 128); err != nil {
		return nil, err
	}
	if !strings.Contains(c.form.Get("SAMLMetadataDocument"), "EntityDescriptor") {
		return nil, fail(400, "InvalidInput", "Could not parse metadata")
	}
	on, _ := onNewSAML(c, s)
	return struct{ SAMLProviderArn string }{on.arn}, c.addProvider(s, on.arn)
}

func createOpenIDProvider(c *call, s *iamState) (any, error) {
	if address, err := url.Parse(c.form.Get("Url")); err != nil || address.Scheme != "https" || address.Host == "" {
		return nil, fail(400, "InvalidInput", "Invalid Open ID Connect Provider URL")
	}
	on, _ := onNewOpenID(c, s)
	return struct{ OpenIDConnectProviderArn string }{on.arn}, c.addProvider(s, on.arn)
}

type providerXML struct {
	Arn        string
	CreateDate string `xml:",omitempty"`
}

func listSAMLProviders(_ *call, s *iamState) (any, error) {
	return struct {
		SAMLProviderList []providerXML `xml:"SAMLProviderList>member"`
	}{s.providers(":saml-provider/", true)}, nil
}

func listOpenIDProviders(_ *call, s *iamState) (any, error) {
	return struct {
		OpenIDConnectProviderList []providerXML `xml:"OpenIDConnectProviderList>member"`
	}{s.providers(":oidc-provider/", false)}, nil
}

func (s *iamState) providers(kind string, dated bool) []providerXML {
	var list []providerXML
	for arn, p := range s.Providers {
		if !strings.Contains(arn, kind) {
			continue
		}
		x := providerXML{Arn: arn}
		if dated {
			x.CreateDate = iamTime(p.Created)
		}
		list = append(list, x)
	}
	return list
}

func deleteProvider(field string) func(*call, *iamState) (any, error) {
	return func(c *call, s *iamState) (any, error) {
		arn := c.form.Get(field)
		if s.Providers[arn] == nil {
			return nil, noSuch("Provider %s does not exist.", arn)
		}
		delete(s.Providers, arn)
		return nil, nil
	}
}
