package main

import (
	"testing"

	"thresher/internal/testkit"
)

// TestEveryPipTrustsCertificates: --cert, --client-cert and --trusted-host count
// between the gate and the index as they do between pip and the index, on the
// command line, in the environment and in a file, for what builds require too;
// and nothing else has the index believed.
func TestEveryPipTrustsCertificates(t *testing.T) {
	forEveryPip(t, func(t *testing.T, w *workplace) {
		again := []string{"install", "--no-cache-dir", "--force-reinstall"}
		filled := func(x *testkit.Index) []string {
			x.AddWheel(testkit.Distribution{Name: "helper", Version: "1.0"})
			x.AddSdist(testkit.Distribution{Name: "built", Version: "1.0", BuildRequires: []string{"helper"}})
			x.AddWheel(testkit.Distribution{Name: "alpha", Version: "1.0", Requires: []string{"built"}})
			return []string{"PIP_INDEX_URL=" + x.SimpleURL()}
		}
		arrived := func(variables []string, words ...string) {
			t.Helper()
			got := w.pip(append(again, append(words, "alpha")...), variables...)
			got.want(t, 0, "Successfully installed alpha-1.0 built-1.0")
			got.wantNot(t, "without a verdict")
		}
		refused := func(variables []string, words ...string) {
			t.Helper()
			got := w.pip(append(again, append(words, "alpha")...), variables...)
			got.want(t, 1, "cannot be reached", "certificate")
			got.wantNot(t, "Successfully", "Traceback")
		}

		closed, other := testkit.NewTLSIndex(t, true)
		open, known := testkit.NewTLSIndex(t, false)
		index := filled(open)
		refused(index)
		refused(index, "--cert", other.Authority)
		refused(index, "--trusted-host", "index.example")
		arrived(index, "--cert", known.Authority)
		arrived(append(index, "PIP_CERT="+known.Authority))
		arrived(append(index, "REQUESTS_CA_BUNDLE="+known.Authority))
		arrived(index, "--trusted-host", "127.0.0.1")
		w.write("requirements.txt", "--trusted-host 127.0.0.1\n")
		arrived(index, "-r", "requirements.txt")

		index = filled(closed)
		refused(index, "--cert", other.Authority)
		refused(index, "--client-cert", other.Client)
		arrived(index, "--cert", other.Authority, "--client-cert", other.Client)
		arrived(append(index, "PIP_CLIENT_CERT="+other.Client), "--trusted-host", "127.0.0.1")
	})
}
