//! What somebody might do to the chain of a merchant.

use mstore_pay_domain::audit::{AuditHead, Digest, MerchantRecord};
use mstore_pay_domain::ids::MerchantId;

use super::change::{Dice, Trail};
use super::raw::Dialect;

/// One thing that somebody does to it.
#[derive(Debug)]
pub(super) enum MerchantChange {
    /// A byte of a record.
    Record {
        merchant: MerchantId,
        seq: u64,
        bytes: Vec<u8>,
    },
    /// What lists show of a record.
    Column {
        merchant: MerchantId,
        seq: u64,
        column: &'static str,
    },
    Deleted {
        merchant: MerchantId,
        seq: u64,
    },
    /// The last records, and the head set back.
    Cut {
        merchant: MerchantId,
        head: AuditHead,
    },
    /// The last records, and the head left.
    CutOpenly {
        merchant: MerchantId,
        after: u64,
    },
    /// The chain, and that there was one.
    Gone {
        merchant: MerchantId,
    },
    /// A record, and everything behind it made to fit.
    Forged {
        merchant: MerchantId,
        records: Vec<MerchantRecord>,
    },
    Head {
        merchant: MerchantId,
        head: AuditHead,
    },
    Anchored {
        merchant: MerchantId,
        seq: u64,
        to: Option<Digest>,
    },
}

impl MerchantChange {
    /// Any of them.
    pub(super) fn any(trail: &Trail, dice: &mut Dice) -> Self {
        let (merchant, records) = dice.pick(&trail.merchants).clone();
        let record = dice.pick(&records).clone();
        let (seq, last) = (record.seq, records.len());
        match dice.below(9) {
            0 => Self::Record { merchant, seq, bytes: dice.flip(&record.canonical_bytes()) },
            1 => Self::Column { merchant, seq, column: ["at", "actor", "event"][dice.below(3)] },
            2 => Self::Deleted { merchant, seq },
            3 => {
                let kept = &records[dice.below(last - 1)];
                Self::Cut { merchant, head: AuditHead { seq: kept.seq, digest: kept.digest() } }
            }
            4 => Self::CutOpenly { merchant, after: records[dice.below(last - 1)].seq },
            5 => Self::Gone { merchant },
            6 => Self::Forged { merchant, records: forged(records, dice.below(last)) },
            7 => {
                let digest = dice.flip_digest(&records[last - 1].digest());
                Self::Head { merchant, head: AuditHead { seq: u64::try_from(last).unwrap(), digest } }
            }
            _ => {
                let heads: Vec<(MerchantId, AuditHead)> =
                    trail.anchors.iter().flat_map(|sealed| sealed.anchor.merchants.clone()).collect();
                let (merchant, head) = dice.pick(&heads).clone();
                let to = (dice.below(2) == 0).then(|| dice.flip_digest(&head.digest));
                Self::Anchored { merchant, seq: head.seq, to }
            }
        }
    }

    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Record { .. } => "merchant's record",
            Self::Column { .. } => "merchant's column",
            Self::Deleted { .. } => "merchant's deleted",
            Self::Cut { .. } => "merchant's cut",
            Self::CutOpenly { .. } => "merchant's cut openly",
            Self::Gone { .. } => "merchant's chain gone",
            Self::Forged { .. } => "merchant's forged",
            Self::Head { .. } => "merchant's head",
            Self::Anchored { .. } => "merchant's anchored",
        }
    }

    pub(super) fn statements(&self, dialect: Dialect) -> Vec<String> {
        let of = |merchant: &MerchantId, seq: u64| format!("merchant_id = '{merchant}' AND seq = {seq}");
        match self {
            Self::Record { merchant, seq, bytes } => {
                let to = dialect.bytes(bytes);
                vec![format!("UPDATE merchant_events SET record = {to} WHERE {}", of(merchant, *seq))]
            }
            Self::Column { merchant, seq, column } => {
                let to = if *column == "at" { dialect.later() } else { "'somebody'" };
                vec![format!("UPDATE merchant_events SET {column} = {to} WHERE {}", of(merchant, *seq))]
            }
            Self::Deleted { merchant, seq } => {
                vec![format!("DELETE FROM merchant_events WHERE {}", of(merchant, *seq))]
            }
            Self::Cut { merchant, head } => vec![cut(merchant, head.seq), set_head(merchant, *head, dialect)],
            Self::CutOpenly { merchant, after } => vec![cut(merchant, *after)],
            Self::Gone { merchant } => {
                vec![cut(merchant, 0), format!("DELETE FROM merchant_heads WHERE merchant_id = '{merchant}'")]
            }
            Self::Forged { merchant, records } => {
                let last = &records[records.len() - 1];
                let head = set_head(merchant, AuditHead { seq: last.seq, digest: last.digest() }, dialect);
                let record = |record: &MerchantRecord| {
                    let (bytes, actor) = (dialect.bytes(&record.canonical_bytes()), &record.actor);
                    let row = of(merchant, record.seq);
                    format!("UPDATE merchant_events SET record = {bytes}, actor = '{actor}' WHERE {row}")
                };
                records.iter().map(record).chain([head]).collect()
            }
            Self::Head { merchant, head } => vec![set_head(merchant, *head, dialect)],
            Self::Anchored { merchant, seq, to } => {
                let row = format!("merchant_id = '{merchant}' AND audit_seq = {seq}");
                vec![match to {
                    Some(to) => {
                        let to = dialect.bytes(to.as_bytes());
                        format!("UPDATE anchored_merchants SET audit_head = {to} WHERE {row}")
                    }
                    None => format!("DELETE FROM anchored_merchants WHERE {row}"),
                }]
            }
        }
    }
}

/// The chain with one record changed, and each behind it made to follow.
fn forged(mut records: Vec<MerchantRecord>, changed: usize) -> Vec<MerchantRecord> {
    "user:somebody".clone_into(&mut records[changed].actor);
    for next in changed + 1..records.len() {
        records[next].previous = records[next - 1].digest();
    }
    records
}

fn cut(merchant: &MerchantId, after: u64) -> String {
    format!("DELETE FROM merchant_events WHERE merchant_id = '{merchant}' AND seq > {after}")
}

fn set_head(merchant: &MerchantId, head: AuditHead, dialect: Dialect) -> String {
    let digest = dialect.bytes(head.digest.as_bytes());
    format!(
        "UPDATE merchant_heads SET audit_seq = {}, audit_head = {digest} WHERE merchant_id = '{merchant}'",
        head.seq
    )
}
