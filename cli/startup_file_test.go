package cli

import (
	"runtime"
	"strings"
	"testing"
)

func TestStartupFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: there are no start-up files there")
	}
	for _, test := range []struct {
		environment map[string]string
		system      string
		want        string
	}{
		{map[string]string{"HOME": "/h", "SHELL": "/bin/bash"}, "linux", "/h/.bashrc"},
		{map[string]string{"HOME": "/h", "SHELL": "/bin/bash"}, "darwin", "/h/.bash_profile"},
		{map[string]string{"HOME": "/h", "SHELL": "/bin/zsh"}, "darwin", "/h/.zshrc"},
		{map[string]string{"HOME": "/h", "SHELL": "/bin/zsh", "ZDOTDIR": "/z"}, "linux", "/z/.zshrc"},
		{map[string]string{"HOME": "/h", "SHELL": "/usr/bin/fish"}, "linux", "/h/.config/fish/config.fish"},
		{map[string]string{"HOME": "/h", "SHELL": "/usr/bin/fish", "XDG_CONFIG_HOME": "/c"}, "linux", "/c/fish/config.fish"},
		{map[string]string{"HOME": "/h"}, "linux", "/h/.profile"},
		{map[string]string{"HOME": "/h", "SHELL": "/bin/ksh"}, "linux", "/h/.profile"},
	} {
		if got := startupFile(test.environment, test.system); got != test.want {
			t.Errorf("%v: %s, want %s", test.environment, got, test.want)
		}
	}
}

func TestStartupLines(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: there are no start-up files there")
	}
	for _, test := range []struct{ shell, bin, want string }{
		{"/usr/bin/fish", "/opt/b", `test -x "/opt/b/thresher"; and "/opt/b/thresher" init fish | source`},
		{"/bin/zsh", "/home/ä b/x y", `[ ! -x "$HOME/x y/thresher" ] || eval "$("$HOME/x y/thresher" init zsh)"`},
		{"/bin/bash", "/opt/$a\"b\\`", "[ ! -x \"/opt/\\$a\\\"b\\\\\\`/thresher\" ] || eval " +
			"\"$(\"/opt/\\$a\\\"b\\\\\\`/thresher\" init bash)\""},
		{"", "/opt/b", `export PATH="/opt/b:$PATH"`},
	} {
		s := &setupRun{program: &program{environment: map[string]string{"HOME": "/home/ä b", "SHELL": test.shell}},
			bin: test.bin}
		_, line, _ := strings.Cut(s.startupLines(), "\n")
		if line != test.want+"\n" {
			t.Errorf("%s: %s", test.shell, line)
		}
	}
}
