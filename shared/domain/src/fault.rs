//! Faults in external input: the catalogue, events and settings. All faults are reported at once, each with
//! its place.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One fault and its place. It never quotes a customer's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The place: a file with table and key, a field of an event, or the name of a variable.
    pub place: String,
    /// The problem, worded as a predicate of the place: `is missing`.
    pub problem: String,
}

impl Fault {
    /// Neither text may contain a customer's value, because faults are logged and stored.
    pub fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// At least one fault; displayed one per line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Wraps the faults; the caller must have found at least one.
    pub fn new(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    /// Returns `value` if there are no faults, otherwise all the faults.
    pub fn into_result<T>(faults: Vec<Fault>, value: impl FnOnce() -> T) -> Result<T, Self> {
        if faults.is_empty() { Ok(value()) } else { Err(Self(faults)) }
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl std::ops::Deref for Faults {
    type Target = [Fault];

    fn deref(&self) -> &[Fault] {
        &self.0
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
