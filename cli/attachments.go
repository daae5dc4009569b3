package cli

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"

	"claria/clients"
	"claria/clients/text"
	"claria/internal/safe"
	"claria/internal/words"
)

// attachments counts the files within an e-mail.
func attachments(file clients.File) int {
	n := 0
	for _, u := range file.Unread {
		if u.Reason == text.Attachment {
			n += u.Count
		}
	}
	return n
}

// within stores the files within the e-mails of this run, if asked for, or says that
// there are some. Each has the e-mail's name before its own, so that it replaces no other
// file of the client.
func (p *putRun) within(ctx context.Context) error {
	n := 0
	for _, mail := range p.mails {
		n += attachments(mail)
	}
	if n == 0 {
		return nil
	}
	if !p.attached {
		if !p.json {
			fmt.Fprintln(p.Stderr, words.Count(n, "attachment")+"; claria files put --attachments stores them as files")
		}
		return nil
	}
	for _, mail := range p.mails {
		var data bytes.Buffer
		if err := p.store.Get(ctx, mail, "", &data, nil); err != nil {
			return err
		}
		files, err := text.Attachments(mail.Name, data.Bytes())
		if err != nil {
			return err
		}
		before := strings.TrimSuffix(mail.Name.Reveal(), path.Ext(mail.Name.Reveal())) + "/"
		for _, f := range files {
			name := safe.PHI(before + f.Name.Reveal())
			if err := p.attachment(ctx, name, f.Data); err != nil {
				return err
			}
		}
	}
	return nil
}

// attachment stores one file.
func (p *putRun) attachment(ctx context.Context, name safe.PHI, data []byte) error {
	out := putJSON{Name: name.Reveal(), Status: "stored"}
	if len(data) == 0 {
		out.Status, out.Why = "skipped", "it is empty"
		p.count[out.Status]++
		p.outcomes = append(p.outcomes, out)
		return p.line(out.Status, name, out.Why)
	}
	options := p.options
	options.Name = ""
	file, same, err := p.store.PutFrom(ctx, p.client.ID, options, name, bytes.NewReader(data))
	switch {
	case err != nil && ctx.Err() != nil:
		return err
	case err != nil:
		out.Status, out.Error = "failed", err.Error()
		if err := p.line(out.Status, name, err.Error()); err != nil {
			return err
		}
	default:
		if same {
			out.Status = "same"
		}
		wire := fileToJSON(file)
		out.File = &wire
		if !p.json {
			if err := p.print(file, out.Status); err != nil {
				return err
			}
		}
	}
	p.count[out.Status]++
	p.outcomes = append(p.outcomes, out)
	return nil
}
