//! The functions' requests to AWS: each role allows exactly the requests that its function makes, a message costs the
//! request units in `docs/operations.md`, and that guide has a chapter for every alarm.
//!
//! The requests are recorded: the functions run through all their paths behind a [`Recorder`](recorder::Recorder), which
//! receives every request of the real SDK.

#[cfg(test)]
mod call;
#[cfg(test)]
mod document;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod recorder;
#[cfg(test)]
mod resend;
#[cfg(test)]
mod template;
#[cfg(test)]
mod units;

#[cfg(test)]
use testkit as support;
