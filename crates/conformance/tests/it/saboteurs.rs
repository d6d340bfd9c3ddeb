//! Adapters with one bug each: the suites must catch it, in the cases that name it and in no other.

mod budget;
mod dispatches;
mod inbox;
mod ledger;
mod provider;
mod store;
mod webhook;
