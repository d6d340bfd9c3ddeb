// What a till and a provider do, over HTTP.
const { GATEWAY_URL, GATEWAY_TOKEN, SANDBOX_URL } = process.env;
const SECRET_KEY = "xnd_development_sandbox";
let orders = 0;

async function send(method, url, body, headers = {}) {
  const answer = await fetch(url, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) {
    throw new Error(`${method} ${url} is answered ${answer.status}: ${text}`);
  }
  return text ? JSON.parse(text) : undefined;
}

const asTill = { Authorization: `Bearer ${GATEWAY_TOKEN}` };
const asShop = { Authorization: `Basic ${btoa(`${SECRET_KEY}:`)}` };

export function newOrder() {
  orders += 1;
  return `TRX-2026-${String(orders).padStart(4, "0")}`;
}

export async function create(method, more = {}) {
  const order = { order_code: newOrder(), method, amount: 133000, currency: "IDR" };
  const phone = method === "ovo" ? { customer_phone: "+6281234567890" } : {};
  const answer = await send("POST", `${GATEWAY_URL}/api/v1/pos/payments`, { ...order, ...phone, ...more }, asTill);
  return answer.data;
}

export async function cancel(payment) {
  await send("POST", `${GATEWAY_URL}/api/v1/pos/payments/${payment.payment_id}/cancel`, undefined, asTill);
}

/** Waits until the till would be told this status. */
export async function seen(payment, status) {
  const url = `${GATEWAY_URL}/api/v1/pos/payments/${payment.payment_id}`;
  const until = Date.now() + 20_000;
  let now;
  do {
    now = (await send("GET", url, undefined, asTill)).data;
    if (now.status === status) {
      return;
    }
    await new Promise((done) => setTimeout(done, 50));
  } while (Date.now() < until);
  throw new Error(`${payment.method} of ${payment.order_code} is ${now.status}, not ${status}`);
}

/** `pay`, `fail` or `expire`: what happens at the provider that has the payment. */
export function happens(what, payment, more = {}) {
  const body = { provider: payment.provider, order_code: payment.order_code, ...more };
  return send("POST", `${SANDBOX_URL}/_control/${what}`, body);
}

/** Money given back from the provider's dashboard. */
export async function refund(payment, amount) {
  const body = { payment_request_id: payment.reference_id, amount, currency: "IDR", reason: "REQUESTED_BY_CUSTOMER" };
  await send("POST", `${SANDBOX_URL}/xendit/refunds`, body, asShop);
}

/** The rules by which the provider misbehaves. */
export function faults(rules) {
  return send("PUT", `${SANDBOX_URL}/_control/faults`, rules);
}
