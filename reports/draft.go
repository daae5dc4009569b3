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

// How far a draft goes before it gives up, and how it waits.
const (
	continuations = 4 // of one section beyond the length limit
	firstWait     = 2 * time.Second
	longestWait   = 30 * time.Second
	lastSave      = 10 * time.Second // for the save after a stop
)

// run is one draft on its way.
type run struct {
	desk    *Desk
	ctx     context.Context // ends when the user stops or no longer listens
	cancel  context.CancelFunc
	yield   func(Event, error) bool
	gone    bool // the listener left: nothing may be yielded any more
	prompt  prompt
	report  Report
	counted int // input tokens of a request, for what AWS does not count
	saver   *saver
}

// Draft writes a new report section by section. Cancelling ctx stops it: the
// text so far is saved (with a fresh deadline) and a Done event follows.
//
// A refusal before anything was written is an error with an empty Event. Once
// the report exists the last pair is a Done event with the report as it was
// saved, and with the error when the draft broke off.
func (d *Desk) Draft(ctx context.Context, request Request) iter.Seq2[Event, error] {
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

// Resume goes on with a report that was cut off: sections that are not Written
// are written, the others stay. It is drafted with the report's own model from the very
// versions of the files that were sent before. Events and errors are as Draft's.
func (d *Desk) Resume(ctx context.Context, report Report) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		prompt, sources, err := d.prepareAgain(ctx, report)
		if err != nil {
			yield(Event{}, err)
			return
		}
		report.Sections = slices.Clone(report.Sections)
		d.run(ctx, report, prompt, sources, yield)
	}
}

func (d *Desk) prepareAgain(ctx context.Context, report Report) (prompt, *passages, error) {
	if err := d.allowed(ctx); err != nil {
		return prompt{}, nil, err
	}
	if report.ETag == "" {
		return prompt{}, nil, refuse("This report was not read from the account. Open it again.")
	}
	if err := checkModel(report.Model); err != nil {
		return prompt{}, nil, err
	}
	if !slices.ContainsFunc(report.Sections, unwritten) {
		return prompt{}, nil, refuse("Every section of this report is written; there is nothing to resume.")
	}
	template, err := FindTemplate(report.Template)
	if err != nil {
		return prompt{}, nil, err
	}
	for _, section := range report.Sections {
		if unwritten(section) && template.section(section.ID).ID == "" {
			return prompt{}, nil, refuse("The template has no section %q any more. Draft a new report.", section.ID)
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

// run counts, makes the first save, and writes what is not written.
func (d *Desk) run(ctx context.Context, report Report, p prompt, sources *passages, yield func(Event, error) bool) {
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
	r := &run{desk: d, yield: yield, prompt: p, report: report, counted: tokens}
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	r.saver = newSaver(ctx, d, report)
	r.emit(Event{Kind: Saved, Report: r.snapshot()})
	r.notice(fmt.Sprintf("Sending %s: %s tokens of the %s that the model holds. Nothing else leaves the account's storage.",
		sources.documents(), figure(tokens, approximate), words.Thousands(d.window(report.Model))))
	for i := range r.report.Sections {
		if !r.stopped() && err == nil && unwritten(r.report.Sections[i]) {
			err = r.section(i)
		}
	}
	r.finish(ctx, err)
}

// begin makes the first save, before anything is sent to the model: a draft that
// could not be kept is not begun, and one that changed meanwhile is not touched.
func (d *Desk) begin(ctx context.Context, report Report) (Report, error) {
	first := &saver{desk: d, id: report.ID, etag: report.ETag, copyOf: report.CopyOf, alone: true}
	saved, _, err := first.write(ctx, report)
	switch kind := aws.KindOf(err); {
	case err == nil:
		return saved, nil
	case report.ETag != "" && (kind == aws.Conflict || kind == aws.Absent):
		return report, &Error{"This report was changed elsewhere meanwhile. Open it again, then resume it.", err}
	default:
		return report, &Error{"The report could not be saved (" + kind.Sentence() + "), so nothing was sent to the model. Draft again when the account's storage answers.", err}
	}
}

// section writes section i, trying again as often as that can help. Its error
// ends the draft; a section that failed on its own does not.
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
			r.ended(i, Stopped, "It was stopped; its text so far is kept.")
			return nil
		case t.cache && r.prompt.cached:
			r.prompt.cached = false
			r.notice("This model keeps no cache of the files; they are sent again with every section.")
			try--
			continue
		case t.err != nil && (!t.retry || try >= r.desk.options.Tries):
			r.ended(i, Failed, t.finish)
			return &Error{t.finish, t.err}
		case t.err != nil:
			r.again(i, try, t.now)
			continue
		}
		if outcome.verdict == again {
			if try < r.desk.options.Tries {
				r.again(i, try, outcome.words)
				continue
			}
			outcome = stopReason{given, outcome.words + " every time. Resume the report later, or write the section by hand."}
		}
		r.ended(i, Failed, outcome.words)
		return nil
	}
}

// stopped reports whether the user stopped the draft or no longer listens.
func (r *run) stopped() bool { return r.ctx.Err() != nil }

// again says that another try follows, and waits for it.
func (r *run) again(i, try int, what string) {
	wait := min(firstWait<<(try-1), longestWait)
	// Half of the wait is random, so that machines that were refused together
	// do not come back together.
	var b [1]byte
	_, _ = r.desk.options.Random.Read(b[:])
	wait = wait/2 + wait/2*time.Duration(b[0])/255
	if r.report.Sections[i].Text != "" {
		what += "; the section is written again from its start in " + seconds(wait) + "."
	} else {
		what += "; trying again in " + seconds(wait) + "."
	}
	r.notice(what)
	after := r.desk.options.After(wait)
	for {
		select {
		case <-after:
			return
		case <-r.ctx.Done():
			return
		case <-r.saver.news:
			r.tell()
		}
	}
}

// ended closes a section: the text is checked and saved at once.
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

// passages is how many passages there are.
func (r *run) passages() int {
	last := r.report.Context[len(r.report.Context)-1]
	return last.First + last.Count - 1
}

// finish saves the last state, even after a stop, and says so.
func (r *run) finish(ctx context.Context, err error) {
	fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSave)
	defer cancel()
	saved, saveErr := r.saver.finish(fresh, r.report)
	r.report = saved
	r.tell()
	if saveErr != nil {
		err = saveErr
	}
	if !r.gone {
		r.gone = true
		r.yield(Event{Kind: Done, Report: r.snapshot()}, err)
	}
}

// snapshot is the report as it stands, apart from what comes.
func (r *run) snapshot() Report {
	report := r.report
	report.Sections = slices.Clone(report.Sections)
	return report
}

// emit passes an event on. When nobody listens any more the draft is stopped.
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

// tell passes on what the saver tells.
func (r *run) tell() {
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
	stale bool     // the section's text is of an earlier try, until this one brings its own
	parts []string // answers that the length limit cut off
	part  strings.Builder
}

// write asks for the section and for its continuations.
func (w *writer) write() (stopReason, trouble) {
	r := w.run
	for {
		w.part.Reset()
		a := r.converse(r.prompt.messages(r.report, w.index, w.parts), w.add)
		r.count(a, w.part.String())
		if a.err != nil {
			return stopReason{}, judge(a.err, r.report.Model, r.desk.account.Region(), a.started)
		}
		end := explain(a.reason)
		if end.verdict != cut {
			return end, trouble{}
		}
		if strings.TrimSpace(w.part.String()) == "" || len(w.parts) == continuations {
			return stopReason{given, "The section is longer than " + words.Thousands((len(w.parts)+1)*r.desk.options.MaxTokens) +
				" tokens and was cut off there. Ask for a shorter one in the instructions, or finish it by hand."}, trouble{}
		}
		w.parts = append(w.parts, w.part.String())
	}
}

// add takes text as it comes. The text of an earlier try stays until the first
// of this one is there, so that a stop or a crash between the two keeps it.
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

// joint fits a continuation to the text it goes on with. The model was sent that
// text without the white space at its end, and may have written it again.
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

// count adds what a request used, or an estimate where AWS sent no count.
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
