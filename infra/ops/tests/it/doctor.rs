//! `ops doctor` against a local run: it accepts a sound deployment, and finds, names and explains every deliberate
//! fault, without printing a secret.

mod aws;
mod examination;
mod providers;
mod sound;
mod webhook;
