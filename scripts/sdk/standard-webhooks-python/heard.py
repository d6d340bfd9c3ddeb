"""What the published library makes of what a back end heard in a run of the fault programme: every call verifies as of
the moment when it was heard, nothing else does, and the events of each payment came in their order."""

import datetime
import json
import sys
from unittest import mock

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

OTHER_SECRET = "whsec_" + "A" * 43 + "="


class HeardAt(datetime.datetime):
    """The library's clock, which stands where the call was heard."""

    moment = None

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(cls.moment, tz)


def verified(secret, body, headers):
    try:
        return Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return None


def later(headers):
    return headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}


calls, events, revisions = 0, {}, {}
with open(sys.argv[1]) as heard, mock.patch("standardwebhooks.webhooks.datetime", HeardAt):
    for number, line in enumerate(heard, 1):
        call = json.loads(line)
        HeardAt.moment = call["heard_at"]
        secret, body, headers = call["secret"], call["body"], call["headers"]
        event = verified(secret, body, headers)
        assert event and event["id"] == headers["webhook-id"], f"line {number} does not verify"
        others = [(OTHER_SECRET, body, headers), (secret, body + " ", headers), (secret, body, later(headers))]
        assert not any(verified(*other) for other in others), f"line {number} verifies as what it is not"
        calls += 1
        # The same event comes again where its answer was lost.
        if event["id"] not in events:
            events[event["id"]] = event["type"]
            of_payment = revisions.setdefault((secret, event["data"]["payment_id"]), [])
            of_payment.append(event["revision"])
assert "payment.paid" in events.values(), "nothing was heard of a payment"
for (_, payment), told in revisions.items():
    assert told == sorted(told), f"{payment}: revisions {told}"
print(f"standard webhooks: {calls} calls of {len(events)} events of {len(revisions)} payments verified, in order")
