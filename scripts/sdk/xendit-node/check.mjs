// What the official client reads from the sandbox, said in asserts.
import assert from "node:assert/strict";
import xendit from "xendit-node";

const { Xendit } = xendit;
const { PaymentRequest, PaymentMethod, Refund } = new Xendit({
  secretKey: "xnd_development_sandbox",
  xenditURL: process.env.XENDIT_BASE_URL,
});
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

async function refused(promise, status, code) {
  calls += 1;
  asserted += 1;
  await assert.rejects(promise, (error) => error.status === status && error.errorCode === code);
}

const methods = {
  qris: { type: "QR_CODE", reusability: "ONE_TIME_USE", qrCode: { channelCode: "QRIS" } },
  dana: {
    type: "EWALLET",
    reusability: "ONE_TIME_USE",
    ewallet: { channelCode: "DANA", channelProperties: { successReturnUrl: "https://shop.test/ok" } },
  },
  ovo: {
    type: "EWALLET",
    reusability: "ONE_TIME_USE",
    ewallet: { channelCode: "OVO", channelProperties: { mobileNumber: "+628123456789" } },
  },
  bni: {
    type: "VIRTUAL_ACCOUNT",
    reusability: "ONE_TIME_USE",
    virtualAccount: { channelCode: "BNI", channelProperties: { customerName: "MSTORE" } },
  },
  card: { type: "CARD", reusability: "ONE_TIME_USE", card: { channelProperties: {} } },
};
const asked = (referenceId, paymentMethod, more = {}) => ({
  referenceId,
  currency: "IDR",
  country: "ID",
  amount: 15000,
  paymentMethod,
  ...more,
});
const create = (name, more) =>
  call(PaymentRequest.createPaymentRequest({ idempotencyKey: `key-${name}`, data: asked(name, methods[name], more) }));
const read = (made) => call(PaymentRequest.getPaymentRequestByID({ paymentRequestId: made.id }));
const simulate = (made) => call(PaymentRequest.simulatePaymentRequestPayment({ paymentRequestId: made.id }));

// Payment requests.
const made = {};
for (const [name, status] of [
  ["qris", "PENDING"],
  ["dana", "REQUIRES_ACTION"],
  ["ovo", "PENDING"],
  ["bni", "PENDING"],
  ["card", "REQUIRES_ACTION"],
]) {
  made[name] = await create(name, name === "card" ? { captureMethod: "MANUAL" } : {});
  same([made[name].status, made[name].amount, made[name].referenceId], [status, 15000, name]);
  same((await read(made[name])).id, made[name].id);
}
same(made.qris.paymentMethod.qrCode.channelProperties.qrString.startsWith("000201"), true);
same(made.dana.actions[0].action, "AUTH");
same(/^\d+$/.test(made.bni.paymentMethod.virtualAccount.channelProperties.virtualAccountNumber), true);
same((await create("qris")).id, made.qris.id);
const listed = await call(PaymentRequest.getAllPaymentRequests({ referenceId: ["dana"] }));
same(listed.data.map((row) => row.id), [made.dana.id]);

// Simulated payments.
for (const name of ["qris", "dana", "bni"]) {
  same((await simulate(made[name])).status, "PENDING");
  same((await read(made[name])).status, "SUCCEEDED");
}

// A card: authorised, then taken.
const authorised = await call(
  PaymentRequest.authorizePaymentRequest({ paymentRequestId: made.card.id, data: { authCode: "123456" } }),
);
same(authorised.status, "AWAITING_CAPTURE");
const capture = await call(
  PaymentRequest.capturePaymentRequest({ paymentRequestId: made.card.id, data: { captureAmount: 14000 } }),
);
same([capture.capturedAmount, capture.authorizedAmount], [14000, 15000]);
const captures = await call(PaymentRequest.getPaymentRequestCaptures({ paymentRequestId: made.card.id }));
same(captures.data.length, 1);

// Payment methods.
const kept = await call(
  PaymentMethod.createPaymentMethod({ data: { ...methods.bni, reusability: "MULTIPLE_USE", country: "ID" } }),
);
same([kept.status, kept.type], ["ACTIVE", "VIRTUAL_ACCOUNT"]);
await call(PaymentMethod.simulatePayment({ paymentMethodId: kept.id, data: { amount: 20000 } }));
const payments = await call(PaymentMethod.getPaymentsByPaymentMethodId({ paymentMethodId: kept.id }));
same(payments.data[0].amount, 20000);
const patched = await call(
  PaymentMethod.patchPaymentMethod({ paymentMethodId: kept.id, data: { description: "Table 7" } }),
);
same(patched.id, kept.id);
same((await call(PaymentMethod.getPaymentMethodByID({ paymentMethodId: kept.id }))).id, kept.id);
same((await call(PaymentMethod.getAllPaymentMethods({ id: [kept.id] }))).data.length, 1);
same((await call(PaymentMethod.expirePaymentMethod({ paymentMethodId: kept.id }))).status, "EXPIRED");

// Refunds. This client drops their status; that one is settled shows in its `updated`.
const refund = await call(
  Refund.createRefund({
    idempotencyKey: "key-refund",
    data: { paymentRequestId: made.dana.id, amount: 5000, currency: "IDR", reason: "REQUESTED_BY_CUSTOMER" },
  }),
);
same([refund.amount, refund.channelCode, refund.paymentRequestId], [5000, "DANA", made.dana.id]);
let settled = refund;
for (let n = 0; n < 100 && settled.updated === refund.updated; n += 1) {
  await new Promise((done) => setTimeout(done, 50));
  settled = await call(Refund.getRefund({ refundID: refund.id }));
}
same([settled.updated > refund.updated, settled.failureCode], [true, undefined]);
same((await call(Refund.getAllRefunds({ paymentRequestId: made.dana.id }))).data.length, 1);

// Errors.
await refused(
  PaymentRequest.createPaymentRequest({ idempotencyKey: "key-qris", data: asked("other", methods.qris) }),
  409,
  "IDEMPOTENCY_ERROR",
);
await refused(PaymentRequest.getPaymentRequestByID({ paymentRequestId: "pr-none" }), 404, "DATA_NOT_FOUND");
await refused(
  PaymentRequest.createPaymentRequest({ data: { ...asked("magic", methods.qris), amount: 10101 } }),
  503,
  "CHANNEL_UNAVAILABLE",
);
await refused(
  Refund.createRefund({ data: { paymentRequestId: made.bni.id, reason: "OTHERS" } }),
  403,
  "REFUND_NOT_SUPPORTED",
);
await refused(Refund.cancelRefund({ refundID: refund.id }), 400, "INELIGIBLE_TRANSACTION");
const stranger = new Xendit({ secretKey: "xnd_development_nobody", xenditURL: process.env.XENDIT_BASE_URL });
await refused(stranger.PaymentRequest.getPaymentRequestByID({ paymentRequestId: made.qris.id }), 401, "INVALID_API_KEY");

console.log(`xendit-node 7.0.0: ${calls} calls, ${asserted} asserts, 0 failed`);
