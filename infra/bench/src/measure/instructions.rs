//! Instructions, counted by callgrind: the one figure that doesn't depend on the machine's load.
//!
//! A process is run with different numbers of invocations; the difference is the cost of the additional ones. Node.js
//! is left out: its just-in-time compiler makes the count meaningless.

use std::path::Path;

use anyhow::Context as _;
use local::lambda::Program;
use serde::Serialize;

use crate::options::Options;
use crate::process::Function;
use crate::progress::Progress;
use crate::stack::Stack;
use crate::subjects::{Cast, Subject};

/// The number of invocations after which the additional ones are counted.
const SOME: u32 = 5;

/// The instructions that a subject executes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Instructions {
    pub subject: Subject,
    /// Until it asks for its first invocation.
    pub init: f64,
    /// Like `init`, with one root certificate instead of the machine's bundle.
    pub init_with_one_root: f64,
    /// In the first invocation.
    pub first: f64,
    /// In a warm invocation.
    pub warm: f64,
}

/// Measures every subject except Node.js. Without callgrind, the result is the reason.
pub async fn measure(
    cast: &Cast,
    stack: &Stack,
    folder: &Path,
    options: &Options,
) -> anyhow::Result<Result<Vec<Instructions>, String>> {
    let Some(valgrind) = crate::binaries::output("sh", &["-c", "command -v valgrind"]).await else {
        return Ok(Err("valgrind isn't installed".to_owned()));
    };
    let many = u32::try_from(options.repetitions(55, 15))?;
    let subjects: Vec<Subject> = cast.subjects().filter(|subject| *subject != Subject::Node).collect();
    let progress = Progress::bar("instructions", subjects.len());
    let mut all = Vec::new();
    for subject in subjects {
        let program = under_callgrind(&valgrind, cast.program(subject)?, folder);
        let init = count(cast, subject, &program, folder, 0).await?;
        let mut with_one_root = program.clone();
        let own_root = stack.authority().own_root().display().to_string();
        with_one_root.variables.insert("SSL_CERT_FILE".to_owned(), own_root);
        let init_with_one_root = count(cast, subject, &with_one_root, folder, 0).await?;
        let first = count(cast, subject, &program, folder, 1).await?;
        let some = count(cast, subject, &program, folder, SOME).await?;
        let all_of_them = count(cast, subject, &program, folder, many).await?;
        let warm = (all_of_them - some) / f64::from(many - SOME);
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
    cast: &Cast,
    subject: Subject,
    program: &Program,
    folder: &Path,
    invocations: u32,
) -> anyhow::Result<f64> {
    let mut function = Function::start(program, None).await?;
    for _ in 0..invocations {
        let invoked = function.invoke(&cast.next_event(subject)?).await?;
        Cast::check(subject, &invoked.answer)?;
    }
    function.end().await?;
    let file = folder.join("callgrind.out");
    let counted = std::fs::read_to_string(&file).context("callgrind has written nothing")?;
    std::fs::remove_file(file)?;
    let totals = counted.lines().find_map(|line| line.strip_prefix("totals: "));
    totals.context("callgrind tells no totals")?.trim().parse().context("no number")
}
