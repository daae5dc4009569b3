package reports

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"claria/aws"
	"claria/internal/id"
	"claria/internal/words"
)

// sectionRoom is how many tokens a section is reckoned with when it goes along
// with the later ones: about two pages.
const sectionRoom = 1500

// CountTokens asks the model how many tokens the request is; approximate is true when
// the model refuses to count and the figure is an estimate.
func (d *Desk) CountTokens(ctx context.Context, request Request) (tokens int, approximate bool, err error) {
	if err := d.allowed(ctx); err != nil {
		return 0, false, err
	}
	report, prompt, _, err := d.prepare(ctx, request)
	if err != nil {
		return 0, false, err
	}
	return d.count(ctx, prompt, report)
}

// prepare reads the files and makes the unwritten report and its prompt. Only
// the bucket is read.
func (d *Desk) prepare(ctx context.Context, request Request) (Report, prompt, *passages, error) {
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
	var sources passages
	for i, file := range request.Files {
		segments, err := d.store.Segments(ctx, file)
		if err != nil {
			return fail(err)
		}
		if len(segments) == 0 {
			return fail(refuse("Attached file %d holds no text to draft from. Leave it out.", i+1))
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

// prompt draws the request's tag and writes the part that all sections share.
func (d *Desk) prompt(template Template, report Report, sources *passages) (prompt, error) {
	tag, err := newTag(d.options.Random)
	if err != nil {
		return prompt{}, err
	}
	return prompt{template: template, wishes: report.Instructions, tag: tag, record: sources.record(tag), cached: true}, nil
}

func checkModel(model string) error {
	switch {
	case model == "":
		return refuse("No model is chosen. Name an inference profile under models in claria.toml.")
	case anywhere(model):
		return refuse("The model %s may run in any region of the world. Choose a profile of one geography, such as us. or eu., under models in claria.toml.", model)
	}
	return nil
}

// checkFiles refuses files that cannot be sent. Files are named by their place,
// because a name may identify someone.
func checkFiles(request Request) error {
	if err := id.Check("client", request.Client); err != nil {
		return err
	}
	if len(request.Files) == 0 {
		return refuse("No file is attached. A report is drafted from files: attach at least one.")
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
			return refuse("Attached file %d holds no text to draft from: %s. Leave it out.", i+1, file.Problem)
		}
		seen[file.ID] = true
	}
	return nil
}

// count asks for the tokens of the report's first section's request.
func (d *Desk) count(ctx context.Context, p prompt, report Report) (tokens int, approximate bool, err error) {
	p.cached = false // it changes the price, not the count
	messages := p.messages(report, 0, nil)
	out, err := aws.BedrockRuntime(d.account).CountTokens(ctx, &bedrockruntime.CountTokensInput{
		ModelId: new(bareModel(report.Model)),
		Input:   &types.CountTokensInputMemberConverse{Value: types.ConverseTokensRequest{System: p.system(), Messages: messages}},
	}, oneTry)
	if err == nil && out.InputTokens != nil {
		return int(*out.InputTokens), false, nil
	}
	// Some new models refuse to be counted for, and a count is not worth waiting
	// for; but what will fail the draft as well is said now.
	switch err := aws.Wrap(err, "bedrock:CountTokens", report.Model); aws.KindOf(err) {
	case aws.Stopped, aws.Expired:
		return 0, false, err
	}
	return estimate(fmt.Sprintf(rules, p.tag)) + estimate(p.record) + estimate(p.ask(report, 0)), true, nil
}

// oneTry leaves retries to the draft, which tells the user about them.
func oneTry(o *bedrockruntime.Options) { o.Retryer = sdk.NopRetryer{} }

// fits refuses a request whose last section would not fit the model any more.
func (d *Desk) fits(report Report, tokens int, approximate bool) error {
	window := d.window(report.Model)
	room := sectionRoom*(len(report.Sections)-1) + d.options.MaxTokens
	if tokens+room <= window {
		return nil
	}
	return refuse("The attached files are too long: %s tokens, and the model has room for %s next to the report. Attach fewer or shorter files.",
		figure(tokens, approximate), words.Thousands(max(window-room, 0)))
}

// figure writes a count, marking an estimate with ~.
func figure(tokens int, approximate bool) string {
	if approximate {
		return "~" + words.Thousands(tokens)
	}
	return words.Thousands(tokens)
}
