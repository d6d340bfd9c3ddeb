//! Faults of several nodes and of the database that they share, which is PostgreSQL whatever store a run is over.

mod back_end_down;
mod copied;
mod f01_kill;
mod f18_database_restarts;
mod f19_database_dies_before_the_commit;
mod f20_commit_unknown;
mod f21_failover;
mod f22_asynchronous_failover;
mod f23_contention;
mod f24_slow_provider;
mod f32_wrong_clocks;
mod f46_one_order_on_two_nodes;
mod f47_claims;
mod f48_frozen_worker;
mod f49_lost_sessions;
mod f50_rolling_restart;
mod f51_migrated_while_serving;
mod woken;
