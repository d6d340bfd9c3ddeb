//! To be filled: see docs/ARCHITECTURE.md.

pub mod language;
pub mod pages;
pub mod problem;
