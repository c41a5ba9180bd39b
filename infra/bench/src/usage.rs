//! What Linux says of a process: memory and processor time, from `/proc`.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

/// Linux counts a process's time in these for user space, on every architecture (`USER_HZ`, time(7)).
const TICKS_A_SECOND: u64 = 100;

/// A process's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Resident now, in kilobytes.
    pub resident_kb: u64,
    /// Resident at most until now, in kilobytes.
    pub peak_kb: u64,
}

/// The memory of a process.
pub fn memory(pid: u32) -> anyhow::Result<Memory> {
    let status = read(pid, "status")?;
    let field = |name: &str| -> anyhow::Result<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.with_context(|| format!("no {name} in /proc/{pid}/status"))?.parse().context("no number")
    };
    Ok(Memory { resident_kb: field("VmRSS:")?, peak_kb: field("VmHWM:")? })
}

/// The processor time of a process with all its threads, also those that have ended, to the hundredth of a second.
pub fn processor_time(pid: u32) -> anyhow::Result<Duration> {
    let stat = read(pid, "stat")?;
    // The second field is the program's name in parentheses, which may hold anything (proc_pid_stat(5)).
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next().and_then(|field| field.parse::<u64>().ok()).context("no times in stat");
    let (user, system) = (ticks()?, ticks()?);
    Ok(Duration::from_millis((user + system) * 1000 / TICKS_A_SECOND))
}

/// The processor time of a process's living threads, to the nanosecond: for times so short that no thread has ended.
pub fn precise_processor_time(pid: u32) -> anyhow::Result<Duration> {
    let mut sum = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task")).context("the process has ended")? {
        let schedstat = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let on_processor = schedstat.split_whitespace().next().and_then(|field| field.parse::<u64>().ok());
        sum += on_processor.context("no times in schedstat")?;
    }
    Ok(Duration::from_nanos(sum))
}

fn read(pid: u32, file: &str) -> anyhow::Result<String> {
    let path = Path::new("/proc").join(pid.to_string()).join(file);
    std::fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_processor_time() {
        let pid = std::process::id();
        let memory = memory(pid).unwrap();
        assert!(memory.resident_kb > 100 && memory.peak_kb >= memory.resident_kb);
        let before = precise_processor_time(pid).unwrap();
        let sum: u64 = (0..1_000_000_u64).map(std::hint::black_box).sum();
        assert!(sum > 0 && precise_processor_time(pid).unwrap() > before);
        assert!(processor_time(pid).unwrap() <= Duration::from_hours(1));
    }
}
