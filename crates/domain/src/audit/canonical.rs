//! Canonical bytes: every part is preceded by its length, so that no two values share their bytes.

use super::chain::CorruptRecord;

/// Bytes that are put together part by part.
pub(super) struct Canonical(Vec<u8>);

impl Canonical {
    /// As many bytes as most records have.
    const BYTES_MOST_TIMES: usize = 512;

    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(Self::BYTES_MOST_TIMES))
    }

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

/// Reads such bytes back, part by part.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_at_the_end(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn part(&mut self) -> Result<&'a [u8], CorruptRecord> {
        let (length, rest) = self.0.split_first_chunk::<4>().ok_or(CorruptRecord)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_too_long| CorruptRecord)?;
        let (part, rest) = rest.split_at_checked(length).ok_or(CorruptRecord)?;
        self.0 = rest;
        Ok(part)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], CorruptRecord> {
        self.part()?.try_into().map_err(|_wrong_length| CorruptRecord)
    }

    pub(super) fn text(&mut self) -> Result<String, CorruptRecord> {
        String::from_utf8(self.part()?.to_vec()).map_err(|_not_text| CorruptRecord)
    }

    pub(super) fn many<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, CorruptRecord>,
    ) -> Result<Vec<T>, CorruptRecord> {
        let count = u32::from_be_bytes(self.array()?);
        (0..count).map(|_| one(self)).collect()
    }
}

fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}
