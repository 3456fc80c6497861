package sandbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const mountInfo = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw - proc proc rw
30 22 8:2 / /data rw - ext4 /dev/sda2 rw
31 22 8:2 /home /home rw - ext4 /dev/sda2 rw
32 22 8:1 /srv/with\040space /mnt/with\040space rw - ext4 /dev/sda1 rw
33 22 0:40 /@home /vol/home rw - btrfs /dev/sdb rw
34 22 0:40 / /pool rw - btrfs /dev/sdb rw
broken
`

func TestAliases(t *testing.T) {
	all := parseMounts(mountInfo)
	for _, test := range []struct {
		path string
		want []string
	}{
		{"/home/me/.ssh", []string{"/data/home/me/.ssh"}},
		{"/data/home/me/.ssh", []string{"/home/me/.ssh"}},
		{"/data/other", nil},
		{"/etc/shadow", nil},
		{"/srv/with space/x", []string{"/mnt/with space/x"}},
		{"/mnt/with space/x", []string{"/srv/with space/x"}},
		{"/vol/home/me/.aws", []string{"/pool/@home/me/.aws"}},
	} {
		if diff := cmp.Diff(test.want, all.aliases(test.path)); diff != "" {
			t.Errorf("%s: %s", test.path, diff)
		}
	}
	if got := mounts(nil).aliases("/x"); got != nil {
		t.Errorf("without mounts: %q", got)
	}
}

func FuzzAliases(f *testing.F) {
	f.Add(mountInfo, "/home/me/.ssh")
	f.Add("1 1 0:1 / / - \n", "/")
	f.Fuzz(func(t *testing.T, text, path string) {
		for _, alias := range parseMounts(text).aliases(path) {
			if alias == path {
				t.Errorf("%q is no other place than itself", path)
			}
		}
	})
}
