//! The suites run on the adapters that live in memory, and on adapters that are broken on purpose.

mod memory;
