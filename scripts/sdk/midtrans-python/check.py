"""What the official client makes of the sandbox, said in asserts."""

import json
import os
import time
import urllib.request

import midtransclient
from midtransclient.config import ApiConfig
from midtransclient.error_midtrans import MidtransAPIError

ApiConfig.CORE_SANDBOX_BASE_URL = os.environ["MIDTRANS_CORE_BASE_URL"]
ApiConfig.SNAP_SANDBOX_BASE_URL = f"{os.environ['MIDTRANS_CORE_BASE_URL']}/snap/v1"


def client(server_key="SB-Mid-server-sandbox", **more):
    return midtransclient.CoreApi(
        is_production=False, server_key=server_key, client_key="SB-Mid-client-sandbox", **more
    )


core = client()
counts = {"calls": 0, "asserts": 0}


def call(function, *args):
    counts["calls"] += 1
    return function(*args)


def same(actual, expected):
    counts["asserts"] += 1
    assert actual == expected, f"{actual!r} is not {expected!r}"


def refused(code, function, *args):
    try:
        call(function, *args)
    except MidtransAPIError as error:
        same(str(error.api_response_dict["status_code"]), code)
    else:
        raise AssertionError(f"{code} was expected")


def pay(reference):
    body = json.dumps({"provider": "midtrans", "reference": reference}).encode()
    with urllib.request.urlopen(f"{os.environ['SANDBOX_CONTROL_URL']}/pay", data=body) as answer:
        assert answer.status == 200


def standing(body):
    return body["status_code"], body["transaction_status"]


def asked(order_id, gross_amount=44000, **more):
    return {"transaction_details": {"order_id": order_id, "gross_amount": gross_amount}, **more}


TYPES = {
    "qris": {"payment_type": "qris"},
    "gopay": {"payment_type": "gopay"},
    "shopeepay": {"payment_type": "shopeepay"},
    "ovo": {"payment_type": "ovo", "ovo": {"payer_phone_number": "081111111111"}},
    "bri": {"payment_type": "bank_transfer", "bank_transfer": {"bank": "bri"}},
    "mandiri": {"payment_type": "echannel", "echannel": {"bill_info1": "Payment:", "bill_info2": "debt"}},
}

# Charges.
made = {}
for name, body in TYPES.items():
    made[name] = call(core.charge, asked(f"py-{name}", **body))
    same(standing(made[name]), ("201", "pending"))
    same(made[name]["gross_amount"], "44000.00")
    same(call(core.transactions.status, f"py-{name}")["transaction_id"], made[name]["transaction_id"])
same(made["qris"]["qr_string"][:6], "000201")
same(made["bri"]["va_numbers"][0]["bank"], "bri")
same(made["mandiri"]["biller_code"], "70012")
# An order id may be a number, an amount a text.
numbered = call(core.charge, asked(1554320900, "265000", payment_type="qris"))
same((numbered["order_id"], numbered["gross_amount"]), ("1554320900", "265000.00"))

# Money, and what a notification says.
pay("py-qris")
same(standing(call(core.transactions.status, made["qris"]["transaction_id"])), ("200", "settlement"))
notified = call(core.transactions.notification, {"transaction_id": made["qris"]["transaction_id"]})
same(notified["transaction_status"], "settlement")

# Endings. Actions carry the body `{}`.
same(standing(call(core.transactions.cancel, "py-gopay")), ("200", "cancel"))
same(standing(call(core.transactions.expire, "py-bri")), ("407", "expire"))
refused("412", core.transactions.cancel, "py-qris")


# Cards.
def card(order_id, number, **more):
    token = call(
        core.card_token,
        {
            "card_number": number,
            "card_exp_month": "12",
            "card_exp_year": "2030",
            "card_cvv": "123",
            "client_key": core.api_config.client_key,
        },
    )
    same(token["status_code"], "200")
    body = {"payment_type": "credit_card", "credit_card": {"token_id": token["token_id"], **more}}
    return call(core.charge, asked(order_id, **body))


captured = card("py-card", "5211111111111117")
same((standing(captured), captured["fraud_status"]), (("200", "capture"), "accept"))
refused("412", core.transactions.deny, "py-card")
same(standing(call(core.transactions.cancel, "py-card")), ("200", "cancel"))
card("py-challenged", "5510111111111115")
same(call(core.transactions.approve, "py-challenged")["fraud_status"], "accept")
authorized = card("py-authorized", "4811111111111114", type="authorize")
same(authorized["transaction_status"], "authorize")
taken = call(core.capture, {"transaction_id": authorized["transaction_id"], "gross_amount": 44000})
same(taken["transaction_status"], "capture")

# Refunds.
refund = call(core.transactions.refund, "py-qris", {"refund_key": "py-1", "amount": 5000, "reason": "cold"})
same((refund["transaction_status"], refund["refund_amount"]), ("partial_refund", "5000.00"))
rest = call(core.transactions.refundDirect, "py-qris", {"refund_key": "py-2", "amount": 39000})
same(rest["transaction_status"], "refund")
refunded = call(core.transactions.status, "py-qris")
same((refunded["refund_amount"], len(refunded["refunds"])), ("44000.00", 2))
for _ in range(100):
    if "bank_confirmed_at" in refunded["refunds"][1]:
        break
    time.sleep(0.05)
    refunded = call(core.transactions.status, "py-qris")
same("bank_confirmed_at" in refunded["refunds"][1], True)
refused("412", core.transactions.refund, "py-shopeepay", {})

# Idempotency.
keyed = client(custom_headers={"Idempotency-Key": "py-key"})
first = call(keyed.charge, asked("py-once", payment_type="qris"))
same(call(keyed.charge, asked("py-twice", payment_type="gopay"))["transaction_id"], first["transaction_id"])

# Snap: there is no transaction until a method is picked on the page.
snap = midtransclient.Snap(is_production=False, server_key="SB-Mid-server-sandbox")
page = call(snap.create_transaction, asked("py-snap", enabled_payments=["gopay"]))
same(page["redirect_url"].endswith(page["token"]), True)
refused("404", snap.transactions.status, "py-snap")
urllib.request.urlopen(f"{page['redirect_url']}/gopay", data=b"").close()
same(standing(call(snap.transactions.status, "py-snap")), ("201", "pending"))
same(len(call(snap.create_transaction_token, asked("py-token"))), 36)

# Errors.
refused("406", core.charge, asked("py-once", payment_type="qris"))
refused("404", core.transactions.status, "py-nobody")
refused("400", core.charge, asked("py-nothing", 0, payment_type="qris"))
refused("401", client("SB-Mid-server-nobody").transactions.status, "py-once")

print(f"midtransclient 1.4.2: {counts['calls']} calls, {counts['asserts']} asserts, 0 failed")
