//! The stories of receiving until the queue stays empty.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { receivers: 8, wait_seconds: 2, max_messages: None, fifo: false };

fn permit(receives: &mut Receives) -> Permit {
    match receives.next() {
        Next::Receive(permit) => permit,
        other => panic!("{other:?}"),
    }
}

fn end(receives: &mut Receives, permit: Permit, messages: usize) {
    receives.ended(permit, Brought { news: messages, throttled: false }, Instant::now());
}

/// As many receives as are allowed at once.
fn all_permits(receives: &mut Receives) -> Vec<Permit> {
    std::iter::from_fn(|| match receives.next() {
        Next::Receive(permit) => Some(permit),
        _ => None,
    })
    .collect()
}

/// A queue that takes 20 ms to answer.
struct SlowQueue {
    receives: Receives,
    now: Instant,
}

impl SlowQueue {
    fn new(receivers: usize) -> SlowQueue {
        SlowQueue { receives: Receives::new(Limits { receivers, ..LIMITS }), now: Instant::now() }
    }

    fn round(&mut self, brought: Brought) {
        self.now += Duration::from_millis(20);
        for permit in all_permits(&mut self.receives) {
            self.receives.ended(permit, brought, self.now);
        }
    }

    /// The receives in flight after `rounds` in which each reply holds `messages`.
    fn in_flight_after(&mut self, rounds: usize, messages: usize) -> usize {
        (0..rounds).for_each(|_| self.round(Brought { news: messages, throttled: false }));
        let permits = all_permits(&mut self.receives);
        let in_flight = permits.len();
        // Put back as replies that say nothing about the count.
        permits.into_iter().for_each(|permit| end(&mut self.receives, permit, 1));
        in_flight
    }
}

const EMPTY: Option<StopReason> = Some(StopReason::Empty);

#[test]
fn an_idle_run_makes_two_receives_one_after_the_other_and_waits_no_longer_than_told() {
    for (wait_seconds, halves) in [(0, (0, 0)), (1, (1, 0)), (2, (1, 1)), (5, (3, 2)), (20, (10, 10))] {
        let mut receives = Receives::new(Limits { wait_seconds, ..LIMITS });
        let first = permit(&mut receives);
        assert_eq!(receives.next(), Next::Wait);
        end(&mut receives, first, 0);
        let second = permit(&mut receives);
        end(&mut receives, second, 0);
        assert_eq!((first.wait_seconds, second.wait_seconds), halves);
        assert_eq!(receives.next(), Next::Stop);
        assert_eq!(receives.stopped(), EMPTY);
    }
}

#[test]
fn a_run_that_is_held_open_goes_on_asking_with_longer_waits() {
    let mut receives = Receives::new(Limits { wait_seconds: 0, ..LIMITS });
    receives.hold_open(true);
    for _ in 0..5 {
        let permit = permit(&mut receives);
        assert_eq!(permit.wait_seconds, 2);
        end(&mut receives, permit, 0);
        assert_eq!(receives.stopped(), None);
    }
    receives.hold_open(false);
    let last = permit(&mut receives);
    end(&mut receives, last, 0);
    assert_eq!(receives.stopped(), EMPTY);
}

#[test]
fn a_message_in_the_second_round_starts_the_count_anew() {
    let mut receives = Receives::new(LIMITS);
    for messages in [0, 1, 0] {
        let permit = permit(&mut receives);
        end(&mut receives, permit, messages);
        assert_eq!(receives.stopped(), None);
    }
    let last = permit(&mut receives);
    end(&mut receives, last, 0);
    assert_eq!(receives.stopped(), EMPTY);
}

#[test]
fn each_reply_of_five_or_more_adds_a_receiver_and_fewer_change_nothing() {
    for (messages, after) in [(10, [2, 4, 8, 64]), (5, [2, 4, 8, 64]), (4, [1; 4]), (1, [1; 4])] {
        let mut queue = SlowQueue::new(64);
        let grown = [1, 1, 1, 20].map(|rounds| queue.in_flight_after(rounds, messages));
        assert_eq!(grown, after, "{messages} messages a reply");
    }
    let mut queue = SlowQueue::new(64);
    assert_eq!(queue.in_flight_after(3, 10), 8);
    assert_eq!(queue.in_flight_after(3, 4), 8);
}

#[test]
fn a_queue_that_throttles_halves_the_receivers_once_for_those_that_ran_side_by_side() {
    let mut queue = SlowQueue::new(64);
    assert_eq!(queue.in_flight_after(20, 10), 64);
    for left in [32, 16, 8, 4, 2, 1, 1] {
        queue.round(Brought { news: 10, throttled: true });
        assert_eq!(queue.in_flight_after(0, 0), left);
        assert_eq!(queue.receives.stopped(), None);
    }
    assert_eq!(queue.in_flight_after(1, 10), 2, "it grows again");
}

#[test]
fn receives_in_flight_grow_with_full_replies_up_to_the_limit_and_fall_back_on_an_empty_one() {
    let mut receives = Receives::new(LIMITS);
    let mut in_flight = vec![permit(&mut receives)];
    for _ in 0..50 {
        let ended = in_flight.remove(0);
        end(&mut receives, ended, 10);
        while let Next::Receive(permit) = receives.next() {
            in_flight.push(permit);
        }
    }
    assert_eq!(in_flight.len(), 8);
    for ended in in_flight.drain(..) {
        assert_eq!(receives.stopped(), None);
        end(&mut receives, ended, 0);
    }
    assert_eq!(receives.stopped(), None, "polls that ran side by side are one round");
    let last = permit(&mut receives);
    assert_eq!(receives.next(), Next::Wait);
    end(&mut receives, last, 0);
    assert_eq!(receives.stopped(), EMPTY);
}

#[test]
fn never_more_than_max_messages_are_asked_for() {
    let mut receives = Receives::new(Limits { max_messages: Some(25), ..LIMITS });
    let first = permit(&mut receives);
    end(&mut receives, first, 10);
    let (second, third) = (permit(&mut receives), permit(&mut receives));
    assert_eq!((second.most, third.most), (10, 5));
    assert_eq!(receives.next(), Next::Wait);
    end(&mut receives, second, 10);
    end(&mut receives, third, 5);
    assert_eq!(receives.next(), Next::Stop);
    assert_eq!(receives.stopped(), Some(StopReason::MaxMessages));
}

#[test]
fn rejects_that_were_kept_and_come_back_do_not_keep_a_run_alive() {
    let mut receives = Receives::new(LIMITS);
    for _ in 0..2 {
        let permit = permit(&mut receives);
        end(&mut receives, permit, 0);
    }
    assert_eq!(receives.stopped(), EMPTY);
}

#[test]
fn a_fifo_queue_is_not_empty_while_messages_of_ours_are_in_flight() {
    let mut receives = Receives::new(Limits { fifo: true, ..LIMITS });
    let first = permit(&mut receives);
    end(&mut receives, first, 3);
    for _ in 0..5 {
        let blocked = permit(&mut receives);
        end(&mut receives, blocked, 0);
        assert_eq!(receives.stopped(), None);
    }
    receives.no_longer_held(3);
    for _ in 0..2 {
        let free = permit(&mut receives);
        end(&mut receives, free, 0);
    }
    assert_eq!(receives.stopped(), EMPTY);
}

#[test]
fn the_first_reason_to_stop_stays() {
    let mut receives = Receives::new(LIMITS);
    receives.stop(StopReason::Signal);
    receives.stop(StopReason::Failed);
    assert_eq!(receives.stopped(), Some(StopReason::Signal));
    assert_eq!(receives.next(), Next::Stop);
}

proptest! {
    #[test]
    fn whatever_the_replies_the_bounds_hold_and_the_run_ends(
        replies in prop::collection::vec((0_usize..=10, 0_usize..64), 0..200),
        receivers in 1_usize..64,
        max_messages in prop::option::of(1_u64..500),
    ) {
        let mut receives = Receives::new(Limits { receivers, max_messages, ..LIMITS });
        let mut in_flight: Vec<Permit> = Vec::new();
        let mut received = 0;
        let mut replies = replies.into_iter();
        while receives.stopped().is_none() {
            while let Next::Receive(permit) = receives.next() {
                in_flight.push(permit);
            }
            prop_assert!(in_flight.len() <= receivers);
            if in_flight.is_empty() {
                prop_assert!(receives.stopped().is_some(), "nothing in flight and no reason to stop");
                break;
            }
            let (messages, which) = replies.next().unwrap_or((0, 0));
            let ended = in_flight.remove(which % in_flight.len());
            received += messages.min(ended.most) as u64;
            end(&mut receives, ended, messages.min(ended.most));
        }
        prop_assert!(received <= max_messages.unwrap_or(u64::MAX));
    }
}
