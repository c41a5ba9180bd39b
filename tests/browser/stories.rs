//! What people do on the pages, and what must not work.

mod accessibility;
mod attention;
mod foreign_requests;
mod orders;
mod screenshot;
mod try_out;
