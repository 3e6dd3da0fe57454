//! Memory and processor time of a process, from `/proc`.

use std::fs::read_to_string;

/// The resident memory, in megabytes.
pub(crate) fn megabytes(id: &str) -> u64 {
    let status = read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kilobytes = line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1_024
}

/// The processor time of this process so far, in seconds.
pub(crate) fn processor() -> f64 {
    let stat = read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    // utime and stime are the fields 14 and 15, in hundredths of a second; the process name is field 2.
    let fields = after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    fields.sum::<f64>() / 100.0
}
