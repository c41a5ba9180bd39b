//! Builds and finds the measured programs. They have the release profile, as in a deployment.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tokio::process::Command;

/// The Node.js baseline's files. The benchmark copies them and installs the dependencies beside the copies.
const NODE_FILES: [&str; 3] = ["package.json", "package-lock.json", "index.mjs"];

/// The root of the repository from which this program was built.
pub fn repository() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own)
}

/// Builds each Rust program separately, as `sam build` does, so that Cargo doesn't unify their features.
pub async fn build() -> anyhow::Result<()> {
    let packages: [(&str, &[&str]); 6] = [
        ("baselines", &["--features", "sdk-http-client"]),
        ("order-notifier", &[]),
        ("delivery-webhook", &[]),
        ("delivery-events", &[]),
        ("delivery-sweeper", &[]),
        ("status-publisher", &[]),
    ];
    for (package, features) in packages {
        eprintln!("building {package} (release)");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--release", "--locked", "--quiet", "--package", package])
            .args(features)
            .current_dir(repository())
            .status()
            .await
            .context("cargo can't be run")?;
        if !status.success() {
            bail!("{package} doesn't build");
        }
    }
    Ok(())
}

/// The path of a built Rust program: beside this one if that is a release build, otherwise in cargo's target folder.
pub fn binary(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this program's path is unknown")?;
    let target = own.ancestors().nth(2).context("this program is in no target folder")?;
    let path = target.join("release").join(name);
    if !path.exists() {
        bail!("{} isn't built: run without --skip-build", path.display());
    }
    Ok(path)
}

/// Installs the Node.js baseline with its dependencies into this folder; none if there is no Node.js.
pub async fn node(folder: &Path) -> anyhow::Result<Option<Node>> {
    let Some(version) = output("node", &["--version"]).await else { return Ok(None) };
    let path =
        output("node", &["--print", "process.execPath"]).await.context("node didn't print its path")?;
    std::fs::create_dir_all(folder)?;
    for file in NODE_FILES {
        std::fs::copy(repository().join("infra/bench/baselines/node").join(file), folder.join(file))
            .with_context(|| format!("{file} can't be copied"))?;
    }
    if !folder.join("node_modules").exists() {
        let status = Command::new("npm")
            .args(["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(folder)
            .stdout(std::process::Stdio::null())
            .status();
        if !status.await.is_ok_and(|status| status.success()) {
            return Ok(None);
        }
    }
    Ok(Some(Node { command: path.into(), script: folder.join("index.mjs"), version }))
}

/// A Node.js interpreter, and its baseline program.
#[derive(Debug, Clone)]
pub struct Node {
    pub command: PathBuf,
    pub script: PathBuf,
    /// Such as `v20.20.2`.
    pub version: String,
}

/// A command's standard output; none if the command can't be run or fails.
pub async fn output(command: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(command).args(arguments).current_dir(repository()).output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
