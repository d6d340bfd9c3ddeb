// What the official client reads from the sandbox, said in asserts.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import midtrans from "midtrans-client";

const core = new midtrans.CoreApi({
  isProduction: false,
  serverKey: "SB-Mid-server-sandbox",
  clientKey: "SB-Mid-client-sandbox",
});
core.apiConfig.constructor.CORE_SANDBOX_BASE_URL = process.env.MIDTRANS_CORE_BASE_URL;
let calls = 0;
let asserted = 0;

async function call(promise) {
  calls += 1;
  return promise;
}

function same(actual, expected) {
  asserted += 1;
  assert.deepEqual(actual, expected);
}

// The client fails by the code in the body as much as by the HTTP status.
async function refused(promise, code) {
  calls += 1;
  asserted += 1;
  await assert.rejects(promise, (error) => String(error.httpStatusCode) === code);
}

async function pay(reference) {
  const answer = await fetch(`${process.env.SANDBOX_CONTROL_URL}/pay`, {
    method: "POST",
    body: JSON.stringify({ provider: "midtrans", reference }),
  });
  assert.equal(answer.status, 200);
}

const standing = (body) => [body.status_code, body.transaction_status];
const order = (id, amount = 44000) => ({ order_id: id, gross_amount: amount });
const charge = (id, more) => call(core.charge({ transaction_details: order(id), ...more }));
const status = (id) => call(core.transaction.status(id));

// Charges.
const types = {
  qris: { payment_type: "qris" },
  gopay: { payment_type: "gopay" },
  shopeepay: { payment_type: "shopeepay", shopeepay: { callback_url: "https://shop.test" } },
  bca: { payment_type: "bank_transfer", bank_transfer: { bank: "bca" } },
  bni: { payment_type: "bank_transfer", bank_transfer: { bank: "bni" } },
  mandiri: { payment_type: "echannel", echannel: { bill_info1: "Payment For:", bill_info2: "debt" } },
};
const made = {};
for (const [name, body] of Object.entries(types)) {
  made[name] = await charge(`node ${name}`, body);
  same(standing(made[name]), ["201", "pending"]);
  same(made[name].gross_amount, "44000.00");
  // A blank in an order id is escaped by the client, and its GET carries a body.
  same((await status(`node ${name}`)).transaction_id, made[name].transaction_id);
}
same(made.qris.qr_string.startsWith("000201"), true);
same(made.gopay.actions.map((action) => action.name).includes("deeplink-redirect"), true);
same(made.bca.va_numbers[0].bank, "bca");
same(made.mandiri.biller_code, "70012");

// Money, and what a notification says.
await pay("node qris");
same(standing(await status(made.qris.transaction_id)), ["200", "settlement"]);
const notified = await call(core.transaction.notification({ transaction_id: made.qris.transaction_id }));
same(notified.transaction_status, "settlement");

// Endings. Actions carry the body `null`.
same(standing(await call(core.transaction.cancel("node gopay"))), ["200", "cancel"]);
const expired = await call(core.transaction.expire("node bca"));
same(standing(expired), ["407", "expire"]);
same(standing(await status("node bca")), ["407", "expire"]);
await refused(core.transaction.cancel("node qris"), "412");
await refused(core.transaction.expire("node gopay"), "412");

// Cards.
const token = (number) =>
  call(
    core.cardToken({
      card_number: number,
      card_exp_month: "12",
      card_exp_year: "2030",
      card_cvv: "123",
      client_key: core.apiConfig.get().clientKey,
    }),
  );
const card = async (id, number, more = {}) => {
  const made = await token(number);
  same(made.status_code, "200");
  return charge(id, { payment_type: "credit_card", credit_card: { token_id: made.token_id, ...more } });
};
const captured = await card("node card", "4811111111111114");
same([...standing(captured), captured.fraud_status], ["200", "capture", "accept"]);
await refused(core.transaction.approve("node card"), "412");
same(standing(await call(core.transaction.cancel("node card"))), ["200", "cancel"]);
await card("node challenged", "5510111111111115");
const approved = await call(core.transaction.approve("node challenged"));
same([approved.transaction_status, approved.fraud_status], ["capture", "accept"]);
await card("node denied", "5510111111111115");
same((await call(core.transaction.deny("node denied"))).fraud_status, "deny");
const authorized = await card("node authorized", "4811111111111114", { type: "authorize" });
same(authorized.transaction_status, "authorize");
const taken = await call(core.capture({ transaction_id: authorized.transaction_id, gross_amount: 40000 }));
same([taken.transaction_status, taken.gross_amount], ["capture", "40000.00"]);
await refused(
  core.charge({ transaction_details: order("node no token"), payment_type: "credit_card", credit_card: { token_id: "x" } }),
  "411",
);

// Refunds.
const refund = await call(core.transaction.refund("node qris", { refund_key: "node-1", amount: 5000, reason: "cold" }));
same([refund.transaction_status, refund.refund_amount], ["partial_refund", "5000.00"]);
const rest = await call(core.transaction.refundDirect("node qris", { refund_key: "node-2", amount: 39000 }));
same(rest.transaction_status, "refund");
let refunded = await status("node qris");
same([refunded.refund_amount, refunded.refunds.length], ["44000.00", 2]);
for (let n = 0; n < 100 && !refunded.refunds[1].bank_confirmed_at; n += 1) {
  await sleep(50);
  refunded = await status("node qris");
}
same(typeof refunded.refunds[1].bank_confirmed_at, "string");
await refused(core.transaction.refund("node shopeepay", {}), "412");

// Idempotency: the header is global to the client, as the client wants it.
core.httpClient.http_client.defaults.headers.common["Idempotency-Key"] = "node-key";
const first = await charge("node once", types.qris);
same((await charge("node twice", types.gopay)).transaction_id, first.transaction_id);
delete core.httpClient.http_client.defaults.headers.common["Idempotency-Key"];

// Snap: there is no transaction until a method is picked on the page.
const snap = new midtrans.Snap({
  isProduction: false,
  serverKey: "SB-Mid-server-sandbox",
  clientKey: "SB-Mid-client-sandbox",
});
snap.apiConfig.constructor.SNAP_SANDBOX_BASE_URL = `${process.env.MIDTRANS_CORE_BASE_URL}/snap/v1`;
const asked = (id) => ({ transaction_details: order(id), enabled_payments: ["other_qris"] });
const page = await call(snap.createTransaction(asked("node snap")));
same(page.redirect_url.endsWith(page.token), true);
await refused(snap.transaction.status("node snap"), "404");
await fetch(`${page.redirect_url}/other_qris`, { method: "POST", redirect: "manual" });
same(standing(await call(snap.transaction.status("node snap"))), ["201", "pending"]);
await refused(snap.createTransaction(asked("node snap")), "400");
same((await call(snap.createTransactionToken(asked("node token")))).length, 36);

// Errors.
await refused(core.charge({ transaction_details: order("node once"), ...types.qris }), "406");
await refused(core.transaction.status("node nobody"), "404");
await refused(core.charge({ transaction_details: order("node nothing", 0), ...types.qris }), "400");
core.apiConfig.set({ serverKey: "SB-Mid-server-nobody" });
await refused(core.transaction.status("node once"), "401");

console.log(`midtrans-client 1.4.3: ${calls} calls, ${asserted} asserts, 0 failed`);
