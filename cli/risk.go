package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/drift/register"
	"claria/internal/safe"
	"claria/session/watch"
)

// riskFile is the questionnaire as a file. --template writes it and --answers reads
// it.
type riskFile struct {
	Signer    string                `json:"signer"`
	Reviewers map[string]string     `json:"reviewers,omitempty"` // by section; empty: the signer
	Questions []riskQuestion        `json:"questions,omitempty"` // for the reader
	Answers   []register.RiskAnswer `json:"answers"`
}

type riskQuestion struct {
	ID      string `json:"id"`
	Section string `json:"section"`
	Text    string `json:"text"`
	Threat  string `json:"threat"`
}

// riskCommand is the risk analysis as a questionnaire.
func riskCommand(e *env) *cobra.Command {
	var file, signer, set string
	var template, yes, show bool
	cmd := &cobra.Command{
		Use:   "risk",
		Short: "The risk analysis: a questionnaire that a scan fills in as far as possible",
		Long: "Scans the account, answers what the scan can answer, asks the rest, and lets you rate the remaining risks by\n" +
			"likelihood and impact. A signed analysis is valid for a year, or until a control that answered a question fails.\n" +
			"Without a terminal: --template prints the questionnaire as JSON, --answers FILE signs a filled-in one.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if !template && !show && file == "" && !e.IsTerminal(e.Stdin) {
				return errors.New("there is no terminal to ask the questions: claria risk --template prints the questionnaire, --answers FILE " +
					"signs a filled-in one")
			}
			s, err := e.Rooms(ctx, template || show)
			if err != nil {
				return err
			}
			store := register.NewStore(s.Account, s.Settings)
			if show {
				reg, err := store.Load(ctx)
				if err != nil {
					return err
				}
				return e.JSON(append([]register.RiskAnalysis{}, reg.Analyses...))
			}
			result, err := e.look(ctx, s, watch.Options{Set: set, Unrecorded: true})
			if err != nil {
				return err
			}
			todo := riskFile{Signer: signer, Answers: drift.Prefill(result.Report)}
			switch {
			case template:
				for _, q := range catalogue.Questions() {
					todo.Questions = append(todo.Questions, riskQuestion{q.ID, q.Section, q.Text, q.Threat})
				}
				return e.JSON(todo)
			case file != "":
				if todo, err = readRisk(file, todo); err != nil {
					return err
				}
			default:
				q := questionnaire{in: e.lines(), out: e.Stderr}
				if err := q.run(&todo); err != nil {
					return err
				}
			}
			if signer != "" {
				todo.Signer = signer
			}
			analysis, err := register.SignAnalysis(todo.Answers, todo.Reviewers, todo.Signer, s.Account.Now())
			if err != nil {
				return err
			}
			printRisks(e.Stderr, analysis)
			if err := e.enter(ctx, store, "Sign this risk analysis as "+todo.Signer+"?", yes, func(r *register.Register) error {
				r.Analyses = append(r.Analyses, analysis)
				return nil
			}); err != nil {
				return err
			}
			unrecorded := e.record(ctx, s, ledger.Attest, "A risk analysis was signed.")
			fmt.Fprintf(e.Stdout, "risk analysis signed by %s\n", safe.Line(todo.Signer))
			return unrecorded
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&template, "template", false, "print the questionnaire as JSON, filled in from the scan, and sign nothing")
	flags.StringVar(&file, "answers", "", "sign the filled-in `FILE`")
	flags.BoolVar(&show, "list", false, "print the signed analyses as JSON")
	flags.StringVar(&signer, "sign", "", "sign as `NAME`")
	flags.StringVar(&set, "controls", catalogue.Strict, "the set of controls to fill it in: core, strict or nprm")
	flags.BoolVarP(&yes, "yes", "y", false, "do not ask before signing")
	return cmd
}

// readRisk reads a filled-in questionnaire. What the controls found comes from the
// current scan, not from the file.
func readRisk(path string, scanned riskFile) (riskFile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return riskFile{}, errors.New("--answers: the file cannot be read")
	}
	var filled riskFile
	if err := json.Unmarshal(data, &filled); err != nil {
		return riskFile{}, fmt.Errorf("--answers: this is not the JSON of claria risk --template: %w", err)
	}
	for i := range filled.Answers {
		filled.Answers[i].Facts = nil
		for _, a := range scanned.Answers {
			if a.Question == filled.Answers[i].Question {
				filled.Answers[i].Facts = a.Facts
			}
		}
	}
	return filled, nil
}

// questionnaire asks the questions at the terminal.
type questionnaire struct {
	in  *bufio.Reader
	out io.Writer
}

func (q questionnaire) run(todo *riskFile) error {
	section := ""
	todo.Reviewers = map[string]string{}
	questions := catalogue.Questions()
	for i, question := range questions {
		if question.Section != section {
			section = question.Section
			fmt.Fprintf(q.out, "\n%s\n", section)
		}
		at := slices.IndexFunc(todo.Answers, func(a register.RiskAnswer) bool { return a.Question == question.ID })
		if err := q.question(i+1, question, &todo.Answers[at]); err != nil {
			return err
		}
		if i+1 == len(questions) || questions[i+1].Section != section {
			name, err := q.line("Who has reviewed this section? [" + todo.Signer + "] ")
			if err != nil {
				return err
			}
			if name != "" {
				todo.Reviewers[section] = name
				if todo.Signer == "" {
					todo.Signer = name
				}
			}
		}
	}
	if todo.Signer != "" {
		return nil
	}
	name, err := q.line("Your name, to sign it: ")
	todo.Signer = name
	return err
}

func (q questionnaire) question(n int, question catalogue.Question, a *register.RiskAnswer) error {
	fmt.Fprintf(q.out, "\n%d. %s\n", n, question.Text)
	for _, f := range a.Facts {
		fmt.Fprintf(q.out, "   %s %s: %s\n", f.Control, f.Status, safe.Line(f.Observed))
	}
	answers := map[string]string{"y": register.Yes, "p": register.Partly, "n": register.No, "a": register.DoesNotApply}
	for {
		prompt := "   (y)es, (p)artly, (n)o, not (a)pplicable"
		if a.Answer != "" {
			prompt += " [" + a.Answer + "]"
		}
		text, err := q.line(prompt + ": ")
		if err != nil {
			return err
		}
		if text != "" {
			if a.Answer = answers[strings.ToLower(text[:1])]; a.Answer == "" {
				continue
			}
		}
		if a.Answer != "" {
			break
		}
	}
	if !a.Open() {
		a.Likelihood, a.Impact = 0, 0
		return nil
	}
	fmt.Fprintf(q.out, "   What can happen: %s\n", question.Threat)
	for _, rating := range []struct {
		what string
		to   *int
	}{{"How likely is it", &a.Likelihood}, {"How bad would it be", &a.Impact}} {
		for *rating.to == 0 {
			text, err := q.line("   " + rating.what + "? 1 low, 2 moderate, 3 high: ")
			if err != nil {
				return err
			}
			if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= 3 {
				*rating.to = n
			}
		}
	}
	for a.Why == "" {
		text, err := q.line("   Why, and what do you do about it? (no patient information) ")
		if err != nil {
			return err
		}
		a.Why = text
	}
	return nil
}

func (q questionnaire) line(prompt string) (string, error) {
	fmt.Fprint(q.out, prompt)
	line, err := q.in.ReadString('\n')
	if err != nil {
		return "", errors.New("the input ended before the last answer; nothing was signed")
	}
	return strings.TrimSpace(line), nil
}

// printRisks prints the remaining risks, the highest first.
func printRisks(w io.Writer, analysis register.RiskAnalysis) {
	texts := map[string]catalogue.Question{}
	for _, q := range catalogue.Questions() {
		texts[q.ID] = q
	}
	open := slices.DeleteFunc(slices.Clone(analysis.Answers), func(a register.RiskAnswer) bool { return a.Rating() == register.NoRisk })
	slices.SortStableFunc(open, func(a, b register.RiskAnswer) int { return b.Likelihood*b.Impact - a.Likelihood*a.Impact })
	fmt.Fprintf(w, "\n%d of %d answers leave a risk.\n", len(open), len(analysis.Answers))
	for _, a := range open {
		fmt.Fprintf(w, "%-9s %-14s %s\n", a.Rating(), a.Question, texts[a.Question].Threat)
	}
}
