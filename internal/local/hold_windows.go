package local

import "os"

// hold does nothing: Windows deletes no file that a process has open.
func hold(*os.File) {}

// removeLeft deletes a hidden file that no process has open.
func removeLeft(path string) { _ = os.Remove(path) }
