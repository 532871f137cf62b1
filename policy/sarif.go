package policy

import (
	"io"
	"net/url"
	"path"
)

// The parts of SARIF 2.1.0 that a report has.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
		Columns string        `json:"columnKind"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string      `json:"id"`
		Name    string      `json:"name"`
		Short   sarifText   `json:"shortDescription"`
		Full    sarifText   `json:"fullDescription"`
		HelpURI string      `json:"helpUri"`
		Default sarifConfig `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level Severity `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        Severity           `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifSuppression struct {
		Kind   string `json:"kind"`
		Status string `json:"status"`
		Why    string `json:"justification"`
	}
)

// WriteSARIF writes SARIF 2.1.0. Every rule is told of, whether it found something or not.
func WriteSARIF(w io.Writer, r *Report) error {
	run := sarifRun{Tool: sarifTool{Driver: sarifDriver{Name: "scaffold"}}, Results: []sarifResult{}, Columns: "unicodeCodePoints"}
	index := map[string]int{}
	for i, rule := range Rules {
		index[rule.ID] = i
		level := rule.Level(Default())
		if level == Off {
			level = Error // where a policy asks for it
		}
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: rule.ID, Name: rule.Name, Short: sarifText{rule.Name + "."}, Full: sarifText{rule.Description}, HelpURI: rule.URL, Default: sarifConfig{level},
		})
	}
	for _, f := range r.Findings {
		result := sarifResult{RuleID: f.Rule, RuleIndex: index[f.Rule], Level: f.Severity, Message: sarifText{f.Msg}}
		where := sarifPhysical{Artifact: sarifArtifact{uri(f.Path)}}
		if f.Line > 0 {
			where.Region = &sarifRegion{f.Line}
		}
		result.Locations = []sarifLocation{{where}}
		if f.Waived != "" {
			result.Suppressions = []sarifSuppression{{"external", "accepted", f.Waived}}
		}
		run.Results = append(run.Results, result)
	}
	return encode(w, sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

// uri is a path as a relative reference, or as a file address where it is absolute.
func uri(file string) string {
	u := url.URL{Path: file}
	if path.IsAbs(file) {
		u.Scheme = "file"
	}
	return u.String()
}
