//! Canonical bytes: every part is preceded by its length, so that no two values share their bytes.

/// Bytes that are put together part by part.
#[derive(Default)]
pub(super) struct Canonical(Vec<u8>);

impl Canonical {
    pub(super) fn put(&mut self, part: &[u8]) {
        self.0.extend_from_slice(&length(part.len()));
        self.0.extend_from_slice(part);
    }

    /// How many parts of a kind follow.
    pub(super) fn put_count(&mut self, count: usize) {
        self.put(&length(count));
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}
