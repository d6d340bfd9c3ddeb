//! What the timeline says, in both tongues.

use mstore_pay_domain::audit::AuditEvent;
use mstore_pay_domain::charge::Charge;
use mstore_pay_domain::payment::{Display, Payment, PaymentStatus, Withdrawal};
use mstore_pay_domain::routing::Because;

use crate::language::{Bilingual, both};

pub(super) const CHECKED: Bilingual =
    both("Penyedia sudah ditanya; belum ada perubahan.", "The provider was asked; nothing had changed.");
pub(super) const BREAKER: Bilingual =
    both("Penyedia sedang tidak menjawab.", "The provider is not answering at the moment.");
pub(super) const NEXT_CHECK: Bilingual =
    both("Pemeriksaan berikutnya, paling lambat.", "It is looked at again then at the latest.");

/// Why the payment stands where it stands, for the cashier.
pub(super) const fn of_status(status: PaymentStatus) -> Bilingual {
    match status {
        PaymentStatus::Pending => both("Menunggu pelanggan membayar.", "Waiting for the customer to pay."),
        PaymentStatus::Expired => {
            both("Waktu pembayaran habis tanpa ada uang masuk.", "The time ran out without any money.")
        }
        PaymentStatus::Canceled => both("Pembayaran dibatalkan.", "The payment was cancelled."),
        PaymentStatus::Failed => both(
            "Pembayaran gagal. Coba lagi atau pilih cara lain.",
            "The payment failed. Try again or choose another way.",
        ),
        PaymentStatus::Paid => both("Uang sudah diterima.", "The money has arrived."),
        PaymentStatus::PartiallyRefunded => {
            both("Sebagian uang sudah dikembalikan.", "A part of the money was given back.")
        }
        PaymentStatus::Refunded => both("Uang sudah dikembalikan.", "The money was given back."),
        PaymentStatus::Reversed => both("Uang ditarik kembali oleh penyedia.", "The provider took the money back."),
    }
}

/// The same, with what is known beyond the status.
pub(super) fn sentence(payment: &Payment) -> Bilingual {
    let status = payment.status();
    if status != PaymentStatus::Pending {
        return of_status(status);
    }
    match payment.display {
        Display::Withdrawn { why: Withdrawal::Expired, .. } if payment.unanswered_push().is_some() => both(
            "Penyedia tidak pernah menjawab dan tidak ada uang terlihat. Tanyakan pelanggan sebelum memilih cara lain.",
            "The provider never answered and no money was seen. Ask the customer before choosing another way.",
        ),
        Display::Withdrawn { why: Withdrawal::Expired, .. } => both(
            "Waktu habis; sedang dipastikan ke penyedia bahwa tidak ada uang masuk.",
            "The time is over; the provider is being asked to make sure that no money came.",
        ),
        Display::Withdrawn { .. } => both(
            "Sedang dibatalkan; penyedia belum memastikannya.",
            "Being cancelled; the provider has not confirmed it yet.",
        ),
        Display::Shown if payment.is_unproven() => both(
            "Baru kata mesin kasir; penyedia belum memberi tahu ada uang masuk.",
            "So far only the till says so; the provider has not told of any money.",
        ),
        Display::Shown if payment.shown_charge().and_then(Charge::artefact).is_none() => {
            both("Penyedia belum menjawab; sedang dicari tahu.", "The provider has not answered; we are finding out.")
        }
        Display::Shown => of_status(status),
    }
}

/// Why a charge is about to be opened at that provider.
pub(super) fn of_choice(word: &str) -> Bilingual {
    match Because::ALL.into_iter().find(|because| because.word() == word) {
        Some(Because::First) => both(
            "Tagihan akan dibuka di penyedia pertama untuk cara bayar ini.",
            "A charge is about to be opened at the provider that comes first for this method.",
        ),
        Some(Because::OthersPassedOver) => both(
            "Tagihan akan dibuka di penyedia ini karena yang lebih dulu sedang tidak dapat dipakai.",
            "A charge is about to be opened at this provider, because those before it cannot be used.",
        ),
        Some(Because::OnTrial) => both(
            "Tagihan akan dibuka di penyedia ini untuk melihat apakah ia menjawab lagi.",
            "A charge is about to be opened at this provider, to see whether it answers again.",
        ),
        Some(Because::NotTakenBefore) => both(
            "Tagihan akan dibuka di penyedia berikutnya; penyedia sebelumnya pasti tidak membukanya.",
            "A charge is about to be opened at the next provider; the one before certainly did not open it.",
        ),
        Some(Because::UnansweredHere) => both(
            "Penyedia tidak menjawab; tagihan lain akan dibuka di sana.",
            "The provider did not answer; another charge is about to be opened there.",
        ),
        Some(Because::UnansweredBefore) => both(
            "Penyedia sebelumnya tidak menjawab; tagihan lain akan dibuka di penyedia berikutnya.",
            "The provider before did not answer; another charge is about to be opened at the next one.",
        ),
        Some(Because::TakenUpAgain) => both(
            "Pembukaan yang terputus dilanjutkan dengan tagihan lain.",
            "An opening that was cut off goes on with another charge.",
        ),
        None => of_event(AuditEvent::ChargeIntended.word()),
    }
}

/// What a record of the audit trail says.
pub(super) fn of_event(word: &str) -> Bilingual {
    let event = AuditEvent::ALL.into_iter().find(|event| event.word() == word);
    match event {
        Some(AuditEvent::PaymentCreated) => both("Kasir meminta pembayaran.", "The till asked for a payment."),
        Some(AuditEvent::ChargeIntended) => {
            both("Tagihan akan dibuka di penyedia.", "A charge is about to be opened at the provider.")
        }
        Some(AuditEvent::ChargeOpened) => both("Penyedia membuka tagihan.", "The provider opened the charge."),
        Some(AuditEvent::ChargeUnknown) => {
            both("Jawaban penyedia tidak ada atau tidak sesuai.", "The provider's answer is missing or does not fit.")
        }
        Some(AuditEvent::ChargeRefused) => {
            both("Penyedia tidak membuka tagihan.", "The provider did not open the charge.")
        }
        Some(AuditEvent::ChargeHidden) => {
            both("Tagihan yang tidak terlihat disisihkan.", "A charge that nobody saw was put aside.")
        }
        Some(AuditEvent::ChargeFound) => both("Tagihan yang hilang ditemukan.", "A charge that was missing turned up."),
        Some(AuditEvent::ChargeMoved) => both("Status tagihan berubah.", "The charge's status changed."),
        Some(AuditEvent::ReceiptRecorded) => both("Uang masuk dicatat.", "Money was recorded."),
        Some(AuditEvent::SignalDisputed) => both("Kabar yang tidak sesuai diterima.", "Word came that does not fit."),
        Some(AuditEvent::Withdrawn) => {
            both("Pembayaran tidak lagi ditampilkan.", "The payment was taken from display.")
        }
        Some(AuditEvent::CancelAsked) => {
            both("Penyedia diminta menutup tagihan.", "The provider was asked to close the charge.")
        }
        Some(AuditEvent::WebhookSettled) => {
            both("Pemberitahuan penyedia diproses.", "A notification of the provider was settled.")
        }
        Some(AuditEvent::WebhookReplayed) => both(
            "Petugas meminta pemberitahuan penyedia diproses lagi.",
            "An operator had a notification of the provider settled again.",
        ),
        Some(AuditEvent::ExceptionRaised) => both("Perlu diperiksa oleh petugas.", "Put before a person."),
        Some(AuditEvent::ExceptionResolved) => both("Petugas sudah memeriksanya.", "A person dealt with it."),
        Some(AuditEvent::Simulated) => both("Pembayaran percobaan dipesan.", "A test payment was ordered."),
        Some(AuditEvent::ProviderDrifted) => both(
            "Penyedia menyebut sesuatu yang belum dikenal; tidak ada yang berubah karenanya.",
            "The provider said something unknown; nothing changed because of it.",
        ),
        Some(AuditEvent::OrderVoided) => both("Pesanan dibatalkan.", "The order was called off."),
        Some(AuditEvent::OfflineReported) => {
            both("Mesin kasir melaporkannya setelah jaringan pulih.", "A till reported it when its line was back.")
        }
        Some(AuditEvent::ConflictResolved) => {
            both("Petugas menyelesaikan laporan yang tidak cocok.", "A person resolved a report that did not fit.")
        }
        None => both("Dicatat.", "Put on record."),
    }
}
