// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"syscall"
	"time"
)

// usageReport is the part of a result line that getrusage fills.
type usageReport struct {
	CPUUser  float64 `json:"cpu_user"`
	CPUSys   float64 `json:"cpu_sys"`
	MaxRSSKB int64   `json:"max_rss_kb"`
}

// usageSince reports the CPU time since another reading, and the peak memory
// of the whole process.
func usageSince(before syscall.Rusage) usageReport {
	now := readUsage()
	return usageReport{
		CPUUser:  seconds(now.Utime, before.Utime),
		CPUSys:   seconds(now.Stime, before.Stime),
		MaxRSSKB: int64(now.Maxrss),
	}
}

func readUsage() syscall.Rusage {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage
}

func seconds(now, before syscall.Timeval) float64 {
	return time.Duration(now.Nano() - before.Nano()).Seconds()
}
