//! The process that drives a browser.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// Where GitHub's runners have the driver of their Chrome:
/// <https://github.com/actions/runner-images/blob/main/images/ubuntu/Ubuntu2204-Readme.md>.
const FOLDER: &str = "CHROMEWEBDRIVER";
/// The line with the port that the system has chosen.
const STARTED: &str = "started successfully on port ";
/// Closing a browser takes a part of a second.
const CLOSES_WITHIN: Duration = Duration::from_secs(10);

/// chromedriver on a port of its own. Dropping it closes its browsers, also after a failed test.
pub struct Chromedriver {
    process: Child,
    port: u16,
}

impl Chromedriver {
    /// Starts it; its browsers are in this time zone.
    pub fn start(time_zone: &str) -> Self {
        let folder = std::env::var_os(FOLDER).map(PathBuf::from).unwrap_or_default();
        let mut process = Command::new(folder.join("chromedriver"))
            .arg("--port=0")
            .env("TZ", time_zone)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver can't be started ({error}): run .ci/browser-test"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.ok()?;
            line.split_once(STARTED)?.1.trim_end_matches('.').parse().ok()
        });
        // It goes on writing: a full pipe would stop it.
        thread::spawn(move || lines.for_each(drop));
        let Some(port) = port else {
            let _ended = (process.kill(), process.wait());
            panic!("chromedriver names no port");
        };
        Self { process, port }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks it to close its browsers and to end. Without this, a killed chromedriver would leave its browsers behind.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(CLOSES_WITHIN))?;
        write!(
            connection,
            "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
            self.port
        )?;
        connection.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        // A test must not fail because its browser has already ended.
        let _closed = self.shut_down();
        let _ended = (self.process.kill(), self.process.wait());
    }
}
