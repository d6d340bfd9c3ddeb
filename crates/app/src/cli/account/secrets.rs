//! Secrets from files or the standard input: never from the command line, which others can read.

use std::io::{Lines, StdinLock, stdin};
use std::path::Path;

use mstore_pay_domain::account::SharedSecret;

/// What stands for the standard input.
pub(super) const STDIN: &str = "-";

/// A secret that could not be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoSecret {
    #[error("could not read the {what}")]
    Unreadable {
        what: &'static str,
        #[source]
        source: std::io::Error,
    },
    #[error("the {what} is empty")]
    Empty { what: &'static str },
}

/// Reads secrets: each of a file of its own, or a line of the standard input.
pub(super) struct Secrets {
    lines: Lines<StdinLock<'static>>,
}

impl Secrets {
    pub(super) fn reader() -> Self {
        Self { lines: stdin().lines() }
    }

    /// The secret in that file, or in the next line.
    pub(super) fn read(&mut self, what: &'static str, from: &Path) -> Result<SharedSecret, NoSecret> {
        let text = if from == Path::new(STDIN) {
            self.lines.next().transpose().map(Option::unwrap_or_default)
        } else {
            std::fs::read_to_string(from)
        };
        let text = text.map_err(|source| NoSecret::Unreadable { what, source })?;
        SharedSecret::new(text.trim()).ok_or(NoSecret::Empty { what })
    }
}
