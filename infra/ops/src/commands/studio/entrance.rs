//! The file that brings a browser to the first page.
//!
//! A program's arguments can be read by every user of the machine (`ps`), so the browser gets the path of this file in place of the
//! address with its token. Only its owner can read the file. Jupyter does the same
//! (<https://jupyter-server.readthedocs.io/en/latest/other/full-config.html>, `use_redirect_file`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use maud::{DOCTYPE, html};

/// The file, which is removed when this is dropped.
pub(super) struct Entrance {
    path: PathBuf,
}

impl Entrance {
    /// Writes a file in the folder for temporary files. `name` is part of its name and can't be guessed.
    pub(super) fn new(address: &str, name: &str) -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("studio-{name}.html"));
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="refresh" content={ "0; url=" (address) };
                    title { "The Studio" }
                }
                body { p { a href=(address) { "Open the Studio" } } }
            }
        };
        let mut file = create(&path)?;
        let entrance = Self { path };
        file.write_all(page.into_string().as_bytes())?;
        Ok(entrance)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        // If it can't be removed, its token is worth nothing once the Studio has ended.
        let _removed = fs::remove_file(&self.path);
    }
}

/// A new file that only its owner can read.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
