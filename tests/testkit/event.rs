//! Order events, made from the samples in `tests/events`.

use std::time::Duration;

use jiff::{Timestamp, Unit};
use local::samples;
use serde_json::Value;

/// An order event in its envelope.
#[derive(Debug, Clone)]
pub struct Event(pub Value);

impl Event {
    /// The sample in `tests/events/<name>.json`, with the current time.
    pub fn sample(name: &str) -> Self {
        let path = samples::shipped().join(format!("{name}.json"));
        let mut read = samples::read(&[path]).unwrap();
        Self(read.remove(0).event).at(Timestamp::now())
    }

    /// Sets the order number. An order status keeps a matching reference.
    pub fn order(self, number: &str) -> Self {
        let event = self.with("/detail/order/number", number);
        match event.0.pointer("/detail/order/reference_id") {
            Some(_) => event.with("/detail/order/reference_id", format!("ref-{number}")),
            None => event,
        }
    }

    /// Sets the sender, for a shop that was opened with some.
    pub fn sender(self, name: &str) -> Self {
        self.with("/detail/sender", name)
    }

    pub fn phone(self, phone: &str) -> Self {
        self.with("/detail/customer/phone", phone)
    }

    /// Sets the magic number +1 202 555 01NN.
    pub fn magic(self, number: u8) -> Self {
        self.phone(&format!("+120255501{number:02}"))
    }

    pub fn language(self, language: &str) -> Self {
        self.with("/detail/customer/language", language)
    }

    /// Sets the event's time; the bus stores whole seconds.
    pub fn at(self, time: Timestamp) -> Self {
        let time = time.round(Unit::Second).unwrap();
        self.with("/time", time.to_string())
    }

    /// Sets the event's time to this age.
    pub fn ago(self, age: Duration) -> Self {
        self.at(Timestamp::now().checked_sub(age).unwrap())
    }

    /// Sets the value at a JSON pointer.
    pub fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        self.0.pointer_mut(parent).unwrap()[name] = value.into();
        self
    }

    /// Removes the value at a JSON pointer.
    pub fn without(mut self, pointer: &str) -> Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        self.0.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        self
    }
}
