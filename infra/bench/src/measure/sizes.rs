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
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
        deflated.write_all(&binary)?;
        let zip_bytes = deflated.finish()?.len() as u64 + ZIP_ENTRY;
        Ok(Self { binary_bytes: binary.len() as u64, zip_bytes })
    }
}

/// Measures every Rust program.
pub fn measure() -> anyhow::Result<Vec<(Subject, Size)>> {
    let programs = Subject::ALL.into_iter().filter(|subject| *subject != Subject::Node);
    programs.map(|subject| Ok((subject, Size::measure(&binaries::binary(subject.name())?)?))).collect()
}
