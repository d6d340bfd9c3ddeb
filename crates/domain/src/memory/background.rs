//! Unattended work, kept until a test lets it go on.

use std::sync::Mutex;

use super::lock;
use crate::ports::{Background, Unattended};

/// Keeps unattended work.
#[derive(Default)]
pub struct MemoryBackground {
    kept: Mutex<Vec<Unattended>>,
}

impl MemoryBackground {
    /// Takes what was left to go on, oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Unattended> {
        std::mem::take(&mut *lock(&self.kept))
    }
}

impl Background for MemoryBackground {
    fn carry_on(&self, _what: &'static str, work: Unattended) {
        lock(&self.kept).push(work);
    }
}
