package ui

import tea "charm.land/bubbletea/v2"

type today struct{ env *env }

func newToday(e *env) *today { return &today{env: e} }

func (p *today) Init() tea.Cmd          { return nil }
func (p *today) Update(tea.Msg) tea.Cmd { return nil }
func (p *today) View(w, h int) string   { return "" }
func (p *today) Actions() []action      { return nil }
func (p *today) CapturesInput() bool    { return false }
