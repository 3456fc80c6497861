// Package pythontext does with texts, paths and the environment what Python's
// own functions do, where Go's differ and pip's reading of a word depends on it.
package pythontext

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"unicode"
)

// Lower is str.lower.
func Lower(text string) string {
	ascii := true
	for i := 0; i < len(text); i++ {
		if text[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(text)
	}
	// The only letter that Python maps to two and Go to one.
	return strings.ToLower(strings.ReplaceAll(text, "İ", "i̇"))
}

// IsSpace is str.isspace of one character: what str.split and str.strip
// take away.
func IsSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}

// Split is str.split without an argument.
func Split(text string) []string { return strings.FieldsFunc(text, IsSpace) }

// Strip is str.strip without an argument.
func Strip(text string) string { return strings.TrimFunc(text, IsSpace) }

// Boolean is pip's strtobool.
func Boolean(text string) (value, ok bool) {
	switch Lower(text) {
	case "y", "yes", "t", "true", "on", "1":
		return true, true
	case "n", "no", "f", "false", "off", "0":
		return false, true
	}
	return false, false
}

// Integer is optparse's reading of a number: int() with the prefixes
// 0x, 0b and 0. Numbers beyond 64 bits are refused with errRange.
func Integer(text string) (int64, error) {
	digits, base := text, 10
	lower := strings.ToLower(text)
	switch {
	case strings.HasPrefix(lower, "0x"):
		base = 16
	case strings.HasPrefix(lower, "0b"):
		digits, base = text[2:], 2
		if digits == "" {
			digits = "0"
		}
	case strings.HasPrefix(text, "0"):
		base = 8
	}
	digits = Strip(digits)
	sign := ""
	if strings.HasPrefix(digits, "-") || strings.HasPrefix(digits, "+") {
		sign, digits = digits[:1], digits[1:]
	}
	prefix := map[int]string{16: "0x", 8: "0o", 2: "0b"}[base]
	if prefix != "" && strings.HasPrefix(strings.ToLower(digits), prefix) {
		digits = strings.TrimPrefix(digits[2:], "_")
	}
	if digits == "" || strings.HasPrefix(digits, "_") || strings.HasSuffix(digits, "_") ||
		strings.Contains(digits, "__") {
		return 0, strconv.ErrSyntax
	}
	number, err := strconv.ParseInt(sign+ASCIIDigits(strings.ReplaceAll(digits, "_", "")), base, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, strconv.ErrRange
	}
	if err != nil {
		return 0, strconv.ErrSyntax
	}
	return number, nil
}

// Float is float().
func Float(text string) (float64, error) {
	text = ASCIIDigits(Strip(text))
	if strings.ContainsAny(text, "xXpP") || strings.HasPrefix(text, "_") || strings.HasSuffix(text, "_") ||
		strings.Contains(text, "__") {
		return 0, strconv.ErrSyntax
	}
	number, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, strconv.ErrSyntax
	}
	return number, nil
}

// ASCIIDigits replaces the decimal digits of other scripts, which int() and
// float() take as well.
func ASCIIDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 || !unicode.Is(unicode.Nd, r) {
			return r
		}
		// Unicode's decimal digits come in runs of ten.
		zero := r
		for unicode.Is(unicode.Nd, zero-1) && r-zero < 9 {
			zero--
		}
		return '0' + (r - zero)
	}, text)
}

// ExpandUser is os.path.expanduser. home is used for a bare ~ where HOME is
// not set.
func ExpandUser(path string, environ Environment, home string) string {
	if !strings.HasPrefix(path, "~") {
		return path
	}
	name, rest := path[1:], ""
	if i := strings.IndexByte(path, '/'); i >= 0 {
		name, rest = path[1:i], path[i:]
	}
	directory := ""
	if name == "" {
		variable := "HOME"
		if filepath.Separator == '\\' {
			variable = "USERPROFILE"
		}
		if value, set := environ.Lookup(variable); set {
			directory = value
		} else if home != "" {
			directory = home
		} else if current, err := user.Current(); err == nil {
			directory = current.HomeDir
		} else {
			return path
		}
	} else {
		account, err := user.Lookup(name)
		if err != nil {
			return path
		}
		directory = account.HomeDir
	}
	directory = strings.TrimRight(directory, "/")
	if directory+rest == "" {
		return "/"
	}
	return directory + rest
}

// Environment is an environment block in its order.
type Environment []string

// EnvironmentOf is os.environ: on Windows, names are upper case.
func EnvironmentOf(entries []string) Environment {
	if !OnWindows {
		return entries
	}
	var upper Environment
	for _, entry := range entries {
		if at := strings.IndexByte(entry, '='); at > 0 {
			entry = strings.ToUpper(entry[:at]) + entry[at:]
		}
		upper = append(upper, entry)
	}
	return upper
}

// Lookup gives the first entry of that name, as Python and the C library do.
func (e Environment) Lookup(name string) (string, bool) {
	for _, entry := range e {
		if len(entry) > len(name) && entry[len(name)] == '=' && entry[:len(name)] == name {
			return entry[len(name)+1:], true
		}
	}
	return "", false
}

// Get is lookup without telling unset from empty.
func (e Environment) Get(name string) string {
	value, _ := e.Lookup(name)
	return value
}

// JoinPath is os.path.join of two parts, which keeps "..": the path is
// printed to people as pip would print it.
func JoinPath(dir, name string) string {
	if dir == "" || strings.HasSuffix(dir, "/") || strings.HasSuffix(dir, string(filepath.Separator)) {
		return dir + name
	}
	return dir + string(filepath.Separator) + name
}

// Exists is os.path.exists.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// IsASCII tells whether every byte is below 0x80.
func IsASCII(content []byte) bool {
	for _, b := range content {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

// LocaleEncoding is the encoding that Python takes from the locale variables:
// UTF-8 for the C locale as well (PEP 538 and 540). known is false where it
// depends on what locales the machine has.
func LocaleEncoding(environ Environment) (encoding string, known bool) {
	if runtime.GOOS == "darwin" {
		return "utf-8", true
	}
	if runtime.GOOS == "windows" {
		return "", false
	}
	name := ""
	for _, variable := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if name = environ.Get(variable); name != "" {
			break
		}
	}
	lower := strings.ToLower(name)
	switch {
	// LC_ALL=C is not coerced, and newer pips then ask for the locale's own.
	case environ.Get("LC_ALL") == "C", environ.Get("LC_ALL") == "POSIX",
		environ.Get("PYTHONUTF8") != "" && environ.Get("PYTHONUTF8") != "1",
		environ.Get("PYTHONCOERCECLOCALE") == "0" && (name == "" || name == "C" || name == "POSIX"):
		return "", false
	case name == "" || name == "C" || name == "POSIX",
		strings.HasSuffix(lower, ".utf-8"), strings.HasSuffix(lower, ".utf8"),
		strings.Contains(lower, ".utf-8@"), strings.Contains(lower, ".utf8@"):
		return "utf-8", true
	}
	return "", false
}

// PathName is pathlib's PurePath.name.
func PathName(path string) string {
	var last string
	for _, part := range strings.Split(path, "/") {
		if part != "" && part != "." {
			last = part
		}
	}
	return last
}

// OnWindows tells the few places where pip and Python differ there.
const OnWindows = runtime.GOOS == "windows"
