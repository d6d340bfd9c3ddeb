//! The chain of a merchant: what persons decided that is on no payment's chain, or on more than one.

use super::canonical::{Canonical, Reader};
use super::chain::{ChainLink, CorruptRecord};
use super::{AuditHead, AuditNote, Digest};
use crate::ids::MerchantId;
use crate::time::Timestamp;

/// First field of every record: changes when the encoding does.
const FORMAT: &[u8] = b"mstore-pay-audit-merchant-1";

/// Something to put on a merchant's chain. The store links it when it writes it, so that whoever decides about one order
/// does not have to know what was decided about another. Bodies are not kept with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerchantNote {
    /// Whose chain.
    pub merchant: MerchantId,
    /// What is put on it.
    pub note: AuditNote,
}

/// One link of a merchant's chain: what a store keeps, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerchantRecord {
    /// Whose chain.
    pub merchant: MerchantId,
    /// Which link, from 1.
    pub seq: u64,
    /// Digest of the link before.
    pub previous: Digest,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// What happened: a word of [`AuditEvent`](super::AuditEvent).
    pub event: String,
    /// Particulars by name.
    pub fields: Vec<(String, String)>,
}

impl AuditHead {
    /// The link of a merchant's chain that follows this head, and the head it makes.
    #[must_use]
    pub fn append_noted(self, noted: &MerchantNote) -> (MerchantRecord, Self) {
        let record = MerchantRecord {
            merchant: noted.merchant.clone(),
            seq: self.seq.saturating_add(1),
            previous: self.digest,
            at: noted.note.at,
            actor: noted.note.actor.text(),
            event: noted.note.event.word().to_owned(),
            fields: noted.note.fields.clone(),
        };
        let head = Self { seq: record.seq, digest: record.digest() };
        (record, head)
    }
}

impl MerchantRecord {
    /// The bytes that are stored and hashed.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = Canonical::new();
        bytes.put(FORMAT);
        bytes.put(self.merchant.as_str().as_bytes());
        bytes.put(&self.seq.to_be_bytes());
        bytes.put(self.previous.as_bytes());
        bytes.put(&self.at.micros().to_be_bytes());
        bytes.put(self.actor.as_bytes());
        bytes.put(self.event.as_bytes());
        bytes.put_count(self.fields.len());
        for (name, value) in &self.fields {
            bytes.put(name.as_bytes());
            bytes.put(value.as_bytes());
        }
        bytes.into_bytes()
    }

    /// The digest that the next link names.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.canonical_bytes())
    }

    /// Reads canonical bytes back.
    ///
    /// # Errors
    /// [`CorruptRecord`] if they are not the bytes of a record, to the last one.
    pub fn decode(bytes: &[u8]) -> Result<Self, CorruptRecord> {
        let mut reader = Reader::of(bytes);
        if reader.part()? != FORMAT {
            return Err(CorruptRecord);
        }
        let record = Self {
            merchant: reader.text()?.parse().map_err(|_not_an_id| CorruptRecord)?,
            seq: u64::from_be_bytes(reader.array()?),
            previous: Digest::from_bytes(reader.array()?),
            at: Timestamp::from_micros(i64::from_be_bytes(reader.array()?)).ok_or(CorruptRecord)?,
            actor: reader.text()?,
            event: reader.text()?,
            fields: reader.many(|reader| Ok((reader.text()?, reader.text()?)))?,
        };
        if reader.is_at_the_end() { Ok(record) } else { Err(CorruptRecord) }
    }
}

impl ChainLink for MerchantRecord {
    fn seq(&self) -> u64 {
        self.seq
    }

    fn previous(&self) -> Digest {
        self.previous
    }

    fn digest(&self) -> Digest {
        self.digest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, AuditEvent, ChainError, verify_chain};

    #[test]
    fn links_follow_each_other_and_read_back_from_their_bytes_and_from_nothing_less() {
        let merchant = MerchantId::parse("M1").unwrap();
        let mut head = AuditHead::default();
        let mut records = Vec::new();
        for reason in ["a", "b", "c"] {
            let note = AuditNote::new(Timestamp::EPOCH, Actor::Worker, AuditEvent::OrderVoided).with("reason", reason);
            let (record, next) = head.append_noted(&MerchantNote { merchant: merchant.clone(), note });
            let bytes = record.canonical_bytes();
            assert_eq!(MerchantRecord::decode(&bytes), Ok(record.clone()));
            for cut in 0..bytes.len() {
                assert_eq!(MerchantRecord::decode(&bytes[..cut]), Err(CorruptRecord), "{cut}");
            }
            head = next;
            records.push(record);
        }
        assert_eq!(verify_chain(&records, head), Ok(()));
        records[1].fields[0].1 = "x".to_owned();
        assert_eq!(verify_chain(&records, head), Err(ChainError::Broken { seq: 3 }));
    }
}
