//! `ops studio`: the pages, called as a browser does.

mod orders;
mod try_out;
