package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

func (c *call) addTrailTags() error {
	var in struct {
		ResourceId string
		TagsList   []wireTag
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn, err := c.taggedTrail("AddTags", in.ResourceId, tagKeys(in.TagsList))
	if err != nil {
		return err
	}
	err = c.changeTrail(arn, func(t *trail) error {
		if t.Tags == nil {
			t.Tags = map[string]string{}
		}
		for _, one := range in.TagsList {
			t.Tags[one.Key] = one.Value
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}

func (c *call) removeTrailTags() error {
	var in struct {
		ResourceId string
		TagsList   []wireTag
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn, err := c.taggedTrail("RemoveTags", in.ResourceId, nil)
	if err != nil {
		return err
	}
	err = c.changeTrail(arn, func(t *trail) error {
		for _, one := range in.TagsList {
			delete(t.Tags, one.Key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}

func (c *call) taggedTrail(action, resource string, keys map[string][]string) (string, error) {
	if err := c.authorize("cloudtrail:"+action, resource, keys); err != nil {
		return "", err
	}
	if !trailARN.MatchString(resource) {
		return "", trailError("CloudTrailARNInvalidException", "The ARN is not a valid CloudTrail ARN: "+resource)
	}
	return resource, nil
}

func (c *call) listTrailTags() error {
	var in struct {
		ResourceIdList []string
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	type tagged struct {
		ResourceId string
		TagsList   []wireTag
	}
	out := []tagged{}
	for _, id := range in.ResourceIdList {
		arn, err := c.taggedTrail("ListTags", id, nil)
		if err != nil {
			return err
		}
		one := tagged{ResourceId: arn, TagsList: []wireTag{}}
		if err := c.readTrail(arn, func(t *trail) { one.TagsList = append(one.TagsList, sortedTags(t.Tags)...) }); err != nil {
			return trailError("ResourceNotFoundException", "The resource "+arn+" was not found.")
		}
		out = append(out, one)
	}
	if len(in.ResourceIdList) == 0 {
		if err := c.authorize("cloudtrail:ListTags", "*", nil); err != nil {
			return err
		}
	}
	return c.json(http.StatusOK, map[string]any{"ResourceTagList": out})
}

func tagMap(tags []wireTag) map[string]string {
	out := map[string]string{}
	for _, one := range tags {
		out[one.Key] = one.Value
	}
	return out
}

func sortedTags(tags map[string]string) []wireTag {
	var out []wireTag
	for key, value := range tags {
		out = append(out, wireTag{key, value})
	}
	slices.SortFunc(out, func(x, y wireTag) int { return strings.Compare(x.Key, y.Key) })
	return out
}

// tagKeys are the condition keys of a request that sets tags.
func tagKeys(tags []wireTag) map[string][]string {
	if len(tags) == 0 {
		return nil
	}
	out := map[string][]string{}
	for _, one := range tags {
		out["aws:RequestTag/"+one.Key] = []string{one.Value}
		out["aws:TagKeys"] = append(out["aws:TagKeys"], one.Key)
	}
	return out
}
