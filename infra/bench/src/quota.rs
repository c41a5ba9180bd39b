//! The processor quota of a Lambda function with a given memory size, as a Linux control group.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>: "at 1,769 MB, a function has the
//! equivalent of one vCPU", and proportionally less below. AWS documents neither the period of its quota nor an
//! exemption of the init phase; here the quota applies from the process's start on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The memory with which a function has one full vCPU.
pub const FULL_MEMORY_MB: u32 = 1769;
/// The quota's period. With the kernel's default of 100 ms, a throttled process would wait too long for the next one.
const PERIOD_MICROSECONDS: u64 = 20_000;

/// The version of the machine's control groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hierarchy {
    V1,
    V2,
}

/// A control group with a quota. Dropping it removes the group if its processes have ended.
#[derive(Debug)]
pub struct Quota {
    folder: PathBuf,
}

impl Quota {
    /// Creates the quota of a function with this memory. The error says why this machine supports none.
    pub fn open(memory_mb: u32) -> anyhow::Result<Self> {
        let (hierarchy, root) = hierarchy().context("this machine supports no processor control group")?;
        let folder = root.join(format!("bench-{}-{memory_mb}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("{} can't be created", folder.display()))?;
        let quota = Self { folder };
        let microseconds = u64::from(memory_mb) * PERIOD_MICROSECONDS / u64::from(FULL_MEMORY_MB);
        match hierarchy {
            Hierarchy::V1 => {
                quota.write("cpu.cfs_period_us", &PERIOD_MICROSECONDS.to_string())?;
                quota.write("cpu.cfs_quota_us", &microseconds.to_string())?;
            }
            Hierarchy::V2 => quota.write("cpu.max", &format!("{microseconds} {PERIOD_MICROSECONDS}"))?,
        }
        Ok(quota)
    }

    /// Applies the quota to a process with all its threads.
    pub fn add_process(&self, pid: u32) -> anyhow::Result<()> {
        self.write("cgroup.procs", &pid.to_string())
    }

    fn write(&self, file: &str, value: &str) -> anyhow::Result<()> {
        let path = self.folder.join(file);
        fs::write(&path, value).with_context(|| format!("{} can't be written", path.display()))
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // A remaining empty group does no harm.
        let _removed = fs::remove_dir(&self.folder);
    }
}

fn hierarchy() -> Option<(Hierarchy, PathBuf)> {
    let v2 = Path::new("/sys/fs/cgroup");
    let controllers = fs::read_to_string(v2.join("cgroup.subtree_control")).unwrap_or_default();
    if controllers.split_whitespace().any(|controller| controller == "cpu") {
        return Some((Hierarchy::V2, v2.to_owned()));
    }
    let v1 = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"].into_iter().map(Path::new);
    v1.filter(|root| root.join("cpu.cfs_quota_us").exists())
        .map(|root| (Hierarchy::V1, root.to_owned()))
        .next()
}
