//! The program as a process of its own: the check of sizes that `.ci/run` makes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder as `sam build` leaves one, with functions of so many bytes; gone when this is dropped.
struct Built(PathBuf);

impl Built {
    fn with(functions: &[(&str, usize)]) -> Self {
        let folder = std::env::temp_dir().join(format!("budget-{}-{}", std::process::id(), functions.len()));
        for (function, bytes) in functions {
            let folder = folder.join(function);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("bootstrap"), vec![0; *bytes]).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

fn budget(folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bench")).arg("budget").arg(folder).output().unwrap()
}

const FUNCTIONS: [(&str, usize); 4] =
    [("DeliverySweeper", 9), ("DeliveryWebhook", 9), ("OrderNotifier", 9), ("StatusPublisher", 9)];

#[test]
fn functions_within_the_budget_are_printed_with_what_they_may_have() {
    let built = Built::with(&FUNCTIONS);
    let output = budget(&built.0);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}");
    for (function, _) in FUNCTIONS {
        assert!(shown.contains(&format!("{function}: binary 0.00 MB of ")), "{shown}");
    }
}

#[test]
fn a_function_that_was_not_built_is_a_fault() {
    let [sweeper, webhook, notifier, _] = FUNCTIONS;
    let built = Built::with(&[sweeper, webhook, notifier]);
    let output = budget(&built.0);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
