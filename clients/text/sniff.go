package text

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"

	"claria/internal/safe"
)

// The media types of formats that more than one place names.
const (
	mailKind  = "message/rfc822"
	rtfKind   = "application/rtf"
	htmlKind  = "text/html"
	xlsxKind  = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	pptxKind  = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	odtKind   = "application/vnd.oasis.opendocument.text"
	odsKind   = "application/vnd.oasis.opendocument.spreadsheet"
	docKind   = "application/msword"
	xlsKind   = "application/vnd.ms-excel"
	pptKind   = "application/vnd.ms-powerpoint"
	msgKind   = "application/vnd.ms-outlook"
	pagesKind = "application/vnd.apple.pages"
)

// The sentences about formats that are not read: what it is, and how to save it as
// something that is.
const (
	whyDoc     = textError("it is in Word's old format (.doc): open it in Word or LibreOffice, choose File > Save As and save it as .docx")
	whyXls     = textError("it is in Excel's old format (.xls): open it in Excel or LibreOffice, choose File > Save As and save it as .xlsx")
	whyPpt     = textError("it is in PowerPoint's old format (.ppt): open it in PowerPoint or LibreOffice, choose File > Save As and save it as .pptx")
	whyMsg     = textError("it is an Outlook message (.msg): in Outlook choose File > Save As and save it as HTML or as text; the new Outlook saves it as .eml")
	whyPages   = textError("it is a Pages document: open it in Pages, choose File > Export To > Word, and save the .docx")
	whyNumbers = textError("it is a Numbers spreadsheet: open it in Numbers, choose File > Export To > Excel, and save the .xlsx")
	whyKeynote = textError("it is a Keynote presentation: open it in Keynote, choose File > Export To > PowerPoint, and save the .pptx")
	whyWPD     = textError("it is a WordPerfect document: open it in WordPerfect or LibreOffice, and save it as .docx")
	whyLocked  = textError("it has a password: open it in its program, remove the password (in Word and Excel: File > Info > Protect), and save it again")
	whyHEIC    = textError("it is an iPhone picture (HEIC), and the text on a picture is not read: save it as a PDF with text (Notes > Scan Documents), or type what matters as text")
	whyPicture = textError("it is a picture, and the text on a picture is not read: save it as a PDF with text (a scanner program with text recognition does), or type what matters as text")
	whyAudio   = textError("it is a sound recording: save a transcript of it as .txt, .vtt or .docx")
	whyVideo   = textError("it is a video: save a transcript of it as .txt, .vtt or .docx")
	whyZip     = textError("it is an archive of files: unpack it and save the files one by one")
	whyXML     = textError("it is XML of an older Word or Excel: open it in Word or Excel, choose File > Save As and save it as .docx or .xlsx")
)

// moreFormats are the kinds of file known by their names, beyond text, Word and PDF.
func moreFormats() []format {
	return []format{
		{suffixes: ".rtf", kind: rtfKind, read: readRTF},
		{suffixes: ".html .htm .xhtml", kind: htmlKind, read: readHTML},
		{suffixes: ".xlsx .xlsm .xltx .xltm", kind: xlsxKind, read: readXLSX},
		{suffixes: ".pptx .pptm .ppsx", kind: pptxKind, read: readPPTX},
		{suffixes: ".odt .ott", kind: odtKind, read: readODT},
		{suffixes: ".ods .ots", kind: odsKind, read: readODS},
		{suffixes: ".eml .mht .mhtml", kind: mailKind, read: readEML},
		{suffixes: ".vtt", kind: vttKind, read: readTranscript},
		{suffixes: ".srt", kind: srtKind, read: readTranscript},
		{suffixes: ".doc .dot", kind: docKind, why: whyDoc},
		{suffixes: ".xls .xlt", kind: xlsKind, why: whyXls},
		{suffixes: ".ppt .pps", kind: pptKind, why: whyPpt},
		{suffixes: ".msg", kind: msgKind, why: whyMsg},
		{suffixes: ".pages", kind: pagesKind, why: whyPages},
		{suffixes: ".numbers", kind: "application/vnd.apple.numbers", why: whyNumbers},
		{suffixes: ".key", kind: "application/vnd.apple.keynote", why: whyKeynote},
		{suffixes: ".wpd", kind: "application/vnd.wordperfect", why: whyWPD},
		{suffixes: ".heic .heif", kind: "image/heic", why: whyHEIC},
		{suffixes: ".png", kind: "image/png", why: whyPicture},
		{suffixes: ".jpg .jpeg", kind: "image/jpeg", why: whyPicture},
		{suffixes: ".tif .tiff", kind: "image/tiff", why: whyPicture},
		{suffixes: ".gif", kind: "image/gif", why: whyPicture},
		{suffixes: ".bmp", kind: "image/bmp", why: whyPicture},
		{suffixes: ".webp", kind: "image/webp", why: whyPicture},
		{suffixes: ".m4a", kind: "audio/mp4", why: whyAudio},
		{suffixes: ".mp3", kind: "audio/mpeg", why: whyAudio},
		{suffixes: ".wav", kind: "audio/wav", why: whyAudio},
		{suffixes: ".ogg .opus", kind: "audio/ogg", why: whyAudio},
		{suffixes: ".aac", kind: "audio/aac", why: whyAudio},
		{suffixes: ".mp4 .m4v", kind: "video/mp4", why: whyVideo},
		{suffixes: ".mov", kind: "video/quicktime", why: whyVideo},
		{suffixes: ".webm .mkv .avi", kind: "video/x-matroska", why: whyVideo},
		{suffixes: ".zip", kind: "application/zip", why: whyZip},
	}
}

// suffixed is the format of a suffix.
func suffixed(suffix string) format {
	f, _ := formatOf(safe.PHI(suffix))
	return f
}

// sniff returns the format that the bytes show. It overrides the name where the two
// contradict each other.
func sniff(data []byte, named format, known bool) format {
	start := bytes.TrimLeft(data[:min(len(data), 4096)], "\x00\t\n\f\r \xef\xbb\xbf")
	switch {
	case bytes.HasPrefix(start, []byte("%PDF-")):
		return suffixed(".pdf")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return sniffZip(data, named)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return sniffCompound(data, named)
	case bytes.HasPrefix(start, []byte(`{\rtf`)):
		return suffixed(".rtf")
	case bytes.HasPrefix(start, []byte("WEBVTT")) && (!known || named.kind == "text/plain"):
		return suffixed(".vtt")
	}
	if f, ok := sniffMedia(data); ok {
		return f
	}
	if known && named.read != nil && !binaryKind(named) {
		return named
	}
	return sniffText(data, start, named, known)
}

// binaryKind reports whether the files of a format are never text.
func binaryKind(f format) bool {
	switch f.kind {
	case wordKind, xlsxKind, pptxKind, odtKind, odsKind, rtfKind, "application/pdf", "application/zip":
		return true
	}
	return f.read == nil
}

var officeXML = regexp.MustCompile(`(?i)<\?mso-application|<w:wordDocument|schemas-microsoft-com:office:spreadsheet`)

// sniffText finds what a text is whose name says nothing of use.
func sniffText(data, start []byte, named format, known bool) format {
	lower := bytes.ToLower(start)
	kind, _, _ := strings.Cut(http.DetectContentType(data), ";")
	switch {
	case officeXML.Match(start):
		return format{kind: "text/xml", why: whyXML}
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<html")), kind == htmlKind,
		bytes.Contains(lower[:min(len(lower), 1024)], []byte("<html")), bytes.HasPrefix(data, []byte("\xff\xfe<\x00h\x00t\x00m")):
		return suffixed(".html")
	case mailStart.Match(start):
		return suffixed(".eml")
	case kind != "text/plain":
		if known {
			return named
		}
		return format{kind: kind}
	case named.kind == xlsKind || named.kind == xlsxKind || named.kind == odsKind:
		if bytes.IndexByte(data[:min(len(data), 4096)], '\t') >= 0 {
			return suffixed(".tsv")
		}
		return suffixed(".csv")
	case named.kind == wordKind || named.kind == docKind || named.kind == odtKind || named.kind == rtfKind || !known:
		return suffixed(".txt")
	}
	return named
}

var mailStart = regexp.MustCompile(`(?im)\A(?:(?:from|return-path|received|mime-version|delivered-to|x-[a-z-]+|message-id|date|subject|to): [^\n]*\n(?:[ \t][^\n]*\n)*){2}`)

// sniffZip finds the kind of an Office, OpenDocument or Apple file by the names within.
func sniffZip(data []byte, named format) format {
	has := func(name string) bool { return bytes.Contains(data, []byte(name)) }
	start := data[:min(len(data), 200)]
	switch {
	case bytes.Contains(start, []byte("mimetype"+odtKind)):
		return suffixed(".odt")
	case bytes.Contains(start, []byte("mimetype"+odsKind)):
		return suffixed(".ods")
	case has("word/document"):
		return suffixed(".docx")
	case has("xl/workbook.xml"):
		return suffixed(".xlsx")
	case has("ppt/presentation.xml"):
		return suffixed(".pptx")
	case has("Index/Document.iwa") || has("Index/Slide"):
		switch named.kind {
		case "application/vnd.apple.numbers", "application/vnd.apple.keynote":
			return named
		}
		return suffixed(".pages")
	case has("xl/workbook.bin"):
		return format{kind: "application/vnd.ms-excel.sheet.binary", why: whyXls}
	}
	switch named.kind {
	case odtKind, odsKind, xlsxKind, pptxKind, wordKind, pagesKind, "application/vnd.apple.numbers", "application/vnd.apple.keynote":
		return named
	}
	return suffixed(".zip")
}

// sniffCompound finds the kind of an old Office file (MS-CFB) by the names of its
// streams, which are UTF-16.
func sniffCompound(data []byte, named format) format {
	has := func(name string) bool {
		wide := make([]byte, 0, 2*len(name))
		for i := range len(name) {
			wide = append(wide, name[i], 0)
		}
		return bytes.Contains(data, wide)
	}
	switch {
	case has("EncryptedPackage"):
		kind := named.kind
		if kind == "" {
			kind = "application/octet-stream"
		}
		return format{kind: kind, why: whyLocked}
	case has("__substg1.0_") || has("__properties_version"):
		return suffixed(".msg")
	case has("WordDocument"):
		return suffixed(".doc")
	case has("PowerPoint Document"):
		return suffixed(".ppt")
	case has("Workbook") || has("Book"):
		return suffixed(".xls")
	}
	switch named.kind {
	case xlsKind, pptKind, msgKind:
		return named
	case xlsxKind:
		return suffixed(".xls")
	case pptxKind:
		return suffixed(".ppt")
	}
	return suffixed(".doc")
}

// sniffMedia finds pictures, sound and video.
func sniffMedia(data []byte) (format, bool) {
	if len(data) < 12 {
		return format{}, false
	}
	at := func(i int, s string) bool { return bytes.HasPrefix(data[i:], []byte(s)) }
	switch {
	case at(0, "\x89PNG\r\n\x1a\n"):
		return suffixed(".png"), true
	case at(0, "\xff\xd8\xff"):
		return suffixed(".jpg"), true
	case at(0, "II*\x00"), at(0, "MM\x00*"):
		return suffixed(".tif"), true
	case at(0, "GIF87a"), at(0, "GIF89a"):
		return suffixed(".gif"), true
	case at(0, "RIFF") && at(8, "WEBP"):
		return suffixed(".webp"), true
	case at(0, "RIFF") && at(8, "WAVE"):
		return suffixed(".wav"), true
	case at(0, "ID3"), at(0, "\xff\xfb"), at(0, "\xff\xf3"):
		return suffixed(".mp3"), true
	case at(0, "OggS"):
		return suffixed(".ogg"), true
	case at(0, "\x1aE\xdf\xa3"):
		return suffixed(".webm"), true
	case at(4, "ftypheic"), at(4, "ftypheix"), at(4, "ftypmif1"), at(4, "ftyphevc"), at(4, "ftypmsf1"):
		return suffixed(".heic"), true
	case at(4, "ftypM4A"):
		return suffixed(".m4a"), true
	case at(4, "ftypqt"):
		return suffixed(".mov"), true
	case at(4, "ftyp"):
		return suffixed(".mp4"), true
	}
	return format{}, false
}
