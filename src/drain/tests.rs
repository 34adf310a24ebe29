//! The stories of a run, told on a queue and a store in memory that fail where told.

use proptest::prelude::*;

use super::*;
use crate::batch::samples::good_body;
use crate::failure::FailureKind;
use crate::queue::memory::{Faults, MemoryQueue};
use crate::store::memory::MemoryStore;

fn plan() -> Plan {
    Plan {
        limits: Limits { receivers: 4, wait_seconds: 0, max_messages: None, fifo: false },
        batch_size: 100,
        max_seconds: None,
        rejects: RejectPolicy::Delete,
        max_reject_percent: 50,
        masker: Masker::Plain,
    }
}

fn good(messages: u128) -> impl Iterator<Item = String> {
    (0..messages).map(good_body)
}

/// One rogue message after every nine good ones.
fn mixed(messages: u128) -> impl Iterator<Item = String> {
    (0..messages).map(|number| if number % 10 == 9 { "rogue".to_owned() } else { good_body(number) })
}

fn run(queue: &MemoryQueue, store: &mut MemoryStore, plan: &Plan) -> Ended {
    let ended = drain(queue, store, plan, &StopFlag::default(), &|_| ());
    assert_eq!(ended.books.check(), Ok(()));
    ended
}

#[test]
fn a_queue_is_drained_into_rows_and_ends_empty() {
    let queue = MemoryQueue::holding(mixed(1000));
    let mut store = MemoryStore::default();
    let ended = run(&queue, &mut store, &plan());
    assert_eq!(ended.reason, Ok(StopReason::Empty));
    assert_eq!((ended.books.inserted, ended.books.rejected, ended.books.deleted), (900, 100, 1000));
    assert_eq!((queue.visible().len(), queue.in_flight(), store.rows), (0, 0, 900));
    assert!(store.commits < 20, "{} commits for 1,000 messages", store.commits);
    assert!(queue.calls().delete <= 110, "{} deletes for 1,000 messages", queue.calls().delete);
}

#[test]
fn a_message_delivered_twice_is_one_row_and_both_deliveries_are_deleted() {
    let queue = MemoryQueue::holding(good(25));
    queue.deliver_again(3, good_body(3));
    let mut store = MemoryStore::default();
    let ended = run(&queue, &mut store, &plan());
    assert_eq!((ended.books.inserted, ended.books.duplicates, ended.books.deleted), (25, 1, 26));
    assert_eq!(queue.in_flight(), 0);
}

#[test]
fn a_commit_that_fails_deletes_nothing_and_gives_everything_back() {
    let queue = MemoryQueue::holding(good(500));
    let mut store = MemoryStore { fails_at: Some(3), ..MemoryStore::default() };
    let ended = run(&queue, &mut store, &plan());
    assert_eq!(ended.reason.unwrap_err().kind, FailureKind::Unreachable);
    assert_eq!(queue.in_flight(), 0, "all that was not committed is visible again");
    assert_eq!(ended.books.deleted, store.rows);
    assert_eq!(queue.visible().len() as u64, 500 - store.rows);
}

#[test]
fn a_receive_that_fails_ends_the_run_after_what_it_holds_is_stored() {
    let faults = Faults { receive_fails_at: Some(12), ..Faults::default() };
    let queue = MemoryQueue::holding(good(500)).with(faults);
    let mut store = MemoryStore::default();
    let ended = run(&queue, &mut store, &plan());
    assert_eq!(ended.reason.unwrap_err().text, "the queue is gone");
    assert_eq!(ended.books.inserted, store.rows);
    assert_eq!(ended.books.deleted + queue.visible().len() as u64, 500);
    assert_eq!(queue.in_flight(), 0);
}

#[test]
fn a_deletion_that_is_refused_is_counted_and_ends_the_run_if_it_is_not_allowed_at_all() {
    let queue =
        MemoryQueue::holding(good(100)).with(Faults { undeletable_every: Some(10), ..Faults::default() });
    let ended = run(&queue, &mut MemoryStore::default(), &plan());
    assert_eq!((ended.books.deleted, ended.books.delete_failures), (90, 10));

    let queue =
        MemoryQueue::holding(good(100)).with(Faults { delete_fails_at: Some(2), ..Faults::default() });
    let ended = run(&queue, &mut MemoryStore::default(), &plan());
    assert_eq!(ended.reason.unwrap_err().text, "deleting is not allowed");
}

#[test]
fn a_batch_of_mostly_rejects_is_refused_whole() {
    let queue = MemoryQueue::holding((0..40).map(|_| "rogue".to_owned()));
    let mut store = MemoryStore::default();
    let ended = run(&queue, &mut store, &plan());
    let failure = ended.reason.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Permanent);
    assert!(failure.text.contains("Has the producer changed?"), "{failure}");
    assert_eq!((store.commits, queue.visible().len(), ended.books.released), (0, 40, 40));
}

#[test]
fn rejects_are_deleted_kept_or_sent_on_as_told() {
    let table =
        [(RejectPolicy::Delete, 0, 0), (RejectPolicy::Keep, 10, 0), (RejectPolicy::DeadLetter, 0, 10)];
    for (rejects, left, sent_on) in table {
        let queue = MemoryQueue::holding(mixed(100));
        let ended = run(&queue, &mut MemoryStore::default(), &Plan { rejects, ..plan() });
        assert_eq!(ended.reason, Ok(StopReason::Empty), "{rejects:?}");
        assert_eq!((queue.in_flight(), queue.dead_letters().len()), (left, sent_on), "{rejects:?}");
        assert_eq!(ended.books.kept, left as u64);
    }
}

#[test]
fn a_reject_that_cannot_be_sent_on_is_not_deleted() {
    let queue =
        MemoryQueue::holding(mixed(100)).with(Faults { dead_letter_fails: true, ..Faults::default() });
    let ended =
        run(&queue, &mut MemoryStore::default(), &Plan { rejects: RejectPolicy::DeadLetter, ..plan() });
    assert!(ended.reason.is_err());
    assert_eq!(ended.books.delete_failures, 10);
    assert_eq!(queue.in_flight(), 10);
}

#[test]
fn a_reject_that_the_dead_letter_queue_refuses_stays_and_the_rest_goes_on() {
    let faults = Faults { dead_letter_refused_every: Some(3), ..Faults::default() };
    let queue = MemoryQueue::holding(mixed(100)).with(faults);
    let ended =
        run(&queue, &mut MemoryStore::default(), &Plan { rejects: RejectPolicy::DeadLetter, ..plan() });
    assert_eq!(ended.reason, Ok(StopReason::Empty));
    // 9, 39, 69 and 99 are rejects whose number is a multiple of three.
    assert_eq!((queue.dead_letters().len(), queue.in_flight()), (6, 4));
    assert_eq!((ended.books.kept, ended.books.deleted, ended.books.delete_failures), (4, 96, 0));
}

#[test]
fn no_more_than_max_messages_are_taken() {
    let queue = MemoryQueue::holding(good(500));
    let limits = Limits { max_messages: Some(123), ..plan().limits };
    let ended = run(&queue, &mut MemoryStore::default(), &Plan { limits, ..plan() });
    assert_eq!(ended.reason, Ok(StopReason::MaxMessages));
    assert_eq!((ended.books.received, queue.visible().len()), (123, 377));
}

#[test]
fn a_signal_finishes_the_open_batch_and_gives_the_rest_back() {
    let queue = MemoryQueue::holding(good(5000));
    let stop = StopFlag::default();
    stop.set();
    let ended = drain(&queue, &mut MemoryStore::default(), &plan(), &stop, &|_| ());
    assert_eq!(ended.books.check(), Ok(()));
    assert_eq!(ended.reason, Ok(StopReason::Signal));
    assert_eq!(queue.in_flight(), 0);
    assert_eq!(queue.visible().len() as u64, 5000 - ended.books.deleted);
}

#[test]
fn messages_of_a_slow_commit_are_kept_hidden() {
    let queue = MemoryQueue::holding(good(10));
    let mut store = MemoryStore { takes: Duration::from_millis(2600), ..MemoryStore::default() };
    run(&queue, &mut store, &plan());
    assert!(queue.kept_hidden() >= 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn whatever_fails_nothing_is_lost_or_doubled_and_a_second_run_finishes(
        messages in 0_u128..400,
        receive_fails_at in prop::option::of(1_u64..40),
        delete_fails_at in prop::option::of(1_u64..40),
        undeletable_every in prop::option::of(2_u128..20),
        fails_at in prop::option::of(1_u64..6),
        batch_size in 1_usize..150,
        receivers in 1_usize..9,
    ) {
        let faults = Faults { receive_fails_at, delete_fails_at, undeletable_every, ..Faults::default() };
        let queue = MemoryQueue::holding(mixed(messages)).with(faults);
        let mut store = MemoryStore { fails_at, ..MemoryStore::default() };
        let plan = Plan { batch_size, limits: Limits { receivers, ..plan().limits }, ..plan() };
        let first = drain(&queue, &mut store, &plan, &StopFlag::default(), &|_| ());
        prop_assert_eq!(first.books.check(), Ok(()));

        // What is in flight comes back when its visibility timeout ends.
        let queue = queue.recovered();
        store.fails_at = None;
        let second = run(&queue, &mut store, &plan);
        prop_assert_eq!(second.reason, Ok(StopReason::Empty));
        prop_assert_eq!(u128::from(store.rows), messages - messages / 10);
        prop_assert_eq!((queue.visible().len(), queue.in_flight()), (0, 0));
    }
}
