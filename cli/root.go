package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"claria/aws"
	"claria/internal/safe"
	"claria/provision/state"
	"claria/session"
)

// Main runs the program and returns its exit code. run opens the workstation.
func Main(args []string, version string, run runUI) int {
	e := &env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, LookupEnv: os.LookupEnv, Now: time.Now,
		version: version, runUI: run,
	}
	// The first interrupt stops the work and lets it finish cleanly; the second
	// finds the default handler again and ends the program.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop)
	return e.run(ctx, args)
}

func (e *env) run(ctx context.Context, args []string) int {
	out := &output{Writer: e.Stdout}
	e.Stdout = out
	defer func() { e.Stdout = out.Writer }()
	root := e.rootCommand()
	root.SetArgs(checkFlag(args))
	root.SetIn(e.Stdin)
	root.SetOut(e.Stdout)
	root.SetErr(e.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.failed
	}
	if err != nil {
		if exit, ok := errors.AsType[*exitError](err); !ok || exit.err != nil {
			fmt.Fprintln(e.Stderr, "claria: "+said(err)+e.whoMay(err))
		}
	}
	return exitCode(err)
}

// checkFlag lets `claria --check` stand for `claria check`, the form that cron
// lines use.
func checkFlag(args []string) []string {
	at := slices.Index(args, "--check")
	if at < 0 || slices.Contains(args[:at], "--") {
		return args
	}
	args = slices.Clone(args)
	args[at] = "check"
	return args
}

// said is an error in words, with what to do where the rooms below cannot know it.
func said(err error) string {
	failure, ok := errors.AsType[*aws.Error](err)
	switch {
	case ok && failure.Kind == aws.Stopped:
		return "stopped"
	case ok && failure.Kind == aws.Offline:
		return safe.Line(err.Error()) + ". Check the network, the proxy and AWS_ENDPOINT_URL, then try again"
	case ok && failure.UnknownKey():
		return safe.Line(err.Error()) + ". If another computer retired it, this one gets a new one by claria setup --apply with a key of " +
			state.AdminUser + " or of an administrator in the environment and --credentials environment; one that only checks by claria keys issue auditor"
	case ok && failure.Kind == aws.Expired:
		return safe.Line(err.Error()) + ". Sign in again or take a new session token, and see that this computer's clock is right"
	case ok && failure.Code == "NoSuchBucket":
		return safe.Line(err.Error()) + ". The account is not set up: claria setup --plan shows what it needs"
	}
	return safe.Line(err.Error())
}

// whoMay is the next step where the auditor was refused what is the daily identity's.
func (e *env) whoMay(err error) string {
	if e.works != state.AuditorUser || aws.KindOf(err) != aws.Denied {
		return ""
	}
	return ". This was asked as " + state.AuditorUser + ", which reads settings and evidence, no record, and changes nothing: " +
		"use a computer that holds a key of " + state.AdminUser + ", there with --identity admin"
}

func (e *env) rootCommand() *cobra.Command {
	var options session.Screen
	var theme string
	root := &cobra.Command{
		Use:   "claria",
		Short: "A workstation for a clinician's records in their own AWS account",
		Long: "Claria keeps client files, drafts reports and watches HIPAA safeguards in your own AWS account.\n" +
			"Without a verb it opens the full-screen workstation. `claria --demo` opens it on a practice\n" +
			"account in memory, where nothing is real.",
		Version:       e.version,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !e.IsTerminal(e.Stdin) || !e.IsTerminal(e.Stdout) {
				return errors.New("the workstation needs a terminal: use a verb in a pipe or a script (claria --help lists them)")
			}
			e.screen = true
			s, err := e.Session(cmd.Context())
			if err != nil {
				return err
			}
			options.Version, options.Theme = e.version, theme
			return e.runUI(cmd.Context(), s, options)
		},
	}
	flags := root.PersistentFlags()
	flags.BoolVar(&e.demo, "demo", false, "work on a practice account in memory; nothing is real")
	flags.StringVar(&e.seed, "seed", "demo", "with --demo: demo (a set-up practice), empty (before set-up), no-baa")
	flags.StringVar(&e.credentials, "credentials", "", "keyring, environment or profile:NAME (default: the environment before set-up, the keyring after)")
	flags.StringVar(&e.region, "region", "", "AWS region (default: the configuration's, then the credential's)")
	flags.StringVar(&e.identity, "identity", "", "admin or auditor: whose key of the keyring is used (default: admin; a check: the auditor's, when it is there)")
	flags.StringVar(&e.backend, "keyring", "", "where keys are kept: "+strings.Join(aws.Backends(), ", ")+" (default: the configuration's)")
	flags.StringVar(&e.role.ARN, "assume-role", "", "work as this role (an `ARN`), assumed with the credential: a sub-account, for one")
	flags.StringVar(&e.role.ExternalID, "external-id", "", "with --assume-role: the id that the role's trust asks for")
	flags.StringVar(&e.role.MFASerial, "mfa-serial", "", "with --assume-role: the ARN of the second factor that the role asks for")
	flags.StringVar(&e.mfaCode, "mfa-code", "", "the `CODE` that the authenticator shows, for a change to the account when nobody can be asked")
	root.Flags().StringVar(&theme, "theme", "", "dark, light or deuteranopia (default: as the terminal's background)")
	root.Flags().BoolVar(&options.ASCII, "ascii", false, "draw with ASCII characters only")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed("seed") && !e.demo && cmd.Name() != "sandbox" {
			return errors.New("--seed goes with --demo")
		}
		if e.role.ARN == "" && e.role.ExternalID+e.role.MFASerial != "" {
			return errors.New("--external-id and --mfa-serial go with --assume-role")
		}
		return nil
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		checkCommand(e), setupCommand(e), keysCommand(e), clientsCommand(e), filesCommand(e),
		draftCommand(e), reportsCommand(e), attestCommand(e), waiveCommand(e), registerCommand(e), riskCommand(e), matrixCommand(e),
		evidenceCommand(e), scheduleCommand(e), sandboxCommand(e),
	)
	plainUsage(root)
	return root
}

// oneOf checks a flag's value against its choices.
func oneOf(flag, value string, choices ...string) error {
	if slices.Contains(choices, value) {
		return nil
	}
	return fmt.Errorf("--%s %q: want %s", flag, value, strings.Join(choices, " or "))
}
