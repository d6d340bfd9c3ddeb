//! What was said to a provider in one operation, for the audit trail.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mstore_pay_domain::ports::Exchange;

use crate::call::Call;
use crate::reply::Reply;

/// The calls of one operation and their answers, redacted, a line each.
#[derive(Debug, Default)]
pub struct Record(Mutex<Exchange>);

impl Record {
    /// Adds a call, and its answer where one came.
    pub fn add(&self, call: &Call, reply: Option<&Reply>) {
        let mut said = self.said();
        add_line(&mut said.request, call.on_record());
        if let Some(reply) = reply {
            add_line(&mut said.response, reply.on_record());
        }
    }

    /// Adds names of fields that no answer had before, each once.
    pub fn add_unknown_fields(&self, names: Vec<String>) {
        let mut said = self.said();
        for name in names {
            if !said.unknown_fields.contains(&name) {
                said.unknown_fields.push(name);
            }
        }
    }

    /// What was said so far.
    #[must_use]
    pub fn exchange(&self) -> Exchange {
        self.said().clone()
    }

    fn said(&self) -> MutexGuard<'_, Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add_line(lines: &mut Option<String>, line: String) {
    match lines {
        Some(lines) => {
            lines.push('\n');
            lines.push_str(&line);
        }
        None => *lines = Some(line),
    }
}
