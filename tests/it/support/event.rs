//! Order events, made from the samples in `tests/events`.

use std::time::Duration;

use jiff::{Timestamp, Unit};
use local::samples;
use serde_json::Value;

/// An order event in its envelope.
#[derive(Debug, Clone)]
pub struct Event(pub Value);

impl Event {
    /// The sample in `tests/events/<name>.json`, as if it happened now.
    pub fn sample(name: &str) -> Self {
        let path = samples::shipped().join(format!("{name}.json"));
        let mut read = samples::read(&[path]).unwrap();
        Self(read.remove(0).event).at(Timestamp::now())
    }

    /// About another order. An order status keeps its reference with it.
    pub fn order(self, number: &str) -> Self {
        let event = self.with("/detail/order/number", number);
        match event.0.pointer("/detail/order/reference_id") {
            Some(_) => event.with("/detail/order/reference_id", format!("ref-{number}")),
            None => event,
        }
    }

    /// For another customer.
    pub fn phone(self, phone: &str) -> Self {
        self.with("/detail/customer/phone", phone)
    }

    /// For the customer with the magic number +1 202 555 01NN.
    pub fn magic(self, number: u8) -> Self {
        self.phone(&format!("+120255501{number:02}"))
    }

    /// In another language.
    pub fn language(self, language: &str) -> Self {
        self.with("/detail/customer/language", language)
    }

    /// That happened at another time; the bus keeps whole seconds.
    pub fn at(self, time: Timestamp) -> Self {
        let time = time.round(Unit::Second).unwrap();
        self.with("/time", time.to_string())
    }

    /// That happened this long ago.
    pub fn ago(self, age: Duration) -> Self {
        self.at(Timestamp::now().checked_sub(age).unwrap())
    }

    /// With another value, at a JSON pointer.
    pub fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        self.0.pointer_mut(parent).unwrap()[name] = value.into();
        self
    }

    /// Without a value.
    pub fn without(mut self, pointer: &str) -> Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        self.0.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        self
    }
}
