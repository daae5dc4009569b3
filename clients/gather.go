package clients

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"claria/internal/safe"
)

// Found is a local file to upload, or one that is left out.
type Found struct {
	Path string
	Name safe.PHI // under which it is stored
	Size int64    // bytes
	Skip string   // why it is left out, in words; empty: it is not
	Err  error    // why it cannot be read; without the path
}

// Gather finds the files to upload: those that are named, and those in the folders that
// are named, in subfolders too. A file of a subfolder has its path in the folder as its
// name ("school/report.pdf"), so that two files of one name stay two files, whatever
// else is in the folder. Within folders it leaves out, and says so: hidden files and
// folders, links, pipes and devices, what systems put there, and empty files.
func Gather(paths ...string) []Found {
	var all []Found
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			f := Found{Path: path, Name: baseName(path)}
			switch {
			case err != nil:
				f.Err = inWords(err)
			default:
				f.Err, f.Size = ordinary(info), info.Size()
			}
			all = append(all, f)
			continue
		}
		all = append(all, inFolder(path)...)
	}
	return all
}

// inFolder finds the files in a folder, in the order of their names.
func inFolder(folder string) []Found {
	var all []Found
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if path == folder && err == nil {
			return nil
		}
		inside, _ := filepath.Rel(folder, path)
		f := Found{Path: path, Name: safe.PHI(filepath.ToSlash(inside))}
		if path == folder {
			f.Name = baseName(path)
		}
		if err != nil {
			f.Err = inWords(err)
			all = append(all, f)
			return nil
		}
		if f.Skip = leaveOut(entry); f.Skip == "" && entry.IsDir() {
			return nil
		}
		if f.Skip == "" {
			f = measured(f, entry)
		}
		all = append(all, f)
		if entry.IsDir() {
			return filepath.SkipDir
		}
		return nil
	})
	if len(all) == 0 {
		all = append(all, Found{Path: folder, Name: baseName(folder), Skip: "the folder is empty"})
	}
	return all
}

func measured(f Found, entry fs.DirEntry) Found {
	info, err := entry.Info()
	switch {
	case err != nil:
		f.Err = inWords(err)
	case info.Size() == 0:
		f.Skip = "it is empty"
	default:
		f.Size = info.Size()
		if info.Size() > maxFile {
			f.Err = errTooLarge()
		}
	}
	return f
}

// leaveOut says why a thing in a folder is not uploaded; empty: it is.
func leaveOut(entry fs.DirEntry) string {
	name := entry.Name()
	switch mode := entry.Type(); {
	case slices.Contains([]string{".ds_store", "thumbs.db", "desktop.ini"}, strings.ToLower(name)):
		return "the system's own file"
	case strings.HasPrefix(name, ".") && entry.IsDir():
		return "it is a hidden folder"
	case strings.HasPrefix(name, "."):
		return "it is a hidden file"
	case strings.HasPrefix(name, "~$"):
		return "a lock of an office program"
	case mode&fs.ModeSymlink != 0:
		return "it is a link"
	case !entry.IsDir() && !mode.IsRegular():
		return "it is a pipe or a device, not a file"
	}
	return ""
}
