package pip

import (
	"errors"
	"os"
	"path/filepath"

	"thresher/internal/files"
	"thresher/pip/option"
	"thresher/python"
)

// introspectedTableOf asks a pip for its options and keeps the answer.
func introspectedTableOf(i *Installation, cacheDir string) (*option.Table, error) {
	sources := []string{
		filepath.Join(i.PackageDir, "__init__.py"),
		filepath.Join(i.PackageDir, "_internal", "cli", "cmdoptions.py"),
		filepath.Join(i.PackageDir, "_internal", "commands", "install.py"),
	}
	key := files.Fingerprint(i.PackageDir+option.Introspection, sources...)
	cached := filepath.Join(cacheDir, "pip", "options", key+".json")
	if cacheDir != "" {
		if content, err := os.ReadFile(cached); err == nil {
			if table, err := option.FromIntrospection(content, i.Version); err == nil {
				return table, nil
			}
		}
	}
	if i.Interpreter == "" {
		return nil, errors.New("its interpreter is not known")
	}
	// -B: the environment is only looked at.
	output, err := python.Run(i.Interpreter, "", "-I", "-B", "-c", option.Introspection, filepath.Dir(i.PackageDir))
	if err != nil {
		return nil, err
	}
	table, err := option.FromIntrospection(output, i.Version)
	if err != nil {
		return nil, err
	}
	if cacheDir != "" && os.MkdirAll(filepath.Dir(cached), 0o700) == nil {
		// A cache that cannot be written costs time: the question is asked again.
		_ = files.Keep(cached, output)
	}
	return table, nil
}
