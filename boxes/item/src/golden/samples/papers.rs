//! What is shown to a box or kept beside its decisions: evidence, credits, licences, epochs.

use super::{certificate, day, ed25519, list, multi_signed, signed};
use crate::*;

pub(super) fn licence_application() -> LicenceApplication {
    LicenceApplication {
        version: Version,
        installation: InstallationId([0x21; 16]),
        account: AccountId([0x22; 16]),
        user: UserId([0x23; 16]),
        meter: MeterSerial(0x24),
        origin: Zip(0x25),
        licensing: Zip(0x26),
        details: Digest([0x27; 32]),
        agreement: Digest([0x28; 32]),
        key: PublicKey::new(Suite::Ed25519, &[0x29; 32]).unwrap(),
        time: Time(0x2a),
    }
}

pub(super) fn licence_details() -> LicenceDetails {
    LicenceDetails {
        salt: [0x2b; 16],
        organisation: Bytes::new(b"Example".to_vec()).unwrap(),
        address: Bytes::new(b"1 Main St".to_vec()).unwrap(),
        contact: Bytes::new(b"mail".to_vec()).unwrap(),
    }
}

pub(super) fn licence_refusal() -> LicenceRefusal {
    LicenceRefusal {
        version: Version,
        installation: InstallationId([0x2c; 16]),
        application: Digest([0x2d; 32]),
        reason: Bytes::new(b"no".to_vec()).unwrap(),
        time: Time(0x2e),
    }
}

pub(super) fn credit_evidence() -> CreditEvidence {
    CreditEvidence {
        version: Version,
        kind: EvidenceKind::CreditLine,
        installation: InstallationId([0x11; 16]),
        id: Digest([0x12; 32]),
        meter: MeterSerial(0x13),
        funding_sequence: 0x14,
        amount: Mills(0x15),
        currency: Currency(0x1617),
        reference: Digest([0x18; 32]),
        expires: Time(0x19),
    }
}

pub(super) fn credit_approval() -> CreditApproval {
    CreditApproval {
        version: Version,
        installation: InstallationId([0x41; 16]),
        meter: MeterSerial(0x42),
        piece_count: 0x43,
        value: Mills(0x44),
        payload: Digest([0x45; 32]),
        expires: Time(0x46),
    }
}

pub(super) fn item_credit() -> ItemCredit {
    ItemCredit {
        approval: multi_signed(credit_approval()),
        payload: [0x47; Payload::LENGTH],
    }
}

pub(super) fn credited_list() -> CreditedList {
    let piece = |piece_count, last_day| CreditedPiece {
        piece_count,
        last_day,
    };
    let pieces = vec![piece(0x48, 0x7049), piece(0x4a, 0x704b)];
    CreditedList::new(day(20_261_105), pieces).unwrap()
}

pub(super) fn credited_item() -> CreditedItem {
    CreditedItem {
        version: Version,
        meter: MeterSerial(0x4c),
        piece_count: 0x4d,
        value: Mills(0x4e),
        counter: Counter(0x4f),
        last_day: 0x5051,
        day: day(20_261_106),
    }
}

pub(super) fn summary() -> Summary {
    Summary {
        pieces: 0x31,
        ascending: Mills(0x32),
        descending: Mills(0x33),
        deposits: Mills(0x34),
        item_credits: Mills(0x35),
        state: 0x36,
        funding_sequence: 0x37,
        act_sequence: 0x38,
    }
}

pub(super) fn reissue() -> Reissue {
    Reissue {
        shown: Counter(0x39),
        known: Counter(0x3a),
        memory: summary(),
    }
}

pub(super) fn status_report() -> StatusReport {
    StatusReport {
        version: Version,
        installation: InstallationId([0x19; 16]),
        meter: MeterSerial(0x1a),
        user: UserId([0x1b; 16]),
        request: RequestId([0x1c; 32]),
        ascending: Mills(0x1d),
        descending: Mills(0x1e),
        piece_count: 0x1f,
    }
}

pub(super) fn epoch_opening() -> EpochOpening {
    EpochOpening {
        version: Version,
        descriptor: signed(epoch_descriptor()),
        act: Digest([0x15; 32]),
        certificates: list(vec![signed(certificate(ed25519(0x16)))]),
        packages: list(vec![PackageName {
            kind: BoxKind::Transaction,
            id: BoxId(0x1718),
            digest: Digest([0x19; 32]),
        }]),
    }
}

pub(super) fn epoch_descriptor() -> EpochDescriptor {
    EpochDescriptor {
        version: Version,
        installation: InstallationId([0x11; 16]),
        epoch: Epoch(202_612),
        previous: Epoch(202_611),
        starts: Time(0x12),
    }
}
