package sandbox

import (
	"net/http"
	"slices"
	"time"
)

// vocabulary is a custom vocabulary; its words are not stored. The demo account
// has no custom language models.
type vocabulary struct {
	Name     string    `json:"name"`
	Language string    `json:"language"`
	Modified time.Time `json:"modified"`
}

type vocabularyOnWire struct {
	VocabularyName   string
	LanguageCode     string
	LastModifiedTime epoch
	VocabularyState  string
}

func (v vocabulary) onWire() vocabularyOnWire {
	return vocabularyOnWire{v.Name, v.Language, epoch{v.Modified}, "READY"}
}

func vocabularyOperations() []*operation {
	return []*operation{
		{name: "ListVocabularies", serve: (*call).listVocabularies},
		{name: "CreateVocabulary", write: true, serve: (*call).createVocabulary},
		{name: "ListLanguageModels", serve: (*call).listLanguageModels},
	}
}

func (c *call) createVocabulary() error {
	var in struct {
		VocabularyName string
		LanguageCode   string
		Phrases        []string `json:",omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("transcribe:CreateVocabulary", "*", nil); err != nil {
		return err
	}
	if !jobName.MatchString(in.VocabularyName) || in.LanguageCode == "" || len(in.Phrases) == 0 {
		return badRequest("VocabularyName, LanguageCode and Phrases must be given.")
	}
	one := vocabulary{in.VocabularyName, in.LanguageCode, c.now}
	err := c.account.update("transcribe", func() error {
		state := c.account.transcribe()
		if slices.ContainsFunc(state.Vocabularies[c.region], func(v vocabulary) bool { return v.Name == one.Name }) {
			return fail(http.StatusBadRequest, "ConflictException", "The requested vocabulary name already exists.")
		}
		if state.Vocabularies == nil {
			state.Vocabularies = map[string][]vocabulary{}
		}
		state.Vocabularies[c.region] = append(state.Vocabularies[c.region], one)
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, one.onWire())
}

func (c *call) listVocabularies() error {
	if err := c.authorize("transcribe:ListVocabularies", "*", nil); err != nil {
		return err
	}
	all := []vocabularyOnWire{}
	c.account.view(func() {
		for _, v := range c.account.transcribe().Vocabularies[c.region] {
			all = append(all, v.onWire())
		}
	})
	return c.json(http.StatusOK, map[string]any{"Vocabularies": all})
}

func (c *call) listLanguageModels() error {
	if err := c.authorize("transcribe:ListLanguageModels", "*", nil); err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{"Models": []any{}})
}
