//! The chain: canonical bytes of each record, and the digest that the next one names.

use thiserror::Error;

use super::canonical::Canonical;
use super::{AuditNote, Digest};
use crate::ids::PaymentId;
use crate::time::Timestamp;

/// First field of every record: changes when the encoding does.
const FORMAT: &[u8] = b"mstore-pay-audit-1";

/// How far a chain goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditHead {
    /// Number of records.
    pub seq: u64,
    /// Digest of the last one; zeros before the first.
    pub digest: Digest,
}

/// One link: what a store keeps, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Whose chain.
    pub payment: PaymentId,
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
    /// Roles and digests of its bodies.
    pub bodies: Vec<(String, Digest)>,
}

/// Bytes that are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an audit record")]
pub struct CorruptRecord;

/// Where a chain breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ChainError {
    /// A link is missing, twice there or out of order.
    #[error("audit record {expected} is missing: found {found}")]
    Gap {
        /// The link that should be there.
        expected: u64,
        /// The link that is.
        found: u64,
    },
    /// A link does not follow from the one before.
    #[error("audit record {seq} does not follow from the one before")]
    Broken {
        /// Which link.
        seq: u64,
    },
    /// The chain does not end where the payment says.
    #[error("audit chain ends at {found}, the payment says {expected}")]
    Head {
        /// What the payment says.
        expected: u64,
        /// Where it ends.
        found: u64,
    },
}

impl AuditHead {
    /// The link that follows this head, and the head it makes.
    #[must_use]
    pub fn append(self, payment: PaymentId, note: &AuditNote) -> (AuditRecord, Self) {
        let record = AuditRecord {
            payment,
            seq: self.seq.saturating_add(1),
            previous: self.digest,
            at: note.at,
            actor: note.actor.text(),
            event: note.event.word().to_owned(),
            fields: note.fields.clone(),
            bodies: note.bodies.iter().map(|body| (body.role.word().to_owned(), body.digest())).collect(),
        };
        let head = Self { seq: record.seq, digest: record.digest() };
        (record, head)
    }
}

impl AuditRecord {
    /// The bytes that are stored and hashed.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = Canonical::default();
        bytes.put(FORMAT);
        bytes.put(self.payment.to_string().as_bytes());
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
        bytes.put_count(self.bodies.len());
        for (role, digest) in &self.bodies {
            bytes.put(role.as_bytes());
            bytes.put(digest.as_bytes());
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
        let mut reader = Reader(bytes);
        if reader.part()? != FORMAT {
            return Err(CorruptRecord);
        }
        let record = Self {
            payment: reader.text()?.parse().map_err(|_not_an_id| CorruptRecord)?,
            seq: u64::from_be_bytes(reader.array()?),
            previous: Digest::from_bytes(reader.array()?),
            at: Timestamp::from_micros(i64::from_be_bytes(reader.array()?)).ok_or(CorruptRecord)?,
            actor: reader.text()?,
            event: reader.text()?,
            fields: reader.many(|reader| Ok((reader.text()?, reader.text()?)))?,
            bodies: reader.many(|reader| Ok((reader.text()?, Digest::from_bytes(reader.array()?))))?,
        };
        if reader.0.is_empty() { Ok(record) } else { Err(CorruptRecord) }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn part(&mut self) -> Result<&'a [u8], CorruptRecord> {
        let (length, rest) = self.0.split_first_chunk::<4>().ok_or(CorruptRecord)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_too_long| CorruptRecord)?;
        let (part, rest) = rest.split_at_checked(length).ok_or(CorruptRecord)?;
        self.0 = rest;
        Ok(part)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CorruptRecord> {
        self.part()?.try_into().map_err(|_wrong_length| CorruptRecord)
    }

    fn text(&mut self) -> Result<String, CorruptRecord> {
        String::from_utf8(self.part()?.to_vec()).map_err(|_not_text| CorruptRecord)
    }

    fn many<T>(&mut self, mut one: impl FnMut(&mut Self) -> Result<T, CorruptRecord>) -> Result<Vec<T>, CorruptRecord> {
        let count = u32::from_be_bytes(self.array()?);
        (0..count).map(|_| one(self)).collect()
    }
}

/// Checks that the records of one payment, in order of `seq`, form its whole chain.
///
/// # Errors
/// [`ChainError`] at the first link that is missing, changed or out of order, or a cut tail.
pub fn verify_chain<'a>(records: impl IntoIterator<Item = &'a AuditRecord>, head: AuditHead) -> Result<(), ChainError> {
    let mut at = AuditHead::default();
    for record in records {
        let expected = at.seq.saturating_add(1);
        if record.seq != expected {
            return Err(ChainError::Gap { expected, found: record.seq });
        }
        if record.previous != at.digest {
            return Err(ChainError::Broken { seq: record.seq });
        }
        at = AuditHead { seq: record.seq, digest: record.digest() };
    }
    if at.seq != head.seq {
        return Err(ChainError::Head { expected: head.seq, found: at.seq });
    }
    if at == head { Ok(()) } else { Err(ChainError::Broken { seq: at.seq }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, AuditEvent, BodyRole};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn chain(length: u64) -> (Vec<AuditRecord>, AuditHead) {
        let payment = PaymentId::new(Uuid::from_u128(1));
        let mut head = AuditHead::default();
        let records = (0..length)
            .map(|n| {
                let note = AuditNote::new(Timestamp::EPOCH, Actor::Worker, AuditEvent::ChargeMoved)
                    .with("n", &n)
                    .with_body(BodyRole::Response, n.to_be_bytes());
                let (record, next) = head.append(payment, &note);
                head = next;
                record
            })
            .collect();
        (records, head)
    }

    #[track_caller]
    fn check(spoil: impl FnOnce(&mut Vec<AuditRecord>), want: Result<(), ChainError>) {
        let (mut records, head) = chain(4);
        spoil(&mut records);
        assert_eq!(verify_chain(&records, head), want);
    }

    #[test]
    fn a_whole_chain_verifies_and_every_tampering_is_found() {
        check(|_| (), Ok(()));
        check(|records| records[1].fields[0].1 = "9".to_owned(), Err(ChainError::Broken { seq: 3 }));
        check(|records| records[3].actor = "user:x".to_owned(), Err(ChainError::Broken { seq: 4 }));
        check(|records| drop(records.remove(1)), Err(ChainError::Gap { expected: 2, found: 3 }));
        check(|records| records.swap(1, 2), Err(ChainError::Gap { expected: 2, found: 3 }));
        check(|records| drop(records.pop()), Err(ChainError::Head { expected: 4, found: 3 }));
    }

    proptest! {
        #[test]
        fn records_read_back_from_their_bytes(
            actor in ".{0,9}", fields in proptest::collection::vec((".{0,9}", ".{0,9}"), 0..4), cut in 0_usize..400
        ) {
            let (mut records, _) = chain(1);
            records[0].actor = actor;
            records[0].fields = fields;
            let bytes = records[0].canonical_bytes();
            prop_assert_eq!(AuditRecord::decode(&bytes), Ok(records[0].clone()));
            if cut < bytes.len() {
                prop_assert_eq!(AuditRecord::decode(&bytes[..cut]), Err(CorruptRecord));
            }
        }
    }
}
