package source

import (
	"runtime"
	"strings"

	"thresher/address"
	"thresher/internal/lazyregexp"
)

// checkHostName is the ValueError that --trusted-host makes for what is no
// HOST or HOST:PORT.
func (d *dialect) checkHostName(text string) error {
	if strings.Count(text, ":") >= 2 && !strings.ContainsAny(text, "@[") {
		text = "[" + text + "]"
	}
	s, err := d.urls.Split("https://" + text)
	if err != nil {
		return err
	}
	host := s.Host[strings.LastIndexByte(s.Host, '@')+1:]
	name, port, _ := strings.Cut(host, ":")
	if strings.HasPrefix(host, "[") {
		_, port, _ = strings.Cut(host[strings.LastIndexByte(host, ']')+1:], ":")
	}
	if port != "" && strings.Trim(port, "0123456789") != "" {
		return errNoPort
	}
	if name == "" && d.namesHosts {
		return errNoHost
	}
	return nil
}

// urlScheme is what pip takes for the scheme of a text, in lower case, "" for none.
func (d *dialect) urlScheme(text string) (string, error) {
	if d.schemeByColon {
		before, _, found := strings.Cut(text, ":")
		if !found {
			return "", nil
		}
		return strings.ToLower(before), nil
	}
	s, err := d.urls.Split(text)
	return s.Scheme, err
}

// vcsSchemes are pip's VCS schemes in the order of its messages.
var vcsSchemes = []string{
	"bzr+http", "bzr+https", "bzr+ssh", "bzr+sftp", "bzr+ftp", "bzr+lp", "bzr+file",
	"git+http", "git+https", "git+ssh", "git+git", "git+file",
	"hg+file", "hg+http", "hg+https", "hg+ssh", "hg+static-http",
	"svn+ssh", "svn+http", "svn+https", "svn+svn", "svn+file",
}

// vcsNames are pip's VCS backends in its order.
var vcsNames = []string{"bzr", "git", "hg", "svn"}

func (d *dialect) isVCSScheme(scheme string) bool {
	for _, known := range vcsSchemes {
		if scheme == known {
			return !d.bareVCSSchemes || scheme != "bzr+file" && scheme != "svn+file"
		}
	}
	return d.bareVCSSchemes && (scheme == "git" || scheme == "hg" || scheme == "svn" || scheme == "bzr")
}

// isURL tells whether pip takes a requirement for a URL.
func (d *dialect) isURL(text string) (bool, error) {
	scheme, err := d.urlScheme(text)
	if err != nil {
		return false, err
	}
	switch scheme {
	case "http", "https", "file", "ftp":
		return true, nil
	}
	return d.isVCSScheme(scheme), nil
}

var requirementsURL = lazyregexp.New(`(?i)^(http|https|file):`)

// isRequirementsURL is what pip's requirements reader takes for a URL when it
// resolves nested names.
func isRequirementsURL(text string) bool { return requirementsURL().MatchString(text) }

// urlToPath gives the path of a file: URL as pip's url_to_path does; it may be
// relative to the working directory.
func (d *dialect) urlToPath(url string) (string, error) {
	if !strings.HasPrefix(url, "file:") {
		return "", errNoFileURL
	}
	s, err := d.urls.Split(url)
	if err != nil {
		return "", err
	}
	if s.Host != "" && s.Host != "localhost" && runtime.GOOS != "windows" {
		return "", errRemoteFile
	}
	path, _ := address.FilePath(url)
	return path, nil
}

// link is pip's Link: a URL that something is installed from.
type link struct {
	url    string
	scheme string
	host   string // with credentials and port
	path   string // unquoted
	egg    string // of "#egg="
	hasEgg bool
}

var (
	eggFragment = lazyregexp.New(`[#&]egg=([^&]*)`)
	projectName = lazyregexp.New(`(?i)^([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$`)
)

func (d *dialect) newLink(url string) (link, error) {
	s, err := d.urls.Split(url)
	if err != nil {
		return link{}, err
	}
	l := link{url: url, scheme: s.Scheme, host: s.Host, path: address.Unquote(s.Path)}
	if m := eggFragment().FindStringSubmatch(url); m != nil {
		l.egg, l.hasEgg = m[1], true
		if d.eggNamesStrict && !projectName().MatchString(l.egg) {
			return l, errEggName
		}
	}
	return l, nil
}

// filename is the last part of the path, or the host where there is none.
func (l link) filename() string {
	path := strings.TrimRight(l.path, "/")
	if name := path[strings.LastIndexByte(path, '/')+1:]; name != "" {
		return name
	}
	return l.host[strings.LastIndexByte(l.host, '@')+1:]
}

func (l link) isWheel() bool {
	path := strings.TrimRight(l.path, "/")
	_, extension := address.SplitExtension(path[strings.LastIndexByte(path, '/')+1:])
	return extension == ".whl"
}
