//! The functions' telemetry: metric lines that CloudWatch accepts, and log lines as documented.

mod capture;
mod delivery;
mod docs;
mod emf;
mod events;
mod hostile;
mod kept_events;
mod stage;
mod vocabulary;
mod watch;
