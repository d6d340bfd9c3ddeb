"""What the official client, which reads by type and enum, makes of the sandbox, said in asserts."""

import os
import time

import xendit
from xendit.apis import PaymentMethodApi, PaymentRequestApi, RefundApi

client = xendit.ApiClient(
    xendit.Configuration(host=os.environ["XENDIT_BASE_URL"], api_key="xnd_development_sandbox")
)
requests, methods, refunds = PaymentRequestApi(client), PaymentMethodApi(client), RefundApi(client)
counts = {"calls": 0, "asserts": 0}


def call(function, *args, **kwargs):
    counts["calls"] += 1
    return function(*args, **kwargs)


def same(actual, expected):
    counts["asserts"] += 1
    assert actual == expected, f"{actual!r} is not {expected!r}"


def refused(status, code, function, *args, **kwargs):
    try:
        call(function, *args, **kwargs)
    except xendit.XenditSdkException as error:
        same((int(error.status), error.errorCode), (status, code))
    else:
        raise AssertionError(f"{code} was expected")


METHODS = {
    "qris": {"type": "QR_CODE", "reusability": "ONE_TIME_USE", "qr_code": {"channel_code": "QRIS"}},
    "shopeepay": {
        "type": "EWALLET",
        "reusability": "ONE_TIME_USE",
        "ewallet": {
            "channel_code": "SHOPEEPAY",
            "channel_properties": {"success_return_url": "https://shop.test/ok"},
        },
    },
    "ovo": {
        "type": "EWALLET",
        "reusability": "ONE_TIME_USE",
        "ewallet": {"channel_code": "OVO", "channel_properties": {"mobile_number": "+628123456789"}},
    },
    "mandiri": {
        "type": "VIRTUAL_ACCOUNT",
        "reusability": "ONE_TIME_USE",
        "virtual_account": {"channel_code": "MANDIRI", "channel_properties": {"customer_name": "MSTORE"}},
    },
    "card": {"type": "CARD", "reusability": "ONE_TIME_USE", "card": {"channel_properties": {}}},
}


def asked(name, **more):
    body = {"reference_id": name, "currency": "IDR", "country": "ID", "amount": 15000.0}
    return {**body, "payment_method": METHODS[name], **more}


def create(name, **more):
    body = asked(name, **more)
    return call(requests.create_payment_request, idempotency_key=f"py-{name}", payment_request_parameters=body)


def read(made):
    return call(requests.get_payment_request_by_id, payment_request_id=made.id)


# Payment requests: reading them back is the assert, for every field is held against its type.
made = {}
for name, status in [
    ("qris", "PENDING"),
    ("shopeepay", "REQUIRES_ACTION"),
    ("ovo", "PENDING"),
    ("mandiri", "PENDING"),
    ("card", "REQUIRES_ACTION"),
]:
    more = {"capture_method": "MANUAL"} if name == "card" else {}
    made[name] = create(name, **more)
    same((str(made[name].status), made[name].reference_id), (status, name))
    same(read(made[name]).id, made[name].id)
same(made["qris"].payment_method.qr_code.channel_properties.qr_string[:6], "000201")
same(made["shopeepay"].actions[0].action, "AUTH")
same(create("qris").id, made["qris"].id)
listed = call(requests.get_all_payment_requests, reference_id=["shopeepay"])
same([row.id for row in listed.data], [made["shopeepay"].id])

# Simulated payments.
for name in ["qris", "shopeepay", "mandiri"]:
    simulated = call(requests.simulate_payment_request_payment, payment_request_id=made[name].id)
    same(simulated.status, "PENDING")
    same(str(read(made[name]).status), "SUCCEEDED")

# A card: authorised, then taken.
card = made["card"].id
authorised = call(
    requests.authorize_payment_request,
    payment_request_id=card,
    payment_request_auth_parameters={"auth_code": "123456"},
)
same(str(authorised.status), "AWAITING_CAPTURE")
capture = call(
    requests.capture_payment_request, payment_request_id=card, capture_parameters={"capture_amount": 14000.0}
)
same((float(capture.captured_amount), float(capture.authorized_amount)), (14000.0, 15000.0))

# Payment methods.
kept = call(
    methods.create_payment_method,
    payment_method_parameters={**METHODS["mandiri"], "reusability": "MULTIPLE_USE", "country": "ID"},
)
same((str(kept.status), str(kept.type)), ("ACTIVE", "VIRTUAL_ACCOUNT"))
call(methods.simulate_payment, payment_method_id=kept.id, simulate_payment_request={"amount": 20000.0})
same(call(methods.get_payment_method_by_id, payment_method_id=kept.id).id, kept.id)
same(len(call(methods.get_all_payment_methods, id=[kept.id]).data), 1)
same(str(call(methods.expire_payment_method, payment_method_id=kept.id).status), "EXPIRED")

# Refunds.
wanted = {
    "payment_request_id": made["shopeepay"].id,
    "amount": 5000.0,
    "currency": "IDR",
    "reason": "REQUESTED_BY_CUSTOMER",
}
refund = call(refunds.create_refund, idempotency_key="py-refund", create_refund=wanted)
same((refund.status, float(refund.amount)), ("PENDING", 5000.0))
settled = refund
for _ in range(100):
    if settled.status != "PENDING":
        break
    time.sleep(0.05)
    settled = call(refunds.get_refund, refund_id=refund.id)
same(settled.status, "SUCCEEDED")
same(len(call(refunds.get_all_refunds, payment_request_id=made["shopeepay"].id).data), 1)

# Errors.
refused(
    409,
    "IDEMPOTENCY_ERROR",
    requests.create_payment_request,
    idempotency_key="py-qris",
    payment_request_parameters=asked("qris", description="another body"),
)
refused(404, "DATA_NOT_FOUND", requests.get_payment_request_by_id, payment_request_id="pr-none")
refused(
    503,
    "CHANNEL_UNAVAILABLE",
    requests.create_payment_request,
    payment_request_parameters=asked("qris", amount=10101.0),
)
refused(
    403,
    "REFUND_NOT_SUPPORTED",
    refunds.create_refund,
    create_refund={"payment_request_id": made["mandiri"].id, "reason": "OTHERS"},
)

print(f"xendit-python 7.0.0: {counts['calls']} calls, {counts['asserts']} asserts, 0 failed")
