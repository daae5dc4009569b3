// Package kit is what panes are made of: the interface of a pane and what all panes
// share ([Env]), the table of keys and actions, lists, fields, forms and dialogs,
// theme and glyphs, jobs and the messages that bring their results, Markdown, errors
// as a person reads them, and what a pane asks of the frame.
//
// It must know no pane but by its [PaneID], and nothing of the frame. How a pane is
// written is in the documentation of package ui.
package kit
