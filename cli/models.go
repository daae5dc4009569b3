package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"claria/aws"
	"claria/aws/model"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
)

// modelsCommand lists the models that the region offers, and changes to one of them.
func modelsCommand(e *env) *cobra.Command {
	var asJSON, plan, yes bool
	var declared string
	cmd := &cobra.Command{
		Use: "models", Short: "List the models of the home region, or use another one (models use)", Args: cobra.NoArgs,
		Long: "Lists the models that drafts may use: those with an inference profile that runs only inside the\n" +
			"geography of the home region. Lifecycle, dates and destinations are read from the account, and so is\n" +
			"Bedrock's data retention in the home region, where every request is made. Window and price come from\n" +
			"a table in this program, which says its date; prices are estimates.",
		RunE: func(cmd *cobra.Command, _ []string) error { return e.listModels(cmd.Context(), asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as JSON")
	use := &cobra.Command{
		Use: "use PROFILE", Short: "Draft with this model from now on", Args: cobra.ExactArgs(1),
		Long: "Shows the plan and asks. The plan accepts the model's terms, lets the identities call this model instead of\n" +
			"the one in use, and writes it into claria.toml. It needs a code of the second factor, as\n" +
			"claria setup --apply does.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if declared != "" {
				if err := oneOf("declared", declared, declaredAt...); err != nil {
					return err
				}
			}
			return e.useModel(cmd.Context(), args[0], declared, plan, yes, asJSON)
		},
	}
	use.Flags().BoolVar(&plan, "plan", false, "print the steps and change nothing")
	use.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	use.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	use.Flags().StringVar(&declared, "declared", "", "`WHERE` to take the declaration from if the register and claria.toml differ: here or elsewhere")
	cmd.AddCommand(use)
	return cmd
}

// listedModels is the list of models in JSON.
type listedModels struct {
	Region    string        `json:"region"`
	Retention string        `json:"retention"` // of Region; empty: not read, see Problem
	Problem   string        `json:"problem,omitempty"`
	Dated     string        `json:"dated"` // the day of the table that window and price are from
	Models    []listedModel `json:"models"`
}

type listedModel struct {
	state.Offer
	InUse     bool `json:"in_use"`
	Preferred bool `json:"preferred"` // set-up chooses it
	// From the table; 0: the table does not say.
	Window     int     `json:"window,omitempty"`       // tokens of a request and its answer together
	Output     int     `json:"output,omitempty"`       // most tokens of an answer
	Input      float64 `json:"input_usd,omitempty"`    // US dollars per million tokens, an estimate
	Answer     float64 `json:"output_usd,omitempty"`   // the same
	PricedUpto int     `json:"priced_up_to,omitempty"` // tokens of a prompt for which the price holds
}

func (e *env) listModels(ctx context.Context, asJSON bool) error {
	s, err := e.ReadOnlySession(ctx)
	if err != nil {
		return err
	}
	offers, err := provision.Offers(ctx, s.Account)
	if err != nil {
		// Set-up can give a right that is missing, but can change no other cause.
		if _, named := aws.CauseIn(err.Error()); !named && aws.KindOf(err) == aws.Denied {
			return fmt.Errorf("the models of %s could not be read: %w. If this identity is Claria's, claria setup --apply gives it the right",
				s.Settings.Region, err)
		}
		return fmt.Errorf("the models of %s could not be read: %w", s.Settings.Region, err)
	}
	all := listedModels{Region: s.Settings.Region, Dated: model.Dated, Models: offered(s, offers)}
	mode, unread := s.Account.DataRetention(ctx)
	if all.Retention = mode; unread != nil {
		all.Problem = unread.Error()
		unread = fmt.Errorf("the data retention in %s could not be read: %w", all.Region, unread)
	}
	if asJSON {
		return errors.Join(e.JSON(all), unread)
	}
	return errors.Join(printModels(e.Stdout, all), unread)
}

// offered are the models that drafts may use, and the one in use even if AWS no longer
// offers it.
func offered(s *session.Session, offers []state.Offer) []listedModel {
	all := []listedModel{}
	used := s.Settings.Models
	preferred := state.Choose(s.Settings.Region, offers)
	add := func(o state.Offer) {
		m, _ := model.Find(o.Foundation)
		one := listedModel{Offer: o, InUse: slices.Contains(used, o.Profile), Preferred: o.Profile == preferred}
		one.Input, one.Answer, one.PricedUpto, one.Output = m.Input, m.Answer, m.Upto, m.Output
		if m.Name != "" {
			one.Window = m.Window
		}
		all = append(all, one)
	}
	for _, o := range offers {
		if o.Inside(s.Settings.Region) || slices.Contains(used, o.Profile) {
			add(o)
		}
	}
	for _, profile := range used {
		if !slices.ContainsFunc(offers, func(o state.Offer) bool { return o.Profile == profile }) {
			foundation := state.Foundation(profile)
			m, _ := model.Find(foundation)
			add(state.Offer{Profile: profile, Foundation: foundation, Name: m.Name, Destinations: []string{}, Life: state.Life{Status: "GONE"}})
		}
	}
	return all
}

func printModels(w io.Writer, all listedModels) error {
	if len(all.Models) == 0 {
		_, err := fmt.Fprintf(w, "AWS offers no model in %s that stays inside one geography.\n", safe.Line(all.Region))
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tPROFILE\tSTATE\tWINDOW\tUS$ PER MILLION, IN/OUT\tRUNS IN")
	for _, m := range all.Models {
		mark := " "
		if m.InUse {
			mark = "*"
		}
		life := m.Status
		if !m.End.IsZero() {
			life += " until " + m.End.UTC().Format(time.DateOnly)
		}
		window, price := "not in the table", "not in the table"
		if m.Window > 0 {
			window = words.Thousands(m.Window)
		}
		if m.Input > 0 {
			price = fmt.Sprintf("%.2f/%.2f", m.Input, m.Answer)
		}
		if m.PricedUpto > 0 {
			price += " up to " + words.Thousands(m.PricedUpto) + " tokens"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", mark, safe.Line(m.Profile), safe.Line(life), window, price,
			safe.Line(strings.Join(m.Destinations, ", ")))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	retention := ""
	if all.Retention != "" {
		retention = fmt.Sprintf("Data retention in %s, where requests are made: %s. ", safe.Line(all.Region), safe.Line(all.Retention))
	}
	_, err := fmt.Fprintf(w, "* in use. %sWindow and price are from Claria's table of %s; prices are estimates.\n"+
		"claria models use PROFILE changes to another one. Worldwide profiles are left out: they may run anywhere.\n", retention, all.Dated)
	return err
}

// useModel makes the practice draft with another model.
func (e *env) useModel(ctx context.Context, profile, declared string, planOnly, yes, asJSON bool) error {
	open := e.Session
	if planOnly {
		open = e.ReadOnlySession
	}
	s, err := open(ctx)
	if err != nil {
		return err
	}
	if !s.SetUp {
		return errors.New("this computer is not set up: claria setup comes first and chooses a model; claria models lists them")
	}
	if planOnly {
		e.sayElsewhere(ctx, s)
	} else if err := e.takeOver(ctx, s, declared); err != nil {
		return err
	}
	if slices.Equal(s.Settings.Models, []string{profile}) {
		fmt.Fprintf(e.Stderr, "%s is in use already.\n", safe.Line(profile))
		return nil
	}
	if err := usable(ctx, s, profile); err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	todo, err := s.PlanModels(ctx, []string{profile})
	if err != nil {
		return err
	}
	if asJSON {
		err = e.JSON(todo)
	} else {
		printPlan(e.Stdout, todo)
	}
	if err != nil || planOnly {
		return err
	}
	return e.apply(ctx, s, todo, yes, nil, nil)
}

// usable refuses a model that drafts may not use, or that AWS retires.
func usable(ctx context.Context, s *session.Session, profile string) error {
	if model.Global(profile) {
		return fmt.Errorf("%s may run in any region of the world: choose a profile of one geography; claria models lists them", profile)
	}
	offers, err := provision.Offers(ctx, s.Account)
	if err != nil {
		return fmt.Errorf("the models of %s could not be read: %w", s.Settings.Region, err)
	}
	for _, o := range offers {
		switch {
		case o.Profile != profile && o.Foundation == profile && o.Inside(s.Settings.Region):
			return fmt.Errorf("%s is a model: name its profile, %s", profile, o.Profile)
		case o.Profile != profile:
		case !o.Inside(s.Settings.Region):
			return fmt.Errorf("%s may run in %s, outside the geography of %s", profile, strings.Join(o.Destinations, ", "), s.Settings.Region)
		case o.Status != state.Active:
			until := ""
			if !o.End.IsZero() {
				until = ", end of life " + o.End.UTC().Format(time.DateOnly)
			}
			return fmt.Errorf("AWS retires %s (%s%s): choose an ACTIVE one; claria models lists them", profile, o.Status, until)
		default:
			return nil
		}
	}
	return fmt.Errorf("%s offers no profile %s: claria models lists them", s.Settings.Region, profile)
}
