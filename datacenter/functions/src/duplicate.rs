//! The duplicate guard: a piece like the one just before on its meter is asked about once more.
//!
//! A courtesy, and no rule of a box: two requests at the same moment may both pass, and a database
//! that hides the newest item hides what would be asked about. Called before an order joins its queue,
//! with what the look-up of its key showed (P10); a key that was answered before never gets here.
//!
//! A list is compared as a whole: its first piece with the item before it, and its body with the
//! body that made that item, so that the same list under another key is noticed. Two equal pieces next to
//! each other in one list are what the list says, unless they bear one name (`reference`).

use crate::{Centre, CheckedMailing, Code, Earlier, MailingCall, Problem, Session};
use item::{Digest, ItemRecord, Layout};
use store::{LookUp, LookUpKey, Store};
use verify::address_digest;
use wire::ItemSpec;

/// Asks about pieces whose first is like the newest item, or that are the request which made it.
///
/// # Errors
/// [`Code::DuplicateSuspected`].
pub(crate) fn refuse_duplicate(
    newest: Option<&[u8]>,
    first: &ItemSpec,
    bodies: &[Digest],
) -> Result<(), Problem> {
    // What can not be read is no reason to refuse: whoever answers from it finds out.
    let Some(earlier) = newest.and_then(|bytes| ItemRecord::from_bytes(bytes).ok()) else {
        return Ok(());
    };
    if !is_like(&earlier, first) && !bodies.contains(&earlier.body_digest) {
        return Ok(());
    }
    let id = format!("{}-{}", earlier.meter.0, earlier.piece_count);
    Err(Problem {
        earlier: Some(Earlier {
            meter: earlier.meter,
            piece_count: earlier.piece_count,
            time: earlier.time,
        }),
        ..Problem::new(
            Code::DuplicateSuspected,
            format!(
                "Nothing was charged. Item {id}, just before on this meter, went to the same address \
                 for the same amount, or was made by the same list. If this is another piece, send the \
                 same request with `allow_duplicate: true`."
            ),
        )
    })
}

fn is_like(earlier: &ItemRecord, spec: &ItemSpec) -> bool {
    let same_place = if spec.address.is_empty() {
        spec.destination != 0 && spec.destination == earlier.destination
    } else {
        let digest = address_digest(earlier.meter, earlier.piece_count, &spec.address);
        digest == earlier.address_digest
    };
    same_place && spec.value == earlier.value
}

impl<S: Store> Centre<S> {
    /// Asks about a mailing that looks as if it had been bought just before, or that has one row twice
    /// (`twice`: place of the first such row, from 0). One that was begun goes on.
    ///
    /// # Errors
    /// [`Code::DuplicateSuspected`]; [`Problem`] if the database does not answer.
    pub async fn refuse_duplicate_mailing(
        &self,
        session: &Session,
        mailing: &CheckedMailing,
        call: &MailingCall,
        twice: Option<usize>,
    ) -> Result<(), Problem> {
        let pieces = mailing.pieces(call);
        let first = pieces
            .first()
            .and_then(|piece| Some((&piece.call, piece.rows.first()?.1)));
        let Some((order, first)) = first else {
            return Ok(());
        };
        let key = LookUpKey {
            account: session.authority().account,
            key_digest: order.key_digest,
            meter: order.meter,
            newest: true,
        };
        let LookUp { prior, newest, .. } = self.store().look_up(key).await?;
        if prior.is_some() {
            return Ok(());
        }
        if !first.item.recipient.is_empty() {
            let spec = self.item_spec(&first.item, &mailing.meter)?;
            let bodies: Vec<Digest> = pieces.iter().map(|piece| piece.call.body_digest).collect();
            refuse_duplicate(newest.as_deref(), &spec, &bodies)?;
        }
        match twice {
            None => Ok(()),
            Some(place) => Err(Problem::new(
                Code::DuplicateSuspected,
                format!(
                    "Nothing was charged. Rows {} and {} have one reference and are the same piece. If \
                     both are meant, send the same request with `allow_duplicate: true`.",
                    place + 1,
                    place + 2
                ),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use item::{
        Ascii, BatchId, Bytes, Counter, Day, Department, EndCustomer, ItemKind, MeterSerial, Mills,
        RequestId, Time, UserId, Zip, normalise_address,
    };

    const METER: MeterSerial = MeterSerial(7);

    fn spec(street: &str, destination: u64, value: u64) -> ItemSpec {
        let lines = [street].into_iter().filter(|line| !line.is_empty());
        ItemSpec {
            category: Ascii::new(*b"FCL ").unwrap(),
            weight_milligrams: 1,
            value: Mills(value),
            mailing_day: Day::NONE,
            origin: Zip(95_814),
            destination,
            address: normalise_address(lines).unwrap(),
            department: Department(0),
            end_customer: EndCustomer(0),
        }
    }

    fn made(spec: &ItemSpec) -> Vec<u8> {
        ItemRecord {
            version: item::Version,
            meter: METER,
            counter: Counter(4),
            position: 0,
            key_digest: Digest([1; 32]),
            body_digest: Digest([2; 32]),
            request: RequestId([3; 32]),
            user: UserId([4; 16]),
            ascending: Mills(9),
            descending: Mills(9),
            piece_count: 5,
            kind: ItemKind::Postage,
            category: spec.category,
            weight_milligrams: spec.weight_milligrams,
            value: spec.value,
            mailing_day: spec.mailing_day,
            time: Time(6),
            origin: spec.origin,
            destination: spec.destination,
            address_digest: address_digest(METER, 5, &spec.address),
            department: spec.department,
            batch: BatchId::ZERO,
            end_customer: spec.end_customer,
            specimen: true,
            payload: Bytes::new(vec![0; 138]).unwrap(),
            previous: Digest::ZERO,
        }
        .to_bytes()
    }

    #[test]
    fn a_piece_is_like_the_one_before_by_address_and_amount() {
        let before = made(&spec("1 Main St", 95_814, 740));
        let asked = |next: ItemSpec, body: u8| {
            refuse_duplicate(Some(&before), &next, &[Digest([body; 32])]).is_err()
        };
        for (next, suspected) in [
            (spec("1 Main St", 95_814, 740), true),
            (spec("1 MAIN ST", 95_814, 740), true),
            (spec("1 Main St", 95_814, 741), false),
            (spec("2 Main St", 95_814, 740), false),
            // Without lines the destination counts, if there is one.
            (spec("", 95_814, 740), true),
            (spec("", 95_815, 740), false),
            (spec("", 0, 740), false),
        ] {
            assert_eq!(asked(next.clone(), 9), suspected, "{next:?}");
            assert!(
                asked(next, 2),
                "the request that made it, under another key"
            );
        }
    }

    #[test]
    fn the_problem_names_the_item_and_charged_nothing() {
        let before = spec("1 Main St", 95_814, 740);
        let problem = refuse_duplicate(Some(&made(&before)), &before, &[]).unwrap_err();
        let earlier = problem.earlier.unwrap();
        assert_eq!(problem.code, Code::DuplicateSuspected);
        assert_eq!(problem.charged, crate::Charged::No);
        assert_eq!((earlier.meter, earlier.piece_count), (METER, 5));
        assert_eq!(earlier.time, Time(6));
    }

    #[test]
    fn no_item_and_no_item_that_can_be_read_ask_nothing() {
        let next = spec("1 Main St", 95_814, 740);
        for newest in [None, Some(&b"damaged"[..])] {
            assert_eq!(refuse_duplicate(newest, &next, &[]), Ok(()));
        }
        let empty = spec("", 0, 740);
        assert_eq!(refuse_duplicate(Some(&made(&empty)), &empty, &[]), Ok(()));
    }
}
