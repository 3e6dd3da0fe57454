//! What the kernel says of a process.

use std::fs::read_to_string;

/// Its memory, in megabytes.
pub(crate) fn megabytes(id: &str) -> u64 {
    let status = read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kilobytes = line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1_024
}

/// The processor time of this process so far, in seconds.
pub(crate) fn processor() -> f64 {
    let stat = read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_the_name = stat.rsplit(") ").next().unwrap_or_default();
    // The 14th and the 15th field, in hundredths of a second; the name is the second.
    let fields = behind_the_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    fields.sum::<f64>() / 100.0
}
