package sandbox

import (
	"net/http"
	"slices"
)

// S3 Intelligent-Tiering archive configurations: which objects of that storage class move to
// an archive tier when nobody reads them. They are stored and read back; nothing moves.

type tieringConfiguration struct {
	ID      string         `xml:"Id" need:"yes" json:"id"`
	Filter  *tieringFilter `json:"filter,omitempty"`
	Status  string         `enum:"Enabled|Disabled" need:"yes" json:"status"`
	Tiering []tier         `need:"yes" json:"tiering"`
}

type tieringFilter struct {
	Prefix *string `json:"prefix,omitempty"`
	Tag    *tag    `json:"tag,omitempty"`
	And    *struct {
		Prefix *string `json:"prefix,omitempty"`
		Tag    []tag   `json:"tag,omitempty"`
	} `json:"and,omitempty"`
}

type tier struct {
	Days       int    `need:"yes" json:"days"`
	AccessTier string `enum:"ARCHIVE_ACCESS|DEEP_ARCHIVE_ACCESS" need:"yes" json:"tier"`
}

// servePutTiering: 90 days is the least for the archive tier, 180 for the deep one (API
// reference, "Tiering").
func servePutTiering(c *call) error {
	if err := c.s3authorize("s3:PutIntelligentTieringConfiguration"); err != nil {
		return err
	}
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	var in tieringConfiguration
	if err := readXML(raw, "IntelligentTieringConfiguration", &in); err != nil {
		return err
	}
	if in.ID != c.request.URL.Query().Get("id") {
		return invalidArgument("The id of the configuration is not the one of the request", "id", in.ID)
	}
	for _, t := range in.Tiering {
		least := 90
		if t.AccessTier == "DEEP_ARCHIVE_ACCESS" {
			least = 180
		}
		if t.Days < least || t.Days > 730 {
			return invalidArgument("The number of days is out of range for the tier", "Days", t.AccessTier)
		}
	}
	err = c.changeBucket(func(b *bucket) error {
		b.Settings.Tiering = slices.DeleteFunc(b.Settings.Tiering, func(have tieringConfiguration) bool { return have.ID == in.ID })
		b.Settings.Tiering = append(b.Settings.Tiering, in)
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

func serveListTiering(c *call) error {
	if err := c.s3authorize("s3:GetIntelligentTieringConfiguration"); err != nil {
		return err
	}
	var out struct {
		IsTruncated                     bool
		IntelligentTieringConfiguration []tieringConfiguration
	}
	if err := c.readBucket(func(b *bucket) error {
		out.IntelligentTieringConfiguration = slices.Clone(b.Settings.Tiering)
		return nil
	}); err != nil {
		return err
	}
	return c.document("ListBucketIntelligentTieringConfigurationsOutput", out)
}
