// Package ui is the screen: the table of tabs, and [Run], which shows them. Package
// ui/kit holds the parts of a pane, ui/frame what surrounds the panes, and each pane
// that is built has its own package.
//
// No package of ui sends anything to AWS or knows an AWS SDK: the packages below
// (drift, provision, clients, reports) do the work, and ui shows it. Only ui and its
// packages import Charm.
//
// # How to write a pane
//
// A pane is a package ui/NAME with a type Pane that has the methods of [kit.Pane], and
// New, which makes it from the [kit.Env] that all panes share. Add a line for it to the
// table in panes.go. A pane imports ui/kit and the packages below, never another pane
// and never ui/frame. Panes reach each other through [kit.GoTo] and the messages in
// ui/kit/pane.go.
//
//   - Init is called once, before the first frame. It can return a command that
//     loads what the pane shows. Nothing blocks: slow work goes through
//     [kit.Stream] or [kit.Ask], and its results come back to Update as
//     [kit.Events], [kit.Answer] and [kit.Ended]. Starting a slot again drops what
//     the earlier start still sends, so a pane never sees a stale result.
//   - Update gets the keys that no action takes, the results of the pane's own work,
//     and messages to all panes: [kit.ScannedMsg], [kit.MinuteMsg], [kit.SetUpMsg]
//     and the others in ui/kit/pane.go. It changes the pane and returns a command or
//     nil. If the pane is a [kit.Backer], the keys "esc" and "q" call Back instead.
//   - View(width, height) draws exactly that area. It must not change the pane's
//     state, do anything slow, or read a clock other than Env.Now (a list may
//     remember how many rows it had, for its page keys). The frame cuts lines that
//     are too long or too many, but a pane should fit its size: below [kit.Wide]
//     columns it shows one column at a time.
//   - Actions is the pane's part of the one table of actions. The footer, the help,
//     the palette and docs/keys.md all come from it. It always lists every action;
//     one that is not available now says why in Disabled. A key has the same meaning
//     in every pane: ui/kit/keys.go says which, and how an action's ID ends.
//   - CapturesInput is true while the user types text. Then every key except ctrl+c
//     and ctrl+z goes to Update.
//
// To ask something of the frame, a pane returns one of the commands in
// ui/kit/requests.go: [kit.Open] a dialog, [kit.Notify], [kit.GoTo] another pane,
// [kit.Rescan], [kit.CopyText].
//
// Text from outside (names, file contents, AWS's strings) goes through package safe
// before it is drawn. Measure widths with [kit.Width], never len; [kit.Fit] cuts and
// pads. Colours are the tokens of [kit.Theme]. Write a glyph as it is; the frame
// replaces it in --ascii. A text field shows the terminal's real cursor where it puts
// [kit.CursorMark]; [kit.Field] and [kit.List] do so.
//
// # How to test a pane
//
// Tests are in the pane's package and draw it with ui/uitest, alone among the
// workstation's tabs: keys in, text out, and golden frames at 60×20, 80×24 and
// 120×40 in its testdata (go test ./ui/NAME -update writes them). Tests of several
// panes together are in this package.
package ui
