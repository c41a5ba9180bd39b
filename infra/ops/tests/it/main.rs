//! The real tool, as a process of its own, against a local run.

#[cfg(test)]
mod check;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod events;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod init;
#[cfg(test)]
mod order_details;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod providers;
#[cfg(test)]
mod recipients;
#[cfg(test)]
mod senders;
#[cfg(test)]
mod studio;
#[cfg(test)]
mod support;
#[cfg(test)]
mod whole_template;
