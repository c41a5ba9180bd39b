//! Asks the user at a terminal; without a terminal, uses the guesses.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::usable::Unusable;
use crate::failure::Failure;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Questions {
    Asked,
    Guessed,
}

impl Questions {
    /// The user is not asked if standard input is not a terminal.
    pub(super) fn new(is_silent: bool) -> Self {
        if is_silent || !io::stdin().is_terminal() { Self::Guessed } else { Self::Asked }
    }

    /// The option's value, otherwise the user's answer, otherwise the guess. Without any, the error asks for `option`.
    pub(super) fn answer(
        self,
        question: &str,
        given: Option<String>,
        guess: Option<String>,
        option: &str,
    ) -> Result<String, Failure> {
        let answer = self.optional(question, given, guess)?;
        answer.ok_or_else(|| {
            Failure::usage(format!("no field of the event looks like the answer: {question}"))
                .with_remedy(format!("add {option}"))
        })
    }

    /// Like [`answer`](Self::answer), with a check. In a terminal, the question is asked again after an unusable answer.
    pub(super) fn checked_answer(
        self,
        question: &str,
        given: Option<&str>,
        guess: Option<&str>,
        option: &str,
        check: impl Fn(&str) -> Result<(), Unusable>,
    ) -> Result<String, Failure> {
        loop {
            let answer = self.answer(question, given.map(str::to_owned), guess.map(str::to_owned), option)?;
            let Err(Unusable { problem, remedy }) = check(&answer) else { return Ok(answer) };
            if given.is_some() || self == Self::Guessed {
                let failure = Failure::usage(format!("nothing is written, because {problem}"));
                return Err(failure.with_remedy(remedy));
            }
            // Without a terminal for errors, the next question fails.
            let _shown = writeln!(io::stderr(), "{problem}\n  {remedy}");
        }
    }

    /// Like [`answer`](Self::answer), for an optional value.
    pub(super) fn optional(
        self,
        question: &str,
        given: Option<String>,
        guess: Option<String>,
    ) -> Result<Option<String>, Failure> {
        if given.is_some() || self == Self::Guessed {
            return Ok(given.or(guess));
        }
        let shown = guess.as_deref().map(|guess| format!(" [{guess}]")).unwrap_or_default();
        let mut line = String::new();
        let mut errors = io::stderr();
        let asked = write!(errors, "{question}{shown} ").and_then(|()| errors.flush());
        let read = asked.and_then(|()| io::stdin().lock().read_line(&mut line));
        let read =
            read.and_then(|bytes| if bytes == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) });
        read.map_err(|error| {
            Failure::usage(format!("the answer can't be read: {error}"))
                .with_remedy("add --yes, and an option for each wrong guess")
        })?;
        let line = line.trim();
        Ok(if line.is_empty() { guess } else { Some(line.to_owned()) })
    }
}
