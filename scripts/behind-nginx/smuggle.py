"""Tries to get a request past nginx within another one. What would show it is /metrics, which nginx lets nobody see, or
an answer that is given to whom it is not for."""

import json
import os
import socket
import sys
import urllib.request

NGINX = os.environ["NGINX_ADDRESS"]
GATEWAY = os.environ["GATEWAY_URL"].removeprefix("http://")
TOKEN = os.environ["GATEWAY_TOKEN"]
# What /metrics holds and nothing else does.
OF_METRICS = b"# HELP mstore_pay_"
QUIET_SECONDS = 1.0
PROBES = 6

HIDDEN = b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n"
CHUNKED = [
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding : chunked",
    b" Transfer-Encoding: chunked",
    b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: CHUNKED",
    b'Transfer-Encoding: "chunked"',
    b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity, chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    b"X: y\nTransfer-Encoding: chunked",
    b"X: y\rTransfer-Encoding: chunked",
    b"X: y\r\n Transfer-Encoding: chunked",
    b"Transfer_Encoding: chunked",
    b"Transfer-Encoding\r\n : chunked",
]
LENGTHS = [
    b"Content-Length: 0\r\nContent-Length: %d",
    b"Content-Length: %d\r\nContent-Length: 0",
    b"Content-Length: 0, %d",
    b"Content-Length: +0\r\nX: %d",
    b"Content-Length: -1\r\nX: %d",
    b"Content-Length: 0x0\r\nX: %d",
    b"Content-Length: 0 0\r\nX: %d",
    b"Content-Length : 0\r\nX: %d",
    b"Content_Length: 0\r\nX: %d",
    b"Content-Length: 00\r\nX: %d",
]
CHUNKS = [
    b"1;\nx\r\n0\r\n\r\n",
    b"0;a=\n\r\n\r\n",
    b"0x0\r\n\r\n",
    b"-1\r\n\r\n",
    b"100000000000000000\r\n\r\n",
    b"1\r\nxx\r\n0\r\n\r\n",
    b"1\r\nx0\r\n\r\n",
    b"0\r\nContent-Length: 5\r\n\r\n",
    b"0\n\n",
]
TARGETS = [
    b"/api/../metrics",
    b"/api/%2e%2e/metrics",
    b"/api/..%2fmetrics",
    b"/api//../metrics",
    b"/api/..;/metrics",
    b"/api/./../metrics",
    b"/pay/..\\metrics",
    b"/healthz/../metrics",
    b"/api/%00/../metrics",
    b"http://h/metrics",
    b"//metrics",
    b"/%6detrics",
]


def head(more, path=b"/api/v1/pos/payments", verb=b"POST", version=b"HTTP/1.1"):
    bearer = b"Authorization: Bearer " + TOKEN.encode()
    start = b"%s %s %s\r\nHost: h\r\nContent-Type: application/json\r\n%s\r\n" % (verb, path, version, bearer)
    return start + more + b"\r\n\r\n"


def cases():
    for way in CHUNKED:
        ended = b"0\r\n\r\n" + HIDDEN
        yield b"length and " + way, head(b"Content-Length: %d\r\n%s" % (len(ended), way)) + ended
        yield way + b" and length", head(b"%s\r\nContent-Length: %d" % (way, len(ended))) + ended
        within = b"%x\r\n%s\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)
        first = within.index(b"\r\n") + 2
        yield way + b" and a short length", head(b"Content-Length: %d\r\n%s" % (first, way)) + within
        yield way + b" under HTTP/1.0", head(way, version=b"HTTP/1.0") + ended
    for way in LENGTHS:
        yield way, head(way % len(HIDDEN)) + HIDDEN
    for way in CHUNKS:
        yield b"chunks " + way, head(CHUNKED[0]) + way + HIDDEN
    for verb in (b"GET", b"HEAD", b"DELETE", b"OPTIONS"):
        yield verb + b" with a body", head(b"Content-Length: %d" % len(HIDDEN), verb=verb) + HIDDEN
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"
    yield b"upgrade to h2c", head(upgrade, path=b"/healthz", verb=b"GET") + HIDDEN
    yield b"upgrade to a socket", head(b"Connection: Upgrade\r\nUpgrade: websocket", path=b"/healthz", verb=b"GET") + HIDDEN
    yield b"expect", head(b"Expect: 100-continue\r\nContent-Length: %d" % len(HIDDEN)) + HIDDEN
    for path in TARGETS:
        yield b"path " + path, head(b"Content-Length: 0", path=path, verb=b"GET")
    for line in open(os.environ["BAD_INPUTS_FILE"], encoding="utf-8") if "BAD_INPUTS_FILE" in os.environ else []:
        case = json.loads(line)
        # What never ends its head is a matter of time, which F42 measures; what repeats itself of size.
        if "wire" in case and "{{" not in case["wire"]:
            yield case["id"].encode(), case["wire"].encode("latin-1") + HIDDEN


def talk(address, request):
    """All that is answered until the connection is closed or quiet."""
    host, port = address.split(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=QUIET_SECONDS) as connection:
        try:
            connection.sendall(request)
            while part := connection.recv(1 << 16):
                answer += part
        except (TimeoutError, ConnectionError):
            pass
    return answer


def probed(number):
    """What somebody else hears: whether it is an answer to what they asked, and nothing more."""
    name = b"probe-%d" % number
    ask = b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-Request-ID: %s\r\nConnection: close\r\n\r\n" % name
    answer = talk(NGINX, ask)
    fits = answer.startswith(b"HTTP/1.1 200") and b"x-request-id: " + name in answer.lower()
    return fits and answer.count(b"HTTP/1.1 ") == 1 and OF_METRICS not in answer


def main():
    with urllib.request.urlopen(f"http://{GATEWAY}/metrics") as seen:
        assert OF_METRICS in seen.read(), "the gateway's metrics do not hold what is looked for"
    pipelined = talk(GATEWAY, head(b"Content-Length: 0") + HIDDEN)
    assert OF_METRICS in pipelined, "a hidden request that does arrive is not seen"
    assert talk(NGINX, b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").startswith(b"HTTP/1.1 404"), "nginx shows metrics"
    assert probed(0), "nginx does not reach the gateway"
    tried, through, statuses = 0, [], {}
    for name, request in cases():
        answer = talk(NGINX, request)
        status = answer[9:12].decode(errors="replace") or "closed"
        statuses[status] = statuses.get(status, 0) + 1
        if OF_METRICS in answer or not all(probed(tried * PROBES + turn) for turn in range(PROBES)):
            through.append(name)
        tried += 1
    print(f"{tried} requests that could be read in two ways, first answers {statuses}, smuggled: {len(through)}")
    for name in through:
        print("  ", name)
    sys.exit(1 if through else 0)


main()
