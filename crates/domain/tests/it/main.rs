//! The domain's behaviour, on the adapters in memory.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod accounts;
mod anchors;
mod by_key;
mod cancel;
mod careful;
mod cash;
mod charge_law;
mod create;
mod dossier;
mod drift;
mod exceptions;
mod expire;
mod failover;
mod herd;
mod joiners;
mod looks;
mod matching;
mod methods;
mod offline;
mod orders;
mod payments;
mod prune;
mod publish;
mod purity;
mod pushes;
mod put_aside;
mod reads;
mod reconcile;
mod recover;
mod rounds;
mod routing;
mod rush;
mod settle;
mod shop;
mod silence;
mod states_page;
mod supersede;
mod sweep;
mod telling;
mod trust;
mod waiting;
mod webhook_tries;
mod witness;
mod workspace;
