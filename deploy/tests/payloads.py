"""Requests with known answers: two of the contest's examples, and heads of both previews labelled by brute force."""

import json
import subprocess

from stack import FRAUDRING

APPROVED = json.dumps({
    "id": "tx-1329056812",
    "transaction": {"amount": 41.12, "installments": 2, "requested_at": "2026-03-11T18:45:53Z"},
    "customer": {"avg_amount": 82.24, "tx_count_24h": 3, "known_merchants": ["MERC-003", "MERC-016"]},
    "merchant": {"id": "MERC-016", "mcc": "5411", "avg_amount": 60.25},
    "terminal": {"is_online": False, "card_present": True, "km_from_home": 29.2331036248},
    "last_transaction": None,
})
DENIED = json.dumps({
    "id": "tx-3330991687",
    "transaction": {"amount": 9505.97, "installments": 10, "requested_at": "2026-03-14T05:15:12Z"},
    "customer": {"avg_amount": 81.28, "tx_count_24h": 20, "known_merchants": ["MERC-008", "MERC-007", "MERC-005"]},
    "merchant": {"id": "MERC-068", "mcc": "7802", "avg_amount": 54.86},
    "terminal": {"is_online": False, "card_present": True, "km_from_home": 952.2745933273},
    "last_transaction": None,
})
EXAMPLES = [(APPROVED, b'{"approved":true,"fraud_score":0.0}'), (DENIED, b'{"approved":false,"fraud_score":1.0}')]


def preview_heads(folder):
    """Files with the first 300 payloads of each preview."""
    heads = []
    for seed, dates in (("4242", "classic"), ("4141", "random")):
        path = folder / f"{dates}.json"
        fraudring("dataset", "payloads", "--count", "300", "--seed", seed, "--dates", dates, "--out", path)
        heads.append(path)
    return heads


def fraudring(*arguments):
    """Runs the command line program; its output if it succeeds."""
    result = subprocess.run([FRAUDRING, *map(str, arguments)], text=True, timeout=300,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise AssertionError(f"fraudring {arguments}: {result.returncode}: {result.stdout}")
    return result.stdout
