// Package ui is the face with a screen: a frame, and in it one pane at a time.
//
// It must not send anything to AWS itself and knows no AWS SDK: the rooms below
// it (drift, provision, clients, reports) do the work, and ui shows it. It is the
// only package that imports Charm.
//
// # How to write a pane
//
// A pane is a pointer to a struct in a file of its own that has the methods of
// [pane]. It is made in [newPanes] from the [env] that every pane shares, and it
// knows no other pane.
//
//   - Init is called once, before the first frame. It may return a command that
//     loads what the pane shows. Nothing blocks: what is slow goes through
//     [stream] or [ask] of stream.go, and its results come back to Update as
//     [events], [answer] and [ended] messages. Starting a slot again drops what the
//     earlier start still sends, so a pane never sees a stale result.
//   - Update gets the keys that no action of the table takes, the results of the
//     pane's own work, and what is told to all panes: [scannedMsg], [minuteMsg],
//     [setUpMsg] and the others in pane.go. It changes the pane and returns a
//     command or nil. The keys "esc" and "q" come as a call of Back, when the pane
//     is a [backer].
//   - View(width, height) draws exactly that area. It must not change what the
//     pane is about, do anything slow, or read a clock other than env.now (a list
//     may remember how many rows it had, for its page keys). Lines that are too
//     long or too many are cut by the frame, but a pane should know its size: below
//     [wide] columns it shows one column at a time.
//   - Actions is the pane's part of the one table of actions: footer, help, palette
//     and docs/keys.md all come from it. It lists every action every time; one
//     that cannot be done now says why in Disabled. A key has the same meaning in
//     every pane: the table of keys.go says which, and what an action's ID ends in.
//   - CapturesInput is true while the user types text: then every key but ctrl+c
//     and ctrl+z goes to Update.
//
// To talk to the frame a pane returns one of the commands of frame_requests.go:
// [open] a dialog, [notify], [goTo] another pane, [rescan], [copyText].
//
// Text: whatever came from outside (names, file contents, AWS's strings) goes
// through package safe before it is drawn, and widths are measured with
// [width], never len. [fit] cuts and pads. Colours are the tokens of [theme]; a
// glyph is written as such and the frame replaces it in --ascii. A text field draws the
// terminal's real cursor where it puts [cursorMark]; [field] and [list] do so.
package ui
