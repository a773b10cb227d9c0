//! What telemetry does to a whole process, seen from outside: the program `probe` in all its cases.
#![cfg(unix)]

mod bridging;
mod collector;
mod configuring;
mod ending;
mod environment;
mod files;
mod flight;
mod flood;
mod forking;
mod garbage;
mod log_pipeline;
mod logging;
mod measuring;
mod probe;
mod propagating;
mod receiver;
mod reference;
mod scraping;
mod secrets;
mod spooling;
mod starting;
mod subscribing;
mod tail;
mod tracking;
