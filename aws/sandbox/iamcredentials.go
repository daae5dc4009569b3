package sandbox

import (
	"bytes"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The credentials of a user other than a password and access keys: service-specific
// credentials (including Bedrock API keys), SSH keys and signing certificates.

// serviceCredential is a service-specific credential. Its secret is returned once and not
// stored: no service of the demo account accepts it.
type serviceCredential struct {
	ID      string    `json:"id"`
	Service string    `json:"service"` // "bedrock.amazonaws.com"
	Name    string    `json:"name"`    // the generated user name or alias
	Active  bool      `json:"active"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
}

// uploaded is an SSH public key or a signing certificate.
type uploaded struct {
	ID      string    `json:"id"`
	Body    string    `json:"body"`
	Active  bool      `json:"active"`
	Created time.Time `json:"created"`
}

func credentialOperations() []*operation {
	return []*operation{
		writes("CreateServiceSpecificCredential", onUser, createServiceCredential),
		reads("ListServiceSpecificCredentials", onUser, listServiceCredentials),
		writes("UpdateServiceSpecificCredential", onUser, updateServiceCredential),
		writes("DeleteServiceSpecificCredential", onUser, deleteServiceCredential),
		writes("UploadSSHPublicKey", onUser, uploadSSHKey),
		reads("ListSSHPublicKeys", onUser, listSSHKeys),
		writes("UpdateSSHPublicKey", onUser, updateSSHKey),
		writes("DeleteSSHPublicKey", onUser, deleteSSHKey),
		writes("UploadSigningCertificate", onUser, uploadCertificate),
		reads("ListSigningCertificates", onUser, listCertificates),
		writes("UpdateSigningCertificate", onUser, updateCertificate),
		writes("DeleteSigningCertificate", onUser, deleteCertificate),
	}
}

// owner is the user that a credential operation is about: UserName, or else the caller.
// The root user has none of these credentials here.
func (c *call) owner(s *iamState) (*iamUser, error) {
	name, err := c.userName(s)
	if err != nil {
		return nil, err
	}
	if u := s.Users[strings.ToLower(name)]; u != nil {
		return u, nil
	}
	return nil, noSuch("The user with name %s cannot be found.", name)
}

// newStatus reads the request's Status.
func (c *call) newStatus() (active bool, err error) {
	status := c.form.Get("Status")
	if status != "Active" && status != "Inactive" {
		return false, invalid(
			"1 validation error detected: Value '%s' at 'status' failed to satisfy "+
				"constraint: Member must satisfy enum value set: [Active, Inactive]", status)
	}
	return status == "Active", nil
}

func statusText(active bool) string {
	if active {
		return "Active"
	}
	return "Inactive"
}

type serviceCredentialXML struct {
	UserName                    string
	Status                      string
	ServiceName                 string
	ServiceSpecificCredentialId string
	CreateDate                  string
	ExpirationDate              string `xml:",omitempty"`
	ServiceUserName             string `xml:",omitempty"`
	ServiceCredentialAlias      string `xml:",omitempty"`
	ServicePassword             string `xml:",omitempty"`
	ServiceCredentialSecret     string `xml:",omitempty"`
}

func (k serviceCredential) xml(u *iamUser) serviceCredentialXML {
	out := serviceCredentialXML{
		UserName: u.Name, Status: statusText(k.Active), ServiceName: k.Service, ServiceSpecificCredentialId: k.ID,
		CreateDate: iamTime(k.Created), ExpirationDate: iamTime(k.Expires),
	}
	if apiKeys(k.Service) {
		out.ServiceCredentialAlias = k.Name
	} else {
		out.ServiceUserName = k.Name
	}
	return out
}

// apiKeys reports whether a service's credential is an API key instead of a user name and
// password:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_api_keys_for_aws_services.html
func apiKeys(service string) bool {
	return service == "bedrock.amazonaws.com" || service == "logs.amazonaws.com"
}

func createServiceCredential(c *call, s *iamState) (any, error) {
	u, err := c.owner(s)
	if err != nil {
		return nil, err
	}
	service := c.form.Get("ServiceName")
	if !apiKeys(service) && service != "codecommit.amazonaws.com" && service != "cassandra.amazonaws.com" {
		return nil, fail(http.StatusNotFound, "NotSupportedService", "No such service "+service+" is supported for Service Specific Credentials")
	}
	of := 0
	for _, k := range u.Services {
		if k.Service == service {
			of++
		}
	}
	if err := quota("ServiceSpecificCredentialsPerUser", of, 2); err != nil {
		return nil, err
	}
	k := serviceCredential{ID: newID("ACCA"), Service: service, Name: u.Name + "-at-" + c.account.id, Active: true, Created: c.now}
	if days := c.form.Get("CredentialAgeDays"); days != "" {
		life, err := time.ParseDuration(days + "h")
		if err != nil || life <= 0 || !apiKeys(service) {
			return nil, invalid("CredentialAgeDays is not valid for this service")
		}
		k.Expires = c.now.Add(24 * life)
	}
	u.Services = append(u.Services, k)
	out := k.xml(u)
	if secret := newSecret(); apiKeys(service) {
		out.ServiceCredentialSecret = secret
	} else {
		out.ServicePassword = secret
	}
	return struct{ ServiceSpecificCredential serviceCredentialXML }{out}, nil
}

func listServiceCredentials(c *call, s *iamState) (any, error) {
	u, err := c.owner(s)
	if err != nil {
		return nil, err
	}
	var list []serviceCredentialXML
	for _, k := range u.Services {
		if of := c.form.Get("ServiceName"); of == "" || of == k.Service {
			list = append(list, k.xml(u))
		}
	}
	list, end, err := page(c, list, func(k serviceCredentialXML) string { return k.ServiceSpecificCredentialId })
	return struct {
		ServiceSpecificCredentials []serviceCredentialXML `xml:"ServiceSpecificCredentials>member"`
		pageEnd
	}{list, end}, err
}

func (c *call) serviceCredential(s *iamState) (*iamUser, int, error) {
	u, err := c.owner(s)
	if err != nil {
		return nil, 0, err
	}
	id := c.form.Get("ServiceSpecificCredentialId")
	i := slices.IndexFunc(u.Services, func(k serviceCredential) bool { return k.ID == id })
	if i < 0 {
		return nil, 0, noSuch("No such credential %s exists", id)
	}
	return u, i, nil
}

func updateServiceCredential(c *call, s *iamState) (any, error) {
	u, i, err := c.serviceCredential(s)
	if err != nil {
		return nil, err
	}
	u.Services[i].Active, err = c.newStatus()
	return nil, err
}

func deleteServiceCredential(c *call, s *iamState) (any, error) {
	u, i, err := c.serviceCredential(s)
	if err != nil {
		return nil, err
	}
	u.Services = slices.Delete(u.Services, i, i+1)
	return nil, nil
}

type sshKeyXML struct {
	UserName         string
	SSHPublicKeyId   string
	SSHPublicKeyBody string `xml:",omitempty"`
	Status           string
	UploadDate       string
}

func uploadSSHKey(c *call, s *iamState) (any, error) {
	u, err := c.owner(s)
	if err != nil {
		return nil, err
	}
	body := c.form.Get("SSHPublicKeyBody")
	if !strings.HasPrefix(body, "ssh-rsa ") && !strings.HasPrefix(body, "-----BEGIN") {
		return nil, fail(http.StatusBadRequest, "InvalidPublicKey", "The public key is not valid.")
	}
	if err := quota("SSHPublicKeysPerUser", len(u.SSHKeys), 5); err != nil {
		return nil, err
	}
	k := uploaded{ID: newID("APKA"), Body: body, Active: true, Created: c.now}
	u.SSHKeys = append(u.SSHKeys, k)
	return struct{ SSHPublicKey sshKeyXML }{sshKeyXML{u.Name, k.ID, body, "Active", iamTime(k.Created)}}, nil
}

func listSSHKeys(c *call, s *iamState) (any, error) {
	u, err := c.owner(s)
	if err != nil {
		return nil, err
	}
	var list []sshKeyXML
	for _, k := range u.SSHKeys {
		list = append(list, sshKeyXML{u.Name, k.ID, "", statusText(k.Active), iamTime(k.Created)})
	}
	list, end, err := page(c, list, func(k sshKeyXML) string { return k.SSHPublicKeyId })
	return struct {
		SSHPublicKeys []sshKeyXML `xml:"SSHPublicKeys>member"`
		pageEnd
	}{list, end}, err
}

// uploadedOf finds the owner's upload that the request's field names.
func (c *call) uploadedOf(s *iamState, field string, of func(*iamUser) *[]uploaded) (list *[]uploaded, i int, err error) {
	u, err := c.owner(s)
	if err != nil {
		return nil, 0, err
	}
	id := c.form.Get(field)
	list = of(u)
	if i = slices.IndexFunc(*list, func(k uploaded) bool { return k.ID == id }); i < 0 {
		return nil, 0, noSuch("The %s with id %s cannot be found.", strings.TrimSuffix(field, "Id"), id)
	}
	return list, i, nil
}

func sshKeysOf(u *iamUser) *[]uploaded { return &u.SSHKeys }

func certificatesOf(u *iamUser) *[]uploaded { return &u.Certificates }

func updateSSHKey(c *call, s *iamState) (any, error) {
	return c.updateUploaded(s, "SSHPublicKeyId", sshKeysOf)
}

func deleteSSHKey(c *call, s *iamState) (any, error) {
	return c.deleteUploaded(s, "SSHPublicKeyId", sshKeysOf)
}

func (c *call) updateUploaded(s *iamState, field string, of func(*iamUser) *[]uploaded) (any, error) {
	list, i, err := c.uploadedOf(s, field, of)
	if err != nil {
		return nil, err
	}
	(*list)[i].Active, err = c.newStatus()
	return nil, err
}

func (c *call) deleteUploaded(s *iamState, field string, of func(*iamUser) *[]uploaded) (any, error) {
	list, i, err := c.uploadedOf(s, field, of)
	if err != nil {
		return nil, err
	}
	*list = slices.Delete(*list, i, i+1)
	return nil, nil
}

type certificateXML struct {
	UserName        string
	CertificateId   string
	CertificateBody string
	Status          string
	UploadDate      string
}

func (k uploaded) certificate(u *iamUser) certificateXML {
	return certificateXML{u.Name, k.ID, k.Body, statusText(k.Active), iamTime(k.Created)}
}

func uploadCertificate(c *call, s *iamState) (any, error) {
	u, err := c.owner(s)
	if err != nil {
		return nil, err
	}
	body := c.form.Get("CertificateBody")
	if block, _ := pem.Decode([]byte(body)); block == nil || block.Type != "CERTIFICATE" || len(bytes.TrimSpace(block.Bytes)) == 0 {
		return nil, fail(http.StatusBadRequest, "MalformedCertificate",
			"Unable to parse certificate. Please ensure the certificate is in PEM format.")
	}
	if err := quota("SigningCertificatesPerUser", len(u.Certificates), 2); err != nil {
		return nil, err
	}
	k := uploaded{ID: newID("ASCA"), Body: body, Active: true, Created: c.now}
	u.Certificates = append(u.Certificates, k)
	return struct{ Certificate certificateXML }{k.certificate(u)}, nil
}

func listCertificates(c *call, s *iamState) (any, error) {
	u, err := c.owner(s)
	if err != nil {
		return nil, err
	}
	var list []certificateXML
	for _, k := range u.Certificates {
		list = append(list, k.certificate(u))
	}
	list, end, err := page(c, list, func(k certificateXML) string { return k.CertificateId })
	return struct {
		Certificates []certificateXML `xml:"Certificates>member"`
		pageEnd
	}{list, end}, err
}

func updateCertificate(c *call, s *iamState) (any, error) {
	return c.updateUploaded(s, "CertificateId", certificatesOf)
}

func deleteCertificate(c *call, s *iamState) (any, error) {
	return c.deleteUploaded(s, "CertificateId", certificatesOf)
}
