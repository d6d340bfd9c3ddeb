"""What generated requests need that no document can say."""
import json
import os
import re
import urllib.request
import uuid

import schemathesis
from schemathesis.core.parameters import ParameterLocation

VALID_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
WAIT_SECONDS_MAX = 30
REGISTERED = "FUZZ-"


def limits_by_method():
    request = urllib.request.Request(
        os.environ["GATEWAY_URL"] + "/api/v1/pos/methods",
        headers={"Authorization": "Bearer " + os.environ["GATEWAY_TOKEN"]},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        items = json.load(answer)["data"]["items"]
    return {item["method"]: (item["amount_min"], item["amount_max"]) for item in items}


LIMITS = limits_by_method()


@schemathesis.hook
def before_call(context, case, kwargs):
    # A key names one request: two that differ must not share theirs by chance. One that is not valid, or whose absence
    # is what the case is about, stays as it is.
    if means_well(case, ParameterLocation.HEADER) and VALID_KEY.match(str(case.headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    # A long poll lasts as long as it says, and there are hundreds of them.
    wait = str((case.query or {}).get("wait", ""))
    if wait.isdecimal() and 1 < int(wait) <= WAIT_SECONDS_MAX:
        case.query["wait"] = 1
    if not means_well(case, ParameterLocation.BODY) or not isinstance(case.body, dict):
        return
    # How much a method takes is told by the gateway and not by its document: it is for each account to say.
    if case.body.get("method") in LIMITS:
        least, most = LIMITS[case.body["method"]]
        case.body["amount"] = min(max(case.body["amount"], least), most)
    # A registered order costs what it costs: payments made up for its code would be for another amount.
    if "transaction_code" in case.body:
        case.body["transaction_code"] = REGISTERED + uuid.uuid4().hex
    if str(case.body.get("order_code", "")).startswith(REGISTERED):
        case.body["order_code"] = uuid.uuid4().hex
    # A till goes by one name in header and body.
    if case.path.endswith("/batch-sync") and means_well(case, ParameterLocation.HEADER):
        case.headers.pop("X-Device-ID", None)
    # It reports something, be it an empty list.
    if case.path.endswith("/batch-sync") and not any(case.body.get(name) for name in ("transactions", "payments", "voids")):
        case.body["payments"] = []
    # When a till reports is a time, which the shortest of texts is not.
    if "synced_at" in case.body:
        case.body["synced_at"] = "2026-11-26T10:00:00Z"
    # What a key looks like is for each provider to say, and what fits together is more than types.
    if case.path.endswith("/accounts"):
        case.body.update(provider="xendit", credential="xnd_development_fuzz", webhook_secret="callback-token-of-fuzz")
        for name in ("branch_id", "for_user_id", "methods", "limits"):
            case.body.pop(name, None)
    # Which hosts are public, no pattern says; and who asks is of a branch.
    if case.path.endswith("/endpoints"):
        case.body["url"] = "https://shop.example.com/events"
        case.body.pop("branch_id", None)
    # What is paid in play is what was asked for.
    if case.path.endswith("/simulate") and "amount" in case.body:
        case.body["amount"] = int(os.environ["AMOUNT"])


def means_well(case, location):
    generated = case.meta.components.get(location) if case.meta else None
    return generated is not None and generated.mode.is_positive
