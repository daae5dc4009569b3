package reports

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/internal/local"
	"claria/ui/kit"
)

// editedMsg is a text from the user's own editor. With an error, the text has not
// changed.
type editedMsg struct {
	text string
	err  error
}

// editText opens a text in $VISUAL or $EDITOR. The text is in a file that only its
// owner can read (0600), in a folder of its own (0700). Both are removed when the
// editor exits, or by the next editor if this program is killed.
func editText(text string) tea.Cmd {
	fail := func(err error) tea.Cmd {
		return func() tea.Msg { return editedMsg{err: err} }
	}
	editor := os.Getenv("VISUAL")
	if editor == "" {
		editor = os.Getenv("EDITOR")
	}
	if editor == "" {
		editor = "vi"
	}
	command := kit.ShellWords(editor)
	// Where the system keeps a user's run-time files in memory, the text never
	// reaches a disk.
	scratch, err := local.NewScratch(os.Getenv("XDG_RUNTIME_DIR"))
	if err != nil {
		scratch, err = local.NewScratch("")
	}
	if err != nil {
		return fail(fmt.Errorf("the editor could not be given the text: %w", err))
	}
	file := filepath.Join(scratch.Dir, "instructions.md")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		scratch.Remove()
		return fail(fmt.Errorf("the editor could not be given the text: %w", err))
	}
	run := exec.Command(command[0], append(command[1:], file)...)
	return tea.ExecProcess(run, func(err error) tea.Msg {
		defer scratch.Remove()
		return readEdited(file, command[0], err)
	})
}

// readEdited reads what the editor saved.
func readEdited(file, editor string, failed error) editedMsg {
	switch {
	case errors.Is(failed, exec.ErrNotFound):
		return editedMsg{err: fmt.Errorf("the editor %s is not installed: set EDITOR to another one", editor)}
	case failed != nil:
		return editedMsg{err: fmt.Errorf("the editor failed (%w)", failed)}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return editedMsg{err: errors.New("the edited text could not be read")}
	}
	return editedMsg{text: strings.TrimRight(string(data), "\n")}
}
