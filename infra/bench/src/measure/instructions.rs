//! Instructions, counted by callgrind. This is the only figure that doesn't depend on the machine's load.
//!
//! A process runs with different numbers of invocations; the difference is the cost of the additional ones. Node.js is
//! excluded, because its just-in-time compiler makes the count meaningless.

use std::path::Path;

use anyhow::Context as _;
use local::lambda::Program;
use serde::Serialize;

use crate::options::Options;
use crate::process::Function;
use crate::progress::Progress;
use crate::stack::Stack;
use crate::subjects::{Harness, Subject};

/// The number of invocations that are subtracted as the warm-up of the count.
const FIRST_INVOCATIONS: u32 = 5;

/// The instructions that a subject executes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Instructions {
    pub subject: Subject,
    /// Until the first request for an invocation.
    pub init: f64,
    /// Like `init`, with one root certificate instead of the machine's bundle.
    pub init_with_one_root: f64,
    /// In the first invocation.
    pub first: f64,
    /// In a warm invocation.
    pub warm: f64,
}

/// Measures every subject except Node.js. If callgrind is unavailable, returns the reason as the inner error.
pub async fn measure(
    harness: &Harness,
    stack: &Stack,
    folder: &Path,
    options: &Options,
) -> anyhow::Result<Result<Vec<Instructions>, String>> {
    let Some(valgrind) = crate::binaries::output("sh", &["-c", "command -v valgrind"]).await else {
        return Ok(Err("valgrind isn't installed".to_owned()));
    };
    let many = u32::try_from(options.repetitions(55, 15))?;
    let subjects: Vec<Subject> = harness.subjects().filter(|subject| *subject != Subject::Node).collect();
    let progress = Progress::bar("instructions", subjects.len());
    let mut all = Vec::new();
    for subject in subjects {
        let program = under_callgrind(&valgrind, harness.program(subject)?, folder);
        let init = count(harness, subject, &program, folder, 0).await?;
        let mut with_one_root = program.clone();
        let own_root = stack.authority().own_root().display().to_string();
        with_one_root.variables.insert("SSL_CERT_FILE".to_owned(), own_root);
        let init_with_one_root = count(harness, subject, &with_one_root, folder, 0).await?;
        let first = count(harness, subject, &program, folder, 1).await?;
        let few = count(harness, subject, &program, folder, FIRST_INVOCATIONS).await?;
        let all_of_them = count(harness, subject, &program, folder, many).await?;
        let warm = (all_of_them - few) / f64::from(many - FIRST_INVOCATIONS);
        all.push(Instructions { subject, init, init_with_one_root, first: first - init, warm });
        progress.step();
    }
    Ok(Ok(all))
}

fn under_callgrind(valgrind: &str, program: &Program, folder: &Path) -> Program {
    let output = format!("--callgrind-out-file={}", folder.join("callgrind.out").display());
    let mut arguments = vec!["--tool=callgrind".to_owned(), output, program.command.display().to_string()];
    arguments.extend(program.arguments.iter().cloned());
    Program { command: valgrind.into(), arguments, variables: program.variables.clone() }
}

async fn count(
    harness: &Harness,
    subject: Subject,
    program: &Program,
    folder: &Path,
    invocations: u32,
) -> anyhow::Result<f64> {
    let mut function = Function::start(program, None).await?;
    for _ in 0..invocations {
        let invoked = function.invoke(&harness.next_event(subject)?).await?;
        Harness::check(subject, &invoked.answer)?;
    }
    function.end().await?;
    let file = folder.join("callgrind.out");
    let counted = std::fs::read_to_string(&file).context("callgrind wrote no file")?;
    std::fs::remove_file(file)?;
    let totals = counted.lines().find_map(|line| line.strip_prefix("totals: "));
    totals.context("no totals")?.trim().parse().context("no number")
}
