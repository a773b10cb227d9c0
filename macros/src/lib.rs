//! The attribute macros of Spandrel.
