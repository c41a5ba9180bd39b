//! The simulator, driven over real HTTP.

mod administration;
mod aws;
mod callbacks;
mod desk;
mod expectations;
mod faults;
mod kaleyra;
mod magic;
mod meta;
mod new_templates;
mod one_msg;
mod open_world;
mod order_details;
mod receiver;
mod samples;
mod senders;
mod switches;
mod uploads;
mod whole_refusals;
mod whole_templates;
