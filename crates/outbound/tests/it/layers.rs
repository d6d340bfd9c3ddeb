//! The layers over a provider that misbehaves on request.

mod breaker;
mod bulkhead;
mod retry;
mod rig;
mod suite;
