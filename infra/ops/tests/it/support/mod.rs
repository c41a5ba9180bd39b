//! The real tool against a local run of its own.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::LazyLock;
use std::time::Duration;

use local::environment::clock;
use local::server::Ports;
use local::{Local, LocalOptions, catalogue, demo};
use serde_json::Value;
use tokio::process::Command;

/// A sample of `tests/events` for each notification of the suites' catalogue.
pub const SAMPLES: [&str; 5] =
    ["order-cancelled", "order-status-shipped", "return-registered", "return-updated", "stock-arrived"];
/// Callbacks come ten times faster than the simulator's usual.
const TIMING: f64 = 0.1;
/// The samples come to where they should within seconds; the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// A local run, and the tool beside it.
pub struct Rig {
    /// AWS, the providers and the functions.
    pub local: Local,
    port: u16,
}

/// What the tool did.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// Its report.
    pub stdout: String,
    /// Its errors and remarks.
    pub stderr: String,
}

impl Rig {
    /// A local run in which nothing has happened.
    pub async fn start() -> Self {
        Self::with(LocalOptions { timing: TIMING, ..LocalOptions::default() }).await
    }

    /// A local run with these options, at ports that were free.
    pub async fn with(options: LocalOptions) -> Self {
        loop {
            // Below the ports that Linux takes for outgoing connections.
            let port = rand::random_range(20_000..32_000);
            match Local::start(LocalOptions { ports: Ports::From(port), ..options.clone() }).await {
                Ok(local) => return Self { local, port },
                Err(error) if format!("{error:#}").contains("is another local run going on?") => {}
                Err(error) => panic!("{error:#}"),
            }
        }
    }

    /// A local run in which the sample events of `tests/events` have come to where they should.
    pub async fn played() -> Self {
        Self::start().await.play().await
    }

    /// The same in this one.
    pub async fn play(self) -> Self {
        demo::play(&self.local, PATIENCE).await.unwrap();
        self
    }

    /// What names this local run.
    pub fn local_option(&self) -> String {
        format!("--local={}", self.port)
    }

    /// Runs `ops <arguments> --local=<this one>`.
    pub async fn ops(&self, arguments: &[&str]) -> Ran {
        let output = command().args(arguments).arg(self.local_option()).output().await.unwrap();
        Ran::of(output)
    }

    /// The same, with `--json`: its report.
    pub async fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.ops(&[arguments, &["--json"]].concat()).await;
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error} in {ran:?}"))
    }

    /// Has a shell run a line in which `ops` is the tool and `--local` this local run.
    pub async fn shell(&self, line: &str) -> Ran {
        let tool = Path::new(env!("CARGO_BIN_EXE_ops")).parent().unwrap().display();
        let path = format!("{tool}:/usr/local/bin:/usr/bin:/bin");
        let line = line.replace("--local", &format!("--local={}", self.port));
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).kill_on_drop(true);
        in_the_suites_shop(&mut shell).env("PATH", path);
        Ran::of(shell.output().await.unwrap())
    }
}

impl Ran {
    /// Of a process that has ended.
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Its report, if it ended with this exit code.
    #[track_caller]
    pub fn ended_with(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        self.stdout
    }
}

/// The tool, beside the suites' shop, without what this process's environment says of AWS.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ops"));
    in_the_suites_shop(&mut command).env("HOME", "/nonexistent").kill_on_drop(true);
    command
}

/// In a folder like the repository's root, in which the shop's files are those of the suites: the repository's own are whatever
/// a shop makes of them.
fn in_the_suites_shop(command: &mut Command) -> &mut Command {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shop");
        // It is left of an earlier run.
        let _removed = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("infra/sample-events")).unwrap();
        let link = |from: &str, to: &str| symlink(repository().join(from), folder.join(to)).unwrap();
        link("tests", "tests");
        link("tests/shop/notifications.toml", "notifications.toml");
        link("tests/shop/message-templates", "infra/message-templates");
        link("tests/shop/template.yaml", "template.yaml");
        for name in SAMPLES {
            link(&format!("tests/events/{name}.json"), &format!("infra/sample-events/{name}.json"));
        }
        folder
    });
    command
        .current_dir(&*FOLDER)
        .env_clear()
        .envs(clock())
        .env("CATALOGUE_PATH", "notifications.toml")
        .env("OPS_DEFINITIONS", "infra/message-templates")
}

/// The repository's root.
pub fn repository() -> &'static Path {
    // The crate is two folders below it.
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// A file in the temporary folder that goes when this is dropped.
pub struct File(PathBuf);

impl File {
    /// A file with this in it.
    pub fn with(text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ops-{:032x}", rand::random::<u128>()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _removed = std::fs::remove_file(&self.0);
    }
}

/// A copy of the suites' catalogue with something changed.
pub fn changed_catalogue(from: &str, to: &str) -> File {
    let shipped = std::fs::read_to_string(catalogue::shipped()).unwrap();
    assert!(shipped.contains(from), "{from}");
    File::with(&shipped.replace(from, to))
}
