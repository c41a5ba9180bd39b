//! `ops studio`: the pages, called as a browser does.

mod attention;
mod guard;
