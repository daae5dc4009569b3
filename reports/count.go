package reports

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"claria/aws"
	models "claria/aws/model"
	"claria/internal/id"
	"claria/internal/words"
)

// sectionRoom is the number of tokens reserved for a section when it is sent with the
// later ones: about two pages.
const sectionRoom = 1500

// CountTokens asks the model how many tokens the request has; approximate is true if
// the model refuses to count and the figure is an estimate.
func (d *Drafter) CountTokens(ctx context.Context, request Request) (tokens int, approximate bool, err error) {
	if err := d.allowed(ctx); err != nil {
		return 0, false, err
	}
	report, prompt, _, err := d.prepare(ctx, request)
	if err != nil {
		return 0, false, err
	}
	return d.count(ctx, prompt, report)
}

// prepare reads the files and makes the empty report and its prompt. It reads the
// bucket and sends nothing to the model.
func (d *Drafter) prepare(ctx context.Context, request Request) (Report, prompt, *passages, error) {
	fail := func(err error) (Report, prompt, *passages, error) { return Report{}, prompt{}, nil, err }
	template, err := FindTemplate(request.Template)
	if err != nil {
		return fail(err)
	}
	if err := checkModel(d.options.Model); err != nil {
		return fail(err)
	}
	if err := checkFiles(request); err != nil {
		return fail(err)
	}
	if err := request.refused(); err != nil {
		return fail(err)
	}
	var sources passages
	for i, file := range request.Files {
		segments, err := d.store.Segments(ctx, file)
		if err != nil {
			return fail(err)
		}
		if len(segments) == 0 {
			return fail(refuse("Attached file %d has no text to draft from. Leave it out.", i+1))
		}
		sources.add(file, segments)
	}
	now := d.account.Now().UTC()
	report := Report{
		Client: request.Client, Template: template.ID, Title: template.Title, Created: now, Changed: now,
		Model: d.options.Model, Instructions: request.Instructions, Context: sources.files,
	}
	for _, section := range template.Sections {
		report.Sections = append(report.Sections, Section{ID: section.ID, Heading: section.Heading, State: Waiting, Author: "model"})
	}
	p, err := d.prompt(template, report, &sources)
	return report, p, &sources, err
}

// prompt makes the request's tag and the part that all sections share.
func (d *Drafter) prompt(template Template, report Report, sources *passages) (prompt, error) {
	tag, err := newTag(d.options.Random)
	if err != nil {
		return prompt{}, err
	}
	return prompt{template: template, wishes: report.Instructions, tag: tag, record: sources.record(tag), cached: true}, nil
}

func checkModel(model string) error {
	switch {
	case model == "":
		return refuse("No model is chosen. claria models lists them; claria models use PROFILE chooses one.")
	case models.Global(model):
		return refuse("The model %s may run in any region of the world. Choose a profile of one geography, such as us. or eu.: "+
			"claria models lists them.", model)
	}
	return nil
}

// checkFiles refuses files that cannot be sent. Its errors count the files, because a
// name may identify someone.
func checkFiles(request Request) error {
	if err := id.Check("client", request.Client); err != nil {
		return err
	}
	if len(request.Files) == 0 {
		return refuse("No file is attached. Attach at least one file to draft from.")
	}
	seen := map[string]bool{}
	for i, file := range request.Files {
		switch {
		case file.Client != request.Client:
			return refuse("Attached file %d belongs to another client.", i+1)
		case seen[file.ID]:
			return refuse("Attached file %d is attached twice.", i+1)
		case file.Deleted:
			return refuse("Attached file %d is deleted. Restore it or leave it out.", i+1)
		case file.Segments == 0 && file.Problem != "":
			return refuse("Attached file %d has no text to draft from: %s. Leave it out.", i+1, file.Problem)
		}
		seen[file.ID] = true
	}
	return nil
}

// count counts the tokens of the request for the report's first section.
func (d *Drafter) count(ctx context.Context, p prompt, report Report) (tokens int, approximate bool, err error) {
	p.cached = false // it changes the price, not the count
	messages := p.messages(report, 0, nil)
	out, err := aws.BedrockRuntime(d.account).CountTokens(ctx, &bedrockruntime.CountTokensInput{
		ModelId: new(models.Bare(report.Model)),
		Input:   &types.CountTokensInputMemberConverse{Value: types.ConverseTokensRequest{System: p.system(), Messages: messages}},
	}, oneTry)
	if err == nil && out.InputTokens != nil {
		return int(*out.InputTokens), false, nil
	}
	// Some new models do not count tokens, and a count is not worth a wait. But an
	// error that would also end the draft is returned now.
	switch err := aws.Wrap(err, "bedrock:CountTokens", report.Model); aws.KindOf(err) {
	case aws.Stopped, aws.Expired:
		return 0, false, err
	}
	return estimate(fmt.Sprintf(rules, p.tag)) + estimate(p.record) + estimate(p.ask(report, 0)), true, nil
}

// oneTry leaves retries to the draft, which shows them to the user.
func oneTry(o *bedrockruntime.Options) { o.Retryer = sdk.NopRetryer{} }

// fits refuses a request whose last section would not fit the model's window.
func (d *Drafter) fits(report Report, tokens int, approximate bool) error {
	window := d.window(report.Model)
	m, _ := models.Find(models.Bare(report.Model))
	room := int(sectionRoom*m.Tokenizer)*(len(report.Sections)-1) + asking(report.Model, d.options.MaxTokens, false).room
	if tokens+room <= window {
		return nil
	}
	return refuse("The attached files are too long: they have %s tokens, and next to the report the model has room for %s. Attach fewer "+
		"or shorter files.",
		figure(tokens, approximate), words.Thousands(max(window-room, 0)))
}

// figure formats a count and marks an estimate with ~.
func figure(tokens int, approximate bool) string {
	if approximate {
		return "~" + words.Thousands(tokens)
	}
	return words.Thousands(tokens)
}
