//! What somebody might do: change, delete, swap, cut off, and forge.

use std::sync::Arc;

use mstore_pay_app::Store;
use mstore_pay_domain::audit::{AuditHead, AuditRecord, Digest, MerchantRecord, SealedAnchor};
use mstore_pay_domain::ids::{MerchantId, PaymentId};

use super::merchant::MerchantChange;
use super::raw::Dialect;

/// Numbers that follow from a seed (`SplitMix64`; Steele, Lea and Flood, 2014).
pub(super) struct Dice(u64);

/// The trail as it was before anybody touched it.
pub(super) struct Trail {
    chains: Vec<(PaymentId, Vec<AuditRecord>)>,
    pub(super) merchants: Vec<(MerchantId, Vec<MerchantRecord>)>,
    bodies: Vec<(Digest, Vec<u8>)>,
    pub(super) anchors: Vec<SealedAnchor>,
}

/// One thing that somebody does.
#[derive(Debug)]
pub(super) enum Change {
    /// A byte of a record.
    Record {
        payment: PaymentId,
        seq: u64,
        bytes: Vec<u8>,
    },
    /// What lists show of a record.
    Column {
        payment: PaymentId,
        seq: u64,
        column: &'static str,
    },
    Deleted {
        payment: PaymentId,
        seq: u64,
    },
    Swapped {
        payment: PaymentId,
        one: u64,
        other: u64,
    },
    /// With the record of the same number of another payment.
    Exchanged {
        one: PaymentId,
        other: PaymentId,
        seq: u64,
    },
    /// The last records, and the payment's own head set back.
    Cut {
        payment: PaymentId,
        head: AuditHead,
    },
    /// The last records, and the head left.
    CutOpenly {
        payment: PaymentId,
        after: u64,
    },
    PaymentGone {
        payment: PaymentId,
    },
    /// A record, and everything behind it made to fit.
    Forged {
        payment: PaymentId,
        records: Vec<AuditRecord>,
    },
    Head {
        payment: PaymentId,
        head: AuditHead,
    },
    Body {
        digest: Digest,
        bytes: Vec<u8>,
    },
    BodyGone {
        digest: Digest,
    },
    /// Which body belongs to a record.
    Reference {
        payment: PaymentId,
        seq: u64,
        position: usize,
        to: Option<Digest>,
    },
    Anchor {
        seq: u64,
        column: &'static str,
        to: Digest,
    },
    AnchorGone {
        seq: u64,
    },
    AnchorsCut {
        after: u64,
    },
    Anchored {
        payment: PaymentId,
        seq: u64,
        to: Option<Digest>,
    },
    /// Something of a merchant's chain.
    OfMerchant(MerchantChange),
}

impl Dice {
    pub(super) const fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(bound).unwrap()).unwrap()
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// The same bytes, but for one bit.
    pub(super) fn flip(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut flipped = bytes.to_vec();
        let index = self.below(bytes.len());
        flipped[index] ^= 1 << self.below(8);
        flipped
    }

    pub(super) fn flip_digest(&mut self, digest: &Digest) -> Digest {
        Digest::try_from(self.flip(digest.as_bytes()).as_slice()).unwrap()
    }
}

impl Trail {
    pub(super) async fn read(store: &Arc<dyn Store>) -> Self {
        let (mut chains, mut bodies) = (Vec::new(), Vec::new());
        for (payment, _) in store.heads(None, 1_000).await.unwrap() {
            let records = store.records(&payment).await.unwrap();
            for (_, digest) in records.iter().flat_map(|record| &record.bodies) {
                bodies.push((*digest, store.body(digest).await.unwrap().expect("a kept body")));
            }
            chains.push((payment, records));
        }
        let mut merchants = Vec::new();
        for (merchant, _) in store.merchant_heads(&None, 100).await.unwrap() {
            let records = store.merchant_records(&merchant, 0, 1_000).await.unwrap();
            merchants.push((merchant, records));
        }
        Self { chains, merchants, bodies, anchors: store.anchors(0, 100).await.unwrap() }
    }

    /// Whether there is enough to change.
    pub(super) fn is_worth_it(&self) -> bool {
        let is_long = |(_, records): &(PaymentId, Vec<AuditRecord>)| records.len() >= 3;
        let of_merchants = self.merchants.iter().any(|(_, records)| records.len() >= 3);
        let of_payments = self.chains.len() >= 10 && self.chains.iter().all(is_long);
        of_payments && of_merchants && self.bodies.len() >= 10 && self.anchors.len() >= 3
    }
}

impl Change {
    /// Any of them.
    pub(super) fn any(trail: &Trail, dice: &mut Dice) -> Self {
        let (payment, records) = dice.pick(&trail.chains).clone();
        let record = dice.pick(&records).clone();
        let (seq, last) = (record.seq, records.len());
        let anchor = dice.pick(&trail.anchors).clone();
        match dice.below(22) {
            0 => Self::Record { payment, seq, bytes: dice.flip(&record.canonical_bytes()) },
            1 => Self::Column { payment, seq, column: ["at", "actor", "event"][dice.below(3)] },
            2 => Self::Deleted { payment, seq },
            3 => {
                let other = seq % u64::try_from(last).unwrap() + 1;
                Self::Swapped { payment, one: seq, other }
            }
            4 => {
                let others: Vec<PaymentId> =
                    trail.chains.iter().map(|(other, _)| *other).filter(|other| *other != payment).collect();
                Self::Exchanged {
                    one: payment,
                    other: *dice.pick(&others),
                    seq: 1 + u64::try_from(dice.below(3)).unwrap(),
                }
            }
            5 => {
                let kept = &records[dice.below(last - 1)];
                Self::Cut { payment, head: AuditHead { seq: kept.seq, digest: kept.digest() } }
            }
            6 => Self::CutOpenly { payment, after: records[dice.below(last - 1)].seq },
            7 => Self::PaymentGone { payment },
            8 => Self::Forged { payment, records: forged(records, dice.below(last)) },
            9 => {
                let end = records[last - 1].digest();
                let head = AuditHead { seq: u64::try_from(last).unwrap(), digest: dice.flip_digest(&end) };
                Self::Head { payment, head }
            }
            10 => {
                let (digest, bytes) = dice.pick(&trail.bodies).clone();
                Self::Body { digest, bytes: dice.flip(&bytes) }
            }
            11 => Self::BodyGone { digest: dice.pick(&trail.bodies).0 },
            12 => Self::reference(&records, dice).unwrap_or(Self::Deleted { payment, seq }),
            13 => {
                let column = ["at", "previous", "digest"][dice.below(3)];
                Self::Anchor { seq: anchor.anchor.seq, column, to: dice.flip_digest(&anchor.digest) }
            }
            14 => Self::AnchorGone { seq: anchor.anchor.seq },
            15 => Self::AnchorsCut { after: anchor.anchor.seq - 1 },
            16 => {
                let heads: Vec<(PaymentId, AuditHead)> =
                    trail.anchors.iter().flat_map(|sealed| sealed.anchor.heads.clone()).collect();
                let (payment, head) = *dice.pick(&heads);
                let to = (dice.below(2) == 0).then(|| dice.flip_digest(&head.digest));
                Self::Anchored { payment, seq: head.seq, to }
            }
            _ => Self::OfMerchant(MerchantChange::any(trail, dice)),
        }
    }

    fn reference(records: &[AuditRecord], dice: &mut Dice) -> Option<Self> {
        let with_bodies: Vec<&AuditRecord> = records.iter().filter(|record| !record.bodies.is_empty()).collect();
        if with_bodies.is_empty() {
            return None;
        }
        let record = *dice.pick(&with_bodies);
        let position = dice.below(record.bodies.len());
        let to = (dice.below(2) == 0).then(|| dice.flip_digest(&record.bodies[position].1));
        Some(Self::Reference { payment: record.payment, seq: record.seq, position, to })
    }

    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Record { .. } => "record",
            Self::Column { .. } => "column",
            Self::Deleted { .. } => "deleted",
            Self::Swapped { .. } => "swapped",
            Self::Exchanged { .. } => "exchanged",
            Self::Cut { .. } => "cut",
            Self::CutOpenly { .. } => "cut openly",
            Self::PaymentGone { .. } => "payment gone",
            Self::Forged { .. } => "forged",
            Self::Head { .. } => "head",
            Self::Body { .. } => "body",
            Self::BodyGone { .. } => "body gone",
            Self::Reference { .. } => "reference",
            Self::Anchor { .. } => "anchor",
            Self::AnchorGone { .. } => "anchor gone",
            Self::AnchorsCut { .. } => "anchors cut",
            Self::Anchored { .. } => "anchored",
            Self::OfMerchant(change) => change.kind(),
        }
    }

    pub(super) fn statements(&self, dialect: Dialect) -> Vec<String> {
        let bytes = |bytes: &[u8]| dialect.bytes(bytes);
        let of = |payment: &PaymentId, seq: u64| format!("payment_id = '{payment}' AND seq = {seq}");
        match self {
            Self::Record { payment, seq, bytes: to } => {
                vec![format!("UPDATE payment_events SET record = {} WHERE {}", bytes(to), of(payment, *seq))]
            }
            Self::Column { payment, seq, column } => {
                let to = match *column {
                    "at" => dialect.later(),
                    "actor" => "'somebody'",
                    // Neither is what it was: of two words one is another.
                    _ => "CASE event WHEN 'withdrawn' THEN 'simulated' ELSE 'withdrawn' END",
                };
                vec![format!("UPDATE payment_events SET {column} = {to} WHERE {}", of(payment, *seq))]
            }
            Self::Deleted { payment, seq } => ["payment_event_bodies", "payment_events"]
                .map(|table| format!("DELETE FROM {table} WHERE {}", of(payment, *seq)))
                .to_vec(),
            Self::Swapped { payment, one, other } => swap(&of(payment, *one), &of(payment, *other)),
            Self::Exchanged { one, other, seq } => swap(&of(one, *seq), &of(other, *seq)),
            Self::Cut { payment, head } => [cut(payment, head.seq), vec![set_head(payment, *head, dialect)]].concat(),
            Self::CutOpenly { payment, after } => cut(payment, *after),
            Self::PaymentGone { payment } => {
                [cut(payment, 0), vec![format!("DELETE FROM payments WHERE id = '{payment}'")]].concat()
            }
            Self::Forged { payment, records } => forge(payment, records, dialect),
            Self::Head { payment, head } => vec![set_head(payment, *head, dialect)],
            Self::Body { digest, bytes: to } => vec![format!(
                "UPDATE payment_bodies SET body = {} WHERE digest = {}",
                bytes(to),
                bytes(digest.as_bytes())
            )],
            Self::BodyGone { digest } => {
                vec![format!("DELETE FROM payment_bodies WHERE digest = {}", bytes(digest.as_bytes()))]
            }
            Self::Reference { payment, seq, position, to } => {
                let row = format!("{} AND position = {position}", of(payment, *seq));
                vec![match to {
                    Some(to) => {
                        format!("UPDATE payment_event_bodies SET digest = {} WHERE {row}", bytes(to.as_bytes()))
                    }
                    None => format!("DELETE FROM payment_event_bodies WHERE {row}"),
                }]
            }
            Self::Anchor { seq, column, to } => {
                let to = if *column == "at" { dialect.later().to_owned() } else { bytes(to.as_bytes()) };
                vec![format!("UPDATE audit_anchors SET {column} = {to} WHERE seq = {seq}")]
            }
            Self::AnchorGone { seq } => vec![
                format!("DELETE FROM anchored_heads WHERE anchor_seq = {seq}"),
                format!("DELETE FROM anchored_merchants WHERE anchor_seq = {seq}"),
                format!("DELETE FROM audit_anchors WHERE seq = {seq}"),
            ],
            Self::AnchorsCut { after } => vec![
                format!("DELETE FROM anchored_heads WHERE anchor_seq > {after}"),
                format!("DELETE FROM anchored_merchants WHERE anchor_seq > {after}"),
                format!("DELETE FROM audit_anchors WHERE seq > {after}"),
            ],
            Self::Anchored { payment, seq, to } => {
                let row = format!("payment_id = '{payment}' AND audit_seq = {seq}");
                vec![match to {
                    Some(to) => format!("UPDATE anchored_heads SET audit_head = {} WHERE {row}", bytes(to.as_bytes())),
                    None => format!("DELETE FROM anchored_heads WHERE {row}"),
                }]
            }
            Self::OfMerchant(change) => change.statements(dialect),
        }
    }
}

/// The chain with one record changed, and each behind it made to follow.
fn forged(mut records: Vec<AuditRecord>, changed: usize) -> Vec<AuditRecord> {
    "user:somebody".clone_into(&mut records[changed].actor);
    for next in changed + 1..records.len() {
        records[next].previous = records[next - 1].digest();
    }
    records
}

fn forge(payment: &PaymentId, records: &[AuditRecord], dialect: Dialect) -> Vec<String> {
    let record = |record: &AuditRecord| {
        let bytes = dialect.bytes(&record.canonical_bytes());
        let (actor, seq) = (&record.actor, record.seq);
        format!(
            "UPDATE payment_events SET record = {bytes}, actor = '{actor}' WHERE payment_id = '{payment}' AND seq = {seq}"
        )
    };
    let last = &records[records.len() - 1];
    let head = set_head(payment, AuditHead { seq: last.seq, digest: last.digest() }, dialect);
    records.iter().map(record).chain([head]).collect()
}

fn cut(payment: &PaymentId, after: u64) -> Vec<String> {
    ["payment_event_bodies", "payment_events"]
        .map(|table| format!("DELETE FROM {table} WHERE payment_id = '{payment}' AND seq > {after}"))
        .to_vec()
}

fn set_head(payment: &PaymentId, head: AuditHead, dialect: Dialect) -> String {
    let digest = dialect.bytes(head.digest.as_bytes());
    format!("UPDATE payments SET audit_seq = {}, audit_head = {digest} WHERE id = '{payment}'", head.seq)
}

/// Two records change places: each gets what the other has, all but its name.
fn swap(one: &str, other: &str) -> Vec<String> {
    let take = |row: &str, from: &str| {
        let columns = ["record", "at", "actor", "event"];
        let set = columns.map(|column| format!("{column} = (SELECT {column} FROM kept_payment_events WHERE {from})"));
        format!("UPDATE payment_events SET {} WHERE {row}", set.join(", "))
    };
    vec![take(one, other), take(other, one)]
}
