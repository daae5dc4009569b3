package reports

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"claria/aws"
	"claria/internal/id"
	"claria/internal/safe"
	"claria/internal/words"
)

// The limits of a draft, and how long it waits.
const (
	continuations = 4 // of one section after the length limit
	firstWait     = 2 * time.Second
	longestWait   = 30 * time.Second
	lastSave      = 10 * time.Second // for the save after a stop
)

// run is one running draft.
type run struct {
	drafter *Drafter
	ctx     context.Context // ends when the user stops or no longer listens
	cancel  context.CancelFunc
	yield   func(Event, error) bool
	gone    bool // the caller stopped listening: yield must not be called again
	prompt  prompt
	report  Report
	counted int  // input tokens of a request, used where AWS sends no count
	lowered bool // the model left no room for text, so it is asked to think less
	saver   *saver
}

// Draft writes a new report section by section. Cancelling ctx stops it: the
// text so far is saved (with a fresh deadline) and a Done event follows.
//
// A refusal before anything was written is an error with an empty Event. Once the
// report exists, the last pair is a Done event with the saved report, and with the
// error if the draft failed.
func (d *Drafter) Draft(ctx context.Context, request Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := d.allowed(ctx); err != nil {
			yield(Event{}, err)
			return
		}
		report, prompt, sources, err := d.prepare(ctx, request)
		if err != nil {
			yield(Event{}, err)
			return
		}
		if report.ID, err = id.New(d.options.Random); err != nil {
			yield(Event{}, err)
			return
		}
		d.run(ctx, report, prompt, sources, yield)
	}
}

// Resume continues a report that was interrupted: it writes the sections that are not
// Written and keeps the others. It uses the report's own model, or the one in use if
// the practice no longer declares that, and the same versions of the files that were sent
// before. Its events and errors are those of Draft.
func (d *Drafter) Resume(ctx context.Context, report Report) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		prompt, sources, err := d.prepareAgain(ctx, report)
		if err != nil {
			yield(Event{}, err)
			return
		}
		report.Sections = slices.Clone(report.Sections)
		if next := d.resumes(report); next != report.Model {
			told := Event{Kind: Notice, Notice: "This report was begun with " + report.Model + ", which the practice no longer uses; it goes on with " + next + "."}
			if !yield(told, nil) {
				return
			}
			report.Model = next
		}
		d.run(ctx, report, prompt, sources, yield)
	}
}

// resumes is the model with which a report goes on.
func (d *Drafter) resumes(report Report) string {
	if len(d.options.Declared) == 0 || slices.Contains(d.options.Declared, report.Model) {
		return report.Model
	}
	return d.options.Model
}

func (d *Drafter) prepareAgain(ctx context.Context, report Report) (prompt, *passages, error) {
	if err := d.allowed(ctx); err != nil {
		return prompt{}, nil, err
	}
	if report.ETag == "" {
		return prompt{}, nil, refuse("This report was not read from the account. Open it again.")
	}
	if err := checkModel(d.resumes(report)); err != nil {
		return prompt{}, nil, err
	}
	if !slices.ContainsFunc(report.Sections, unwritten) {
		return prompt{}, nil, refuse("Every section of this report is already written, so there is nothing to resume.")
	}
	template, err := FindTemplate(report.Template)
	if err != nil {
		return prompt{}, nil, err
	}
	for _, section := range report.Sections {
		if unwritten(section) && template.section(section.ID).ID == "" {
			return prompt{}, nil, refuse("The template no longer has a section %q. Draft a new report.", section.ID)
		}
	}
	sources, err := d.sources(ctx, report)
	if err != nil {
		return prompt{}, nil, err
	}
	p, err := d.prompt(template, report, sources)
	return p, sources, err
}

func unwritten(s Section) bool { return s.State != Written }

// run counts the tokens, saves the report for the first time, and writes the sections
// that are missing.
func (d *Drafter) run(ctx context.Context, report Report, p prompt, sources *passages, yield func(Event, error) bool) {
	tokens, approximate, err := d.count(ctx, p, report)
	if err == nil {
		err = d.fits(report, tokens, approximate)
	}
	if err != nil {
		yield(Event{}, err)
		return
	}
	if report, err = d.begin(ctx, report); err != nil {
		yield(Event{}, err)
		return
	}
	r := &run{drafter: d, yield: yield, prompt: p, report: report, counted: tokens}
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	r.saver = newSaver(ctx, d, report)
	r.emit(Event{Kind: Saved, Report: r.snapshot()})
	r.notice(fmt.Sprintf("Sending %s: %s tokens, of the %s that the model can take. Nothing else is sent to the model.",
		sources.documents(), figure(tokens, approximate), words.Thousands(d.window(report.Model))))
	for i := range r.report.Sections {
		if !r.stopped() && err == nil && unwritten(r.report.Sections[i]) {
			err = r.section(i)
		}
	}
	r.finish(ctx, err)
}

// begin saves the report before anything is sent to the model: a draft that cannot be
// saved does not start, and one that changed in the meantime is left alone.
func (d *Drafter) begin(ctx context.Context, report Report) (Report, error) {
	first := &saver{drafter: d, id: report.ID, etag: report.ETag, copyOf: report.CopyOf, alone: true}
	saved, _, err := first.write(ctx, report)
	switch kind := aws.KindOf(err); {
	case err == nil:
		return saved, nil
	case report.ETag != "" && (kind == aws.Conflict || kind == aws.Absent):
		return report, &Error{"Another computer changed this report in the meantime. Open it again, then resume it.", err}
	default:
		return report, &Error{"The report could not be saved (" + kind.Sentence() +
			"), so nothing was sent to the model. Draft again when the report can be saved.", err}
	}
}

// section writes section i, and tries again as long as that can help. An error ends
// the draft; a section that failed on its own does not.
func (r *run) section(i int) error {
	section := &r.report.Sections[i]
	section.State, section.Problem, section.Author = Writing, "", "model"
	r.saver.set(r.report, false)
	r.emit(Event{Kind: SectionStarted, Section: i, Report: r.snapshot()})
	for try := 1; ; try++ {
		w := writer{run: r, index: i, stale: section.Text != ""}
		outcome, t := w.write()
		switch {
		case t.err == nil && outcome.verdict == complete:
			r.ended(i, Written, outcome.words)
			return nil
		case r.stopped():
			r.ended(i, Stopped, "The draft was stopped; the text so far is kept.")
			return nil
		case t.cache && r.prompt.cached:
			r.prompt.cached = false
			r.notice("This model does not cache the files, so they are sent again with every section.")
			try--
			continue
		case t.err != nil && (!t.retry || try >= r.drafter.options.Tries):
			r.ended(i, Failed, t.finish)
			return &Error{t.finish, t.err}
		case t.err != nil:
			r.again(i, try, t.now)
			continue
		}
		if outcome.verdict == again {
			if try < r.drafter.options.Tries {
				r.again(i, try, outcome.words)
				continue
			}
			outcome = stopReason{giveUp, outcome.words + " every time. Resume the report later, or write the section by hand."}
		}
		r.ended(i, Failed, outcome.words)
		return nil
	}
}

// stopped reports whether the user stopped the draft or no longer listens.
func (r *run) stopped() bool { return r.ctx.Err() != nil }

// again announces another try and waits for it.
func (r *run) again(i, try int, what string) {
	wait := min(firstWait<<(try-1), longestWait)
	// Half of the wait is random, so that computers that were refused at the same
	// time do not retry at the same time.
	var b [1]byte
	_, _ = r.drafter.options.Random.Read(b[:])
	wait = wait/2 + wait/2*time.Duration(b[0])/255
	if r.report.Sections[i].Text != "" {
		what += "; the section starts again in " + seconds(wait) + "."
	} else {
		what += "; trying again in " + seconds(wait) + "."
	}
	r.notice(what)
	after := r.drafter.options.After(wait)
	for {
		select {
		case <-after:
			return
		case <-r.ctx.Done():
			return
		case <-r.saver.news:
			r.relay()
		}
	}
}

// ended closes a section: it checks the text and saves it at once.
func (r *run) ended(i int, state State, problem string) {
	section := &r.report.Sections[i]
	section.Text = safe.PHI(strings.TrimRight(section.Text.Reveal(), " \n"))
	section.State, section.Problem = state, problem
	if state == Written && section.Text == "" {
		section.State = Failed
		section.Problem = "The model wrote nothing. Resume the report to try again, or write the section by hand."
	}
	section.Unknown = unknown(section.Text.Reveal(), r.passages())
	r.saver.set(r.report, true)
	r.emit(Event{Kind: SectionEnded, Section: i, Report: r.snapshot()})
}

// passages returns how many passages there are.
func (r *run) passages() int {
	last := r.report.Context[len(r.report.Context)-1]
	return last.First + last.Count - 1
}

// finish saves the last state, even after a stop, and emits Done.
func (r *run) finish(ctx context.Context, err error) {
	fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSave)
	defer cancel()
	saved, saveErr := r.saver.finish(fresh, r.report)
	r.report = saved
	r.relay()
	if saveErr != nil {
		err = saveErr
	}
	if !r.gone {
		r.gone = true
		r.yield(Event{Kind: Done, Report: r.snapshot()}, err)
	}
}

// snapshot returns a copy of the report that later events do not change.
func (r *run) snapshot() Report {
	report := r.report
	report.Sections = slices.Clone(report.Sections)
	return report
}

// emit yields an event. If the caller stopped listening, it stops the draft.
func (r *run) emit(event Event) {
	if r.gone {
		return
	}
	if !r.yield(event, nil) {
		r.gone = true
		r.cancel()
	}
}

func (r *run) notice(text string) { r.emit(Event{Kind: Notice, Notice: text}) }

// relay yields the saver's news.
func (r *run) relay() {
	for _, news := range r.saver.take() {
		if news.notice != "" {
			r.notice(news.notice)
		}
		if news.report.ID != "" {
			r.report.ID, r.report.CopyOf = news.report.ID, news.report.CopyOf
			r.report.Version, r.report.ETag, r.report.Changed = news.report.Version, news.report.ETag, news.report.Changed
			r.emit(Event{Kind: Saved, Report: news.report})
		}
	}
}

// writer is one try at one section.
type writer struct {
	run   *run
	index int
	stale bool     // the section's text is from an earlier try, until this one has text
	parts []string // answers that the length limit cut off
	part  strings.Builder
}

// write requests the section and its continuations.
func (w *writer) write() (stopReason, failure) {
	r := w.run
	for {
		w.part.Reset()
		a := r.converse(r.prompt.messages(r.report, w.index, w.parts), w.add)
		r.count(a, w.part.String())
		if a.err != nil {
			return stopReason{}, judge(a.err, r.report.Model, r.drafter.account.Region(), a.started)
		}
		end := explain(a.reason)
		if nothing := strings.TrimSpace(w.part.String()) == "" && len(w.parts) == 0; nothing && a.thought && end.verdict <= cut {
			if !r.lowered {
				r.lowered = true
				r.notice("The model thought and wrote nothing; it is asked again to think less.")
				continue
			}
			return stopReason{giveUp, onlyThought(r.report.Model, asking(r.report.Model, r.drafter.options.MaxTokens, true).room)}, failure{}
		}
		if end.verdict != cut {
			return end, failure{}
		}
		if strings.TrimSpace(w.part.String()) == "" || len(w.parts) == continuations {
			return stopReason{giveUp, "The section is longer than " + words.Thousands((len(w.parts)+1)*r.drafter.options.MaxTokens) +
				" tokens and was cut off there. Ask for a shorter section in the instructions, or finish it by hand."}, failure{}
		}
		w.parts = append(w.parts, w.part.String())
	}
}

// add appends text as it arrives. The text of an earlier try stays until the first
// text of this one, so that a stop or a crash in between loses nothing.
func (w *writer) add(delta string) {
	r := w.run
	delta = safe.Text(delta)
	section := &r.report.Sections[w.index]
	if w.stale || section.Text == "" {
		if len(w.parts) == 0 && w.part.Len() == 0 {
			delta = strings.TrimLeft(delta, " \n")
		}
		if delta == "" {
			return
		}
	}
	if len(w.parts) > 0 && w.part.Len() == 0 {
		if delta = joint(section.Text.Reveal(), delta); delta == "" {
			return
		}
	}
	if w.stale {
		w.stale = false
		section.Text = ""
		r.emit(Event{Kind: SectionReset, Section: w.index})
	}
	w.part.WriteString(delta)
	section.Text += safe.PHI(delta)
	r.saver.set(r.report, false)
	r.emit(Event{Kind: Text, Section: w.index, Delta: safe.PHI(delta)})
}

// joint fits a continuation to the text before it. The model received that text
// without the white space at its end and may write it again.
func joint(text, delta string) string {
	end := text[len(strings.TrimRight(text, " \n")):]
	begin := delta[:len(delta)-len(strings.TrimLeft(delta, " \n"))]
	switch {
	case strings.HasPrefix(begin, end):
		return delta[len(end):]
	case strings.Contains(end, "\n") && !strings.Contains(begin, "\n"):
		return delta[len(begin):]
	}
	return delta
}

// count adds the tokens that a request used, or an estimate if AWS sent no count.
func (r *run) count(a answer, text string) {
	u := &r.report.Usage
	switch {
	case a.usage != nil:
		u.InputTokens += number(a.usage.InputTokens)
		u.OutputTokens += number(a.usage.OutputTokens)
		u.CacheReadTokens += number(a.usage.CacheReadInputTokens)
		u.CacheWriteTokens += number(a.usage.CacheWriteInputTokens)
	case a.started:
		u.InputTokens += r.counted
		u.OutputTokens += estimate(text)
		u.Estimated = true
	}
}

func number(n *int32) int {
	if n == nil {
		return 0
	}
	return int(*n)
}
