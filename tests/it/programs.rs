//! Repeats the tests of undocumented input with every function as a program under Lambda's Runtime API.

use std::process::Command;

use local::programs::{FUNCTIONS, PROGRAMS};

use crate::support::with_programs;

const SUITES: [&str; 2] = ["open_world::", "wrapped_events::"];
/// Two threads, so that the other tests have processor time left.
const THREADS: &str = "2";

#[test]
fn undocumented_input_has_the_same_outcome_with_the_functions_own_programs() {
    if with_programs() {
        // All tests of this run use the programs.
        return;
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    let again = again.args(SUITES).args(["--test-threads", THREADS]).env(FUNCTIONS, PROGRAMS);
    let output = again.output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let has_run = |suite: &str| said.contains(&format!("test {suite}"));
    assert!(output.status.success() && SUITES.into_iter().all(has_run), "{said}");
}
