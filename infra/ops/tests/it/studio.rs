//! `ops studio`: the pages, called as a browser does.

mod cloudwatch;
mod figures;
mod guard;
mod live;
mod orders;
mod try_out;
