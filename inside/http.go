package inside

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"thresher/archive"
	"thresher/index"
)

// maximalRedirects ends a chain of redirects, as pip's does.
const maximalRedirects = 30

// OverHTTP gives the parts of a file by its index's client: open is
// index.Client.Open, and redirected judges where an address redirects to.
func OverHTTP(
	open func(context.Context, index.Fetch) (*index.Stream, error),
	redirected func(ctx context.Context, asked, location string) (string, error),
	url, indexURL string,
) Ranges {
	from := ""
	return func(ctx context.Context, offset, length int64) (Piece, error) {
		for range maximalRedirects {
			wanted := fmt.Sprintf("bytes=%d-%d", offset, offset+length-1)
			if offset < 0 {
				wanted = fmt.Sprintf("bytes=-%d", length)
			}
			stream, err := open(ctx, index.Fetch{
				Method: http.MethodGet, URL: url, Index: indexURL, From: from,
				Header: http.Header{"Range": {wanted}, "Accept-Encoding": {"identity"}},
			})
			if err != nil {
				return Piece{}, err
			}
			location := stream.Header.Get("Location")
			if stream.Status < 300 || stream.Status >= 400 || location == "" {
				piece, err := readPart(stream, offset, length)
				_ = stream.Body.Close() // what was needed is read
				return piece, err
			}
			_ = stream.Body.Close()
			next, err := redirected(ctx, url, location)
			if err != nil {
				return Piece{}, err
			}
			from, url = url, next // later parts are asked for there
		}
		return Piece{}, errors.New(messageRedirects)
	}
}

// readPart reads the answer to a question for length bytes.
func readPart(stream *index.Stream, offset, length int64) (Piece, error) {
	switch {
	case stream.Status == http.StatusOK && 0 <= stream.Length && stream.Length <= length && offset <= 0:
		content, err := readExactly(stream.Body, stream.Length)
		return Piece{Part: archive.Part{Content: content}, Total: stream.Length}, err
	case stream.Status == http.StatusOK, stream.Status == http.StatusRequestedRangeNotSatisfiable:
		return Piece{}, ErrNoRanges
	case stream.Status != http.StatusPartialContent:
		return Piece{}, fmt.Errorf(messageStatus, stream.Status)
	}
	first, last, total, ok := contentRange(stream.Header.Get("Content-Range"))
	wanted := offset
	if offset < 0 {
		wanted = max(total-length, 0)
	}
	if !ok || first != wanted || last >= total || last-first+1 != min(length, total-first) {
		return Piece{}, errors.New(messageOtherPart)
	}
	content, err := readExactly(stream.Body, last-first+1)
	return Piece{Part: archive.Part{Offset: first, Content: content}, Total: total}, err
}

// readExactly reads so many bytes; fewer are io.ErrUnexpectedEOF.
func readExactly(r io.Reader, length int64) ([]byte, error) {
	content := make([]byte, length)
	_, err := io.ReadFull(r, content)
	return content, err
}

// contentRange reads "bytes 0-99/1000" (RFC 9110).
func contentRange(header string) (first, last, total int64, ok bool) {
	unit, rest, found := strings.Cut(header, " ")
	extent, size, whole := strings.Cut(rest, "/")
	from, to, between := strings.Cut(extent, "-")
	if !found || !whole || !between || !strings.EqualFold(unit, "bytes") {
		return 0, 0, 0, false
	}
	var failed error
	number := func(text string) int64 {
		value, err := strconv.ParseInt(text, 10, 64)
		if err != nil || value < 0 {
			failed = fmt.Errorf("no number: %q", text)
		}
		return value
	}
	first, last, total = number(from), number(to), number(size)
	return first, last, total, failed == nil && first <= last
}
