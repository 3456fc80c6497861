package memory

import (
	"fmt"

	"thresher/internal/words"
)

func damagedFile(path string) string {
	return fmt.Sprintf("%s is damaged: it is not what thresher wrote", words.Printable(path))
}

func newerFile(path string) string {
	return fmt.Sprintf("%s was written by a newer thresher", words.Printable(path))
}
