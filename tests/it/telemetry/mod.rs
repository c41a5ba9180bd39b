//! What the functions tell of themselves: metric lines that CloudWatch understands, log lines as documented.

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
