"""httpx, whose parser is h11: python3 httpx_client.py HOST PORT PAYLOAD EXPECTED"""

import sys

import httpx

host, port, payload, expected = sys.argv[1:]
with httpx.Client(base_url=f"http://{host}:{port}", timeout=20) as client:
    for _ in range(3):
        answer = client.post("/fraud-score", content=payload)
        assert (answer.status_code, answer.text) == (200, expected)
    answer = client.post("/fraud-score", content=(payload[at : at + 50].encode() for at in range(0, len(payload), 50)))
    assert (answer.status_code, answer.text) == (200, expected)
    assert client.head("/ready").status_code == 200
    for answer, status in [
        (client.get("/nothing"), 404),
        (client.put("/fraud-score", content=payload), 405),
        (client.post("/fraud-score", content="no json"), 400),
        (client.post("/fraud-score", content="x" * 65_537), 413),
        (client.get("/ready", headers={"X": "x" * 8_192}), 431),
    ]:
        assert (answer.status_code, answer.json()["status"]) == (status, status), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/ready").text == "ready\n"
