// Pages as a customer meets them: each has a name, an address, and the headline it must have in either tongue.
import { cancel, create, faults, happens, refund, seen } from "./till.mjs";

const WAITING = ["Menunggu pembayaran", "Waiting for payment"];
const PAID = ["Lunas", "Paid"];
const EXPIRED = ["Waktu habis", "Time is over"];
const CANCELLED = ["Dibatalkan", "Cancelled"];
const FAILED = ["Pembayaran gagal", "Payment failed"];

/** One method for each kind of artefact: a code, a number, a link, a card's page, a request to a phone. */
const KINDS = ["qris", "va_bca", "gopay", "credit_card", "ovo"];
const OTHERS = ["va_bni", "va_bri", "va_mandiri", "dana", "shopeepay"];
/** Made in a way of their own. */
const ELSEWHERE = ["ovo-pending", "credit_card-failed"];
const STATES = {
  pending: [WAITING, async () => {}],
  paid: [PAID, paid],
  expired: [EXPIRED, (payment) => happens("expire", payment).then(() => seen(payment, "expired"))],
  cancelled: [CANCELLED, (payment) => cancel(payment).then(() => seen(payment, "canceled"))],
  failed: [FAILED, (payment) => happens("fail", payment).then(() => seen(payment, "failed"))],
};

async function paid(payment) {
  await happens("pay", payment, { payer_name: "Budi Santoso", issuer_name: "BCA" });
  await seen(payment, "paid");
}

const scene = (name, payment, headline) => ({ name, url: payment.pay_page_url, headline });

/** On its page a card may be tried again; a token that is declined was the only try. */
async function declined() {
  const payment = await create("credit_card", { card_token_id: "pt-0a1b2c" });
  await happens("fail", payment, { failure_code: "CARD_DECLINED" });
  await seen(payment, "failed");
  return scene("credit_card-failed", payment, FAILED);
}

async function inState(method, state) {
  const [headline, bring] = STATES[state];
  // Long enough to be looked at; OVO gives up by itself after a minute.
  const payment = await create(method, { expires_in_seconds: 1800 });
  await bring(payment);
  return scene(`${method}-${state}`, payment, headline);
}

async function replaced() {
  const first = await create("qris");
  await create("va_bca", { order_code: first.order_code });
  return scene("qris-replaced", first, ["Diganti pembayaran lain", "Replaced by another payment"]);
}

async function paidByAnother() {
  const first = await create("qris");
  const second = await create("va_bca", { order_code: first.order_code });
  await paid(second);
  return scene("qris-paid-by-another", first, ["Pesanan sudah lunas", "Order already paid"]);
}

async function refunded(name, amount, status, headline) {
  const payment = await create("dana");
  await paid(payment);
  await refund(payment, amount);
  await seen(payment, status);
  return scene(name, payment, headline);
}

/** The provider keeps its answer to itself: it went to a phone, and nobody knows. */
async function unanswered() {
  await faults([{ provider: "xendit", operation: "open", effect: "timeout_before", method: "ovo", times: 1 }]);
  const payment = await create("ovo");
  await faults([]);
  return scene("ovo-unanswered", payment, ["Memastikan pembayaran", "Making sure of the payment"]);
}

/** What Midtrans gives where Xendit takes nothing: an app's link without a page, and a bill at Mandiri. */
async function atMidtrans() {
  await faults([{ provider: "xendit", operation: "open", effect: "rate_limited" }]);
  const made = [];
  for (const method of ["qris", "gopay", "shopeepay", "va_bca", "va_mandiri"]) {
    const payment = await create(method, { expires_in_seconds: 1800 });
    if (payment.provider !== "midtrans") {
      throw new Error(`${method} was opened at ${payment.provider}`);
    }
    made.push(scene(`midtrans-${method}-pending`, payment, WAITING));
  }
  await faults([]);
  return made;
}

async function longTexts() {
  const order_code = "TRX-20261126-JAKARTA-SELATAN-KASIR-0042-A.B_C~D-12";
  const description = "Nasi goreng kambing 2, es teh manis 4, kerupuk udang, sambal terasi dan lain-lain untuk meja 12";
  const payment = await create("va_mandiri", { order_code, description, amount: 12_345_678_900 });
  return scene("va_mandiri-long", payment, WAITING);
}

/** Each page is brought into its state by itself; they share nothing but the gateway. */
export async function scenes() {
  const { origin } = new URL(process.env.GATEWAY_URL);
  const notices = [
    { name: "link-over", url: `${origin}/pay/none`, headline: ["Tautan tidak berlaku", "This link is not valid"] },
    { name: "return", url: `${origin}/pay/return`, headline: ["Silakan kembali ke kasir", "Please return to the cashier"] },
  ];
  const partly = ["Lunas, sebagian dikembalikan", "Paid, partly refunded"];
  const made = [
    replaced(),
    paidByAnother(),
    longTexts(),
    declined(),
    refunded("dana-partly-refunded", 33_000, "partially_refunded", partly),
    refunded("dana-refunded", 133_000, "refunded", ["Dana dikembalikan", "Refunded"]),
  ];
  for (const state of Object.keys(STATES)) {
    const methods = state === "pending" ? [...KINDS, ...OTHERS] : KINDS;
    made.push(...methods.filter((method) => !ELSEWHERE.includes(`${method}-${state}`)).map((method) => inState(method, state)));
  }
  const others = await Promise.all(made);
  // Those that wait for a phone are looked at first: their minute is short.
  return [await unanswered(), await inState("ovo", "pending"), ...(await atMidtrans()), ...others, ...notices];
}
