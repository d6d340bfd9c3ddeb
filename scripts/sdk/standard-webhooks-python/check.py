"""What the published library makes of a gateway's events: every one verifies, and nothing else does."""

import http.server
import json
import os
import threading
import time
import urllib.request

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

GATEWAY, SANDBOX = os.environ["GATEWAY_URL"], os.environ["SANDBOX_URL"]
BEARER = "Bearer " + os.environ["GATEWAY_TOKEN"]
ORDERS = 5
SOON_SECONDS = 60
down, came, refused = True, [], 0


class BackEnd(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        global refused
        body = self.rfile.read(int(self.headers["content-length"]))
        if down:
            refused += 1
        else:
            came.append((body, dict(self.headers)))
        self.send_response(503 if down else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


def post(url, body):
    headers = {"authorization": BEARER, "content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def until(what, reached):
    end = time.monotonic() + SOON_SECONDS
    while not reached():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.05)


def events(kind):
    return {event["id"]: event for event in (json.loads(body) for body, _ in came) if event["type"] == kind}


def of_order(code):
    return [call for call in came if json.loads(call[0])["data"]["order_code"] == code]


def refuses(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return True
    return False


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), BackEnd)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/events"
endpoint = post(f"{GATEWAY}/api/v1/endpoints", {"url": url})["data"]
first = endpoint["secret"]
for order in range(ORDERS):
    sale = {"order_code": f"TRX-{order}", "method": "qris", "amount": 33000, "currency": "IDR"}
    post(f"{GATEWAY}/api/v1/pos/payments", sale)
    post(f"{SANDBOX}/_control/pay", {"provider": "xendit", "order_code": sale["order_code"]})
until("a call while the back end is down", lambda: refused > 0)
down = False
until("every payment", lambda: len(events("payment.paid")) == ORDERS)
for body, headers in came:
    event = Webhook(first).verify(body, headers)
    assert event["id"] == headers["webhook-id"], event
    assert refuses(first, body + b" ", headers) and refuses("whsec_" + "A" * 43 + "=", body, headers)
    late = headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1)}
    assert refuses(first, body, late), "the time is signed too"

second = post(f"{GATEWAY}/api/v1/endpoints/{endpoint['id']}/rotate", {"previous_for_seconds": 3600})["data"]["secret"]
# What the earlier orders still have to tell may have been signed before the rotation; this order's cannot.
sale = {"order_code": "TRX-ROTATED", "method": "qris", "amount": 33000, "currency": "IDR"}
post(f"{GATEWAY}/api/v1/pos/payments", sale)
until("an event behind the rotation", lambda: of_order("TRX-ROTATED"))
for body, headers in of_order("TRX-ROTATED"):
    for secret in (first, second):
        Webhook(secret).verify(body, headers)
print(f"standard webhooks: {len(came)} events verified, {refused} calls while it was down, both secrets sign")
