// SPDX-License-Identifier: BSD-3-Clause

package main

import "sort"

// latencyReport is the part of a result line that tells how long replies took.
type latencyReport struct {
	P50  float64 `json:"p50_us"`
	P90  float64 `json:"p90_us"`
	P99  float64 `json:"p99_us"`
	P999 float64 `json:"p999_us"`
	Max  float64 `json:"max_us"`
}

// reportLatencies sorts its argument and returns nil if there is nothing in it.
func reportLatencies(micros []float64) *latencyReport {
	if len(micros) == 0 {
		return nil
	}
	sort.Float64s(micros)
	at := func(quantile float64) float64 {
		return micros[int(quantile*float64(len(micros)-1))]
	}
	return &latencyReport{at(0.5), at(0.9), at(0.99), at(0.999), at(1)}
}
