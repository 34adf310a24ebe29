//! The stories of a run, told on a queue and a store in memory that fail where told.

use std::cell::Cell;

use proptest::prelude::*;

use super::run_settings::Limits;
use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::batch::Batch;
use crate::batch::samples::{delivery, good_body};
use crate::failure::{Failure, FailureKind};
use crate::mask::Masker;
use crate::queue::memory::{Faults, MemoryQueue};
use crate::reject::RejectPolicy;
use crate::report::StopReason;
use crate::store::memory::MemoryStore;
use crate::store::{Committed, PastRun, Store};
use crate::waiting::{Patience, Waiting};

fn settings() -> RunSettings {
    RunSettings {
        limits: Limits { receivers: 4, wait_seconds: 0, max_messages: None, fifo: false },
        batch_size: 100,
        max_seconds: None,
        memory: 64 * 1024 * 1024,
        rejects: RejectPolicy::Delete,
        delete_refused: false,
        max_reject_percent: 50,
        visibility_timeout: Duration::from_secs(2),
        earlier_runs: Vec::new(),
        masker: Masker::Plain,
        sealer: None,
        store_patience: Patience::default(),
    }
}

fn patient() -> RunSettings {
    let waiting = Waiting { patience: Duration::from_secs(60), ..Waiting::default() };
    RunSettings { store_patience: Patience::new(waiting), ..settings() }
}

fn good(messages: u128) -> impl Iterator<Item = String> {
    (0..messages).map(good_body)
}

/// One rogue message after every nine good ones.
fn mixed(messages: u128) -> impl Iterator<Item = String> {
    (0..messages).map(|number| if number % 10 == 9 { "rogue".to_owned() } else { good_body(number) })
}

fn run(queue: &MemoryQueue, store: &mut MemoryStore, settings: &RunSettings) -> Ended {
    let ended = drain(queue, store, settings, &StopFlag::default(), &|_| ());
    assert_eq!(ended.books.check(), Ok(()));
    ended
}

#[test]
fn a_queue_is_drained_into_rows_and_ends_empty() {
    let queue = MemoryQueue::holding(mixed(1000));
    let mut store = MemoryStore::default();
    let ended = run(&queue, &mut store, &settings());
    assert_eq!(ended.reason, Ok(StopReason::Empty));
    assert_eq!((ended.books.inserted, ended.books.rejected, ended.books.deleted), (900, 100, 1000));
    assert_eq!((queue.visible().len(), queue.in_flight(), store.rows), (0, 0, 900));
    assert!(store.commits < 20, "{} commits for 1,000 messages", store.commits);
    assert!(queue.calls().delete <= 110, "{} deletes for 1,000 messages", queue.calls().delete);
}

#[test]
fn no_receiver_is_started_for_the_place_of_one_that_is_on_its_way() {
    let state = RunState::new(&settings());
    let (started, received) = (Cell::new(0), Cell::new(0));
    let start = || {
        started.set(started.get() + 1);
        true
    };
    let receive = |messages: u128| {
        let (permit, reading) = state.leave_to_receive(&start).unwrap();
        let first = received.replace(received.get() + messages);
        let news = (first..first + messages).map(|number| delivery(number, &good_body(number))).collect();
        state.received(permit, reading, news, 0, false, |_| false);
    };
    receive(10);
    (0..5).for_each(|_| receive(1));
    assert_eq!(started.get(), 1, "a full reply allows one more, and a short one changes nothing");
}

#[test]
fn a_message_delivered_twice_is_one_row_and_both_deliveries_are_deleted() {
    let queue = MemoryQueue::holding(good(25));
    queue.deliver_again(3, good_body(3));
    let mut store = MemoryStore::default();
    let ended = run(&queue, &mut store, &settings());
    assert_eq!((ended.books.inserted, ended.books.duplicates, ended.books.deleted), (25, 1, 26));
    assert_eq!(queue.in_flight(), 0);
}

#[test]
fn a_commit_that_fails_deletes_nothing_and_gives_everything_back() {
    let queue = MemoryQueue::holding(good(500));
    let mut store = MemoryStore { fails_at: Some(3), ..MemoryStore::default() };
    let ended = run(&queue, &mut store, &settings());
    assert_eq!(ended.reason.unwrap_err().kind, FailureKind::Temporary);
    assert_eq!(queue.in_flight(), 0, "all that was not committed is visible again");
    assert_eq!(ended.books.deleted, store.rows);
    assert_eq!(queue.visible().len() as u64, 500 - store.rows);
}

#[test]
fn a_receive_that_fails_ends_the_run_after_what_it_holds_is_stored() {
    let faults = Faults { receive_fails_at: Some(12), ..Faults::default() };
    let queue = MemoryQueue::holding(good(500)).with(faults);
    let mut store = MemoryStore::default();
    let ended = run(&queue, &mut store, &settings());
    assert_eq!(ended.reason.unwrap_err().text, "the queue is gone");
    assert_eq!(ended.books.inserted, store.rows);
    assert_eq!(ended.books.deleted + queue.visible().len() as u64, 500);
    assert_eq!(queue.in_flight(), 0);
}

#[test]
fn a_deletion_that_is_refused_is_counted_and_ends_the_run_if_it_is_not_allowed_at_all() {
    let queue =
        MemoryQueue::holding(good(100)).with(Faults { undeletable_every: Some(10), ..Faults::default() });
    let ended = run(&queue, &mut MemoryStore::default(), &settings());
    assert_eq!((ended.books.deleted, ended.books.delete_failures), (90, 10));

    let queue =
        MemoryQueue::holding(good(100)).with(Faults { delete_fails_at: Some(2), ..Faults::default() });
    let ended = run(&queue, &mut MemoryStore::default(), &settings());
    assert_eq!(ended.reason.unwrap_err().text, "deleting is not allowed");
}

#[test]
fn ten_junk_messages_before_nine_logins_keep_the_junk_and_store_the_logins() {
    let junk = (0..10).map(|_| "rogue".to_owned());
    let queue = MemoryQueue::holding(junk.chain((10..19).map(good_body)));
    let mut store = MemoryStore::default();
    let ended = run(&queue, &mut store, &settings());
    let failure = ended.reason.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Lasting);
    assert!(failure.text.contains("Has the producer changed?"), "{failure}");
    assert_eq!((store.rows, ended.books.kept, ended.books.deleted), (9, 10, 9));
    assert_eq!(queue.in_flight(), 10, "left to their visibility timeout");
}

#[test]
fn rejects_that_an_earlier_run_recorded_do_not_count_against_the_producer() {
    let mut store = MemoryStore::default();
    store.rejects.extend((0..20).map(Uuid::from_u128));
    let junk = (0..20).map(|_| "rogue".to_owned());
    let queue = MemoryQueue::holding(junk.chain((20..25).map(good_body)));
    let ended = run(&queue, &mut store, &settings());
    assert_eq!(ended.reason, Ok(StopReason::Empty));
    assert_eq!((store.rows, ended.books.deleted, ended.books.kept), (5, 25, 0));
}

#[test]
fn earlier_runs_count_when_a_changed_producer_is_judged() {
    let earlier_runs = vec![PastRun { inserted: 0, rogue: 6, failed: false }];
    let queue = MemoryQueue::holding((0..5).map(|_| "rogue".to_owned()));
    let ended = run(&queue, &mut MemoryStore::default(), &RunSettings { earlier_runs, ..settings() });
    assert!(ended.reason.unwrap_err().text.contains("11 of the newest 11 messages"));
    assert_eq!((ended.books.kept, ended.books.deleted), (5, 0));
}

/// What one run makes of logins, some of which the table refuses (by place, with the reason it gives), and some
/// of which an earlier run has recorded as refused.
fn refused(logins: u128, refuses: &[(u128, &'static str)], recorded: &[u128]) -> (Ended, MemoryStore, usize) {
    let mut store = MemoryStore {
        refuses: refuses.iter().map(|(number, detail)| (Uuid::from_u128(*number), *detail)).collect(),
        ..MemoryStore::default()
    };
    store.rejects.extend(recorded.iter().map(|number| Uuid::from_u128(*number)));
    let queue = MemoryQueue::holding(good(logins));
    let ended = run(&queue, &mut store, &settings());
    (ended, store, queue.in_flight())
}

#[test]
fn a_refused_login_stays_and_the_others_go_and_the_table_is_accused_only_if_all_failed_alike() {
    let unique = "SQLSTATE 23505";
    let all =
        |detail: &'static str, logins: u128| (0..logins).map(|number| (number, detail)).collect::<Vec<_>>();
    let mixed: Vec<_> =
        (0..12).map(|number| (number, if number < 6 { unique } else { "SQLSTATE 23502" })).collect();
    // Logins, refused ones, recorded ones, failed, stored.
    let table = [
        ("one stuck login among good ones", 100, vec![(7, unique)], vec![7], false, 99),
        ("one alone for ever", 1, vec![(0, unique)], vec![0], false, 0),
        ("nine new ones alike", 9, all(unique, 9), vec![], false, 0),
        ("ten new ones alike", 10, all("no partition", 10), vec![], true, 0),
        ("ten recorded ones alike", 10, all(unique, 10), (0..10).collect(), false, 0),
        ("twelve of two kinds", 12, mixed, vec![], false, 0),
    ];
    for (name, logins, refuses, recorded, failed, stored) in table {
        let count = refuses.len() as u64;
        let (ended, store, in_flight) = refused(logins, &refuses, &recorded);
        assert_eq!(ended.reason.is_err(), failed, "{name}: {:?}", ended.reason);
        assert_eq!((store.rows, ended.books.deleted), (stored, stored), "{name}");
        assert_eq!(
            (ended.books.refused, ended.books.kept, in_flight as u64),
            (count, count, count),
            "{name}"
        );
    }
}

#[test]
fn a_login_that_was_refused_before_is_stored_once_the_table_is_mended() {
    let (ended, store, in_flight) = refused(20, &[], &[3, 4, 5]);
    assert_eq!(ended.reason, Ok(StopReason::Empty));
    assert_eq!((store.rows, store.rejects.len(), in_flight), (20, 0, 0));
}

#[test]
fn a_refused_login_is_deleted_where_it_was_asked_for() {
    let queue = MemoryQueue::holding(good(3));
    let refuses = [(Uuid::from_u128(1), "SQLSTATE 23505")].into();
    let mut store = MemoryStore { refuses, ..MemoryStore::default() };
    let ended = run(&queue, &mut store, &RunSettings { delete_refused: true, ..settings() });
    assert_eq!((ended.books.refused, ended.books.kept, ended.books.deleted), (1, 0, 3));
}

#[test]
fn a_message_that_stays_and_comes_again_is_no_news_and_not_counted_again() {
    let queue = MemoryQueue::holding(mixed(20));
    queue.deliver_again(9, "rogue".to_owned());
    queue.deliver_again(9, "rogue".to_owned());
    let settings = RunSettings { rejects: RejectPolicy::Keep, batch_size: 1, ..settings() };
    let settings = RunSettings { limits: Limits { receivers: 1, ..settings.limits }, ..settings };
    let ended = run(&queue, &mut MemoryStore::default(), &settings);
    assert_eq!(ended.reason, Ok(StopReason::Empty));
    assert!(ended.books.received <= 22 && ended.books.kept >= 2, "{:?}", ended.books);
}

#[test]
fn a_dry_run_is_the_real_run_and_leaves_everything_as_it_was() {
    use super::dry_run::HoldingQueue;
    use crate::store::answering::AnsweringStore;
    let queue = MemoryQueue::holding(mixed(1000));
    let mut ledger = MemoryStore::default();
    ledger.ledger.extend((0..5).map(Uuid::from_u128));
    let holding = HoldingQueue::new(&queue, &settings(), None);
    let store = &mut AnsweringStore::new(&mut ledger);
    let ended = drain(&holding, store, &settings(), &StopFlag::default(), &|_| ());
    assert_eq!(ended.reason, Ok(StopReason::Empty));
    assert_eq!((ended.books.inserted, ended.books.duplicates, ended.books.rejected), (895, 5, 100));
    assert_eq!(queue.in_flight(), 1000);
    assert_eq!((holding.give_all_back(), queue.visible().len(), queue.in_flight()), (0, 1000, 0));
}

#[test]
fn a_dry_run_accuses_a_changed_producer_as_the_real_run_would() {
    use super::dry_run::HoldingQueue;
    use crate::store::answering::AnsweringStore;
    let queue = MemoryQueue::holding((0..40).map(|_| "rogue".to_owned()));
    let mut ledger = MemoryStore::default();
    let holding = HoldingQueue::new(&queue, &settings(), None);
    let store = &mut AnsweringStore::new(&mut ledger);
    let ended = drain(&holding, store, &settings(), &StopFlag::default(), &|_| ());
    assert!(ended.reason.unwrap_err().text.contains("Has the producer changed?"));
    holding.give_all_back();
    assert_eq!((queue.visible().len(), queue.in_flight()), (40, 0));
}

#[test]
fn rejects_are_deleted_kept_or_sent_on_as_told() {
    let table =
        [(RejectPolicy::Delete, 0, 0), (RejectPolicy::Keep, 10, 0), (RejectPolicy::DeadLetter, 0, 10)];
    for (rejects, left, sent_on) in table {
        let queue = MemoryQueue::holding(mixed(100));
        let ended = run(&queue, &mut MemoryStore::default(), &RunSettings { rejects, ..settings() });
        assert_eq!(ended.reason, Ok(StopReason::Empty), "{rejects:?}");
        assert_eq!((queue.in_flight(), queue.dead_letters().len()), (left, sent_on), "{rejects:?}");
        assert_eq!(ended.books.kept, left as u64);
    }
}

#[test]
fn a_reject_that_cannot_be_sent_on_is_not_deleted() {
    let queue =
        MemoryQueue::holding(mixed(100)).with(Faults { dead_letter_fails: true, ..Faults::default() });
    let ended = run(
        &queue,
        &mut MemoryStore::default(),
        &RunSettings { rejects: RejectPolicy::DeadLetter, ..settings() },
    );
    assert!(ended.reason.is_err());
    assert_eq!(ended.books.delete_failures, 10);
    assert_eq!(queue.in_flight(), 10);
}

#[test]
fn a_reject_that_the_dead_letter_queue_refuses_stays_and_the_rest_goes_on() {
    let faults = Faults { dead_letter_refused_every: Some(3), ..Faults::default() };
    let queue = MemoryQueue::holding(mixed(100)).with(faults);
    let ended = run(
        &queue,
        &mut MemoryStore::default(),
        &RunSettings { rejects: RejectPolicy::DeadLetter, ..settings() },
    );
    assert_eq!(ended.reason, Ok(StopReason::Empty));
    // 9, 39, 69 and 99 are rejects whose number is a multiple of three.
    assert_eq!((queue.dead_letters().len(), queue.in_flight()), (6, 4));
    assert_eq!((ended.books.kept, ended.books.deleted, ended.books.delete_failures), (4, 96, 0));
}

/// Logins of about 3 KB each, because of what their producer sends besides, each fifth of them rogue.
fn large(messages: u128) -> impl Iterator<Item = String> {
    let padding = "x".repeat(3000);
    (0..messages).map(move |number| match number % 5 {
        4 => format!("rogue {padding}"),
        _ => good_body(number).replacen('{', &format!("{{\"padding\": \"{padding}\", "), 1),
    })
}

#[test]
fn with_less_memory_than_a_batch_or_even_a_reply_takes_nothing_waits_for_each_other() {
    for memory in [1, 10_000, 100_000] {
        for rejects in [RejectPolicy::DeadLetter, RejectPolicy::Keep] {
            let queue = MemoryQueue::holding(large(300));
            let mut store = MemoryStore::default();
            store.rejects.extend((0..300).filter(|number| number % 7 == 0).map(Uuid::from_u128));
            let settings = RunSettings {
                memory,
                rejects,
                batch_size: 1000,
                limits: Limits { receivers: 64, ..settings().limits },
                ..settings()
            };
            let ended = run(&queue, &mut store, &settings);
            assert_eq!(ended.reason, Ok(StopReason::Empty), "{memory} {rejects:?}");
            assert_eq!((ended.books.received, store.rows), (300, 240), "{memory} {rejects:?}");
        }
    }
}

#[test]
fn what_is_given_back_or_left_is_held_in_memory_no_longer() {
    let faults = Faults { delete_fails_at: Some(3), ..Faults::default() };
    let queue = MemoryQueue::holding(large(300)).with(faults);
    let store = &mut MemoryStore { fails_at: Some(2), ..MemoryStore::default() };
    let settings = RunSettings {
        memory: 10_000,
        rejects: RejectPolicy::DeadLetter,
        limits: Limits { receivers: 64, ..settings().limits },
        ..settings()
    };
    let ended = run(&queue, store, &settings);
    assert!(ended.reason.is_err());
    assert_eq!(queue.in_flight() as u64, ended.books.delete_failures);
}

#[test]
fn no_more_than_max_messages_are_taken() {
    let queue = MemoryQueue::holding(good(500));
    let limits = Limits { max_messages: Some(123), ..settings().limits };
    let ended = run(&queue, &mut MemoryStore::default(), &RunSettings { limits, ..settings() });
    assert_eq!(ended.reason, Ok(StopReason::MaxMessages));
    assert_eq!((ended.books.received, queue.visible().len()), (123, 377));
}

#[test]
fn a_signal_finishes_the_open_batch_and_gives_the_rest_back() {
    let queue = MemoryQueue::holding(good(5000));
    let stop = StopFlag::default();
    stop.set();
    let ended = drain(&queue, &mut MemoryStore::default(), &settings(), &stop, &|_| ());
    assert_eq!(ended.books.check(), Ok(()));
    assert_eq!(ended.reason, Ok(StopReason::Signal));
    assert_eq!(queue.in_flight(), 0);
    assert_eq!(queue.visible().len() as u64, 5000 - ended.books.deleted);
}

#[test]
fn messages_of_a_slow_commit_are_kept_hidden() {
    let queue = MemoryQueue::holding(good(10));
    let mut store = MemoryStore { takes: Duration::from_millis(2600), ..MemoryStore::default() };
    run(&queue, &mut store, &settings());
    assert!(queue.kept_hidden() >= 1);
}

/// As the next run knows it.
fn with_earlier(settings: RunSettings, first: &Ended) -> RunSettings {
    let earlier_runs =
        vec![PastRun { inserted: first.books.inserted, rogue: first.books.rogue_new, failed: false }];
    RunSettings { earlier_runs, ..settings }
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
        let settings = RunSettings { batch_size, limits: Limits { receivers, ..settings().limits }, ..settings() };
        let first = drain(&queue, &mut store, &settings, &StopFlag::default(), &|_| ());
        prop_assert_eq!(first.books.check(), Ok(()));

        // What is in flight comes back when its visibility timeout ends.
        let queue = queue.recovered();
        store.fails_at = None;
        let settings = with_earlier(settings, &first);
        let second = run(&queue, &mut store, &settings);
        prop_assert_eq!(second.reason, Ok(StopReason::Empty));
        let queue = queue.recovered();
        run(&queue, &mut store, &settings);
        prop_assert_eq!(u128::from(store.rows), messages - messages / 10);
        prop_assert_eq!((queue.visible().len(), queue.in_flight()), (0, 0));
    }
}

#[test]
fn a_store_that_is_out_for_a_moment_is_waited_for() {
    let queue = MemoryQueue::holding(good(300));
    let mut store = MemoryStore { is_out_for: 3, ..MemoryStore::default() };
    let ended = run(&queue, &mut store, &patient());
    assert_eq!(ended.reason, Ok(StopReason::Empty));
    assert_eq!((ended.books.inserted, ended.books.released, store.rows), (300, 0, 300));
}

#[test]
fn while_a_store_is_out_nothing_is_received_and_what_is_held_for_long_is_given_back() {
    let queue = MemoryQueue::holding(good(1000));
    let mut store = MemoryStore { is_out_for: 6, ..MemoryStore::default() };
    let visibility_timeout = Duration::from_millis(200);
    let ended = run(&queue, &mut store, &RunSettings { visibility_timeout, ..patient() });
    assert_eq!(ended.reason, Ok(StopReason::Empty));
    assert_eq!((ended.books.inserted, store.rows), (1000, 1000), "they came again, and were stored");
    assert!(ended.books.released > 0, "nothing was given back");
    assert!(ended.books.received < 2000, "receives went on: {}", ended.books.received);
}

#[test]
fn a_signal_ends_the_wait_for_a_store_and_all_is_given_back() {
    // More than fits before the writer, so that the queue does not stay empty first.
    let queue = MemoryQueue::holding(good(5000));
    let mut store = MemoryStore { is_out_for: u64::MAX, ..MemoryStore::default() };
    let stop = StopFlag::default();
    let waiting = Waiting { patience: Duration::from_secs(60), stop: stop.clone(), ..Waiting::default() };
    let settings = RunSettings { store_patience: Patience::new(waiting), ..settings() };
    let on_progress = |books: &Books| {
        if books.received > 0 {
            stop.set()
        }
    };
    let ended = drain(&queue, &mut store, &settings, &stop, &on_progress);
    assert_eq!(ended.reason, Ok(StopReason::Signal));
    assert_eq!((ended.books.released, queue.in_flight()), (ended.books.received, 0));
}

/// Its table is locked: it answers, and takes no batch.
struct LockedStore;

impl Store for LockedStore {
    fn answers(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn commit(&mut self, _: &Batch) -> Result<Committed, Failure> {
        Err(Failure::temporary("the table is locked"))
    }
}

#[test]
fn a_store_that_answers_and_takes_nothing_uses_up_the_patience() {
    // More than fits before the writer, so that the queue does not stay empty first.
    let queue = MemoryQueue::holding(good(5000));
    let waiting = Waiting { patience: Duration::from_secs(1), ..Waiting::default() };
    let settings = RunSettings {
        store_patience: Patience::new(waiting),
        visibility_timeout: Duration::from_millis(200),
        max_seconds: Some(Duration::from_secs(60)),
        ..settings()
    };
    let ended = drain(&queue, &mut LockedStore, &settings, &StopFlag::default(), &|_| ());
    assert_eq!(ended.reason.map_err(|failure| failure.text), Err("the table is locked".to_owned()));
    assert_eq!((ended.books.released, queue.in_flight()), (ended.books.received, 0));
}
