//! What people see in a browser, and what leads there.

pub mod link;
