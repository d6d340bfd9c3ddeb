//! Faults on request: which rule meets a call, and how each effect is carried out.

mod answer;
mod connection;
mod effect;
mod lie;
mod rule;

pub(crate) use answer::{Reply, Sent, afterwards, instead, spoken};
pub(crate) use connection::Connection;
pub(crate) use effect::{Effect, Operation};
pub(crate) use lie::Lie;
pub(crate) use rule::{Fired, Rule, Rules, Subject};
