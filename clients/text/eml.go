package text

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"path"
	"strings"
	"unicode/utf8"

	"claria/internal/safe"
	"claria/internal/words"
)

const (
	maxMessages = 5     // within each other
	maxParts    = 2_000 // of one message
)

const errEncryptedMail = textError("the e-mail is encrypted: open it in the mail program and save its text")

// Attached is a file within an e-mail.
type Attached struct {
	Name safe.PHI // as the e-mail names it, without a path; never empty
	Type string   // media type
	Data []byte
}

// Attachments returns the files within an e-mail, in their order. The error is for a file
// that is not an e-mail.
func Attachments(name safe.PHI, data []byte) ([]Attached, error) {
	if kindOf(name, data) != mailKind || len(data) > MaxSource {
		return nil, errors.New("it is not an e-mail")
	}
	m := &letter{ctx: context.Background(), out: &builder{}, keep: true}
	if err := m.message(data, 0); err != nil {
		return nil, err
	}
	return m.files, nil
}

// letter is an e-mail (RFC 5322 and MIME) while it is read.
type letter struct {
	ctx   context.Context
	out   *builder
	keep  bool // the bytes of attached files
	parts int

	files            []Attached
	listed, pictures int
	damaged          bool
	encrypted        bool
}

// readEML reads an e-mail: who wrote it to whom and when, and its text. Without a part of
// plain text, or if it says far less than the page, the page is read.
func readEML(ctx context.Context, data []byte, out *builder) error {
	m := &letter{ctx: ctx, out: out}
	if err := m.message(data, 0); err != nil {
		return err
	}
	if m.encrypted {
		out.passages = nil // the names alone would look like the e-mail
		return errEncryptedMail
	}
	if m.listed > 0 {
		out.leave(Unread{Unit: "attachment", Count: m.listed, Reason: Attachment})
	}
	if m.pictures > 0 {
		out.leave(Unread{Unit: "picture", Count: m.pictures, Reason: Picture})
	}
	if m.damaged {
		out.leave(Unread{Unit: "part", Reason: Damaged})
	}
	return nil
}

// words decodes the encoded words of a header (RFC 2047) in any encoding that is known.
var encodedWords = mime.WordDecoder{CharsetReader: func(charset string, input io.Reader) (io.Reader, error) {
	data, err := io.ReadAll(input)
	if err != nil {
		return nil, err
	}
	text, err := decodeAs(charset, data)
	return strings.NewReader(text), err
}}

// decodeHeader is a header's value as a person sees it.
func decodeHeader(value string) string {
	if !utf8.ValidString(value) {
		if text, err := decodeText([]byte(value)); err == nil {
			value = text
		}
	}
	if text, err := encodedWords.DecodeHeader(value); err == nil {
		return text
	}
	return value
}

// addresses are the people in a header.
func addresses(value string) string {
	parser := mail.AddressParser{WordDecoder: &encodedWords}
	list, err := parser.ParseList(value)
	if err != nil {
		return decodeHeader(value)
	}
	var out []string
	for _, a := range list {
		if a.Name == "" {
			out = append(out, a.Address)
		} else {
			out = append(out, a.Name+" <"+a.Address+">")
		}
	}
	return strings.Join(out, ", ")
}

// message reads a message, which may be within another one.
func (m *letter) message(data []byte, depth int) error {
	if depth > maxMessages {
		m.damaged = true
		return nil
	}
	data = bytes.TrimLeft(data, "\ufeff\r\n\t ")
	if bytes.HasPrefix(data, []byte("From ")) { // a line of a mail box
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			data = data[i+1:]
		}
	}
	msg, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return errDamaged
	}
	for _, name := range []string{"From", "To", "Cc", "Bcc", "Date", "Subject"} {
		value := msg.Header.Get(name)
		if value == "" {
			continue
		}
		switch name {
		case "Date", "Subject":
			value = decodeHeader(value)
		default:
			value = addresses(value)
		}
		if err := m.out.add(Field, 0, name+": "+value); err != nil {
			return err
		}
	}
	return m.part(textproto.MIMEHeader(msg.Header), msg.Body, depth)
}

// decoded undoes a part's transfer encoding. What follows a damaged place is lost, and
// told.
func (m *letter) decoded(header textproto.MIMEHeader, body io.Reader) []byte {
	switch strings.ToLower(strings.TrimSpace(header.Get("Content-Transfer-Encoding"))) {
	case "base64":
		raw, err := io.ReadAll(body)
		m.damaged = m.damaged || err != nil
		clean := bytes.Map(func(r rune) rune {
			if strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", r) {
				return r
			}
			return -1
		}, raw)
		data := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
		n, err := base64.RawStdEncoding.Decode(data, clean)
		m.damaged = m.damaged || err != nil
		return data[:n]
	case "quoted-printable":
		data, err := io.ReadAll(quotedprintable.NewReader(body))
		m.damaged = m.damaged || err != nil
		return data
	}
	data, err := io.ReadAll(body)
	m.damaged = m.damaged || err != nil
	return data
}

// part reads a part of a message.
func (m *letter) part(header textproto.MIMEHeader, body io.Reader, depth int) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil && kind == "" {
		kind = "text/plain"
	}
	if m.parts++; m.parts > maxParts {
		m.damaged = true
		return nil
	}
	disposition, file, _ := mime.ParseMediaType(header.Get("Content-Disposition"))
	name := fileName(file["filename"], params["name"])
	shown := kind == "text/plain" || kind == "text/html" || strings.HasPrefix(kind, "multipart/")
	attached := disposition == "attachment" || name != "" && !shown
	switch {
	case kind == "multipart/encrypted" || strings.HasSuffix(kind, "pkcs7-mime") && params["smime-type"] != "signed-data":
		m.encrypted = m.encrypted || len(m.out.passages) <= 6
		m.file(name, kind, nil)
		return nil
	case strings.HasPrefix(kind, "multipart/") && params["boundary"] != "":
		return m.many(kind, params["boundary"], body, depth)
	case kind == "message/rfc822":
		data := m.decoded(header, body)
		if m.keep {
			m.file(name, kind, data)
			return nil
		}
		place := m.out.place
		m.out.place = "attached message"
		err := m.message(data, depth+1)
		m.out.place = place
		if errors.Is(err, errDamaged) {
			m.damaged = true
			err = nil
		}
		return err
	case attached:
		m.file(name, kind, m.decoded(header, body))
		return nil
	case kind == "text/plain" || kind == "text/enriched":
		return m.plain(m.decoded(header, body), params)
	case kind == "text/html":
		return m.page(m.decoded(header, body), params["charset"])
	case strings.HasPrefix(kind, "image/"):
		m.pictures++
		return nil
	case kind == "application/pgp-signature" || strings.HasSuffix(kind, "pkcs7-signature"):
		return nil
	}
	m.file(name, kind, m.decoded(header, body))
	return nil
}

// fileName is the name of an attached file, without a path.
func fileName(names ...string) string {
	for _, name := range names {
		name = strings.TrimSpace(decodeHeader(name))
		name = path.Base(strings.ReplaceAll(name, `\`, "/"))
		if name != "" && name != "." && name != "/" {
			return name
		}
	}
	return ""
}

// file lists an attached file.
func (m *letter) file(name, kind string, data []byte) {
	m.listed++
	if name == "" {
		name = fmt.Sprintf("attachment %d%s", m.listed, map[string]string{"message/rfc822": ".eml", "text/calendar": ".ics"}[kind])
	}
	if m.keep {
		m.files = append(m.files, Attached{Name: safe.PHI(name), Type: kind, Data: data})
		return
	}
	// A line too many would be told by the limits of passages.
	_ = m.out.add(Field, 0, "Attachment: "+name+" ("+words.Bytes(int64(len(data)))+")")
}

// many reads the parts of a part.
func (m *letter) many(kind, boundary string, body io.Reader, depth int) error {
	raw, err := io.ReadAll(body)
	// Without the last boundary the end is missing, wherever it breaks off.
	m.damaged = m.damaged || err != nil || !bytes.Contains(raw, []byte("--"+boundary+"--"))
	reader := multipart.NewReader(bytes.NewReader(raw), boundary)
	var best *choice
	for {
		p, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			m.damaged = true // the end is missing
			break
		}
		if kind != "multipart/alternative" || m.keep {
			if err := m.part(p.Header, p, depth); err != nil {
				return err
			}
			continue
		}
		one, err := m.alternative(p, depth)
		if err != nil {
			return err
		}
		best = best.better(one)
	}
	if best == nil {
		return nil
	}
	for _, p := range best.out.passages {
		if err := m.out.append(Passage{Kind: p.Kind, Level: p.Level, Place: p.Place, Table: p.Table, Cells: p.Cells, Text: p.Text}); err != nil {
			return err
		}
	}
	m.out.unread = append(m.out.unread, best.out.unread...)
	m.out.tables = max(m.out.tables, best.out.tables)
	return nil
}

// choice is one of several forms of the same text.
type choice struct {
	plain bool
	words int
	out   *builder
}

func (m *letter) alternative(p *multipart.Part, depth int) (*choice, error) {
	out := m.out
	m.out = &builder{place: out.place, tables: out.tables}
	err := m.part(p.Header, p, depth)
	c := &choice{plain: strings.HasPrefix(strings.ToLower(p.Header.Get("Content-Type")), "text/plain"), out: m.out}
	m.out = out
	for _, p := range c.out.passages {
		c.words += len(strings.Fields(p.Text.Reveal()))
	}
	return c, err
}

// better prefers plain text, unless it says less than a third of the other.
func (c *choice) better(o *choice) *choice {
	if c == nil {
		return o
	}
	plain, other := c, o
	if o.plain && !c.plain {
		plain, other = o, c
	}
	if plain.words*3 < other.words {
		return other
	}
	return plain
}

// plain reads a part of plain text. Flowed lines go on in the next one (RFC 3676).
func (m *letter) plain(data []byte, params map[string]string) error {
	text, err := decodeAs(params["charset"], data)
	if err != nil {
		return err
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if strings.EqualFold(params["format"], "flowed") {
		text = flowed(text, strings.EqualFold(params["delsp"], "yes"))
	}
	return readPlain(m.ctx, []byte(text), m.out)
}

func flowed(text string, drop bool) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		signature := line == "-- "
		line = strings.TrimPrefix(line, " ")
		soft := strings.HasSuffix(line, " ") && !signature
		if soft && drop {
			line = line[:len(line)-1]
		}
		b.WriteString(line)
		if !soft {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// page reads a part that is a web page.
func (m *letter) page(data []byte, charset string) error {
	var text string
	var err error
	if charset == "" {
		text, err = decodeHTML(data)
	} else {
		text, err = decodeAs(charset, data)
	}
	if err != nil {
		return err
	}
	return readPage(m.ctx, text, m.out)
}

// kindOf is the media type that a file's name and bytes show.
func kindOf(name safe.PHI, data []byte) string {
	named, known := formatOf(name)
	return sniff(data, named, known).kind
}
