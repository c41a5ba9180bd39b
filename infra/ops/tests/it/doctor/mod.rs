//! `ops doctor` against a local run: what is sound is found sound, and whatever is broken on purpose is found, named and
//! explained, without a secret in what is printed.

mod aws;
mod examination;
mod providers;
mod sound;
mod webhook;
