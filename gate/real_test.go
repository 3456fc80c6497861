package gate

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"thresher/index"
	"thresher/pep"
)

// TestRealIndex resolves trees of data work through the gate and with plain
// pip, both with the same cut-off, on the index that pip itself names. It runs
// where THRESHER_TEST_REAL_INDEX is set, because it needs that index to answer
// and takes minutes.
func TestRealIndex(t *testing.T) {
	if os.Getenv("THRESHER_TEST_REAL_INDEX") == "" {
		t.Skip("skipped: THRESHER_TEST_REAL_INDEX is not set")
	}
	e := newEnvironment(t, "26.2.1")
	out, err := exec.Command(filepath.Join(e.dir, "bin", "python"), "-I", "-c",
		"from pip._internal.models.index import PyPI; print(PyPI.simple_url)").Output()
	if err != nil {
		t.Fatal(err)
	}
	indexURL := strings.TrimSpace(string(out))
	var certificate []string
	if path := os.Getenv("PIP_CERT"); path != "" {
		certificate = []string{"PIP_CERT=" + path}
	}
	client, err := index.New(index.Config{
		CacheDir: t.TempDir(), Netrc: "-", KeyringProvider: "disabled", Retries: index.DefaultRetries,
		CertFile: os.Getenv("PIP_CERT"), CertAddsToSystem: true, Environ: os.Environ(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	cutoff := time.Now().AddDate(0, 0, -7).UTC().Truncate(time.Second)
	for _, tree := range [][]string{{"dbt-core", "dbt-duckdb"}, {"pandas", "scikit-learn"}} {
		words := append([]string{"install", "--quiet", "--dry-run", "--ignore-installed", "--only-binary", ":all:",
			"--report", "-"}, tree...)
		began := time.Now()
		var requested []pep.Requirement
		for _, name := range tree {
			requested = append(requested, pep.Requirement{Name: name})
		}
		g := open(t, Config{
			Source: client, Indexes: []Index{{URL: indexURL, Public: true}}, Requested: requested, Proxy: client.ProxyFor,
			JudgeFile: holdYoung(time.Since(cutoff)),
		})
		gated := resolved(t, e.run(g, append(e.variables(g), certificate...), words...))
		halfway := time.Now()
		plain := []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + e.home, "PIP_CONFIG_FILE=" + os.DevNull, "PIP_NO_CACHE_DIR=1",
			"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_UPLOADED_PRIOR_TO=" + cutoff.Format(time.RFC3339),
		}
		for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"} {
			if value := os.Getenv(name); value != "" {
				plain = append(plain, name+"="+value)
			}
		}
		direct := resolved(t, e.plain(append(plain, certificate...), words...))
		t.Logf("%v: %d distributions, %s through the gate, %s plain", tree, len(direct),
			halfway.Sub(began).Round(time.Millisecond), time.Since(halfway).Round(time.Millisecond))
		if !slices.Equal(gated, direct) {
			t.Errorf("through the gate %v\nplain pip        %v", gated, direct)
		}
		if faults := g.Faults(); len(faults) > 0 {
			t.Errorf("faults %+v", faults)
		}
	}
}

// resolved gives what pip would install, by its report.
func resolved(t *testing.T, o outcome) []string {
	t.Helper()
	o.want(t, 0)
	start := strings.Index(o.output, "{")
	if start < 0 {
		t.Fatalf("no report in %s", o.output)
	}
	var report struct {
		Install []struct {
			Metadata     struct{ Name, Version string }
			DownloadInfo struct{ URL string } `json:"download_info"`
		}
	}
	if err := json.NewDecoder(strings.NewReader(o.output[start:])).Decode(&report); err != nil {
		t.Fatalf("%v in %s", err, o.output)
	}
	var list []string
	for _, item := range report.Install {
		list = append(list, item.Metadata.Name+"=="+item.Metadata.Version+" "+item.DownloadInfo.URL)
	}
	slices.Sort(list)
	return list
}
