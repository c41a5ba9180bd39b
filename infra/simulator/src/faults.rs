//! Faults that a test switches on while the simulator runs, and the memory of first tries.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::behaviour::Intake;
use super::message::{Echo, Message};
use super::provider::Provider;
use super::templates::{Reviews, TemplateStatus};

/// The switches of a running simulator.
pub(super) struct Switches(Mutex<State>);

struct State {
    next: HashMap<Provider, VecDeque<Intake>>,
    trouble: HashMap<Provider, Intake>,
    /// By sender.
    tried_once: HashSet<(Option<String>, Message)>,
    scale: f64,
    callbacks: Callbacks,
    reviews: Reviews,
}

/// Whether callbacks are posted. Callbacks that are due while they are off are lost; 1MSG's `hookInfo` still reports
/// the statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callbacks {
    On,
    Off,
}

impl Switches {
    pub fn new(scale: f64) -> Self {
        Self(Mutex::new(State {
            next: HashMap::new(),
            trouble: HashMap::new(),
            tried_once: HashSet::new(),
            scale: usable(scale),
            callbacks: Callbacks::On,
            reviews: Reviews::AtOnce,
        }))
    }

    /// Answers the next valid sends to a provider like this, to any recipient.
    pub fn fail_next(&self, provider: Provider, times: usize, with: Intake) {
        self.with(|state| {
            state.next.entry(provider).or_default().extend(std::iter::repeat_n(with, times));
        });
    }

    /// Answers every valid send to a provider like this until the trouble is cleared, to any recipient.
    pub fn set_trouble(&self, provider: Provider, trouble: Option<Intake>) {
        self.with(|state| match trouble {
            Some(trouble) => state.trouble.insert(provider, trouble),
            None => state.trouble.remove(&provider),
        });
    }

    /// The answer to this send: a switched-on fault first, then the recipient's own behaviour. A message that is
    /// refused at the first try is accepted at the second, and refused again at the third.
    pub fn intake(&self, sender: Option<&str>, message: &Message, usual: Intake) -> Intake {
        self.with(|state| {
            if let Some(fault) = state.next.get_mut(&message.provider).and_then(VecDeque::pop_front) {
                return fault;
            }
            if let Some(trouble) = state.trouble.get(&message.provider) {
                return *trouble;
            }
            if !matches!(usual, Intake::ThrottleOnce | Intake::RefuseCredentialsOnce) {
                return usual;
            }
            // A retry may carry another key, and still counts as the same message.
            let same = (sender.map(str::to_owned), Message { echo: Echo::Nothing, ..message.clone() });
            if state.tried_once.remove(&same) {
                return Intake::Accept(super::behaviour::Reply::Complete);
            }
            state.tried_once.insert(same);
            usual
        })
    }

    pub fn scale(&self) -> f64 {
        self.with(|state| state.scale)
    }

    pub fn set_scale(&self, scale: f64) {
        self.with(|state| state.scale = usable(scale));
    }

    pub fn callbacks(&self) -> Callbacks {
        self.with(|state| state.callbacks)
    }

    pub fn set_callbacks(&self, callbacks: Callbacks) {
        self.with(|state| state.callbacks = callbacks);
    }

    /// The status of a template that is created now.
    pub fn review(&self) -> TemplateStatus {
        self.with(|state| state.reviews.status())
    }

    pub fn set_reviews(&self, reviews: Reviews) {
        self.with(|state| state.reviews = reviews);
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `Duration::mul_f64` panics for other values; an hour per real second is slow enough.
fn usable(scale: f64) -> f64 {
    if scale.is_finite() { scale.clamp(0.0, 3600.0) } else { 1.0 }
}
