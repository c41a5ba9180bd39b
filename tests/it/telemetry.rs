//! The functions' telemetry: metric lines that CloudWatch accepts, and log lines as documented.

mod capture;
mod delivery;
mod docs;
mod emf;
mod events;
mod harness;
mod hostile;
mod names;
mod stored_events;
mod vocabulary;
mod watch;
