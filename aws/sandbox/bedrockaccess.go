package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Access to models: the use-case form, offers and agreements.
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html

// knownModel finds a model that the caller named in a path or body.
func knownModel(id string) (bedrockModel, error) {
	m, ok := findModel(bareID(id))
	if !ok {
		return bedrockModel{}, fail(http.StatusNotFound, "ResourceNotFoundException", "The provided model identifier is invalid.")
	}
	return m, nil
}

// access is what an account has of a model.
type access struct {
	form, agreed bool
	late         bool // it came when the model was LEGACY already
}

func (c *call) accessTo(m bedrockModel) access {
	if !m.agreement {
		return access{form: true, agreed: true}
	}
	var out access
	c.account.view(func() {
		state := c.account.bedrock()
		_, out.agreed = state.Agreements[m.id]
		out.late = state.Late[m.id]
		out.form = len(state.UseCase) > 0
	})
	return out
}

func (c *call) getFoundationModelAvailability() error {
	if err := c.authorize("bedrock:GetFoundationModelAvailability", "*", nil); err != nil {
		return err
	}
	m, err := knownModel(c.params["modelId"])
	if err != nil {
		return err
	}
	has := c.accessTo(m)
	available := map[bool]string{true: "AVAILABLE", false: "NOT_AVAILABLE"}
	authorized := map[bool]string{true: "AUTHORIZED", false: "NOT_AUTHORIZED"}
	return c.json(http.StatusOK, map[string]any{
		"modelId":                 m.id,
		"agreementAvailability":   map[string]string{"status": available[has.agreed]},
		"authorizationStatus":     authorized[has.form],
		"entitlementAvailability": available[has.agreed],
		"regionAvailability":      available[geographyRegions(geographyOf(c.region)) != nil],
	})
}

func (c *call) listAgreementOffers() error {
	if err := c.authorize("bedrock:ListFoundationModelAgreementOffers", "*", nil); err != nil {
		return err
	}
	m, err := knownModel(c.params["modelId"])
	if err != nil {
		return err
	}
	offers := []any{}
	if m.agreement {
		rate := func(dimension string, perMillion float64) map[string]string {
			return map[string]string{
				"dimension": dimension, "unit": "1K tokens", "price": fmt.Sprintf("%.6f", perMillion/1000), "description": dimension,
			}
		}
		offers = append(offers, map[string]any{
			"offerId": "offer-practice-" + strings.NewReplacer(".", "-", ":", "-").Replace(m.id), "offerToken": offerToken(m),
			"termDetails": map[string]any{
				"usageBasedPricingTerm": map[string]any{"rateCard": []any{rate("InputTokenCount", m.input), rate("OutputTokenCount", m.answer)}},
				"legalTerm":             map[string]string{"url": "https://aws.amazon.com/legal/bedrock/third-party-models/"},
				"supportTerm":           map[string]string{"refundPolicyDescription": "Refunds are not offered."},
				"validityTerm":          map[string]string{"agreementDuration": "P0D"},
			},
		})
	}
	return c.json(http.StatusOK, map[string]any{"modelId": m.id, "offers": offers})
}

// offerToken ties an agreement to the offer that was shown.
func offerToken(m bedrockModel) string {
	return base64.StdEncoding.EncodeToString([]byte("practice offer for " + m.id))
}

// behindBedrock are the condition keys of a call that Bedrock makes to another service on
// behalf of the caller (IAM user guide, "aws:CalledVia").
func behindBedrock(action string) map[string][]string {
	if strings.HasPrefix(action, "bedrock:") {
		return nil
	}
	by := []string{"bedrock.amazonaws.com"}
	return map[string][]string{"aws:CalledVia": by, "aws:CalledViaFirst": by, "aws:CalledViaLast": by}
}

func (c *call) createModelAgreement() error {
	var in struct {
		Token string `json:"offerToken"`
		Model string `json:"modelId"`
	}
	if err := c.input(&in); err != nil {
		return err
	}
	c.note("modelId", in.Model)
	// Bedrock calls AWS Marketplace on behalf of the caller.
	for _, action := range []string{
		"bedrock:CreateFoundationModelAgreement", "aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions",
	} {
		if err := c.authorize(action, "*", behindBedrock(action)); err != nil {
			return err
		}
	}
	m, err := knownModel(in.Model)
	if err != nil {
		return err
	}
	if !m.agreement || in.Token != offerToken(m) {
		return validation("The provided offer token is not valid for this model.")
	}
	err = c.account.update("bedrock", func() error {
		state := c.account.bedrock()
		if len(state.UseCase) == 0 {
			return validation(
				"Your request did not include use case details. Submit the use case details for this provider before you create the agreement.")
		}
		if _, ok := state.Agreements[m.id]; ok {
			return fail(http.StatusBadRequest, "ConflictException", "An agreement already exists for the model.")
		}
		if state.Agreements == nil {
			state.Agreements = map[string]time.Time{}
		}
		state.Agreements[m.id] = c.now
		if m.isLegacy() {
			if state.Late == nil {
				state.Late = map[string]bool{}
			}
			state.Late[m.id] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusAccepted, map[string]string{"modelId": m.id})
}

func (c *call) deleteModelAgreement() error {
	var in struct {
		Model string `json:"modelId"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	for _, action := range []string{"bedrock:DeleteFoundationModelAgreement", "aws-marketplace:Unsubscribe"} {
		if err := c.authorize(action, "*", behindBedrock(action)); err != nil {
			return err
		}
	}
	m, err := knownModel(in.Model)
	if err != nil {
		return err
	}
	err = c.account.update("bedrock", func() error {
		state := c.account.bedrock()
		if _, ok := state.Agreements[m.id]; !ok {
			return fail(http.StatusNotFound, "ResourceNotFoundException", "No agreement exists for the model.")
		}
		delete(state.Agreements, m.id)
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusAccepted, struct{}{})
}

func (c *call) getUseCase() error {
	if err := c.authorize("bedrock:GetUseCaseForModelAccess", "*", nil); err != nil {
		return err
	}
	var form []byte
	c.account.view(func() { form = c.account.bedrock().UseCase })
	if len(form) == 0 {
		return fail(http.StatusNotFound, "ResourceNotFoundException", "No use case details have been submitted for this account.")
	}
	return c.json(http.StatusOK, map[string][]byte{"formData": form})
}

// The limits of the use-case form, in bytes.
const leastForm, mostForm = 10, 16384

func (c *call) putUseCase() error {
	var in struct {
		Form []byte `json:"formData"`
	}
	if err := c.input(&in); err != nil {
		return err
	}
	if err := c.authorize("bedrock:PutUseCaseForModelAccess", "*", nil); err != nil {
		return err
	}
	if len(in.Form) < leastForm || len(in.Form) > mostForm {
		return validation("formData must have between 10 and 16384 bytes")
	}
	var form map[string]any
	if err := json.Unmarshal(in.Form, &form); err != nil {
		return validation("formData must be a JSON object")
	}
	for _, field := range []string{"companyName", "companyWebsite", "intendedUsers", "industryOption", "useCases"} {
		if text, _ := form[field].(string); text == "" {
			return validation("formData lacks " + field)
		}
	}
	err := c.account.update("bedrock", func() error {
		c.account.bedrock().UseCase = in.Form
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, struct{}{})
}
