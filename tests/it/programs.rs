//! The tests of what others send, once more with every function as a program of its own under Lambda's Runtime API.

use std::process::Command;

use local::programs::{FUNCTIONS, PROGRAMS};

use crate::support::with_programs;

const SUITES: [&str; 2] = ["open_world::", "wrapped_events::"];
/// So few at once that the other tests have processor time left.
const THREADS: &str = "2";

#[test]
fn what_others_send_has_the_same_end_with_the_functions_own_programs() {
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
