//! What the pay page shows, state by state.

use std::time::Duration;

use mstore_pay_domain::audit::AuditHead;
use mstore_pay_domain::charge::{
    Charge, ChargeState, Exposure, FailureReason, Opened, Opening, Payer, RefundFact, Risk, Signal,
};
use mstore_pay_domain::ids::{AccountId, ChargeId, MerchantId, OurReference, PaymentId, ProviderId, ProviderRef};
use mstore_pay_domain::money::ReportedMoney;
use mstore_pay_domain::payment::{CheckLog, Intake, Payment, PaymentDetails, PublicReference};
use uuid::Uuid;

use super::*;

const QR: &str = "00020101021251440014ID.CO.QRIS.WWW0215ID10200300400050303UMI5204581253033605405330005802ID5911WARUNG COBA6007JAKARTA6304A8F1";

fn at_second(second: u64) -> Timestamp {
    Timestamp::parse_rfc3339("2025-10-13T10:30:00Z").unwrap().plus(Duration::from_secs(second))
}

fn provider_ref(text: &str) -> ProviderRef {
    ProviderRef::parse(text).unwrap()
}

fn charge() -> Charge {
    let mut charge = Charge::intend(
        ChargeId::new(Uuid::from_u128(1)),
        ProviderId::parse("xendit").unwrap(),
        AccountId::main(),
        OurReference::parse("TRX-1~aaaaaaaaa").unwrap(),
        Risk::Displayed,
        at_second(0),
    );
    charge.opening = Opening::Opened(Opened {
        provider_ref: provider_ref("pr-1"),
        artefact: Artefact::Qr { qr_string: QR.to_owned() },
        at: at_second(0),
        payable_until: at_second(172_800),
    });
    charge.state = ChargeState::Pending;
    charge
}

/// A QRIS payment of Rp 33.000 that waits, on display for 300 seconds.
fn waiting() -> PaymentView {
    let payment = Payment {
        id: PaymentId::new(Uuid::from_u128(7)),
        merchant: MerchantId::parse("M1").unwrap(),
        branch: None,
        order_code: OrderCode::parse("TRX-1").unwrap(),
        method: Method::Qris,
        amount: Money::from(33_000),
        attempt: 1,
        details: PaymentDetails::default(),
        created_at: at_second(0),
        expires_at: at_second(300),
        revision: Revision::of(3),
        intake: Intake::Closed,
        display: Display::Shown,
        reference: PublicReference::Unset,
        charges: vec![charge()],
        audit: AuditHead::default(),
        checks: CheckLog::default(),
    };
    PaymentView { payment, order_status: None, paid_by: None, is_confirming: false }
}

fn with(change: impl FnOnce(&mut PaymentView)) -> PaymentView {
    let mut view = waiting();
    change(&mut view);
    view
}

fn heard(signals: &[Signal]) -> PaymentView {
    with(|view| {
        let asked = view.payment.amount.clone();
        for signal in signals {
            view.payment.charges[0].apply(signal, &asked);
        }
    })
}

fn withdrawn(why: Withdrawal) -> PaymentView {
    with(|view| view.payment.display = Display::Withdrawn { at: at_second(10), why })
}

fn received() -> Signal {
    let [issuer, name, receipt_id] = ["BCA", "Budi Santoso <b>", "RCPT-0042"].map(|text| Some(text.to_owned()));
    let payer = Payer::told(issuer, name, receipt_id);
    let money = ReportedMoney::idr(Money::from(33_000));
    Signal::Received(Receipt { payment_ref: provider_ref("py-1"), money, paid_at: at_second(28), payer })
}

fn refunded(rupiah: u32) -> Signal {
    let refund = RefundFact { refund_ref: provider_ref("rfd-1"), amount: Money::from(rupiah), at: at_second(90) };
    Signal::Refunded(refund)
}

fn html(view: &PaymentView, second: u64, language: Language) -> String {
    PayPage::of(view, at_second(second), language).html("TOKEN").into_string()
}

fn shows_qr(html: &str) -> bool {
    html.contains(r#"class="qr""#) || html.contains("qr.png")
}

/// The page at that second has this headline in each tongue, and asks again or not; no QR code is on it.
#[track_caller]
fn check(view: &PaymentView, second: u64, want: [&str; 2], follows: bool) {
    for (language, want) in Language::ALL.into_iter().zip(want) {
        let html = html(view, second, language);
        assert!(html.contains(&format!("<h1>{want}</h1>")), "{want}: {html}");
        assert!(html.contains(&format!(r#"<html lang="{}">"#, language.tag())), "{html}");
        assert!(html.contains("Rp 33.000") && html.contains("TRX-1"), "{html}");
        assert_eq!(html.contains(r#"http-equiv="refresh""#), follows, "{want}");
        assert_eq!(html.contains(r#"data-events="TOKEN/events""#), follows, "{want}");
        assert_eq!(html.contains("<script>"), follows, "{want}");
        assert!(!shows_qr(&html), "{want}");
    }
    assert_eq!(displayed(view, at_second(second)), None, "{want:?}");
}

#[test]
fn while_money_is_waited_for_the_qr_code_and_the_time_left_are_shown() {
    for (language, headline, left) in [
        (Language::Indonesian, "Menunggu pembayaran", "Sisa waktu"),
        (Language::English, "Waiting for payment", "Time left"),
    ] {
        let html = html(&waiting(), 28, language);
        assert!(html.contains(&format!("<h1>{headline}</h1>")), "{html}");
        assert!(html.contains(&format!("{left} <strong>4:32</strong>")), "{html}");
        assert!(html.contains(r#"data-left="272""#) && html.contains(r#"data-revision="3""#), "{html}");
        assert!(html.contains(r#"http-equiv="refresh" content="5""#), "{html}");
        assert!(html.contains(r#"<div class="qr" role="img" aria-label="#) && html.contains("<svg viewBox="), "{html}");
        assert!(html.contains("NMID: ID1020030040005"), "{html}");
        assert!(html.contains(r#"href="TOKEN/qr.png" download="qris-TRX-1.png""#), "{html}");
    }
    assert_eq!(displayed(&waiting(), at_second(299)), Some(&Artefact::Qr { qr_string: QR.to_owned() }));
}

#[test]
fn the_day_is_told_where_the_time_of_day_would_not_say_when() {
    assert!(html(&waiting(), 20, Language::Indonesian).contains(">17.35 WIB</time>"));
    let long = with(|view| view.payment.expires_at = at_second(86_420));
    assert!(html(&long, 20, Language::Indonesian).contains(">14 Oktober 2025, 17.30 WIB</time>"));
}

#[test]
fn a_charge_that_is_being_opened_is_waited_for() {
    let preparing = ["Menyiapkan pembayaran", "Preparing the payment"];
    check(&with(|view| view.payment.charges[0].opening = Opening::Intended), 1, preparing, true);
    let hidden = Exposure::Hidden { since: at_second(1) };
    let reopening = with(|view| {
        view.payment.charges[0].exposure = hidden;
        view.payment.intake = Intake::Open;
    });
    check(&reopening, 1, preparing, true);
}

#[test]
fn a_push_that_nobody_answered_may_be_approved_once_and_nothing_else() {
    let unsure = with(|view| {
        view.payment.charges[0].opening = Opening::Unknown { since: at_second(1) };
        view.payment.charges[0].risk = Risk::Pushed;
        view.payment.intake = Intake::Closed;
    });
    check(&unsure, 8, ["Memastikan pembayaran", "Making sure of the payment"], true);
}

#[test]
fn a_paid_payment_shows_when_by_whom_and_the_receipt() {
    let paid = heard(&[received()]);
    check(&paid, 40, ["Lunas", "Paid"], false);
    let html = html(&paid, 40, Language::Indonesian);
    for fact in ["13 Oktober 2025, 17.30 WIB", "BCA", "B*** S*** &lt;***", "RCPT-0042"] {
        assert!(html.contains(fact), "{fact}: {html}");
    }
    assert!(!html.contains("Santoso"), "{html}");
}

#[test]
fn money_that_came_late_is_shown_as_paid_whatever_was_shown_before() {
    let mut late = heard(&[Signal::Expired { at: at_second(360) }, received()]);
    late.payment.display = Display::Withdrawn { at: at_second(300), why: Withdrawal::Expired };
    check(&late, 400, ["Lunas", "Paid"], false);
}

#[test]
fn money_that_went_back_is_told() {
    let part = heard(&[received(), refunded(3_000)]);
    check(&part, 100, ["Lunas, sebagian dikembalikan", "Paid, partly refunded"], false);
    check(&heard(&[received(), refunded(33_000)]), 100, ["Dana dikembalikan", "Refunded"], false);
    let reversed = Signal::Reversed { payment_ref: provider_ref("py-1"), at: at_second(99) };
    check(&heard(&[received(), reversed]), 100, ["Pembayaran ditarik kembali", "Payment reversed"], false);
}

#[test]
fn the_qr_code_is_gone_the_moment_its_time_is_over() {
    let over = ["Waktu habis", "Time is over"];
    assert!(shows_qr(&html(&waiting(), 299, Language::English)));
    check(&waiting(), 300, over, true);
    check(&withdrawn(Withdrawal::Expired), 20, over, true);
    check(&heard(&[Signal::Expired { at: at_second(360) }]), 20, over, false);
}

#[test]
fn a_cancelled_payment_asks_for_nothing() {
    let cancelled = ["Dibatalkan", "Cancelled"];
    check(&withdrawn(Withdrawal::Cancelled), 20, cancelled, true);
    check(&withdrawn(Withdrawal::Voided), 20, cancelled, true);
    check(&heard(&[Signal::Canceled { at: at_second(9) }]), 20, cancelled, false);
    check(&with(|view| view.order_status = Some(OrderStatus::Voided)), 20, cancelled, true);
}

#[test]
fn a_replaced_payment_points_to_the_till() {
    check(&withdrawn(Withdrawal::Superseded), 20, ["Diganti pembayaran lain", "Replaced by another payment"], true);
}

#[test]
fn an_order_paid_otherwise_is_not_paid_twice() {
    let elsewhere = ["Pesanan sudah lunas", "Order already paid"];
    let other = PaymentId::new(Uuid::from_u128(8));
    check(&with(|view| view.paid_by = Some(other)), 20, elsewhere, false);
    check(&withdrawn(Withdrawal::PaidBy { payment: other }), 20, elsewhere, true);
    check(&withdrawn(Withdrawal::PaidInCash), 20, elsewhere, true);
    for by_cash in [OrderStatus::Paid, OrderStatus::Synced] {
        check(&with(|view| view.order_status = Some(by_cash)), 20, elsewhere, true);
    }
}

#[test]
fn a_failed_payment_says_so() {
    let failed = Signal::Failed { at: at_second(9), reason: FailureReason::from_code("DECLINED_BY_ISSUER") };
    check(&heard(&[failed]), 20, ["Pembayaran gagal", "Payment failed"], false);
}

#[test]
fn what_the_till_said_is_shown_as_text_only() {
    let hostile = with(|view| view.payment.details.description = Some("<script>alert(1)</script>".to_owned()));
    let html = html(&hostile, 20, Language::Indonesian);
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
}

#[test]
fn a_qr_text_that_cannot_be_drawn_sends_the_customer_to_the_cashier() {
    let endless = Artefact::Qr { qr_string: "0".repeat(9_999) };
    let html = html(&offering(endless), 20, Language::English);
    assert!(html.contains("The QR code cannot be shown. Tell the cashier.") && !shows_qr(&html), "{html}");
}

fn offering(artefact: Artefact) -> PaymentView {
    with(|view| {
        if let Opening::Opened(opened) = &mut view.payment.charges[0].opening {
            opened.artefact = artefact;
        }
    })
}

#[test]
fn numbers_to_transfer_to_are_shown_as_text() {
    let account = Artefact::VirtualAccount { bank_code: "BCA".to_owned(), va_number: "8808123456789".to_owned() };
    let bill = Artefact::Bill { biller_code: "70012".to_owned(), bill_key: "990011".to_owned() };
    for (artefact, numbers) in [(account, ["BCA", "8808 1234 5678 9"]), (bill, ["7001 2", "9900 11"])] {
        let html = html(&offering(artefact), 20, Language::Indonesian);
        // The groups stand side by side without a character between them.
        let plain = html.replace("</span><span>", " ").replace("<span>", "").replace("</span>", "");
        for number in numbers {
            assert!(plain.contains(&format!(r#"<dd class="number">{number}</dd>"#)), "{number}: {html}");
        }
    }
}

#[test]
fn a_virtual_account_names_its_bank_in_full() {
    let mut mandiri = offering(Artefact::VirtualAccount { bank_code: "MANDIRI".to_owned(), va_number: "8".to_owned() });
    mandiri.payment.method = Method::VaMandiri;
    let html = html(&mandiri, 20, Language::English);
    assert!(html.contains("Bank Mandiri") && !html.contains("MANDIRI"), "{html}");
}

#[test]
fn the_shop_is_named_by_its_national_number_and_not_by_its_acquirers() {
    let qr_string = "00020101021226300016COM.ACQUIRER.WWW0206SHOP4251370014ID.CO.QRIS.WWW0215ID102003004000553033605405330005802ID63049E2D".to_owned();
    let html = html(&offering(Artefact::Qr { qr_string }), 20, Language::English);
    assert!(html.contains("NMID: ID1020030040005") && !html.contains("SHOP42"), "{html}");
}

#[test]
fn only_links_that_open_a_page_or_an_app_are_offered() {
    let link = |checkout: &str, app: &str| {
        let artefact = Artefact::Link { checkout_url: Some(checkout.to_owned()), deeplink_url: Some(app.to_owned()) };
        html(&offering(artefact), 20, Language::English)
    };
    let good = link("https://pay.example/c/1", "gojek://gopay/1");
    assert!(good.contains(r#"href="https://pay.example/c/1""#) && good.contains(r#"href="gojek://gopay/1""#), "{good}");
    let sandbox = link("http://127.0.0.1:8081/pages/1", "");
    assert!(sandbox.contains(r#"href="http://127.0.0.1:8081/pages/1""#), "{sandbox}");
    let bad = link("http://pay.example/c/1", "javascript:alert(1)");
    assert!(!bad.contains("pay.example") && !bad.contains("javascript:"), "{bad}");
}

#[test]
fn a_link_of_an_app_is_drawn_where_there_is_no_page_and_a_browser_could_open_it() {
    for (app, is_drawn) in [("https://gopay.co.id/app/x", true), ("gojek://pay?x=1", false)] {
        let artefact = Artefact::Link { checkout_url: None, deeplink_url: Some(app.to_owned()) };
        let html = html(&offering(artefact), 10, Language::Indonesian);
        assert_eq!(shows_qr(&html), is_drawn, "{app}");
        assert!(html.contains(&format!("href=\"{app}\"")), "{app}");
    }
}

#[test]
fn a_bill_says_how_it_is_paid() {
    let bill = Artefact::Bill { biller_code: "70012".to_owned(), bill_key: "990011".to_owned() };
    let html = html(&offering(bill), 10, Language::Indonesian);
    assert!(html.contains("Masukkan kode perusahaan"), "{html}");
}

#[test]
fn a_request_on_the_customers_phone_is_pointed_at() {
    let html = html(&offering(Artefact::Push), 20, Language::English);
    assert!(html.contains("Open the app on your phone and approve it."), "{html}");
}
