package pip

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

// This file holds what Python's own functions do where Go's differ and pip's
// reading of a word depends on it.

// lowerPython is str.lower.
func lowerPython(text string) string {
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

// isSpacePython is str.isspace of one character: what str.split and str.strip
// take away.
func isSpacePython(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}

// splitPython is str.split without an argument.
func splitPython(text string) []string { return strings.FieldsFunc(text, isSpacePython) }

// stripPython is str.strip without an argument.
func stripPython(text string) string { return strings.TrimFunc(text, isSpacePython) }

// booleanPython is pip's strtobool.
func booleanPython(text string) (value, ok bool) {
	switch lowerPython(text) {
	case "y", "yes", "t", "true", "on", "1":
		return true, true
	case "n", "no", "f", "false", "off", "0":
		return false, true
	}
	return false, false
}

// integerPython is optparse's reading of a number: int() with the prefixes
// 0x, 0b and 0. Numbers beyond 64 bits are refused with errRange.
func integerPython(text string) (int64, error) {
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
	digits = stripPython(digits)
	sign := ""
	if strings.HasPrefix(digits, "-") || strings.HasPrefix(digits, "+") {
		sign, digits = digits[:1], digits[1:]
	}
	prefix := map[int]string{16: "0x", 8: "0o", 2: "0b"}[base]
	if prefix != "" && strings.HasPrefix(strings.ToLower(digits), prefix) {
		digits = strings.TrimPrefix(digits[2:], "_")
	}
	if digits == "" || strings.HasPrefix(digits, "_") || strings.HasSuffix(digits, "_") || strings.Contains(digits, "__") {
		return 0, strconv.ErrSyntax
	}
	number, err := strconv.ParseInt(sign+asciiDigits(strings.ReplaceAll(digits, "_", "")), base, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, strconv.ErrRange
	}
	if err != nil {
		return 0, strconv.ErrSyntax
	}
	return number, nil
}

// floatPython is float().
func floatPython(text string) (float64, error) {
	text = asciiDigits(stripPython(text))
	if strings.ContainsAny(text, "xXpP") || strings.HasPrefix(text, "_") || strings.HasSuffix(text, "_") || strings.Contains(text, "__") {
		return 0, strconv.ErrSyntax
	}
	number, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, strconv.ErrSyntax
	}
	return number, nil
}

// asciiDigits replaces the decimal digits of other scripts, which int() and
// float() take as well.
func asciiDigits(text string) string {
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

// expandUser is os.path.expanduser. home is used for a bare ~ where HOME is
// not set.
func expandUser(path string, environ environment, home string) string {
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
		if value, set := environ.lookup(variable); set {
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

// environment is an environment block in its order.
type environment []string

// environmentOf is os.environ: on Windows, names are upper case.
func environmentOf(entries []string) environment {
	if !onWindows {
		return entries
	}
	var upper environment
	for _, entry := range entries {
		if at := strings.IndexByte(entry, '='); at > 0 {
			entry = strings.ToUpper(entry[:at]) + entry[at:]
		}
		upper = append(upper, entry)
	}
	return upper
}

// lookup gives the first entry of that name, as Python and the C library do.
func (e environment) lookup(name string) (string, bool) {
	for _, entry := range e {
		if len(entry) > len(name) && entry[len(name)] == '=' && entry[:len(name)] == name {
			return entry[len(name)+1:], true
		}
	}
	return "", false
}

// get is lookup without telling unset from empty.
func (e environment) get(name string) string {
	value, _ := e.lookup(name)
	return value
}

// joinPython is os.path.join of two parts, which keeps "..": the path is
// printed to people as pip would print it.
func joinPython(dir, name string) string {
	if dir == "" || strings.HasSuffix(dir, "/") || strings.HasSuffix(dir, string(filepath.Separator)) {
		return dir + name
	}
	return dir + string(filepath.Separator) + name
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isASCII(content []byte) bool {
	for _, b := range content {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

// localeEncoding is the encoding that Python takes from the locale variables:
// UTF-8 for the C locale as well (PEP 538 and 540). known is false where it
// depends on what locales the machine has.
func localeEncoding(environ environment) (encoding string, known bool) {
	if runtime.GOOS == "darwin" {
		return "utf-8", true
	}
	if runtime.GOOS == "windows" {
		return "", false
	}
	name := ""
	for _, variable := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if name = environ.get(variable); name != "" {
			break
		}
	}
	lower := strings.ToLower(name)
	switch {
	// LC_ALL=C is not coerced, and newer pips then ask for the locale's own.
	case environ.get("LC_ALL") == "C", environ.get("LC_ALL") == "POSIX",
		environ.get("PYTHONUTF8") != "" && environ.get("PYTHONUTF8") != "1",
		environ.get("PYTHONCOERCECLOCALE") == "0" && (name == "" || name == "C" || name == "POSIX"):
		return "", false
	case name == "" || name == "C" || name == "POSIX",
		strings.HasSuffix(lower, ".utf-8"), strings.HasSuffix(lower, ".utf8"),
		strings.Contains(lower, ".utf-8@"), strings.Contains(lower, ".utf8@"):
		return "utf-8", true
	}
	return "", false
}

// pathName is pathlib's PurePath.name.
func pathName(path string) string {
	var last string
	for _, part := range strings.Split(path, "/") {
		if part != "" && part != "." {
			last = part
		}
	}
	return last
}

// onWindows tells the few places where pip and Python differ there.
const onWindows = runtime.GOOS == "windows"
