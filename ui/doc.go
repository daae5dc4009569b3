// Package ui is the face with a screen: the table of tabs, and [Run], which shows
// them. What the panes are made of is in ui/kit, what surrounds them in ui/frame,
// and each pane that is built has a package of its own.
//
// No package of ui sends anything to AWS or knows an AWS SDK: the rooms below (drift,
// provision, clients, reports) do the work, and ui shows it. ui and its packages are
// the only ones that import Charm.
//
// # How to write a pane
//
// A pane is a package ui/NAME with a type Pane that has the methods of [kit.Pane], and
// New, which makes it from the [kit.Env] that all panes share. It gets a line in the
// table of panes.go. It imports ui/kit and the rooms below, never another pane and
// never ui/frame. Panes reach each other through [kit.GoTo] and the messages of
// ui/kit/pane.go.
//
//   - Init is called once, before the first frame. It may return a command that
//     loads what the pane shows. Nothing blocks: what is slow goes through
//     [kit.Stream] or [kit.Ask], and its results come back to Update as
//     [kit.Events], [kit.Answer] and [kit.Ended]. Starting a slot again drops what
//     the earlier start still sends, so a pane never sees a stale result.
//   - Update gets the keys that no action of the table takes, the results of the
//     pane's own work, and what is sent to all panes: [kit.ScannedMsg],
//     [kit.MinuteMsg], [kit.SetUpMsg] and the others in ui/kit/pane.go. It changes
//     the pane and returns a command or nil. The keys "esc" and "q" come as a call
//     of Back, when the pane is a [kit.Backer].
//   - View(width, height) draws exactly that area. It must not change what the
//     pane is about, do anything slow, or read a clock other than Env.Now (a list
//     may remember how many rows it had, for its page keys). The frame cuts lines
//     that are too long or too many, but a pane should know its size: below
//     [kit.Wide] columns it shows one column at a time.
//   - Actions is the pane's part of the one table of actions: footer, help, palette
//     and docs/keys.md all come from it. It lists every action every time; one
//     that cannot be done now says why in Disabled. A key has the same meaning in
//     every pane: ui/kit/keys.go says which, and what an action's ID ends in.
//   - CapturesInput is true while the user types text: then every key but ctrl+c
//     and ctrl+z goes to Update.
//
// To ask something of the frame a pane returns one of the commands of
// ui/kit/requests.go: [kit.Open] a dialog, [kit.Notify], [kit.GoTo] another pane,
// [kit.Rescan], [kit.CopyText].
//
// Text: whatever came from outside (names, file contents, AWS's strings) goes
// through package safe before it is drawn, and widths are measured with
// [kit.Width], never len. [kit.Fit] cuts and pads. Colours are the tokens of
// [kit.Theme]; a glyph is written as such and the frame replaces it in --ascii. A
// text field draws the terminal's real cursor where it puts [kit.CursorMark];
// [kit.Field] and [kit.List] do so.
//
// # How to test a pane
//
// Tests stand in the pane's package and draw it with ui/uitest, alone among the
// workstation's tabs: keys in, text out, and golden frames at 60×20, 80×24 and
// 120×40 in its testdata (go test ./ui/NAME -update writes them). What several panes
// do together is tested in this package.
package ui
