//! The sizes of binary and zip, which Lambda downloads and unpacks before a start.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::Serialize;

use crate::binaries;
use crate::subjects::Subject;

/// The maximum overhead of a zip with one file, in bytes.
const ZIP_ENTRY: u64 = 256;

/// A program's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Size {
    pub binary_bytes: u64,
    /// The size of a zip with the binary alone, compressed as by `sam package` (zlib's level 6).
    pub zip_bytes: u64,
}

impl Size {
    /// Measures the binary at this path.
    pub fn measure(path: &Path) -> anyhow::Result<Self> {
        let binary = std::fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
        Ok(Self { binary_bytes: binary.len() as u64, zip_bytes: deflated(&binary)? + ZIP_ENTRY })
    }

    /// The size without a text that the binary has in it. Of the zip, it is what the text makes when it is compressed alone.
    pub fn without(self, text: &str) -> anyhow::Result<Self> {
        Ok(Self {
            binary_bytes: self.binary_bytes.saturating_sub(text.len() as u64),
            zip_bytes: self.zip_bytes.saturating_sub(deflated(text.as_bytes())?),
        })
    }
}

fn deflated(bytes: &[u8]) -> anyhow::Result<u64> {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(bytes)?;
    Ok(deflated.finish()?.len() as u64)
}

/// Measures every Rust program.
pub fn measure() -> anyhow::Result<Vec<(Subject, Size)>> {
    let programs = Subject::ALL.into_iter().filter(|subject| *subject != Subject::Node);
    programs.map(|subject| Ok((subject, Size::measure(&binaries::binary(subject.name())?)?))).collect()
}
