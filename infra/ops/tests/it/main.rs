//! The real tool, as a process of its own, against a local run.

#[cfg(test)]
mod command_line;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod support;
