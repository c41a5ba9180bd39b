//! All that a run lets out: its log, and what whoever invokes or calls the functions gets to see.

use std::fmt::{Debug, Display};
use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// One run's record. Clones share it; as a writer it takes the log.
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
    /// Somebody outside got to see this.
    pub fn saw(&self, what: impl Display) {
        self.seen.lock().unwrap().push(what.to_string());
    }

    /// The reply to a bare event, or to a list of them. Its `message_id` is meant for the caller, who sent the event: that alone is
    /// left out.
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
            // Lambda logs errors as Debug shows them and returns them as Display does.
            Err(error) => self.saw(format!("{error} {error:?}")),
        }
    }

    /// The lines of the log.
    pub fn log(&self) -> Vec<String> {
        let log = self.log.lock().unwrap();
        std::str::from_utf8(&log).unwrap().lines().map(str::to_owned).collect()
    }

    /// What was seen.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}
