//! The token check.

use crate::desk::*;
use item::*;
use wire::*;

fn ask_tokens(desk: &mut Desk, payload: &[u8], record: &[u8]) -> Result<TokenCheck, RefusalCode> {
    let query = MeterQuery::Tokens(TokenQuery {
        payload: payload.try_into().unwrap(),
        record: Bytes::new(record.to_vec()).unwrap(),
    });
    match desk.ask(Request::Query(Bytes::new(query.to_bytes()).unwrap())) {
        Reply::Answer(bytes) => Ok(TokenCheck::from_bytes(bytes.as_slice()).unwrap()),
        Reply::Refused(refusal) => Err(refusal.code),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn tokens(desk: &mut Desk, payload: &Payload) -> (bool, bool) {
    let record = desk.shown.clone();
    let check = ask_tokens(desk, &payload.to_bytes(), &record).unwrap();
    (check.vendor, check.postal)
}

#[test]
fn tokens_tell_altered_payloads_p2() {
    let mut desk = Desk::active();
    let old = desk.shown.clone();
    let print = desk.print(&[740]);
    let delivery = desk.done(print);
    let payload = Payload::from_bytes(rows(&delivery)[0].payload.as_slice()).unwrap();
    let alter = |change: fn(&mut Payload)| {
        let mut other = payload.clone();
        change(&mut other);
        other
    };
    for (name, other, expected) in [
        ("as printed", payload.clone(), (true, true)),
        ("vendor's", alter(|p| p.vendor_token[0] ^= 1), (false, true)),
        ("post's", alter(|p| p.postal_token[5] ^= 1), (true, false)),
        (
            "swapped",
            alter(|p| std::mem::swap(&mut p.vendor_token, &mut p.postal_token)),
            (false, false),
        ),
        ("value", alter(|p| p.value = Mills(1)), (false, false)),
    ] {
        assert_eq!(tokens(&mut desk, &other), expected, "{name}");
    }
    let bytes = payload.to_bytes();
    assert!(ask_tokens(&mut desk, &bytes, &old).unwrap().postal);
    let stranger = alter(|p| p.meter = MeterSerial(5)).to_bytes();
    let record = desk.shown.clone();
    assert_eq!(
        ask_tokens(&mut desk, &stranger, &record),
        Err(RefusalCode::Mismatch)
    );
    assert_eq!(
        ask_tokens(&mut desk, &[0; 138], &record),
        Err(RefusalCode::Malformed)
    );
    let mut altered = record;
    altered[60] ^= 1;
    assert_eq!(
        ask_tokens(&mut desk, &bytes, &altered),
        Err(RefusalCode::Altered)
    );
}
