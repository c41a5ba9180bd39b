//! The functions' requests to AWS: each role allows exactly the calls that its function makes, a message costs the
//! request units in `docs/operations.md`, and that guide has a chapter for every alarm.
//!
//! The tests don't derive the calls from the code: the functions run through all their paths behind a
//! [`recorder`](recorder::Recorder), which sees every request of the real SDK.

#[cfg(test)]
mod again;
#[cfg(test)]
mod call;
#[cfg(test)]
mod document;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod recorder;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod template;
#[cfg(test)]
mod units;

#[cfg(test)]
use testkit as support;
