//! To be filled: see docs/ARCHITECTURE.md.
