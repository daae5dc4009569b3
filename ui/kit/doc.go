// Package kit holds the parts of a pane: the interface of a pane and what all panes
// share ([Env]), the table of keys and actions, lists, fields, forms and dialogs,
// theme and glyphs, jobs and the messages that bring their results, Markdown, errors
// as a person reads them, and what a pane can ask of the frame.
//
// It knows a pane by its [PaneID] only, and knows nothing of the frame. Package ui
// documents how to write a pane.
package kit
