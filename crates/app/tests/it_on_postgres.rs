//! Every HTTP test again, on PostgreSQL: the same files, of which the house looks which binary it is in; and what there
//! is to see on PostgreSQL only.

#[path = "it/main.rs"]
mod it;
#[path = "it/starved.rs"]
mod starved;

use it::{house, served, traces};
