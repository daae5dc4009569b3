package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"claria/session/demo"
)

// sandboxCommand serves the demo account to any AWS client.
func sandboxCommand(e *env) *cobra.Command {
	var listen, calls string
	var options demo.Options
	cmd := &cobra.Command{
		Use:   "sandbox --listen ADDR",
		Short: "Serve the demo account to any AWS client on this computer",
		Long: "Serves a demo AWS account over HTTP. Prints the environment to use, one NAME=value a line, and an\n" +
			"empty line when it is ready. Port 0 chooses a free port.\n\n" +
			"A fault is KIND=ACTION[,times=N][,for=DURATION][,after=BYTES], where KIND is deny, throttle, delay,\n" +
			"drop, lose, truncate, stale or error (code=, status=, message= as the last), or for a model stop\n" +
			"(reason=) or break (after=EVENTS). Before the operation, drop closes the connection; after it, lose.\n" +
			"ACTION is service:Operation with * for any: throttle=s3:PutObject,times=2",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if calls != "" {
				file, err := os.OpenFile(calls, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
				if err != nil {
					return fmt.Errorf("--calls: %w", err)
				}
				defer func() { _ = file.Close() }()
				options.Sandbox.Calls = file
			}
			if !cmd.Flags().Changed("seed") {
				e.seed = "empty"
			}
			options.Seed = e.seed
			return e.serve(cmd.Context(), listen, options)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&listen, "listen", "", "address to listen on, such as 127.0.0.1:0 (loopback only)")
	flags.StringVar(&options.Sandbox.Dir, "dir", "", "keep the account in this directory")
	flags.StringArrayVar(&options.Sandbox.Faults, "fault", nil, "inject a `FAULT`; may be repeated")
	flags.DurationVar(&options.Sandbox.Latency, "latency", 0, "delay every call by this long")
	flags.StringVar(&calls, "calls", "", "append every call to this file, one JSON object a line")
	flags.BoolVar(&options.Sandbox.Confirm, "confirm", false, "follow the links in AWS's e-mails: confirm subscriptions when they are "+
		"made, and the pending ones of --dir")
	flags.BoolVar(&options.Sandbox.Insecure, "insecure", false, "treat requests as sent without TLS")
	_ = cmd.MarkFlagRequired("listen")
	return cmd
}

// serve listens until ctx ends.
func (e *env) serve(ctx context.Context, listen string, options demo.Options) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--listen %s: the demo account is served only to this computer; use 127.0.0.1:0", listen)
	}
	account, err := demo.New(options)
	if err != nil {
		return err
	}
	environ, err := account.Environ(ctx)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	environ["AWS_ENDPOINT_URL"] = "http://" + listener.Addr().String()
	server := &http.Server{
		Handler: account.Sandbox, ReadHeaderTimeout: 30 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	printEnviron(e.Stdout, environ)
	select {
	case err = <-stopped:
	case <-ctx.Done():
		err = server.Close()
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, account.Sandbox.Close())
}

func printEnviron(w io.Writer, environ map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(environ)) {
		fmt.Fprintf(w, "%s=%s\n", name, environ[name])
	}
	fmt.Fprintln(w)
}
