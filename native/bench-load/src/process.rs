//! What the system says about a server's process.

use std::{fs, time::Duration};

use crate::Outcome;

/// Linux counts in USER_HZ for everybody.
const TICKS_PER_SECOND: u64 = 100;

pub struct Process(u32);

impl Process {
    pub fn new(pid: &str) -> Outcome<Process> {
        Ok(Process(pid.parse()?))
    }

    /// CPU time of all its threads so far, those that ended too.
    pub fn cpu(&self) -> Outcome<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        let after_name = stat.rsplit_once(')').ok_or("strange /proc/PID/stat")?.1;
        let ticks: Vec<u64> = after_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        Ok(Duration::from_millis(
            ticks.iter().sum::<u64>() * 1000 / TICKS_PER_SECOND,
        ))
    }

    pub fn rss_mib(&self) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .ok_or("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}
