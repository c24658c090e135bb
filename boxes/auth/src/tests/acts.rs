//! Acts on a user (P9).

use super::house::refused;
use super::*;
use item::{DecisionKind, InstallationId};
use verify::statement_digest;

#[test]
fn an_act_sets_rights_and_ceiling_once() {
    let mut case = Case::new();
    let act = case.act(1, set_user(Rights::DISPENSE, 700));
    let delivery = done(case.next(&AuthRequest::Act(act.clone())));
    let decision = case.desk.decision(&delivery);
    assert_eq!(decision.decision, DecisionKind::Act);
    assert_eq!(decision.evidence, statement_digest(&act.to_bytes()));
    assert_eq!(delivery.evidence.as_slice(), act.to_bytes());
    let record = case.record();
    assert_eq!(
        (record.rights, record.ceiling, record.act_sequence),
        (Rights::DISPENSE, Mills(700), 1)
    );
    let authority = case.session(RIGHT).authority.body;
    assert_eq!(
        (authority.rights, authority.ceiling),
        (Rights::DISPENSE, Mills(700))
    );
    let again = refused(case.next(&AuthRequest::Act(act)));
    assert_eq!(again, RefusalCode::ActSequence);
}

#[test]
fn acts_that_are_refused() {
    type Alter = fn(&mut Act);
    let cases: &[(&str, Alter, RefusalCode)] = &[
        (
            "other installation",
            |a| a.installation = InstallationId([9; 16]),
            RefusalCode::WrongInstallation,
        ),
        (
            "other kind of box",
            |a| a.box_kind = BoxKind::Meter,
            RefusalCode::Mismatch,
        ),
        (
            "other user",
            |a| a.subject = Subject([9; 16]),
            RefusalCode::Mismatch,
        ),
        (
            "not for a user",
            |a| a.body = ActBody::Activate,
            RefusalCode::Mismatch,
        ),
        ("sequence 0", |a| a.sequence = 0, RefusalCode::ActSequence),
        ("sequence 2", |a| a.sequence = 2, RefusalCode::ActSequence),
        (
            "past expiry",
            |a| a.expires = Time(START),
            RefusalCode::Expired,
        ),
    ];
    for (name, alter, code) in cases {
        let mut case = Case::new();
        let mut body = case.act(1, set_user(Rights::READ, 1)).body;
        alter(&mut body);
        let act = sign_act(body);
        let before = case.row.clone();
        assert_eq!(refused(case.next(&AuthRequest::Act(act))), *code, "{name}");
        assert_eq!(case.row, before, "{name}");
    }
}

#[test]
fn an_act_needs_the_operators_signature_and_its_time() {
    let mut case = Case::new();
    let act = case.act(1, set_user(Rights::READ, 1));
    let mut altered = act.clone();
    altered.body.sequence = 2;
    let mut unsigned = act.clone();
    unsigned.signatures = List::default();
    for shown in [altered, unsigned] {
        let code = refused(case.next(&AuthRequest::Act(shown)));
        assert_eq!(code, RefusalCode::BadSignature);
    }
    case.desk.wait(HOUR - SECOND);
    done(case.next(&AuthRequest::Act(act)));
}
