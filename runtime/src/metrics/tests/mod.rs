//! Metrics as a program uses them.

mod counting;
mod observing;
mod refusing;
