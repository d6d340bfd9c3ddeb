//! The chain: canonical bytes of each record, and the digest that the next one names.

use thiserror::Error;

use super::canonical::{Canonical, Reader};
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
    /// The chain does not end where its owner says.
    #[error("audit chain ends at {found}, its owner says {expected}")]
    Head {
        /// What its owner says.
        expected: u64,
        /// Where it ends.
        found: u64,
    },
}

impl AuditHead {
    /// Checks that a chain that ends here ends where its owner says.
    ///
    /// # Errors
    /// [`ChainError`] if it is shorter or longer, or its last link is another.
    pub fn must_be(self, said: Self) -> Result<(), ChainError> {
        if self.seq != said.seq {
            return Err(ChainError::Head { expected: said.seq, found: self.seq });
        }
        if self == said { Ok(()) } else { Err(ChainError::Broken { seq: self.seq }) }
    }

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
        let mut bytes = Canonical::new();
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
        let mut reader = Reader::of(bytes);
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
        if reader.is_at_the_end() { Ok(record) } else { Err(CorruptRecord) }
    }
}

/// A link of a chain.
pub trait ChainLink {
    /// Which link, from 1.
    fn seq(&self) -> u64;

    /// Digest of the link before.
    fn previous(&self) -> Digest;

    /// Its own digest, which the next one names.
    fn digest(&self) -> Digest;
}

impl ChainLink for AuditRecord {
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

/// Checks that links, in order of `seq`, follow from that head; the head they lead to.
///
/// # Errors
/// [`ChainError`] at the first link that is missing, changed or out of order.
pub fn follow_chain<'a, L: ChainLink + 'a>(
    from: AuditHead,
    links: impl IntoIterator<Item = &'a L>,
) -> Result<AuditHead, ChainError> {
    links.into_iter().try_fold(from, |at, link| {
        let expected = at.seq.saturating_add(1);
        if link.seq() != expected {
            return Err(ChainError::Gap { expected, found: link.seq() });
        }
        if link.previous() != at.digest {
            return Err(ChainError::Broken { seq: link.seq() });
        }
        Ok(AuditHead { seq: link.seq(), digest: link.digest() })
    })
}

/// Checks that the links of one chain, in order of `seq`, are the whole of it.
///
/// # Errors
/// [`ChainError`] at the first link that is missing, changed or out of order, or a cut tail.
pub fn verify_chain<'a, L: ChainLink + 'a>(
    links: impl IntoIterator<Item = &'a L>,
    head: AuditHead,
) -> Result<(), ChainError> {
    follow_chain(AuditHead::default(), links)?.must_be(head)
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
