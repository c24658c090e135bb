//! What every engine promises: one check a promise, each on a new store.

mod books;
mod events;
mod reads;
mod voids;
mod writes;

pub use books::*;
pub use events::*;
pub use reads::*;
pub use voids::*;
pub use writes::*;

/// Makes one test of each check. `$make` is an async block or call that returns a guard (a
/// temporary folder, say) and a new, empty store. The calling crate needs tokio with `macros`.
#[macro_export]
macro_rules! contract {
    ($make:expr) => {
        $crate::contract! { @each $make;
            sign_ups_are_idempotent,
            sign_ups_stay_pending_until_the_chain_exists,
            users_are_found_with_and_without_record,
            users_are_listed_by_account,
            keys_are_named_found_and_listed,
            chains_show_head_and_newest_entry,
            epochs_of_records_are_counted_page_by_page,
            meters_are_listed_by_account,
            a_look_up_shows_meter_and_prior_answer,
            items_are_listed_in_order,
            decisions_and_evidence_are_found,
            a_delivery_is_written_whole,
            the_same_delivery_is_there_already,
            an_older_delivery_is_there_already,
            a_gap_is_a_conflict,
            a_reissue_replaces_the_record_that_its_act_names,
            other_bytes_of_the_same_counter_are_a_conflict,
            a_conflict_undoes_only_its_own_delivery,
            parts_that_do_not_belong_together_are_malformed,
            a_key_keeps_its_first_answer,
            concurrent_writers_have_one_winner,
            the_first_scan_wins,
            a_repeated_scan_gets_its_first_answer,
            a_refused_scan_is_kept_and_uses_nothing,
            a_verifier_cannot_skip_or_reuse,
            concurrent_scans_have_one_first,
            many_scans_end_as_one_by_one,
            uses_are_told_in_order,
            a_request_stands_as_it_was_last_decided,
            requests_are_listed_in_order,
            a_credit_is_kept_once,
            a_meter_comes_with_its_credited_list,
            an_item_that_was_taken_back_is_not_accepted,
            licences_are_kept_answered_and_listed,
            packs_are_kept_for_good,
            daily_totals_are_kept_for_good,
            epochs_are_kept_for_good,
            alerts_are_listed_in_order,
            headings_are_made_once_and_listed,
            headings_are_changed_and_their_names_erased,
            headings_made_at_once_have_numbers_of_their_own,
        }
    };
    (@each $make:expr; $($check:ident,)*) => {
        $(
            #[tokio::test]
            async fn $check() {
                let (_guard, store) = $make.await;
                $crate::contract::$check(&store).await;
            }
        )*
    };
}

/// Joins two futures without a runtime: both are polled until both are done.
pub(crate) async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    use std::task::Poll;
    let (mut a, mut b) = (Box::pin(a), Box::pin(b));
    let (mut done_a, mut done_b) = (None, None);
    std::future::poll_fn(move |context| {
        if done_a.is_none()
            && let Poll::Ready(value) = a.as_mut().poll(context)
        {
            done_a = Some(value);
        }
        if done_b.is_none()
            && let Poll::Ready(value) = b.as_mut().poll(context)
        {
            done_b = Some(value);
        }
        match (done_a.take(), done_b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (done_a, done_b) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}
