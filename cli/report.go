package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"

	"thresher/internal/files"
	"thresher/internal/words"
	"thresher/report"
	"thresher/report/webpage"
)

func (p *program) reportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		ArgsUsage: "[DIR…]",
		Usage:     "write a page about all environments: versions, vulnerabilities, refusals, and what ends soon",
		Description: "The page is one HTML file that loads nothing and runs no script. It is of this machine's\n" +
			"environments, or with --log of what the logs of other machines tell; DIR is a further one of\n" +
			"these. No index is asked. A file that is there is only replaced where it is a report itself.",
		Category: categoryLook,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "html", Usage: "write the page to `FILE` (- for standard output)"},
			&cli.BoolFlag{Name: "json", Usage: "what the page is made of, one JSON object"},
			&cli.StringSliceFlag{
				Name: "log", Usage: "make it of the logs of other machines, collected in `DIR` (may be repeated)",
			},
		},
		Action: p.writeReport,
	}
}

func (p *program) writeReport(c *cli.Context) error {
	target, logs := c.String("html"), c.StringSlice("log")
	if c.Args().Present() {
		if len(logs) == 0 {
			return usageError(messageReportWords, c.Args().First())
		}
		logs = append(logs, c.Args().Slice()...) // `--log DIR DIR`, as a shell writes a pattern out
	}
	if target == "" && !c.Bool("json") {
		return usageError("%s", messageReportWhere)
	}
	mode, err := reportMode(target)
	if err != nil {
		return err
	}
	in := report.Input{Made: p.now, Thresher: p.shim.Version}
	if len(logs) > 0 {
		in.Collected = true
		err = p.reportOfLogs(&in, logs)
	} else {
		err = p.reportHere(&in)
	}
	if err != nil {
		return err
	}
	made := report.Make(in)
	for _, unread := range made.Unread {
		p.say("%s", unread)
	}
	if c.Bool("json") {
		if err := writeObject(p.out, made); err != nil {
			return err
		}
	}
	if target == "" {
		return nil
	}
	var written bytes.Buffer
	if err := webpage.Write(&written, made); err != nil {
		return err
	}
	if target == "-" {
		_, err := p.out.Write(written.Bytes())
		return err
	}
	if err := files.Replace(target, written.Bytes(), mode); err != nil {
		return fmt.Errorf("write %s: %w", target, err)
	}
	p.say(messageReportWritten, harmless(target), words.Counted(int64(len(made.Environments)), "environment"),
		words.Counted(int64(len(made.Packages)), "package"))
	return nil
}

// reportMode says with which permissions a report is written: its owner's alone where
// it is new, those that it has where it is there. What is there and is no report is
// not replaced.
func reportMode(path string) (fs.FileMode, error) {
	const own = 0o600
	if path == "" || path == "-" {
		return own, nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return own, nil
	}
	if err != nil {
		return 0, err
	}
	beginning := make([]byte, 1024)
	if info.Mode().IsRegular() {
		file, err := files.OpenRegular(path)
		if err != nil {
			return 0, err
		}
		count, err := file.ReadAt(beginning, 0)
		if err = errors.Join(ignoreEnd(err), file.Close()); err != nil {
			return 0, fmt.Errorf("read %s: %w", path, err)
		}
		beginning = beginning[:count]
	}
	if !info.Mode().IsRegular() || info.Size() > 0 && !webpage.IsReport(beginning) {
		return 0, usageError(messageReportOther, harmless(path))
	}
	return info.Mode().Perm(), nil
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
