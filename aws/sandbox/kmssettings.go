package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// The settings of a key: aliases, rotation, policy, tags and grants.

func (c *call) aliasARN(name string) string {
	return "arn:aws:kms:" + c.region + ":" + c.account.id + ":" + name
}

// createAlias requires the permission on the alias and on the key (KMS developer guide,
// "Controlling access to aliases").
func (c *call) createAlias() error {
	var in struct{ AliasName, TargetKeyId string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	k, err := c.onKey("CreateAlias", in.TargetKeyId)
	if err != nil {
		return err
	}
	if !c.mayOnAlias("kms:CreateAlias", in.AliasName) {
		return c.denied("kms:CreateAlias", c.aliasARN(in.AliasName), "because no identity-based policy allows the kms:CreateAlias action")
	}
	if !strings.HasPrefix(in.AliasName, "alias/") || strings.HasPrefix(in.AliasName, "alias/aws/") {
		return kmsError("InvalidAliasNameException",
			"Alias must start with the prefix \"alias/\". Alias starting with \"alias/aws/\" is reserved.")
	}
	if k.State == kmsPending {
		return c.invalidState(k)
	}
	err = c.account.update("kms", func() error {
		state := c.account.kms()
		if _, taken := state.Aliases[c.region+" "+in.AliasName]; taken {
			return kmsError("AlreadyExistsException", "An alias with the name "+c.aliasARN(in.AliasName)+" already exists")
		}
		if state.Aliases == nil {
			state.Aliases = map[string]string{}
		}
		c.account.hideKey(c.now, &k, "CreateAlias")
		state.Aliases[c.region+" "+in.AliasName] = k.ID
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

// mayOnAlias evaluates only the caller's own policies: an alias has no policy.
func (c *call) mayOnAlias(action, alias string) bool {
	return c.mayByIdentity(action, c.aliasARN(alias), nil)
}

func (c *call) deleteAlias() error {
	var in struct{ AliasName string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	k, err := c.onKey("DeleteAlias", in.AliasName)
	if err != nil {
		return err
	}
	if !c.mayOnAlias("kms:DeleteAlias", in.AliasName) {
		return c.denied("kms:DeleteAlias", c.aliasARN(in.AliasName), "because no identity-based policy allows the kms:DeleteAlias action")
	}
	if err := c.account.update("kms", func() error {
		c.account.hideKey(c.now, &k, "DeleteAlias")
		delete(c.account.kms().Aliases, c.region+" "+in.AliasName)
		return nil
	}); err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

func (c *call) listAliases() error {
	if err := c.authorize("kms:ListAliases", "*", nil); err != nil {
		return err
	}
	type one struct{ AliasName, AliasArn, TargetKeyId string }
	all := []one{}
	c.account.view(func() {
		aliases := c.account.kms().Aliases
		for _, name := range slices.Sorted(maps.Keys(aliases)) {
			if region, alias, _ := strings.Cut(name, " "); region == c.region {
				all = append(all, one{alias, c.aliasARN(alias), aliases[name]})
			}
		}
	})
	return c.json(http.StatusOK, map[string]any{"Aliases": all, "Truncated": false})
}

func (c *call) enableKeyRotation() error {
	var in struct {
		KeyId                string
		RotationPeriodInDays int
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	k, err := c.onKey("EnableKeyRotation", in.KeyId)
	if err != nil {
		return err
	}
	if in.RotationPeriodInDays == 0 {
		in.RotationPeriodInDays = 365
	}
	if in.RotationPeriodInDays < 90 || in.RotationPeriodInDays > 2560 {
		return kmsError("ValidationException", "RotationPeriodInDays must be between 90 and 2560")
	}
	return c.rotate(k, in.RotationPeriodInDays)
}

func (c *call) disableKeyRotation() error {
	k, err := c.aKey("DisableKeyRotation")
	if err != nil {
		return err
	}
	return c.rotate(k, 0)
}

func (c *call) rotate(k kmsKey, days int) error {
	switch k.State {
	case kmsDisabled:
		return kmsError("DisabledException", k.arn(c.account.id)+" is disabled.")
	case kmsPending:
		return c.invalidState(k)
	}
	if err := c.changeKey(k, func(k *kmsKey) error { k.Rotation = days; return nil }); err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

func (c *call) keyRotationStatus() error {
	k, err := c.aKey("GetKeyRotationStatus")
	if err != nil {
		return err
	}
	// A key that is pending deletion does not rotate.
	out := map[string]any{"KeyId": k.arn(c.account.id), "KeyRotationEnabled": k.Rotation > 0 && k.State != kmsPending}
	if k.Rotation > 0 && k.State != kmsPending {
		out["RotationPeriodInDays"] = k.Rotation
	}
	return c.json(http.StatusOK, out)
}

func (c *call) getKeyPolicy() error {
	var in struct{ KeyId, PolicyName string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	k, err := c.onKey("GetKeyPolicy", in.KeyId)
	if err != nil {
		return err
	}
	if in.PolicyName != "" && in.PolicyName != "default" {
		return kmsError("NotFoundException", "No such policy exists")
	}
	return c.json(http.StatusOK, map[string]any{"Policy": k.Policy, "PolicyName": "default"})
}

func (c *call) putKeyPolicy() error {
	var in struct {
		KeyId, PolicyName, Policy      string
		BypassPolicyLockoutSafetyCheck bool
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	k, err := c.onKey("PutKeyPolicy", in.KeyId)
	if err != nil {
		return err
	}
	if k.State == kmsPending {
		return c.invalidState(k)
	}
	if !in.BypassPolicyLockoutSafetyCheck {
		if err := c.checkKeyPolicy(in.Policy); err != nil {
			return err
		}
	}
	if err := c.changeKey(k, func(k *kmsKey) error { k.Policy = in.Policy; return nil }); err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

func (c *call) tagKey() error {
	var in struct {
		KeyId string
		Tags  []kmsTag
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	k, err := c.onKey("TagResource", in.KeyId, in.Tags...)
	if err != nil {
		return err
	}
	err = c.changeKey(k, func(k *kmsKey) error {
		c.account.hideKey(c.now, k, "TagResource")
		tags := map[string]string{}
		maps.Copy(tags, k.Tags)
		for _, t := range in.Tags {
			tags[t.TagKey] = t.TagValue
		}
		k.Tags = tags
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

func (c *call) untagKey() error {
	var in struct {
		KeyId   string
		TagKeys []string
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	k, err := c.onKey("UntagResource", in.KeyId)
	if err != nil {
		return err
	}
	err = c.changeKey(k, func(k *kmsKey) error {
		c.account.hideKey(c.now, k, "UntagResource")
		tags := map[string]string{}
		maps.Copy(tags, k.Tags)
		for _, name := range in.TagKeys {
			delete(tags, name)
		}
		k.Tags = tags
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

func (c *call) listKeyTags() error {
	k, err := c.aKey("ListResourceTags")
	if err != nil {
		return err
	}
	tags := []kmsTag{}
	for _, name := range slices.Sorted(maps.Keys(k.Tags)) {
		tags = append(tags, kmsTag{name, k.Tags[name]})
	}
	return c.json(http.StatusOK, map[string]any{"Tags": tags, "Truncated": false})
}

func (c *call) createGrant() error {
	var in struct {
		KeyId, GranteePrincipal string
		Operations              []string
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	k, err := c.onKey("CreateGrant", in.KeyId)
	if err != nil {
		return err
	}
	grant := kmsGrant{GrantId: strings.ReplaceAll(keyID(), "-", ""), GranteePrincipal: in.GranteePrincipal, Operations: nonNil(in.Operations)}
	if err := c.changeKey(k, func(k *kmsKey) error { k.Grants = append(slices.Clone(k.Grants), grant); return nil }); err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{"GrantId": grant.GrantId, "GrantToken": grant.GrantId})
}

func (c *call) listGrants() error {
	k, err := c.aKey("ListGrants")
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{"Grants": nonNil(k.Grants), "Truncated": false})
}

func (c *call) revokeGrant() error {
	var in struct{ KeyId, GrantId string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	k, err := c.onKey("RevokeGrant", in.KeyId)
	if err != nil {
		return err
	}
	err = c.changeKey(k, func(k *kmsKey) error {
		left := slices.DeleteFunc(slices.Clone(k.Grants), func(g kmsGrant) bool { return g.GrantId == in.GrantId })
		if len(left) == len(k.Grants) {
			return kmsError("NotFoundException", "Grant "+in.GrantId+" is not found")
		}
		k.Grants = left
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}
