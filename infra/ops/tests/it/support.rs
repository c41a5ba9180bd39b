//! The tests' harness: the real tool against a local run of its own.

mod ran;
mod studio;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use local::environment::clock;
use local::server::Ports;
use local::{Functions, Local, LocalOptions, catalogue, demo, programs};
use serde_json::Value;
use tokio::process::Command;

pub use ran::Ran;
pub use studio::{Form, Studio};

/// A sample of `tests/events` for each notification of the tests' catalogue.
pub const SAMPLES: [&str; 6] = [
    "order-cancelled",
    "order-status-shipped",
    "pickup-ready",
    "return-registered",
    "return-updated",
    "stock-arrived",
];
/// Callbacks are ten times faster than the simulator's default.
const TIMING: f64 = 0.1;
/// The samples reach their outcomes within seconds; the machine may be busy.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A local run, and the tool that accesses it.
pub struct Rig {
    /// AWS, the providers and the functions.
    pub local: Local,
    port: u16,
}

fn is_port_taken(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::AddrInUse)
}

impl Rig {
    /// A local run without any events yet.
    pub async fn start() -> Self {
        Self::with(LocalOptions { timing: TIMING, ..LocalOptions::default() }).await
    }

    /// A local run with these options, on free ports.
    pub async fn with(mut options: LocalOptions) -> Self {
        if options.functions == Functions::Here {
            options.functions = programs::chosen().unwrap();
        }
        loop {
            // Below the ports that Linux takes for outgoing connections.
            let port = rand::random_range(20_000..32_000);
            match Local::start(LocalOptions { ports: Ports::From(port), ..options.clone() }).await {
                Ok(local) => return Self { local, port },
                Err(error) if is_port_taken(&error) => {}
                Err(error) => panic!("{error:#}"),
            }
        }
    }

    /// A local run in which the sample events of `tests/events` have their expected outcomes.
    pub async fn played() -> Self {
        Self::start().await.play().await
    }

    /// Publishes the samples, and waits for their expected outcomes.
    pub async fn play(self) -> Self {
        demo::play(&self.local, PATIENCE).await.unwrap();
        self
    }

    /// The option that names this local run.
    pub fn local_option(&self) -> String {
        format!("--local={}", self.port)
    }

    /// Runs `ops <arguments> --local=<this one>`.
    pub async fn ops(&self, arguments: &[&str]) -> Ran {
        run(command().args(arguments).arg(self.local_option())).await
    }

    /// Like [`ops`](Self::ops), with `--json`. Returns the report.
    pub async fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.ops(&[arguments, &["--json"]].concat()).await;
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error} in {ran:?}"))
    }

    /// Runs a line in a shell in which `ops` is the tool and `--local` this local run.
    pub async fn shell(&self, line: &str) -> Ran {
        let tool = Path::new(env!("CARGO_BIN_EXE_ops")).parent().unwrap().display();
        let path = format!("{tool}:/usr/local/bin:/usr/bin:/bin");
        let line = line.replace("--local", &format!("--local={}", self.port));
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).kill_on_drop(true);
        in_the_suites_shop(&mut shell).env("PATH", path);
        run(&mut shell).await
    }
}

/// The tool in the tests' shop, without this process's AWS variables.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ops"));
    in_the_suites_shop(&mut command).env("HOME", "/nonexistent").kill_on_drop(true);
    command
}

/// Runs the tool without a deployment.
pub async fn ops(arguments: &[&str]) -> Ran {
    run(command().args(arguments)).await
}

/// Runs a command to its end.
pub async fn run(command: &mut Command) -> Ran {
    Ran::from_output(command.output().await.unwrap())
}

/// A folder like the repository's root with the tests' shop files: the repository's own depend on the shop.
fn in_the_suites_shop(command: &mut Command) -> &mut Command {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shop");
        // From an earlier run.
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

/// A temporary file that is deleted on drop.
pub struct File(PathBuf);

impl File {
    /// A file with this text.
    pub fn with(text: &str) -> Self {
        Self::with_bytes(text.as_bytes())
    }

    pub fn with_bytes(content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("ops-{:032x}", rand::random::<u128>()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _removed = std::fs::remove_file(&self.0);
    }
}

/// A copy of the tests' catalogue with one text replaced.
pub fn changed_catalogue(from: &str, to: &str) -> File {
    let shipped = std::fs::read_to_string(catalogue::shipped()).unwrap();
    assert!(shipped.contains(from), "{from}");
    File::with(&shipped.replace(from, to))
}
