"""Python's own http.client: python3 http_client.py HOST PORT PAYLOAD EXPECTED"""

import http.client
import json
import sys

host, port, payload, expected = sys.argv[1:]
connection = http.client.HTTPConnection(host, int(port), timeout=20)


def ask(method, path, body=None, headers={}, chunked=False):
    connection.request(method, path, body, headers, encode_chunked=chunked)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer


for _ in range(3):
    assert ask("POST", "/fraud-score", payload)[:2] == (200, expected)
first = connection.sock
assert ask("GET", "/ready")[:2] == (200, "ready\n")
assert ask("HEAD", "/ready")[:2] == (200, "")
pieces = (payload[at : at + 50].encode() for at in range(0, len(payload), 50))
assert ask("POST", "/fraud-score", pieces, {"Transfer-Encoding": "chunked"}, True)[:2] == (200, expected)
for method, path, status in [("GET", "/nothing", 404), ("DELETE", "/ready", 405), ("POST", "/fraud-score", 400)]:
    code, body, answer = ask(method, path, None if method == "GET" else "{}")
    assert (code, answer.headers["Content-Type"]) == (status, "application/problem+json"), body
    assert json.loads(body)["status"] == status, body
assert connection.sock is first, "all of it on one connection"
assert ask("POST", "/fraud-score", payload, {"Connection": "close"})[:2] == (200, expected)
assert connection.sock is None, "and closed when asked to"
