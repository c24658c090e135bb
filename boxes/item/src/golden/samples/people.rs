//! Users, keys of their programs, and what they sign on with.

use super::*;

pub(in crate::golden) fn user_record() -> UserRecord {
    UserRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_611),
        user: UserId([0x11; 16]),
        account: AccountId([0x12; 16]),
        rights: Rights::ALL,
        ceiling: Mills(0x13),
        meters: list(vec![MeterSerial(0x14), MeterSerial(0x15)]),
        passwords: [0x16; 318],
        failed_attempts: 0x1718,
        next_allowed: Time(0x19),
        last_challenge: Digest([0x1a; 32]),
        last_login: Time(0x1b),
        signing_key: Some(ed25519(0x23)),
        recovery: Digest([0x24; 32]),
        recovery_from: Time(0x25),
        session_generation: 0x1c,
        act_sequence: 0x1d,
        counter: Counter(0x1e),
        last_time: Time(0x1f),
        last_decision: Digest([0x20; 32]),
        box_id: BoxId(0x2122),
    }
}

pub(in crate::golden) fn api_key_record() -> ApiKeyRecord {
    ApiKeyRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_611),
        key: ApiKeyId([0x11; 16]),
        account: AccountId([0x12; 16]),
        user: UserId([0x13; 16]),
        rights: Rights::DISPENSE,
        ceiling: Mills(0x14),
        meters: list(vec![MeterSerial(0x15)]),
        secret: Digest([0x16; 32]),
        previous: Digest([0x17; 32]),
        previous_until: Time(0x18),
        expires: Time(0x19),
        revoked: true,
        last_used: day(20_261_125),
        act_sequence: 0x1a,
        counter: Counter(0x1b),
        last_time: Time(0x1c),
        last_decision: Digest([0x1d; 32]),
        box_id: BoxId(0x1e1f),
    }
}

pub(in crate::golden) fn user_order() -> UserOrder {
    UserOrder {
        version: Version,
        account: AccountId([0x11; 16]),
        by: UserId([0x12; 16]),
        user: UserId([0x13; 16]),
        counter: Counter(0x14),
        rights: Rights::DISPENSE,
        ceiling: Mills(0x15),
        meters: list(vec![MeterSerial(0x16)]),
    }
}

pub(in crate::golden) fn authority() -> Authority {
    Authority {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_611),
        user: UserId([0x11; 16]),
        account: AccountId([0x12; 16]),
        rights: Rights::DISPENSE,
        ceiling: Mills(0x13),
        generation: 0x14,
        api_key: Some(ApiKeyId([0x1b; 16])),
        signing_key: Some(ed25519(0x1c)),
        logged_in: Time(0x15),
        issued: Time(0x16),
        expires: Time(0x17),
        session: Digest([0x18; 32]),
        meters: list(vec![MeterSerial(0x19), MeterSerial(0x1a)]),
    }
}

pub(in crate::golden) fn own_signature() -> OwnSignature {
    OwnSignature {
        max_total: Mills(0x11),
        expires: Time(0x12),
        signature: [0x13; 64],
    }
}

pub(in crate::golden) fn order_statement() -> OrderStatement {
    OrderStatement {
        version: Version,
        installation: InstallationId([0x11; 16]),
        user: UserId([0x12; 16]),
        meter: MeterSerial(0x13),
        key_digest: Digest([0x14; 32]),
        body_digest: Digest([0x15; 32]),
        items: 0x16,
        expected_piece_count: Some(0x17),
        max_total: Mills(0x18),
        expires: Time(0x19),
    }
}

pub(in crate::golden) fn user_statement() -> UserStatement {
    UserStatement {
        version: Version,
        installation: InstallationId([0x11; 16]),
        user: UserId([0x12; 16]),
        subject: Subject([0x13; 16]),
        particulars: Digest([0x14; 32]),
        expires: Time(0x15),
    }
}

pub(in crate::golden) fn challenge() -> Challenge {
    Challenge {
        version: Version,
        epoch: Epoch(202_611),
        of: Digest([0x11; 32]),
        issued: Time(0x12),
        nonce: Digest([0x13; 32]),
    }
}

pub(in crate::golden) fn log_in_statement() -> LogInStatement {
    LogInStatement {
        version: Version,
        installation: InstallationId([0x11; 16]),
        challenge: Digest([0x13; 32]),
        session: Digest([0x14; 32]),
    }
}

pub(in crate::golden) fn key_statement() -> KeyStatement {
    KeyStatement {
        version: Version,
        installation: InstallationId([0x11; 16]),
        user: UserId([0x12; 16]),
        challenge: Digest([0x13; 32]),
        key: Some(ed25519(0x14)),
    }
}
