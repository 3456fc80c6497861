package session

import (
	"path/filepath"

	"thresher/pep"
	"thresher/pip"
)

// firstSoundCertifi is the first pip that brings a bundle of certificates along
// without the authorities whose keys were stolen in October 2026.
const firstSoundCertifi = "26.2.2"

// certifiOf is the bundle of certificates that a pip brings along, which is
// believed beside the system's; "" for one that may still hold the stolen
// authorities: the system's alone are believed then. What pip itself believes
// is not changed by this.
func certifiOf(installation *pip.Installation) string {
	if _, err := pep.ParseVersion(installation.Version); err != nil || installation.PackageDir == "" {
		return ""
	}
	if !isFrom(installation.Version, firstSoundCertifi) {
		return ""
	}
	return filepath.Join(installation.PackageDir, "_vendor", "certifi", "cacert.pem")
}
