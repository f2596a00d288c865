// Package watch holds what a monitoring system needs to know of the daemon's metrics: alert
// rules for Prometheus and a dashboard for Grafana. Every metric that they name is one of
// package web; a test keeps that true.
package watch

import _ "embed"

// Rules are alerting rules for Prometheus, as its rule_files want them
// (https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/).
//
//go:embed rules.yaml
var Rules string

// Dashboard is a dashboard to import into Grafana, which asks for the Prometheus to use.
//
//go:embed dashboard.json
var Dashboard string
