//! The books, put into the words of the port.

use super::super::books::{BookedCharge, BookedStatus};
use super::super::mishap::Mishap;
use super::super::qr::qr_text;
use crate::account::ProviderAccount;
use crate::charge::Artefact;
use crate::ids::ProviderRef;
use crate::method::{Channel, Method};
use crate::money::ReportedMoney;
use crate::ports::{ArrivedMoney, ChargeSnapshot, Exchange, ListedAs, OpenedCharge, SnapshotStatus};
use crate::time::Timestamp;

pub(super) fn opened(booked: &BookedCharge, account: &ProviderAccount) -> OpenedCharge {
    let asked = format!("open {} {} {}", booked.our_reference, booked.method, booked.amount);
    OpenedCharge {
        provider_ref: booked.charge_ref.clone(),
        our_reference: booked.our_reference.to_string(),
        amount: ReportedMoney::idr(booked.amount.clone()),
        artefact: artefact(booked, account),
        expires_at: Some(booked.expires_at),
        status: SnapshotStatus::Pending,
        exchange: Exchange {
            request: Some(asked),
            response: Some(format!("opened {}", booked.charge_ref)),
            ..Exchange::default()
        },
    }
}

/// Puts in what a mishap has the answer say that nobody here knows.
pub(super) fn drift(mishap: Option<Mishap>, status: &mut SnapshotStatus, exchange: &mut Exchange) {
    match mishap {
        Some(Mishap::UnheardOfStatus(word)) => *status = SnapshotStatus::Unrecognised(word),
        Some(Mishap::UnheardOfField(name)) => exchange.unknown_fields.push(name),
        Some(_) | None => {}
    }
}

fn artefact(booked: &BookedCharge, account: &ProviderAccount) -> Artefact {
    let link = || format!("https://pay.example/{}", booked.charge_ref);
    match booked.method.channel() {
        Channel::QrCode => {
            let qr_string = qr_text(&booked.amount, &booked.our_reference, account.nmid.as_deref());
            Artefact::Qr { qr_string }
        }
        Channel::Ewallet if booked.method == Method::Ovo => Artefact::Push,
        Channel::Ewallet => {
            Artefact::Link { checkout_url: Some(link()), deeplink_url: Some(format!("wallet://{}", booked.charge_ref)) }
        }
        Channel::VirtualAccount => {
            let digits: String = booked.charge_ref.as_str().chars().filter(char::is_ascii_digit).collect();
            let bank = booked.method.code().trim_start_matches("va_").to_ascii_uppercase();
            Artefact::VirtualAccount { bank_code: bank, va_number: format!("88008{digits}") }
        }
        Channel::Cards => Artefact::Link { checkout_url: Some(link()), deeplink_url: None },
    }
}

pub(super) fn snapshot(booked: &BookedCharge, now: Timestamp) -> ChargeSnapshot {
    let status = match booked.status_at(now) {
        BookedStatus::Open => SnapshotStatus::Pending,
        BookedStatus::Expired => SnapshotStatus::Expired,
        BookedStatus::Canceled => SnapshotStatus::Canceled,
        BookedStatus::Failed(reason) => SnapshotStatus::Failed(reason),
    };
    let reversed = booked
        .payments
        .iter()
        .filter_map(|payment| payment.reversed_at.map(|at| (payment.receipt.payment_ref.clone(), at)));
    ChargeSnapshot {
        charge_ref: Some(booked.charge_ref.clone()),
        our_reference: Some(booked.our_reference.to_string()),
        order_code: Some(booked.order_code.to_string()),
        asked: Some(ReportedMoney::idr(booked.amount.clone())),
        status,
        receipts: booked.payments.iter().map(|payment| payment.receipt.clone()).collect(),
        refunds: booked.refunds.values().cloned().collect(),
        reversals: reversed.collect(),
        fees: Vec::new(),
        expires_at: Some(booked.expires_at),
        exchange: Exchange { response: Some(format!("{} payments", booked.payments.len())), ..Exchange::default() },
    }
}

/// The rows of a listing; each has an id of its own, never that of the payment.
pub(super) fn arrived(booked: &BookedCharge) -> impl Iterator<Item = ArrivedMoney> {
    booked.payments.iter().filter_map(|payment| {
        let receipt = &payment.receipt;
        Some(ArrivedMoney {
            row_ref: ProviderRef::parse(format!("row-{}", receipt.payment_ref)).ok()?,
            payment_ref: Some(receipt.payment_ref.clone()),
            charge_ref: Some(booked.charge_ref.clone()),
            our_reference: Some(booked.our_reference.to_string()),
            money: receipt.money.clone(),
            listed_as: ListedAs::Received,
            created_at: receipt.paid_at,
            updated_at: receipt.paid_at,
        })
    })
}
