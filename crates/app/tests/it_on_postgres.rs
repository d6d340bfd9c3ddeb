//! Every HTTP test again, on PostgreSQL: the same files, of which the house looks which binary it is in.

#[path = "it/main.rs"]
mod it;

use it::{house, served};
