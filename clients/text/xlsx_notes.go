package text

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// besides reads what is drawn on a sheet or attached to it: comments and text boxes.
func (b *book) besides(arrows []relation, persons map[string]string) error {
	threaded := slices.ContainsFunc(arrows, func(r relation) bool { return r.is("threadedComment") })
	for _, r := range arrows {
		b.reached[r.Target] = true
		var err error
		switch {
		case r.is("comments") && !threaded:
			err = b.comments(r.Target)
		case r.is("threadedComment"):
			err = b.threads(r.Target, persons)
		case r.is("drawing"):
			err = b.drawing(r.Target)
		case r.is("ctrlProp"):
			b.controls++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *book) comments(name string) error {
	var list struct {
		Authors  []string `xml:"authors>author"`
		Comments []struct {
			Ref    string   `xml:"ref,attr"`
			Author int      `xml:"authorId,attr"`
			Text   richText `xml:"text"`
		} `xml:"commentList>comment"`
	}
	if !b.pack.decode(name, &list) {
		return nil
	}
	for _, c := range list.Comments {
		author := ""
		if c.Author >= 0 && c.Author < len(list.Authors) {
			author = list.Authors[c.Author]
		}
		if err := b.out.add(Comment, 0, commentText(author, c.Ref, c.Text.String())); err != nil {
			return err
		}
	}
	return nil
}

// commentText is a comment with its author and the cell that it is about.
func commentText(author, about, text string) string {
	text = tidy(text)
	if author != "" {
		text = tidy(strings.TrimPrefix(text, author+":"))
	}
	if author == "" {
		author = "Somebody"
	}
	return author + ", on " + about + ": " + text
}

func (b *book) threads(name string, persons map[string]string) error {
	var list struct {
		Comments []struct {
			Ref    string `xml:"ref,attr"`
			Person string `xml:"personId,attr"`
			Text   string `xml:"text"`
		} `xml:"threadedComment"`
	}
	if !b.pack.decode(name, &list) {
		return nil
	}
	for _, c := range list.Comments {
		if err := b.out.add(Comment, 0, commentText(persons[c.Person], c.Ref, c.Text)); err != nil {
			return err
		}
	}
	return nil
}

// drawing reads the text boxes that lie on a sheet, and counts its pictures.
func (b *book) drawing(name string) error {
	data, ok := b.pack.read(name)
	if !ok {
		return nil
	}
	pictures, err := drawnText(b.ctx, data, func(text string) error { return b.out.add(Paragraph, 0, text) })
	b.pictures += pictures
	if errors.Is(err, errDamaged) {
		b.pack.lacks(name)
		return nil
	}
	return err
}

// drawnText reads the paragraphs of a drawing (DrawingML) and counts its pictures.
func drawnText(ctx context.Context, data []byte, add func(string) error) (pictures int, err error) {
	decoder := xml.NewDecoder(bytes.NewReader(data))
	var text strings.Builder
	within := false
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return pictures, ctx.Err()
		}
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return pictures, nil
		}
		if err != nil {
			return pictures, errDamaged
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "t":
				within = true
			case "pic", "graphicFrame":
				pictures++
			case "br", "tab":
				text.WriteByte(' ')
			}
		case xml.EndElement:
			switch token.Name.Local {
			case "t":
				within = false
			case "p":
				if err := add(text.String()); err != nil {
					return pictures, err
				}
				text.Reset()
			}
		case xml.CharData:
			if within {
				text.Write(token)
			}
		}
	}
}
