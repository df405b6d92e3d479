package compare

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// WriteReport keeps a report in a folder: all of it as NAME.json, a table of it as NAME.csv, and the page as NAME.md.
func WriteReport(folder, name string, report any, table [][]string, page string) error {
	all, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	var rows strings.Builder
	if err := csv.NewWriter(&rows).WriteAll(table); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for ending, content := range map[string]string{".json": string(all) + "\n", ".csv": rows.String(), ".md": page} {
		if err := os.WriteFile(filepath.Join(folder, name+ending), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}
