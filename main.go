// Command claria is a workstation for a clinician's records in their own AWS
// account: a full-screen terminal program, and the same abilities without a screen.
package main

import (
	"os"

	"claria/cli"
	"claria/ui"
)

// version is stamped by the Makefile.
var version = "dev"

func main() {
	os.Exit(cli.Main(os.Args[1:], version, ui.Run))
}
