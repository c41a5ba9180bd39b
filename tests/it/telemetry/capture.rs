//! Captures a function's standard output.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};

use super::{emf, vocabulary};

/// A writer whose clones share their buffer.
#[derive(Debug, Clone, Default)]
pub struct Capture(Arc<Mutex<Vec<u8>>>);

impl Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Capture {
    /// The lines since the last call, each a JSON object.
    pub fn lines(&self) -> Vec<Map<String, Value>> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        let text = String::from_utf8(bytes).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
            .collect()
    }

    /// The metrics since the last call, abbreviated and sorted: `Name{dimension=value,…}{…} 1`, with a tilde for a
    /// measured time. Checks that CloudWatch accepts every line, and that it contains only known words.
    pub fn metrics(&self) -> Vec<String> {
        let lines = self.lines();
        let mut metrics: Vec<String> = lines
            .iter()
            .map(|line| {
                emf::check(line);
                vocabulary::check(line);
                short(line)
            })
            .collect();
        metrics.sort();
        metrics
    }
}

fn short(line: &Map<String, Value>) -> String {
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    let definition = &directive["Metrics"][0];
    let name = definition["Name"].as_str().unwrap();
    let one = |key: &Value| {
        let key = key.as_str().unwrap();
        format!("{key}={}", line[key].as_str().unwrap())
    };
    let set = |set: &Value| {
        format!("{{{}}}", set.as_array().unwrap().iter().map(one).collect::<Vec<_>>().join(","))
    };
    let sets = directive["Dimensions"].as_array().unwrap().iter().map(set).collect::<Vec<_>>().concat();
    match definition["Unit"].as_str().unwrap() {
        "Count" => format!("{name}{sets} {}", line[name]),
        "Milliseconds" => format!("{name}{sets} ~"),
        unit => panic!("unknown unit {unit}"),
    }
}
