package index

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"thresher/internal/files"
)

// netrcEntry is what a netrc file says of a machine.
type netrcEntry struct {
	login, account, password string
}

// loadNetrc reads the file that requests would read: NETRC, else the first of
// .netrc and _netrc in the home directory. A file that is not there is empty.
// An error says why the file is not used; no part of it is used then.
func loadNetrc(path string, environ environment) (map[string]netrcEntry, error) {
	var candidates []string
	switch {
	case path == "-":
		return nil, nil
	case path != "":
		candidates = []string{path}
	case environ.has("NETRC"):
		candidates = []string{environ.expandHome(environ.get("NETRC"))}
	case environ.home() != "":
		candidates = []string{filepath.Join(environ.home(), ".netrc"), filepath.Join(environ.home(), "_netrc")}
	}
	for _, candidate := range candidates {
		text, err := files.ReadRegular(candidate, longestNetrc)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case errors.Is(err, files.ErrNotRegular), errors.Is(err, files.ErrTooLarge):
			return nil, fmt.Errorf(textOddNetrc, candidate)
		case err != nil:
			return nil, err
		}
		hosts, err := parseNetrc(string(text))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", candidate, err)
		}
		return hosts, nil
	}
	return nil, nil
}

// longestNetrc is far above any list of hosts that a person keeps.
const longestNetrc = 1 << 20

// parseNetrc reads a netrc file as Python 3.11's netrc module does. Errors
// name the line and never repeat what stands there.
func parseNetrc(text string) (map[string]netrcEntry, error) {
	lexer := netrcLexer{text: strings.ReplaceAll(text, "\r\n", "\n"), line: 1}
	hosts := map[string]netrcEntry{}
	for {
		line := lexer.line
		word := lexer.next()
		name := ""
		switch {
		case word == "":
			return hosts, nil
		case word[0] == '#':
			if lexer.line == line && len(word) == 1 {
				lexer.restOfLine()
			}
			continue
		case word == "machine":
			name = lexer.next()
		case word == "default":
			name = word
		case word == "macdef":
			lexer.next()
			for {
				text, ok := lexer.restOfLine()
				if !ok {
					return nil, fmt.Errorf("line %d: a macro does not end with an empty line", lexer.line)
				}
				if text == "" {
					break
				}
			}
			continue
		default:
			return nil, fmt.Errorf("line %d: expected machine, default or macdef", lexer.line)
		}
		if name == "" {
			return nil, fmt.Errorf("line %d: a machine without a name", lexer.line)
		}
		entry, err := lexer.entry()
		if err != nil {
			return nil, err
		}
		hosts[name] = entry
	}
}

type netrcLexer struct {
	text   string
	at     int
	line   int
	pushed []string
}

func (l *netrcLexer) entry() (netrcEntry, error) {
	var e netrcEntry
	for {
		line := l.line
		word := l.next()
		switch {
		case strings.HasPrefix(word, "#"):
			if l.line == line {
				l.restOfLine()
			}
		case word == "" || word == "machine" || word == "default" || word == "macdef":
			l.pushed = append(l.pushed, word)
			return e, nil
		case word == "login" || word == "user":
			e.login = l.next()
		case word == "account":
			e.account = l.next()
		case word == "password":
			e.password = l.next()
		default:
			return e, fmt.Errorf("line %d: expected login, account or password", l.line)
		}
	}
}

func (l *netrcLexer) char() (byte, bool) {
	if l.at >= len(l.text) {
		return 0, false
	}
	c := l.text[l.at]
	l.at++
	if c == '\n' {
		l.line++
	}
	return c, true
}

func (l *netrcLexer) next() string {
	if len(l.pushed) > 0 {
		word := l.pushed[0]
		l.pushed = l.pushed[1:]
		return word
	}
	var b strings.Builder
	for {
		c, ok := l.char()
		if !ok {
			return ""
		}
		if isNetrcSpace(c) {
			continue
		}
		quoted := c == '"'
		if !quoted {
			if c == '\\' {
				c, _ = l.char()
			}
			b.WriteByte(c)
		}
		for {
			c, ok := l.char()
			if !ok || quoted && c == '"' || !quoted && isNetrcSpace(c) {
				return b.String()
			}
			if c == '\\' {
				if c, ok = l.char(); !ok {
					return b.String()
				}
			}
			b.WriteByte(c)
		}
	}
}

func isNetrcSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func (l *netrcLexer) restOfLine() (string, bool) {
	if l.at >= len(l.text) {
		return "", false
	}
	rest := l.text[l.at:]
	line, _, ended := strings.Cut(rest, "\n")
	l.at += len(line)
	if ended {
		l.at++
		l.line++
	}
	return line, true
}

// netrcFor gives the user and password for a host, as requests takes them.
func netrcFor(hosts map[string]netrcEntry, host string) (credentials, bool) {
	e, ok := hosts[host]
	if !ok {
		e, ok = hosts["default"]
	}
	if !ok || e == (netrcEntry{}) {
		return credentials{}, false
	}
	user := e.login
	if user == "" {
		user = e.account
	}
	return credentials{user: user, password: e.password}, true
}
