package sandbox

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rsc.io/qr"
)

func mfaOperations() []*operation {
	return []*operation{
		writes("CreateVirtualMFADevice", onNewDevice, createVirtualMFADevice),
		writes("DeleteVirtualMFADevice", onDevice, deleteVirtualMFADevice),
		reads("ListVirtualMFADevices", onAll("mfa/"), listVirtualMFADevices),
		reads("ListMFADevices", onUser, listMFADevices),
		writes("EnableMFADevice", onUser, enableMFADevice),
		writes("ResyncMFADevice", onUser, resyncMFADevice),
		writes("DeactivateMFADevice", onUser, deactivateMFADevice),
	}
}

func onNewDevice(c *call, _ *iamState) (target, error) {
	return target{arn: "arn:aws:iam::" + c.account.id + ":mfa" + c.path() + c.form.Get("VirtualMFADeviceName")}, nil
}

func onDevice(c *call, s *iamState) (target, error) {
	t := target{arn: c.form.Get("SerialNumber")}
	if d := s.Devices[t.arn]; d != nil {
		t.tags = d.Tags
	}
	return t, nil
}

func (c *call) device(s *iamState) (*iamDevice, error) {
	serial := c.form.Get("SerialNumber")
	d := s.Devices[serial]
	if d == nil {
		return nil, noSuch("VirtualMFADevice with serial number %s does not exist.", serial)
	}
	return d, nil
}

// devicesOf returns a user's enabled MFA devices.
func (s *iamState) devicesOf(user string) []*iamDevice {
	var out []*iamDevice
	for _, d := range s.Devices {
		if d.User == cmp.Or(strings.ToLower(user), rootDevice) {
			out = append(out, d)
		}
	}
	return out
}

type deviceXML struct {
	SerialNumber     string
	Base32StringSeed string    `xml:",omitempty"` // base64 of the base32 text
	QRCodePNG        string    `xml:",omitempty"` // base64 of the picture
	User             *userXML  `xml:",omitempty"`
	EnableDate       string    `xml:",omitempty"`
	Tags             *[]tagXML `xml:"Tags>member,omitempty"`
}

func createVirtualMFADevice(c *call, s *iamState) (any, error) {
	name := c.form.Get("VirtualMFADeviceName")
	if err := checkName("virtualMFADeviceName", name, 226); err != nil {
		return nil, err
	}
	serial := "arn:aws:iam::" + c.account.id + ":mfa" + c.path() + name
	if s.Devices[serial] != nil {
		return nil, exists("MFADevice entity at the same path and name already exists.")
	}
	tags, err := c.checkedTags(nil)
	if err != nil {
		return nil, err
	}
	d := &iamDevice{Serial: serial, Seed: randomBytes(deviceSeed), Tags: tags}
	picture, err := qr.Encode("otpauth://totp/"+url.PathEscape("Amazon Web Services:"+name+"@"+c.account.id)+
		"?secret="+d.seedText()+"&issuer=Amazon%20Web%20Services", qr.M)
	if err != nil {
		return nil, err
	}
	s.Devices[serial] = d
	return struct{ VirtualMFADevice deviceXML }{deviceXML{
		SerialNumber:     serial,
		Base32StringSeed: base64.StdEncoding.EncodeToString([]byte(d.seedText())),
		QRCodePNG:        base64.StdEncoding.EncodeToString(picture.PNG()),
		Tags:             tagsXML(tags),
	}}, nil
}

func deleteVirtualMFADevice(c *call, s *iamState) (any, error) {
	d, err := c.device(s)
	if err != nil {
		return nil, err
	}
	if d.User != "" {
		return nil, conflict("MFA device " + d.Serial + " is currently associated with a user. Deactivate it first.")
	}
	delete(s.Devices, d.Serial)
	return nil, nil
}

func listVirtualMFADevices(c *call, s *iamState) (any, error) {
	status := c.form.Get("AssignmentStatus")
	var list []deviceXML
	for _, d := range s.Devices {
		if status == "Assigned" && d.User == "" || status == "Unassigned" && d.User != "" {
			continue
		}
		x := deviceXML{SerialNumber: d.Serial, EnableDate: iamTime(d.Enabled)}
		switch u := s.Users[d.User]; {
		case d.User == rootDevice:
			root := s.rootXML(c)
			x.User = &root
		case u != nil:
			owner := u.xml(c, false)
			x.User = &owner
		}
		list = append(list, x)
	}
	list, end, err := page(c, list, func(d deviceXML) string { return d.SerialNumber })
	return struct {
		VirtualMFADevices []deviceXML `xml:"VirtualMFADevices>member"`
		pageEnd
	}{list, end}, err
}

func listMFADevices(c *call, s *iamState) (any, error) {
	user, err := c.keyOwner(s)
	if err != nil {
		return nil, err
	}
	type device struct {
		UserName     string
		SerialNumber string
		EnableDate   string
	}
	var list []device
	for _, d := range s.devicesOf(user) {
		list = append(list, device{cmp.Or(user, "root-account"), d.Serial, iamTime(d.Enabled)})
	}
	list, end, err := page(c, list, func(d device) string { return d.SerialNumber })
	return struct {
		MFADevices []device `xml:"MFADevices>member"`
		pageEnd
	}{list, end}, err
}

func badCodes() error {
	return fail(http.StatusForbidden, "InvalidAuthenticationCode", "Authentication code for device is not valid.")
}

func enableMFADevice(c *call, s *iamState) (any, error) {
	user, err := c.keyOwner(s)
	if err != nil {
		return nil, err
	}
	d, err := c.device(s)
	if err != nil {
		return nil, err
	}
	if d.User != "" {
		return nil, exists("MFA Device is already in use.")
	}
	if err := quota("MFADevicesPerUser", len(s.devicesOf(user)), 8); err != nil {
		return nil, err
	}
	if !d.synchronise(c.form.Get("AuthenticationCode1"), c.form.Get("AuthenticationCode2"), c.now) {
		return nil, badCodes()
	}
	d.User, d.Enabled = cmp.Or(strings.ToLower(user), rootDevice), c.now
	return nil, nil
}

// ownDevice finds the user's device that the request names.
func (c *call) ownDevice(s *iamState) (*iamDevice, error) {
	user, err := c.keyOwner(s)
	if err != nil {
		return nil, err
	}
	d := s.Devices[c.form.Get("SerialNumber")]
	if d == nil || d.User != cmp.Or(strings.ToLower(user), rootDevice) {
		return nil, noSuch("MFA Device invalid for user.")
	}
	return d, nil
}

func resyncMFADevice(c *call, s *iamState) (any, error) {
	d, err := c.ownDevice(s)
	if err != nil {
		return nil, err
	}
	if !d.synchronise(c.form.Get("AuthenticationCode1"), c.form.Get("AuthenticationCode2"), c.now) {
		return nil, badCodes()
	}
	return nil, nil
}

func deactivateMFADevice(c *call, s *iamState) (any, error) {
	d, err := c.ownDevice(s)
	if err != nil {
		return nil, err
	}
	d.User, d.Enabled, d.Drift, d.Spent = "", time.Time{}, 0, 0
	return nil, nil
}
