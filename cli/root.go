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
	// The first interrupt stops the work and lets it finish cleanly. It also restores
	// the default handler, so that the second one ends the program.
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

// checkFlag turns `claria --check`, the form for cron, into `claria check`.
func checkFlag(args []string) []string {
	at := slices.Index(args, "--check")
	if at < 0 || slices.Contains(args[:at], "--") {
		return args
	}
	args = slices.Clone(args)
	args[at] = "check"
	return args
}

// said returns an error in words, with a next step where the packages below do not
// know it.
func said(err error) string {
	failure, ok := errors.AsType[*aws.Error](err)
	switch {
	case ok && failure.Kind == aws.Stopped:
		return "stopped"
	case ok && failure.Kind == aws.Offline:
		return safe.Line(err.Error()) + ". Check the network, the proxy and AWS_ENDPOINT_URL, then try again"
	case ok && failure.UnknownKey():
		return safe.Line(err.Error()) + ". If another computer retired the key, get a new one: run claria setup --apply --credentials " +
			"environment with a key of " +
			state.AdminUser + " or of an administrator in the environment; on a computer that only checks, claria keys issue auditor"
	case ok && failure.Kind == aws.Expired:
		return safe.Line(err.Error()) + ". Sign in again or get a new session token, and check this computer's clock"
	case ok && failure.Code == "NoSuchBucket":
		return safe.Line(err.Error()) + ". The account is not set up: claria setup --plan shows what it needs"
	}
	return safe.Line(err.Error())
}

// whoMay returns the next step if the auditor was denied what only the daily identity
// may do.
func (e *env) whoMay(err error) string {
	if e.works != state.AuditorUser || aws.KindOf(err) != aws.Denied {
		return ""
	}
	return ". The call was made as " + state.AuditorUser + ", which can read settings and evidence but no records, and can change nothing: " +
		"use --identity admin on a computer with a key of " + state.AdminUser
}

func (e *env) rootCommand() *cobra.Command {
	var options session.Screen
	var theme string
	root := &cobra.Command{
		Use:   "claria",
		Short: "A workstation for a clinician's records in their own AWS account",
		Long: "Claria keeps client files, drafts reports and watches HIPAA safeguards in your own AWS account.\n" +
			"Without a command it opens the full-screen workstation. `claria --demo` opens it on a demo\n" +
			"account in memory, where nothing is real.",
		Version:       e.version,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !e.IsTerminal(e.Stdin) || !e.IsTerminal(e.Stdout) {
				return errors.New("the workstation needs a terminal: in a pipe or a script use a command (claria --help lists them)")
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
	flags.BoolVar(&e.demo, "demo", false, "work on a demo account in memory, where nothing is real")
	flags.StringVar(&e.seed, "seed", "demo", "with --demo: demo (set up), empty (before set-up) or no-baa (without the agreement)")
	flags.StringVar(&e.credentials, "credentials", "", "keyring, environment or profile:NAME (default: the environment before set-up, the "+
		"keyring after)")
	flags.StringVar(&e.region, "region", "", "AWS region (default: the configuration's, then the credential's)")
	flags.StringVar(&e.identity, "identity", "", "admin or auditor: whose key in the keyring to use (default: admin; for a check: "+
		"auditor, if its key is here)")
	flags.StringVar(&e.backend, "keyring", "", "where keys are stored: "+strings.Join(aws.Backends(), ", ")+" (default: the configuration's)")
	flags.StringVar(&e.role.ARN, "assume-role", "", "assume this role (an `ARN`) with the credential, for example in a sub-account")
	flags.StringVar(&e.role.ExternalID, "external-id", "", "with --assume-role: the external id that the role requires")
	flags.StringVar(&e.role.MFASerial, "mfa-serial", "", "with --assume-role: the ARN of the second factor that the role requires")
	flags.StringVar(&e.mfaCode, "mfa-code", "", "the `CODE` of the authenticator, for a change to the account without a terminal")
	root.Flags().StringVar(&theme, "theme", "", "dark, light or deuteranopia (default: by the terminal's background)")
	root.Flags().BoolVar(&options.ASCII, "ascii", false, "use only ASCII characters")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed("seed") && !e.demo && cmd.Name() != "sandbox" {
			return errors.New("--seed needs --demo")
		}
		if e.role.ARN == "" && e.role.ExternalID+e.role.MFASerial != "" {
			return errors.New("--external-id and --mfa-serial need --assume-role")
		}
		return nil
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		checkCommand(e), setupCommand(e), keysCommand(e), clientsCommand(e), filesCommand(e),
		draftCommand(e), reportsCommand(e), attestCommand(e), waiveCommand(e), registerCommand(e), riskCommand(e), matrixCommand(e),
		evidenceCommand(e), scheduleCommand(e), doctorCommand(e), sandboxCommand(e),
	)
	plainUsage(root)
	return root
}

// oneOf checks a flag's value against its choices.
func oneOf(flag, value string, choices ...string) error {
	if slices.Contains(choices, value) {
		return nil
	}
	return fmt.Errorf("--%s %q: use %s", flag, value, strings.Join(choices, " or "))
}
