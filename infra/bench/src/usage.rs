//! A process's memory, from `/proc`, and its processor time.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

/// A process's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Resident memory, in kilobytes.
    pub resident_kb: u64,
    /// Peak resident memory since the start, in kilobytes.
    pub peak_kb: u64,
}

pub fn memory(pid: u32) -> anyhow::Result<Memory> {
    let status = read_proc(pid, "status")?;
    let field = |name: &str| -> anyhow::Result<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.with_context(|| format!("no {name} in /proc/{pid}/status"))?.parse().context("not a number")
    };
    Ok(Memory { resident_kb: field("VmRSS:")?, peak_kb: field("VmHWM:")? })
}

/// The processor time of a process with all its threads, also ended ones, in nanosecond resolution.
pub fn processor_time(pid: u32) -> anyhow::Result<Duration> {
    let clock =
        clock_getcpuclockid(Pid::from_raw(i32::try_from(pid)?)).context("the process has no clock")?;
    Ok(Duration::from(clock.now().context("the process's clock can't be read")?))
}

fn read_proc(pid: u32, file: &str) -> anyhow::Result<String> {
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
        let before = processor_time(pid).unwrap();
        let sum: u64 = (0..1_000_000_u64).map(std::hint::black_box).sum();
        assert!(sum > 0 && processor_time(pid).unwrap() > before);
        assert!(processor_time(u32::MAX).is_err());
    }
}
