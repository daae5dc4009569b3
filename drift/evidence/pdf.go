package evidence

import (
	"fmt"
	"io"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
	"claria/internal/words"
)

// The binder's page: A4 and US Letter both hold it, in millimetres.
const (
	margin    = 18.0
	textWidth = 174.0
	lineHigh  = 4.6
	rowHigh   = 4.0
)

// binder is the PDF under construction.
type binder struct {
	pdf      *fpdf.Fpdf
	zone     *time.Location
	replaced int
	number   int // of the section
}

// PDF writes the binder that a practice gives an auditor: cover, scope, method, matrix,
// findings, statements, waivers, changes and hashes. The same dossier gives the
// same bytes.
func PDF(w io.Writer, d Dossier) error {
	b := &binder{pdf: fpdf.New("P", "mm", "Letter", ""), zone: d.Zone}
	b.begin(d)
	b.cover(d)
	b.scope(d)
	b.method(d)
	b.table("The Security Rule, row by row", "", matrixHead, []float64{58, 10, 42, 64}, matrixRows(d))
	b.findings(d)
	b.table("Signed statements", "No statement is signed.", attestationHead, []float64{16, 66, 26, 20, 22, 24}, attestationRows(d))
	b.table("Waivers", "Nothing is waived.", waiverHead, []float64{16, 28, 48, 42, 20, 20}, waiverRows(d))
	b.table("Decisions on addressable specifications", "", decisionHead, []float64{38, 22, 48, 30, 18, 18}, decisionRows(d))
	b.table("Changes since the previous check", "Nothing changed, or there was no previous check.",
		changeHead, []float64{44, 20, 20, 45, 45}, changeRows(d))
	b.section("Evidence")
	for _, row := range headRows(d) {
		b.pair(row[0], row[1])
	}
	b.paragraph("The ledger holds one signed line for each check. The public key alone, without a network, reveals an edited, removed " +
		"or inserted line. Every line is also kept under Object Lock in the practice's audit bucket.")
	if b.replaced > 0 {
		b.paragraph(fmt.Sprintf("The fonts of this document lack %d of its letters. They are written as the nearest letter, or as a "+
			"question mark. The HTML and JSON exports have the original letters.", b.replaced))
	}
	return b.pdf.Output(w)
}

func (b *binder) begin(d Dossier) {
	f := b.pdf
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(true, margin)
	f.SetCatalogSort(true)
	f.SetCreationDate(d.Report.Started.UTC())
	f.SetModificationDate(d.Report.Started.UTC())
	f.SetTitle(safe.Line(title(d)), true)
	f.SetAuthor(safe.Line(d.Practice), true)
	f.SetCreator("Claria "+d.Version, true)
	f.SetProducer("Claria", true)
	f.SetLang("en")
	f.AliasNbPages("")
	foot := b.encode(plainly(" · ", d.Practice, "AWS account "+d.Report.Account, words.Moment(d.Report.Started, nil)))
	f.SetFooterFunc(func() {
		f.SetY(-12)
		f.SetFont("Helvetica", "", 8)
		f.SetTextColor(100, 100, 100)
		f.CellFormat(textWidth-20, 5, foot, "", 0, "L", false, 0, "")
		f.CellFormat(20, 5, fmt.Sprintf("%d / {nb}", f.PageNo()), "", 0, "R", false, 0, "")
	})
}

// encode returns a text in the fonts' code page.
func (b *binder) encode(text string) string {
	out, replaced := winAnsi(safe.Line(text))
	b.replaced += replaced
	return out
}

func (b *binder) font(style string, size float64) {
	b.pdf.SetFont("Helvetica", style, size)
	b.pdf.SetTextColor(0, 0, 0)
}

func (b *binder) cover(d Dossier) {
	f := b.pdf
	f.AddPage()
	f.SetY(70)
	b.font("B", 22)
	f.MultiCell(textWidth, 10, b.encode(title(d)), "", "L", false)
	f.Ln(4)
	b.font("", 12)
	for _, line := range []string{
		"Check of the technical and administrative safeguards of 45 CFR part 164",
		"AWS account " + d.Report.Account + ", region " + d.Report.Region,
		words.Moment(d.Report.Started, b.zone),
		"Claria " + d.Version + ", " + d.Report.Set + " controls",
	} {
		f.MultiCell(textWidth, 6.5, b.encode(line), "", "L", false)
	}
	f.Ln(8)
	b.font("B", 12)
	f.MultiCell(textWidth, 6.5, b.encode(tally(d.Report)), "", "L", false)
	f.Ln(8)
	b.paragraph(disclaimer)
}

func (b *binder) scope(d Dossier) {
	b.pdf.AddPage()
	b.section("Scope")
	b.paragraph(fmt.Sprintf("This check covers AWS account %s in region %s: who may sign in and what they may do, the buckets that "+
		"hold records and logs, the audit trail, the agreement with AWS, and the AI and transcription services, as far as the %s set of "+
		"controls requires. The check read the account's configuration with %d calls and changed nothing. It read no "+
		"record.", d.Report.Account, d.Report.Region, d.Report.Set, d.Report.APICalls))
	b.paragraph("It does not cover systems outside this account, paper, premises and people, except where the practice signed a " +
		"statement about them. Those statements are marked as such.")
}

func (b *binder) method(d Dossier) {
	b.section("Method")
	b.paragraph("Each control names its requirement in the law, the desired state, and how it is established: by a call to the " +
		"account, by a probe that must succeed or fail, by a check of the workstation, by a dated signed statement, or by counting " +
		"entries of the practice's register. What could not be read is shown as not established, never as passed. Waived and not " +
		"applicable never count as passed.")
	counts := map[catalogue.Method]int{}
	for _, f := range d.Report.Controls {
		for _, m := range f.Methods {
			counts[m]++
		}
	}
	for _, m := range []struct {
		method catalogue.Method
		text   string
	}{
		{catalogue.ByCall, "a call to the account"},
		{catalogue.ByProbe, "a probe"},
		{catalogue.ByMachine, "a check of the workstation"},
		{catalogue.ByStatement, "a signed statement"},
		{catalogue.ByRegister, "the practice's register"},
	} {
		if counts[m.method] > 0 {
			b.pair(m.text, fmt.Sprintf("%d controls", counts[m.method]))
		}
	}
	b.paragraph("Times are in UTC" + map[bool]string{true: ", followed by the practice's local time.", false: "."}[b.zone != nil])
}

func (b *binder) section(name string) {
	f := b.pdf
	b.number++
	_, high := f.GetPageSize()
	if f.GetY() > high-60 {
		f.AddPage()
	}
	f.Ln(5)
	b.font("B", 14)
	f.MultiCell(textWidth, 7, b.encode(fmt.Sprintf("%d  %s", b.number, name)), "", "L", false)
	f.Bookmark(safe.Line(name), 0, -1)
	f.Ln(1.5)
}

func (b *binder) paragraph(text string) {
	b.font("", 10)
	b.pdf.MultiCell(textWidth, lineHigh+0.4, b.encode(text), "", "L", false)
	b.pdf.Ln(1.5)
}

// pair writes a label and its value.
func (b *binder) pair(name, value string) {
	if safe.Line(value) == "" {
		return
	}
	f := b.pdf
	b.font("", 9)
	f.SetTextColor(90, 90, 90)
	f.CellFormat(38, lineHigh, b.encode(name), "", 0, "L", false, 0, "")
	b.font("", 9)
	left := f.GetX()
	f.SetLeftMargin(left) // so that a page break keeps the column
	f.MultiCell(textWidth-38, lineHigh, b.encode(value), "", "L", false)
	f.SetLeftMargin(margin)
	f.SetX(margin)
}

func (b *binder) findings(d Dossier) {
	rows := controls(d.Report.Set)
	for _, g := range groups(d) {
		b.section("Controls: " + g.name)
		for _, f := range g.findings {
			b.finding(f, rows[f.ID])
		}
	}
}

func (b *binder) finding(f drift.Finding, c catalogue.Control) {
	_, high := b.pdf.GetPageSize()
	if b.pdf.GetY() > high-margin-22 {
		b.pdf.AddPage()
	}
	b.font("B", 10)
	b.pdf.MultiCell(textWidth, lineHigh+0.6, b.encode(f.ID+"  "+f.Title+": "+word(f)), "", "L", false)
	b.pair("severity", string(f.Severity))
	b.pair("where", f.Resource)
	b.pair("seen", f.Observed)
	if !settled(f) {
		b.pair("wanted", f.Desired)
		b.pair("why", f.Reason)
		b.pair("what to do", c.Guide)
	}
	if !f.Until.IsZero() {
		b.pair("until", words.Moment(f.Until, b.zone))
	}
	b.pair("drift", actor(f, b.zone))
	b.pair("law", citations(f))
	b.pdf.Ln(2)
}

// table writes rows under a row of names. Without rows it writes none, or nothing
// if none is empty.
func (b *binder) table(name, none string, head []string, widths []float64, rows [][]string) {
	if len(rows) == 0 && none == "" {
		return
	}
	b.section(name)
	if len(rows) == 0 {
		b.paragraph(none)
		return
	}
	b.row("B", head, widths)
	for _, row := range rows {
		b.row("", row, widths)
	}
}

func (b *binder) row(style string, cells []string, widths []float64) {
	f := b.pdf
	b.font(style, 8)
	texts := make([]string, len(cells))
	lines := 1
	for i, c := range cells {
		texts[i] = b.encode(c)
		lines = max(lines, len(f.SplitLines([]byte(texts[i]), widths[i]-1)))
	}
	_, high := f.GetPageSize()
	tall := float64(lines) * rowHigh
	if f.GetY()+tall > high-margin && tall < high-3*margin {
		f.AddPage()
		b.font(style, 8)
	}
	top, bottom, page := f.GetY(), f.GetY(), f.PageNo()
	x := margin
	for i, text := range texts {
		f.SetPage(page)
		f.SetXY(x, top)
		f.SetLeftMargin(x)
		f.MultiCell(widths[i]-1, rowHigh, text, "", "L", false)
		if f.PageNo() > page || f.GetY() > bottom {
			bottom = f.GetY()
		}
		x += widths[i]
	}
	f.SetLeftMargin(margin)
	f.SetXY(margin, bottom+0.6)
	f.SetDrawColor(200, 200, 200)
	f.Line(margin, bottom+0.2, margin+textWidth, bottom+0.2)
}
