//! The machine, the versions and the time of a run.

use jiff::Timestamp;
use serde::Serialize;

use crate::binaries::output;

/// The conditions of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// The start of the run, in UTC.
    pub at: String,
    /// Whether the run made fewer repetitions.
    pub quick: bool,
    /// The commit, and whether the working tree differs from it.
    pub commit: String,
    /// The build profile of all programs.
    pub profile: &'static str,
    pub rustc: String,
    /// The version of the baseline's Node.js.
    pub node: Option<String>,
    /// The processor's model.
    pub processor: String,
    /// The number of logical processors.
    pub processors: usize,
    /// The kernel, with the first two numbers of its version.
    pub kernel: String,
    /// The load average of the minute before the run.
    pub load: String,
}

impl Machine {
    /// Describes this machine now.
    pub async fn describe(quick: bool) -> Self {
        let commit = output("git", &["rev-parse", "--short=12", "HEAD"]).await.unwrap_or_default();
        let changed = output("git", &["status", "--porcelain", "--untracked-files=no"]).await;
        let changed = changed.is_some_and(|changed| !changed.is_empty());
        let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = information.lines().find_map(|line| line.strip_prefix("model name"));
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            at: Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
            quick,
            commit: if changed { format!("{commit} with changes") } else { commit },
            profile: "release: size before speed, fat LTO, one codegen unit, unwinding, stripped",
            rustc: output("rustc", &["--version"]).await.unwrap_or_default(),
            node: None,
            processor: processor
                .map_or("unknown", |name| name.trim_start_matches([' ', '\t', ':']))
                .to_owned(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: kernel(&output("uname", &["-srm"]).await.unwrap_or_default()),
            load: load.split(' ').next().unwrap_or_default().to_owned(),
        }
    }

    /// One line of Markdown for `docs/performance.md`.
    pub fn markdown(&self) -> String {
        format!(
            "{} of {} at commit {}; {} × {}, {}, {}, {}; profile {}; load before the run: {}.\n",
            if self.quick { "Quick run" } else { "Run" },
            self.at,
            self.commit,
            self.processors,
            self.processor,
            self.kernel,
            self.rustc,
            self.node.as_ref().map_or("no Node.js".to_owned(), |version| format!("Node.js {version}")),
            self.profile,
            self.load
        )
    }
}

/// `Linux 6.1 x86_64` from `Linux 6.1.155-build x86_64`.
fn kernel(uname: &str) -> String {
    let short = |word: &str| word.split('.').take(2).collect::<Vec<_>>().join(".");
    uname.split_whitespace().map(short).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_kernel_version_is_shortened_to_two_numbers() {
        assert_eq!(super::kernel("Linux 6.1.155-build.3 x86_64\n"), "Linux 6.1 x86_64");
    }
}
