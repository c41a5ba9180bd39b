//! `ops studio`: the pages, called as a browser does.

mod guard;
mod orders;
mod try_out;
