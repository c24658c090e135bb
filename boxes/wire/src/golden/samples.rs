//! One value of each layout and variant, every field told from every other by its bytes.

mod users;

use super::vectors::{Vector, vector};
use crate::*;
use item::*;

fn b<const MAX: usize>(text: &[u8]) -> Bytes<MAX> {
    Bytes::new(text.to_vec()).unwrap()
}

fn list<T, const MAX: usize>(values: Vec<T>) -> List<T, MAX> {
    List::new(values).unwrap()
}

fn ascii<const N: usize>(text: &[u8; N]) -> Ascii<N> {
    Ascii::new(*text).unwrap()
}

fn multi_signed<T>(body: T) -> MultiSigned<T> {
    MultiSigned {
        body,
        signatures: list(vec![(KeyId([0xe1; 8]), [0xe2; 64])]),
    }
}

fn signed<T>(body: T) -> Signed<T> {
    Signed {
        body,
        signature: [0xe3; 64],
    }
}

fn act() -> MultiSigned<Act> {
    multi_signed(Act {
        version: Version,
        installation: InstallationId([0x11; 16]),
        box_kind: BoxKind::Auth,
        subject: Subject([0x12; 16]),
        sequence: 0x13,
        issued: Time(0x14),
        expires: Time(0x15),
        body: ActBody::Unlatch,
    })
}

fn authority() -> Sealed<Authority> {
    Sealed {
        body: Authority {
            version: Version,
            suite: Suite::Ed25519,
            epoch: Epoch(202_611),
            user: UserId([0x21; 16]),
            account: AccountId([0x22; 16]),
            rights: Rights::READ,
            ceiling: Mills(0x23),
            generation: 0x24,
            api_key: None,
            signing_key: None,
            logged_in: Time(0x25),
            issued: Time(0x26),
            expires: Time(0x27),
            session: Digest([0x28; 32]),
            meters: List::default(),
        },
        mac: [0x29; 32],
    }
}

fn receipt() -> Signed<ManufactureReceipt> {
    signed(ManufactureReceipt {
        version: Version,
        suite: Suite::Ed25519,
        key: KeySerial(0x31),
        installation: InstallationId([0x32; 16]),
        epoch: Epoch(202_611),
        serial: MeterSerial(0x33),
        manufacturing_number: 0x34,
        account: AccountId([0x35; 16]),
        item_kind: ItemKind::Postage,
        post: PostId(0x36),
        currency: Currency(840),
        vendor: ascii(b"VE"),
        model: ascii(b"MO"),
        request: RequestId([0x37; 32]),
        time: Time(0x38),
        transcript: Digest([0x39; 32]),
    })
}

fn evidence() -> MultiSigned<CreditEvidence> {
    multi_signed(CreditEvidence {
        version: Version,
        kind: EvidenceKind::Deposit,
        installation: InstallationId([0x41; 16]),
        id: Digest([0x42; 32]),
        meter: MeterSerial(0x43),
        funding_sequence: 0x44,
        amount: Mills(0x45),
        currency: Currency(840),
        reference: Digest([0x46; 32]),
        expires: Time(0x47),
    })
}

fn decision() -> Signed<Decision> {
    signed(Decision {
        version: Version,
        suite: Suite::Ed25519,
        key: KeySerial(0x51),
        installation: InstallationId([0x52; 16]),
        box_kind: BoxKind::Auth,
        box_id: BoxId(0x53),
        subject: Subject([0x54; 16]),
        decision: DecisionKind::LogIn,
        counter: Counter(0x55),
        request: RequestId([0x56; 32]),
        old: Digest([0x57; 32]),
        new: Digest([0x58; 32]),
        head: Digest([0x59; 32]),
        evidence: Digest([0x5a; 32]),
        time: Time(0x5b),
        journal_sequence: 0x5c,
    })
}

fn checkpoint() -> Signed<Checkpoint> {
    signed(Checkpoint {
        version: Version,
        suite: Suite::Ed25519,
        key: KeySerial(0x61),
        installation: InstallationId([0x62; 16]),
        box_kind: BoxKind::Meter,
        box_id: BoxId(0x63),
        journal_sequence: 0x64,
        time: Time(0x65),
        sums: Sums::default(),
        digest: Digest([0x66; 32]),
    })
}

fn chain_entry() -> ChainEntry {
    ChainEntry {
        version: Version,
        account: AccountId([0x71; 16]),
        sequence: 0x72,
        event: EventKind::SignUp,
        subject: Subject([0x73; 16]),
        decision: Digest([0x74; 32]),
        happened: Time(0x75),
        recorded: Time(0x76),
        previous: Digest::ZERO,
    }
}

fn pack() -> Signed<PackBody> {
    let certificate = IssuingCertificate {
        version: Version,
        installation: InstallationId([0x81; 16]),
        serial: KeySerial(0x82),
        box_kind: BoxKind::Keys,
        usage: KeyUsage::Pack,
        epoch: Epoch(202_611),
        not_before: Time(0x83),
        not_after: Time(0x84),
        key: PublicKey::new(Suite::Ed25519, &[0x85; 32]).unwrap(),
    };
    signed(PackBody {
        version: Version,
        installation: InstallationId([0x81; 16]),
        sequence: 0x86,
        issued: Time(0x87),
        expires: Time(0x88),
        post: PostId(0x89),
        pack_certificate: signed(certificate),
        certificates: List::default(),
        revoked: List::default(),
        voids: List::default(),
        closes: Digest([0x8a; 32]),
    })
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

fn proof() -> SessionProof {
    SessionProof {
        authority: authority(),
        secret: SessionSecret([0x91; 32]),
    }
}

fn order() -> Order {
    Order {
        request: RequestId([0xa1; 32]),
        key_digest: Digest([0xa2; 32]),
        body_digest: Digest([0xa3; 32]),
        authority: 0,
        expected_piece_count: Some(0xa4),
        batch: BatchId([0xa5; 16]),
        signature: Some(users::own_signature()),
        items: list(vec![ItemSpec {
            category: ascii(b"FCL "),
            weight_milligrams: 0xa6,
            value: Mills(0xa7),
            mailing_day: Day::from_decimal(20_261_125).unwrap(),
            origin: Zip(95_814),
            destination: 0xa8,
            address: normalise_address(["1315 10th St.", "Sacramento"]).unwrap(),
            department: Department(0xa9),
            end_customer: EndCustomer(0xaa),
        }]),
    }
}

fn dispense() -> Dispense {
    let any = Order {
        request: RequestId([0xab; 32]),
        expected_piece_count: None,
        signature: None,
        ..order()
    };
    Dispense {
        authorities: list(vec![authority()]),
        orders: list(vec![order(), any]),
    }
}

fn report() -> Report {
    Report {
        authority: authority(),
        report: StatusReport {
            version: Version,
            installation: InstallationId([0xf1; 16]),
            meter: MeterSerial(0xf2),
            user: UserId([0xf3; 16]),
            request: RequestId([0xf4; 32]),
            ascending: Mills(0xf5),
            descending: Mills(0xf6),
            piece_count: 0xf7,
        },
    }
}

fn refusal() -> Refusal {
    Refusal {
        code: RefusalCode::Stale,
        known_counter: Counter(0xb1),
        not_before: Time(0xb2),
        statement: b(b"statement"),
    }
}

fn outcomes() -> Vec<OrderOutcome> {
    vec![
        OrderOutcome {
            request: RequestId([0xb3; 32]),
            result: Ok((0xb4, 0xb5)),
        },
        OrderOutcome {
            request: RequestId([0xb6; 32]),
            result: Err(RefusalCode::Funds.into()),
        },
    ]
}

fn delivery() -> Delivery {
    Delivery {
        subject: Subject([0xc1; 16]),
        request: RequestId([0xc2; 32]),
        record: b(b"record"),
        decision: b(b"decision"),
        rows: list(vec![b(b"row one"), b(b"row two")]),
        evidence: b(b"evidence"),
        orders: list(outcomes()),
        secret: b(b"secret"),
    }
}

fn status() -> Status {
    Status {
        installation: InstallationId([0xd1; 16]),
        kind: BoxKind::Transaction,
        id: BoxId(0xd2),
        epoch: Epoch(202_611),
        taken: Epoch(202_612),
        time: Time(0xd3),
        subjects: 0xd4,
        open: 0xd5,
        journal_sequence: 0xd6,
        latched: true,
        clock_doubtful: false,
        act_sequence: 0xd7,
    }
}

fn entry() -> Entry {
    Entry {
        request: RequestId([0xd8; 32]),
        subject: Subject([0xd9; 16]),
        shown: b(b"shown record"),
        body: b(b"body"),
    }
}

fn opened_epoch() -> OpenedEpoch {
    OpenedEpoch {
        opening: b(b"signed opening"),
        packages: list(vec![SealedPackage {
            kind: BoxKind::Meter,
            id: BoxId(0xe4),
            package: b(b"sealed package"),
        }]),
    }
}

fn requests() -> Vec<Vector> {
    let package = EpochPackage {
        opening: b(b"signed opening"),
        package: b(b"sealed package"),
    };
    let acknowledgement = Acknowledgement {
        subject: Subject([0xda; 16]),
        counter: Counter(0xdb),
        digest: ShortDigest([0xdc; 16]),
    };
    let page = PageRequest {
        act: Digest([0xdf; 32]),
        from: 0xe0,
    };
    let reissue = ReissueRequest {
        shown: b(b"shown record"),
        act: act(),
    };
    vec![
        vector("Entry", &entry()),
        vector("Acknowledgement", &acknowledgement),
        vector("Request.Status", &Request::Status(Nothing)),
        vector("Request.Decide", &Request::Decide(list(vec![entry()]))),
        vector("Request.ListOpen", &Request::ListOpen(0xdd)),
        vector("Request.Checkpoint", &Request::Checkpoint(Nothing)),
        vector("Request.Query", &Request::Query(b(b"query"))),
        vector("Request.BoxAct", &Request::BoxAct(act())),
        vector(
            "Request.Acknowledge",
            &Request::Acknowledge(list(vec![acknowledgement])),
        ),
        vector("PageRequest", &page),
        vector("Request.Page", &Request::Page(page)),
        vector("Request.Recall", &Request::Recall(Subject([0xe2; 16]))),
        vector("ReissueRequest", &reissue),
        vector("Request.Reissue", &Request::Reissue(reissue)),
        vector("EpochPackage", &package),
        vector("Request.TakeEpoch", &Request::TakeEpoch(package)),
    ]
}

fn of_boxes() -> Vec<Vector> {
    let sign_up = SignUp {
        password: password("first password"),
        rights: Rights::ALL,
        ceiling: Mills(0x92),
    };
    let log_in = LogIn {
        password: password("password typed"),
        session: Digest([0x93; 32]),
    };
    let change = PasswordChange {
        old: password("the old password"),
        new: password("the new password"),
    };
    let manager = users::manager(None);
    let add_user = AddUser {
        manager: manager.clone(),
        password: password("the first password"),
        rights: Rights::DISPENSE,
        ceiling: Mills(0x9b),
        meters: list(vec![MeterSerial(0x9c)]),
    };
    let set_user = SetUser {
        manager,
        rights: Rights::READ,
        ceiling: Mills(0x9d),
        meters: list(vec![MeterSerial(0x9e)]),
    };
    let add_key = AddKey {
        owner: set_user.manager.clone(),
        secret: Digest([0x9f; 32]),
        rights: Rights::READ,
        ceiling: Mills(0xa1),
        meters: list(vec![MeterSerial(0xa2)]),
        expires: Time(0xa3),
    };
    let roll_key = RollKey {
        owner: set_user.manager.clone(),
        secret: Digest([0xa4; 32]),
        previous_until: Time(0xa5),
    };
    let key_query = KeyQuery {
        secret: SessionSecret([0xa6; 32]),
        record: b(b"record"),
        user: b(b"user"),
    };
    let use_key = AuthRequest::UseKey(SessionSecret([0xa7; 32]));
    let renewal = Renewal {
        proof: proof(),
        record: b(b"record"),
    };
    let secret = AuthSecret {
        authority: authority(),
    };
    let tokens = TokenQuery {
        payload: [0x94; 138],
        record: b(b"record"),
    };
    let check = TokenCheck {
        vendor: true,
        postal: false,
    };
    let append = |previous| {
        ChainRequest::Append(Append {
            previous,
            event: EventKind::LogIn,
            decision: decision(),
            record: b(b"record"),
        })
    };
    let allocate = Allocate {
        request: RequestId([0x95; 32]),
        account: AccountId([0x96; 16]),
    };
    let pack_request = PackRequest {
        voids: list(vec![VoidEntry {
            meter: MeterSerial(0x97),
            piece_count: 0x98,
            value: Mills(0x99),
        }]),
        closes: Some(checkpoint()),
    };
    let item_credit = ItemCreditRequest {
        credit: ItemCredit {
            approval: MultiSigned {
                body: CreditApproval {
                    version: Version,
                    installation: InstallationId([0x9b; 16]),
                    meter: MeterSerial(0x9c),
                    piece_count: 0x9d,
                    value: Mills(0x9e),
                    payload: Digest([0x9f; 32]),
                    expires: Time(0xa0),
                },
                signatures: list(vec![(KeyId([0xa1; 8]), [0xa2; 64])]),
            },
            payload: [0xa3; 138],
        },
        credited: CreditedList::default(),
    };
    vec![
        vector("AuthRequest.SignUp", &AuthRequest::SignUp(sign_up)),
        vector("AuthRequest.LogIn", &AuthRequest::LogIn(log_in)),
        vector("AuthRequest.LogOut", &AuthRequest::LogOut(proof())),
        vector(
            "AuthRequest.ChangePassword",
            &AuthRequest::ChangePassword(change),
        ),
        vector("AuthRequest.Act", &AuthRequest::Act(act())),
        vector("AddUser", &add_user),
        vector(
            "AuthRequest.AddUser",
            &AuthRequest::AddUser(add_user.clone()),
        ),
        vector("SetUser", &set_user),
        vector(
            "AuthRequest.SetUser",
            &AuthRequest::SetUser(set_user.clone()),
        ),
        vector("SignedOn", &set_user.manager),
        vector("AddKey", &add_key),
        vector("AuthRequest.AddKey", &AuthRequest::AddKey(add_key.clone())),
        vector("RollKey", &roll_key),
        vector(
            "AuthRequest.RollKey",
            &AuthRequest::RollKey(roll_key.clone()),
        ),
        vector(
            "AuthRequest.RevokeKey",
            &AuthRequest::RevokeKey(set_user.manager.clone()),
        ),
        vector("AuthRequest.UseKey", &use_key),
        vector("KeyQuery", &key_query),
        vector("AuthQuery.Key", &AuthQuery::Key(key_query.clone())),
        vector("AuthQuery.Check", &AuthQuery::Check(proof())),
        vector("AuthQuery.Renew", &AuthQuery::Renew(renewal)),
        vector("AuthSecret", &secret),
        vector(
            "MeterRequest.Manufacture",
            &MeterRequest::Manufacture(receipt()),
        ),
        vector("MeterRequest.Act", &MeterRequest::Act(act())),
        vector("MeterRequest.Refill", &MeterRequest::Refill(evidence())),
        vector("MeterRequest.Dispense", &MeterRequest::Dispense(dispense())),
        vector("ItemCreditRequest", &item_credit),
        vector(
            "MeterRequest.ItemCredit",
            &MeterRequest::ItemCredit(item_credit),
        ),
        vector("MeterRequest.Report", &MeterRequest::Report(report())),
        vector("MeterQuery.Tokens", &MeterQuery::Tokens(tokens)),
        vector("TokenCheck", &check),
        vector("ChainRequest.Append", &append(Some(chain_entry()))),
        vector("ChainRequest.Append.first", &append(None)),
        vector("Allocate", &allocate),
        vector("KeysRequest.Allocate", &KeysRequest::Allocate(allocate)),
        vector("KeysRequest.Pack", &KeysRequest::Pack(pack_request)),
        vector("KeysAnswer.Receipt", &KeysAnswer::Receipt(receipt())),
        vector("KeysAnswer.Pack", &KeysAnswer::Pack(pack())),
        vector("OpenedEpoch", &opened_epoch()),
        vector("SealedPackage", &opened_epoch().packages.as_slice()[0]),
        vector(
            "KeysRequest.EpochAfter",
            &KeysRequest::EpochAfter(Epoch(202_611)),
        ),
        vector("KeysAnswer.Epoch", &KeysAnswer::Epoch(Some(opened_epoch()))),
        vector("KeysAnswer.Epoch.none", &KeysAnswer::Epoch(None)),
    ]
}

fn replies() -> Vec<Vector> {
    let failure = Failure {
        delivery: Box::new(delivery()),
        refusal: RefusalCode::WrongPassword.into(),
    };
    let done = Outcome::Done(Box::new(delivery()));
    let page = |next| Page {
        deliveries: list(vec![delivery()]),
        next,
        end: 0xe3,
    };
    let memory = Memory {
        known: Counter(0xe4),
        summary: Summary {
            pieces: 0xe5,
            ascending: Mills(0xe6),
            descending: Mills(0xe7),
            deposits: Mills(0xe8),
            item_credits: Mills(0xe9),
            state: 0xea,
            funding_sequence: 0xeb,
            act_sequence: 0xec,
        },
    };
    vec![
        vector("Refusal", &refusal()),
        vector("Delivery", &delivery()),
        vector("Outcome.Done", &done),
        vector("Outcome.Open", &Outcome::Open(Box::new(delivery()))),
        vector("Outcome.Refused", &Outcome::Refused(refusal())),
        vector("Outcome.Declined", &Outcome::Declined(list(outcomes()))),
        vector("Outcome.Failed", &Outcome::Failed(failure)),
        vector("Status", &status()),
        vector("Reply.Status", &Reply::Status(status())),
        vector(
            "Reply.Decided",
            &Reply::Decided(list(vec![done, Outcome::Refused(refusal())])),
        ),
        vector("Reply.Open", &Reply::Open(list(vec![delivery()]))),
        vector("Reply.Checkpoint", &Reply::Checkpoint(checkpoint())),
        vector("Reply.Answer", &Reply::Answer(b(b"answer"))),
        vector("Reply.Acted", &Reply::Acted(Some(delivery()))),
        vector("Reply.Acted.nothing", &Reply::Acted(None)),
        vector("Reply.Refused", &Reply::Refused(refusal())),
        vector("Reply.Acknowledged", &Reply::Acknowledged(0xde)),
        vector("Page", &page(Some(0xed))),
        vector("Reply.Page", &Reply::Page(page(Some(0xed)))),
        vector("Reply.Page.last", &Reply::Page(page(None))),
        vector("Memory", &memory),
        vector("Reply.Memory", &Reply::Memory(memory)),
        vector("Reply.Taken", &Reply::Taken(Epoch(202_612))),
    ]
}

/// Every vector, in the order of the file.
pub(super) fn all() -> Vec<Vector> {
    let mut all = requests();
    all.extend(of_boxes());
    all.extend(users::of_users());
    all.extend(replies());
    all
}
