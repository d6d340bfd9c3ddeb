"""Sells on a gateway while Prometheus scrapes it, then asks Prometheus what every panel and every alert rule asks it.

Every panel's query must return a number: each series is shown as a line of bars. Fails with the names of those that return none.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

GATEWAY, SANDBOX, TOKEN = (os.environ[name] for name in ("GATEWAY_URL", "SANDBOX_URL", "GATEWAY_TOKEN"))
SELL_FOR_SECONDS = float(os.environ.get("SELL_FOR_SECONDS", "45"))
SETTLE_SECONDS = 8
# What Grafana puts in for scrapes of every second.
INTERVAL = "20s"
BARS = " ▁▂▃▄▅▆▇█"
METHODS = ("qris", "qris", "qris", "va_bca", "dana")


def call(url, body=None, token=None, headers=()):
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    for name, value in headers:
        request.add_header(name, value)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def sell(number):
    """One customer: most pay, every fifth without a webhook that arrives; the till looks."""
    order = f"TRX-{number}"
    asked = {"order_code": order, "method": METHODS[number % len(METHODS)], "amount": 33000, "currency": "IDR"}
    status, answer = call(f"{GATEWAY}/api/v1/pos/payments", asked, TOKEN)
    if status != 200:
        raise SystemExit(f"could not sell: {status} {answer}")
    payment = answer["data"]["payment_id"]
    if number % 4 != 3:
        paid = {"provider": "xendit", "order_code": order}
        if number % 5 == 0:
            paid["webhook"] = "drop"
        call(f"{SANDBOX}/_control/pay", paid)
    call(f"{GATEWAY}/api/v1/pos/payments/{payment}", token=TOKEN)
    if number % 7 == 0:
        call(f"{GATEWAY}/api/v1/webhook/xendit", {}, headers=[("x-callback-token", "guessed")])
    if number % 9 == 0:
        call(f"{GATEWAY}/api/v1/pos/payments", {**asked, "order_code": f"BAD-{number}", "amount": 0}, TOKEN)


class Prometheus:
    def __init__(self, folder, alerts):
        target = urllib.parse.urlparse(GATEWAY).netloc
        settings = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "5s"},
            "rule_files": [os.path.abspath(alerts)],
            "scrape_configs": [{"job_name": "mstore-pay", "static_configs": [{"targets": [target]}]}],
        }
        path = os.path.join(folder, "prometheus.yml")
        with open(path, "w") as file:
            json.dump(settings, file)
        # Below those that systems give by default to whoever names none, so that none is taken before it starts.
        port = 20_000 + os.getpid() % 10_000
        self.url = f"http://127.0.0.1:{port}"
        self.log = open(os.path.join(folder, "log"), "w")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=self.log,
            stderr=self.log,
        )

    def ask(self, path, **query):
        status, answer = call(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}")
        if status != 200 or answer["status"] != "success":
            raise SystemExit(f"{query}: {answer}")
        return answer["data"]

    def until_ready(self):
        for _ in range(100):
            try:
                if call(f"{self.url}/api/v1/targets")[1]["data"]["activeTargets"][0]["health"] == "up":
                    return
            except (urllib.error.URLError, IndexError, KeyError, ValueError):
                pass
            time.sleep(0.2)
        raise SystemExit("Prometheus does not scrape the gateway")


def numbers(series):
    return [float(value) for _, value in series["values"] if value not in ("NaN", "+Inf", "-Inf")]


def picture(values, width=24):
    """The series as a line of bars."""
    step = max(1, len(values) // width)
    shown = values[::step][-width:]
    top = max(shown) or 1
    return "".join(BARS[round(value / top * (len(BARS) - 1))] if value > 0 else BARS[0] for value in shown)


def main(dashboard, alerts):
    with tempfile.TemporaryDirectory() as folder:
        prometheus = Prometheus(folder, alerts)
        try:
            prometheus.until_ready()
            began, number = time.time(), 0
            while time.time() - began < SELL_FOR_SECONDS:
                sell(number)
                number += 1
                time.sleep(0.1)
            time.sleep(SETTLE_SECONDS)
            print(f"{number} customers in {SELL_FOR_SECONDS:.0f} s")
            empty = show(prometheus, json.load(open(dashboard))["panels"], began)
            rules(prometheus)
        finally:
            prometheus.process.terminate()
            prometheus.process.wait()
            prometheus.log.close()
    if empty:
        raise SystemExit(f"without data: {', '.join(empty)}")


def show(prometheus, panels, began):
    empty, queries, shown = [], 0, 0
    for panel in panels:
        if panel["type"] == "row":
            print(f"\n{panel['title']}")
            continue
        shown += 1
        for target in panel["targets"]:
            queries += 1
            query = target["expr"].replace("$__rate_interval", INTERVAL)
            found = prometheus.ask("query_range", query=query, start=began, end=time.time(), step=1)["result"]
            series = [(known["metric"], numbers(known)) for known in found]
            series = [(labels, values) for labels, values in series if values]
            name = f"{panel['title']} / {target['legendFormat']}"
            if not series:
                empty.append(name)
                print(f"  {name}: NO DATA for {query}")
                continue
            for labels, values in sorted(series, key=lambda known: -max(known[1])):
                said = re.sub(r"{{(\w+)}}", lambda label: labels.get(label[1], ""), target["legendFormat"])
                print(f"  {panel['title']:32} |{picture(values):24}|  last {values[-1]:<8.4g} {said}")
    print(f"\n{shown} panels, {queries} queries, {len(empty)} without data")
    return empty


def rules(prometheus):
    groups = prometheus.ask("rules")["groups"]
    known = [rule for group in groups for rule in group["rules"]]
    sick = [rule["name"] for rule in known if rule["health"] != "ok"]
    firing = [rule["name"] for rule in known if rule["state"] == "firing"]
    print(f"{len(known)} alert rules, {len(known) - len(sick)} evaluated, firing: {', '.join(firing) or 'none'}")
    if sick:
        raise SystemExit(f"not evaluated: {', '.join(sick)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
