#!/usr/bin/env python3
"""Computes every vector of crypto.txt again, sharing no line of code with Indicia.

    python check_payload.py [crypto.txt [item.hex]]

Needs PyPI `cryptography` (testing/requirements.txt). Prints one line a check; ends with 1 at the
first that does not hold. `decode_payload` and `verify_payload` are all that an offline reader of
one indicium needs, once it has the issuing key from a pack: see README.md.
"""

import datetime
import hashlib
import hmac
import struct
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PAYLOAD = struct.Struct("<BBI2s2sI5sIII5sI4sBBHHI8s6s6s64s")
FIELDS = (
    "version suite key vendor model meter ascending value mailing_day origin destination "
    "descending category kind specimen post currency piece_count address_digest vendor_token "
    "postal_token signature"
).split()


class Wrong(Exception):
    """A vector does not hold."""


def read_vectors(path):
    """Name -> bytes."""
    lines = Path(path).read_text(encoding="ascii").splitlines()
    pairs = (line.split(" ") for line in lines if line and not line.startswith("#"))
    return {name: bytes.fromhex(text) for name, text in pairs}


def tagged(tag, *parts):
    """What is signed, MACed, digested or derived from: the tag, a zero byte, the parts."""
    return tag.encode("ascii") + b"\0" + b"".join(parts)


def digest(tag, *parts):
    return hashlib.sha256(tagged(tag, *parts)).digest()


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def derive(secret, tag, *parts):
    """HKDF-SHA-256 without salt."""
    return HKDF(hashes.SHA256(), 32, None, tagged(tag, *parts)).derive(secret)


def decode_payload(data):
    """The fields of an indicium, or ValueError if the bytes are none."""
    if len(data) != PAYLOAD.size or data[0] != 0x80:
        raise ValueError("no payload of this version")
    fields = dict(zip(FIELDS, PAYLOAD.unpack(data)))
    for name in ("ascending", "destination"):
        fields[name] = int.from_bytes(fields[name], "little")
    in_range = (
        fields["suite"] in (1, 2)
        and 1 <= fields["kind"] <= 6
        and fields["specimen"] <= 1
        and fields["origin"] <= 99_999
        and fields["destination"] <= 99_999_999_999 + 1_000_100_001
        and 0 < fields["value"] <= fields["ascending"]
        and fields["piece_count"] > 0
        and all(32 <= c < 127 for n in ("vendor", "model", "category") for c in fields[n])
    )
    if not in_range:
        raise ValueError("a field is out of range")
    day = fields["mailing_day"]
    datetime.date(day // 10_000, day // 100 % 100, day % 100)
    return fields


P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def verify(public, tag, message, signature):
    """Whether a signature of either suite is this key's; `public` is suite byte and raw key."""
    signed = tagged(tag, message)
    try:
        if public[0] == 1:
            ed25519.Ed25519PublicKey.from_public_bytes(public[1:]).verify(signature, signed)
        else:
            r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public[1:])
            if s > P256_ORDER // 2:
                return False  # (r, order - s) fits as well; only one of the two counts
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def verify_payload(data, public):
    return verify(public, "indicia/item/1", data[:74], data[74:])


def normal_address(lines):
    """Upper-cased ASCII letters, digits and bytes from 0x80; lines without any are dropped."""
    kept = (bytes(b for b in line.upper() if b >= 0x80 or chr(b).isalnum()) for line in lines)
    return b"\n".join(line for line in kept if line)


def check(name, holds):
    if not holds:
        raise Wrong(name)
    print("ok", name)


def check_indicium(v):
    public = v["ed25519.public"]
    seed = ed25519.Ed25519PrivateKey.from_private_bytes(v["ed25519.seed"])
    check("ed25519.public", public == b"\x01" + seed.public_key().public_bytes_raw())
    check("ed25519.key_id", v["ed25519.key_id"] == digest("indicia/key-id/1", public)[:8])
    check("ed25519.fingerprint", v["ed25519.fingerprint"] == digest("indicia/fingerprint/1", public))

    data = v["payload"]
    fields = decode_payload(data)
    check("payload signature", verify_payload(data, public))
    check("payload signature is over 74 bytes", not verify_payload(bytes([*data[:73], 0]) + data[74:], public))
    check("payload signature is deterministic", data[74:] == seed.sign(tagged("indicia/item/1", data[:74])))
    check("payload.digest", v["payload.digest"] == digest("indicia/digest/payload/1", data))
    check("payload fields", (fields["meter"], fields["value"], fields["piece_count"]) == (10_000_001, 740, 2))

    meter = fields["meter"].to_bytes(4, "little")
    for owner in ("vendor", "postal"):
        key = derive(v[f"{owner}.master"], "indicia/derive/token/1", owner.encode(), meter)
        check(f"{owner}.token_key", v[f"{owner}.token_key"] == key)
        token = mac(key, tagged(f"indicia/token/{owner}/1", data[:62]))[:6]
        check(f"{owner} token", fields[f"{owner}_token"] == token)
        proof = digest("indicia/key-check/1", mac(v[f"{owner}.master"], b""))
        check(f"{owner}.key_check", v[f"{owner}.key_check"] == proof)

    lines = normal_address(v["address.written"].split(b"\n"))
    check("address.lines", v["address.lines"] == lines)
    piece = fields["piece_count"].to_bytes(4, "little")
    length = len(lines).to_bytes(8, "little")
    full = digest("indicia/address/1", meter, piece, length, lines)
    check("address digest", fields["address_digest"] == full[:8])


def check_p256(v):
    secret = ec.derive_private_key(int.from_bytes(v["p256.secret"], "big"), ec.SECP256R1())
    numbers = secret.public_key().public_numbers()
    point = b"\x02\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    check("p256.public", v["p256.public"] == point)
    message, signature = v["p256.message"], v["p256.signature"]
    check("p256.signature", verify(point, "indicia/act/1", message, signature))
    check("p256.signature has one tag", not verify(point, "indicia/credit/1", message, signature))
    other = signature[:32] + (P256_ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    check("p256.signature has one form", not verify(point, "indicia/act/1", message, other))


def opens(key, sealed, bound, plain):
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], bound) == plain
    except InvalidTag:
        return False


def check_record(v):
    binding = v["record.binding"]
    mac_key = derive(v["record.master"], "indicia/derive/mac/1", binding)
    check("record.mac_key", v["record.mac_key"] == mac_key)
    seal_key = derive(v["record.master"], "indicia/derive/seal/1", binding)
    check("record.seal_key", v["record.seal_key"] == seal_key)
    body, code = v["record.stored"][:-32], v["record.stored"][-32:]
    check("record MAC", code == mac(mac_key, tagged("indicia/record/chain/1", binding, body)))
    check("record.digest", v["record.digest"] == digest("indicia/digest/record/1", body, code))
    bound = binding + v["field.name"]
    check("field.sealed", opens(seal_key, v["field.sealed"], bound, v["field.plain"]))


def check_authority(v):
    body, code = v["authority.sealed"][:-32], v["authority.sealed"][-32:]
    check("authority MAC", code == mac(v["authority.key"], tagged("indicia/authority/1", body)))


def check_password(v):
    present, memory, passes, lanes, salt, output = struct.unpack("<BIIB16s32s", v["password.slot"])
    algorithm = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory)
    check("password.slot", present == 1 and output == algorithm.derive(v["password"]))


def check_digests(v):
    key = digest("indicia/idempotency/1", v["idempotency.key"])
    check("idempotency.digest", v["idempotency.digest"] == key)
    request = digest("indicia/request/1", v["request.scope"], key, v["request.step"])
    check("request.id", v["request.id"] == request)
    body = digest("indicia/request-body/1", v["request_body.canonical"])
    check("request_body.digest", v["request_body.digest"] == body)
    check("session.digest", v["session.digest"] == digest("indicia/session/1", v["session.secret"]))
    check("account.id", v["account.id"] == digest("indicia/account/1", v["account.founder"])[:16])
    reference = digest("indicia/reference/1", v["reference.text"])
    check("reference.digest", v["reference.digest"] == reference)
    credit = digest("indicia/credit/id/1", v["evidence.meter"], v["evidence.sequence"], reference)
    check("evidence.id", v["evidence.id"] == credit)
    statement = digest("indicia/digest/statement/1", v["statement.stored"])
    check("statement.digest", v["statement.digest"] == statement)
    subjects = digest("indicia/checkpoint/subjects/1", v["checkpoint.rows"])
    check("checkpoint.digest", v["checkpoint.digest"] == subjects)


def check_layout(items):
    """The filler payload of item.hex: each field where README.md says."""
    fields = decode_payload(items["Payload"])
    expected = {
        "version": 0x80, "suite": 1, "key": 0x11121314, "vendor": b"IN", "model": b"M1",
        "meter": 0x21222324, "ascending": 0x3132333435, "value": 0x41424344,
        "mailing_day": 20261125, "origin": 95814, "destination": 0x0162636465,
        "descending": 0x51525354, "category": b"FCL ", "kind": 1, "specimen": 1, "post": 0x7172,
        "currency": 840, "piece_count": 0x81828384, "address_digest": b"\xa8" * 8,
        "vendor_token": b"\xb6" * 6, "postal_token": b"\xc6" * 6, "signature": b"\xd4" * 64,
    }
    for name in FIELDS:
        check(f"payload layout: {name}", fields[name] == expected[name])


def main(arguments):
    here = Path(__file__).parent
    usual = [here / "crypto.txt", here / "item.hex"]
    crypto, items = [*arguments, *usual[len(arguments):]]
    vectors = read_vectors(crypto)
    try:
        for part in (check_indicium, check_p256, check_record, check_authority, check_password, check_digests):
            part(vectors)
        check_layout(read_vectors(items))
    except (Wrong, ValueError) as error:
        print("does not hold:", error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
