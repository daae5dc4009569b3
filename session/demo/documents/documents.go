// Package documents has the demo account's invented clients and their files. No
// person in them is real, and they quote no publisher's test.
//
// The Word and PDF files were made with python-docx and LibreOffice, so that the
// program reads on the demo account what it will read elsewhere.
package documents

import (
	"embed"
	"io/fs"
)

//go:embed files
var files embed.FS

// Client is an invented client.
type Client struct {
	Name  string
	Files []File // in the order they were received
}

// File is one of a client's files.
type File struct {
	Name string
	Data []byte
}

// Clients are the invented clients.
func Clients() []Client {
	return []Client{
		client("Avery Quill", "avery-quill", "intake interview.docx", "session 2.txt", "teacher form.pdf", "test scores.csv"),
		client("Juniper Halloway", "juniper-halloway", "letter from primary care.pdf", "intake interview.docx", "session notes.md"),
		client("Tobias Fenwick-Marsh", "tobias-fenwick-marsh", "parent interview.docx", "session 1.txt", "sleep log.csv", "school report.pdf"),
	}
}

// client reads embedded files; a missing one means a broken build.
func client(name, folder string, names ...string) Client {
	c := Client{Name: name}
	for _, n := range names {
		data, err := fs.ReadFile(files, "files/"+folder+"/"+n)
		if err != nil {
			panic(err)
		}
		c.Files = append(c.Files, File{Name: n, Data: data})
	}
	return c
}
