//! Everything that a run discloses: its log, and the functions' replies.

use std::fmt::{Debug, Display};
use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// The log and the replies of one run. Clones share their contents. As a writer, it captures the log.
#[derive(Debug, Clone, Default)]
pub struct Transcript {
    log: Arc<Mutex<Vec<u8>>>,
    replies: Arc<Mutex<Vec<String>>>,
}

impl Write for Transcript {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.log.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Transcript {
    /// Records a value that a caller receives.
    pub fn record(&self, what: impl Display) {
        self.replies.lock().unwrap().push(what.to_string());
    }

    /// Records the reply to an event or to a list of events, without `message_id`, which only the caller that sent the
    /// event receives.
    pub fn record_reply<E: Debug + Display>(&self, reply: Result<Value, E>) {
        match reply {
            Ok(mut reply) => {
                let outcomes = match &mut reply {
                    Value::Array(outcomes) => outcomes.as_mut_slice(),
                    outcome => std::slice::from_mut(outcome),
                };
                for fields in outcomes.iter_mut().filter_map(Value::as_object_mut) {
                    fields.remove("message_id");
                }
                self.record(reply);
            }
            // Lambda logs errors in their Debug form and returns them in their Display form.
            Err(error) => self.record(format!("{error} {error:?}")),
        }
    }

    /// The lines of the log.
    pub fn log(&self) -> Vec<String> {
        let log = self.log.lock().unwrap();
        std::str::from_utf8(&log).unwrap().lines().map(str::to_owned).collect()
    }

    /// The values that callers received.
    pub fn replies(&self) -> Vec<String> {
        self.replies.lock().unwrap().clone()
    }
}
