//! Everything that a run discloses: its log, and the replies to callers of the functions.

use std::fmt::{Debug, Display};
use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// The record of one run. Clones share it; as a writer it captures the log.
#[derive(Debug, Clone, Default)]
pub struct Transcript {
    log: Arc<Mutex<Vec<u8>>>,
    seen: Arc<Mutex<Vec<String>>>,
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
    /// Records a value that a caller received.
    pub fn saw(&self, what: impl Display) {
        self.seen.lock().unwrap().push(what.to_string());
    }

    /// Records the reply to a bare event or to a list of events, without its `message_id`, which is meant for the
    /// caller that sent the event.
    pub fn saw_reply<E: Debug + Display>(&self, reply: Result<Value, E>) {
        match reply {
            Ok(mut reply) => {
                let outcomes = match &mut reply {
                    Value::Array(outcomes) => outcomes.as_mut_slice(),
                    outcome => std::slice::from_mut(outcome),
                };
                for fields in outcomes.iter_mut().filter_map(Value::as_object_mut) {
                    fields.remove("message_id");
                }
                self.saw(reply);
            }
            // Lambda logs errors in their Debug form and returns them in their Display form.
            Err(error) => self.saw(format!("{error} {error:?}")),
        }
    }

    /// The lines of the log.
    pub fn log(&self) -> Vec<String> {
        let log = self.log.lock().unwrap();
        std::str::from_utf8(&log).unwrap().lines().map(str::to_owned).collect()
    }

    /// The values that callers received.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}
