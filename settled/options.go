package settled

import "fmt"

// ordinary are the options, by optparse's destination, under which pip does what
// this package knows.
var ordinary = map[string]bool{
	"requirements": true, "constraints": true, "upgrade": true, "upgrade_strategy": true,
	"index_url": true, "extra_index_urls": true, "trusted_hosts": true, "format_control": true,
	"require_hashes": true, "no_require_hashes": true, "refresh_package": true,
	"proxy": true, "no_proxy_env": true, "timeout": true, "retries": true, "resume_retries": true,
	"cert": true, "client_cert": true, "keyring_provider": true, "cache_dir": true,
	"quiet": true, "progress_bar": true, "no_color": true, "no_input": true, "exists_action": true,
	"disable_pip_version_check": true, "no_python_version_warning": true, "root_user_action": true,
	"require_venv": true, "isolated_mode": true, "override_externally_managed": true,
	"compile": true, "warn_script_location": true, "warn_about_conflicts": true,
}

// Ordinary says whether nothing is among the options that were said of which this
// package does not know what pip makes. It gives nil, or the doubt.
func Ordinary(said []string) error {
	for _, option := range said {
		if !ordinary[option] {
			return Doubt(fmt.Sprintf("an option for %s was given", option))
		}
	}
	return nil
}
