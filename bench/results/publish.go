package results

import (
	"fmt"
	"os"
	"path/filepath"

	"covey/internal/chart"
)

// Publish writes NAME.md to the folder out, and to NAME in it the pictures, by environment, and the records as one table.
func Publish(out, name, page string, pictures map[string][]chart.Panel, records []*Record) error {
	folder := filepath.Join(out, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "runs.csv"), []byte(CSV(records)), 0o644); err != nil {
		return err
	}
	for env, panels := range pictures {
		if err := chart.Draw(filepath.Join(folder, Picture(env)), panels...); err != nil {
			return fmt.Errorf("draw %s: %w", env, err)
		}
	}
	path := filepath.Join(out, name+".md")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

// Picture is the name of an environment's picture.
func Picture(env string) string { return fileName(env) + ".png" }
