//! The reject guard: whether so many messages are rogue that the producer, not the messages, must be at fault.

use std::collections::VecDeque;

use crate::failure::Failure;
use crate::store::PastRun;

/// The newest messages that are judged: this run's, filled up from earlier runs.
pub const WINDOW: usize = 1000;
/// Of fewer messages nobody is accused: their rogue ones wait, and the run ends as usual.
const FEWEST_TO_ACCUSE: u64 = 10;

/// Judges each batch as it is settled, rogue messages against logins, each message once.
#[derive(Debug)]
pub struct RejectGuard {
    max_percent: u8,
    /// Whether each of this run's newest messages was rogue, the newest last.
    window: VecDeque<bool>,
    rogue_in_window: u64,
    earlier: Vec<PastRun>,
    /// What was seen when it tripped: rogue messages, all messages, and the first rejection in words.
    tripped: Option<(u64, u64, String)>,
    /// Of this run: without one there is nobody to accuse, whatever earlier runs have met.
    first_rejection: Option<String>,
}

impl RejectGuard {
    /// `earlier` are the queue's earlier runs, the newest first. 100 percent switches the guard off.
    pub fn new(max_percent: u8, earlier: Vec<PastRun>) -> RejectGuard {
        RejectGuard {
            max_percent,
            window: VecDeque::new(),
            rogue_in_window: 0,
            earlier,
            tripped: None,
            first_rejection: None,
        }
    }

    pub fn login(&mut self) {
        self.push(false);
    }

    /// A rogue message that no run has recorded before.
    pub fn rogue(&mut self, rejection: impl FnOnce() -> String) {
        self.first_rejection.get_or_insert_with(rejection);
        self.push(true);
    }

    /// A rogue message that an earlier run recorded. Whatever that run left it for, it is counted no more; it
    /// accuses only where that run did.
    pub fn rogue_again(&mut self, rejection: impl FnOnce() -> String) {
        if self.earlier.first().is_some_and(|run| run.failed) {
            self.first_rejection.get_or_insert_with(rejection);
        }
    }

    fn push(&mut self, rogue: bool) {
        self.window.push_back(rogue);
        self.rogue_in_window += u64::from(rogue);
        if self.window.len() > WINDOW {
            self.rogue_in_window -= u64::from(self.window.pop_front() == Some(true));
        }
    }

    /// Whether the rogue messages of the batch just noted must stay on the queue. Once there are enough messages
    /// to accuse the producer, it stays tripped.
    pub fn holds_back(&mut self) -> bool {
        if self.tripped.is_some() {
            return true;
        }
        let (rogue, all) = self.counts();
        let too_many = rogue * 100 > all * u64::from(self.max_percent);
        if let Some(first) = self.first_rejection.as_ref().filter(|_| too_many && all >= FEWEST_TO_ACCUSE) {
            self.tripped = Some((rogue, all, first.clone()));
        }
        too_many
    }

    /// Rogue messages and all messages among the newest. An earlier run that fits in part counts by its share.
    fn counts(&self) -> (u64, u64) {
        let (mut rogue, mut all) = (self.rogue_in_window, self.window.len() as u64);
        for run in &self.earlier {
            let room = WINDOW as u64 - all;
            let of_run = run.rogue + run.inserted;
            let taken = of_run.min(room);
            rogue += if of_run > 0 { (run.rogue * taken).div_ceil(of_run) } else { 0 };
            all += taken;
        }
        (rogue, all)
    }

    /// Why the run has failed, if it tripped.
    pub fn verdict(&self) -> Option<Failure> {
        let (rogue, all, first) = self.tripped.as_ref()?;
        Some(Failure::lasting(format!(
            "{rogue} of the newest {all} messages are no logins (the first: {first}), more than \
             --max-reject-percent {}: from then on none was deleted or sent on, and the logins were stored. Has the \
             producer changed? Look with `login-drain peek`, and pass --max-reject-percent 100 to discard them",
            self.max_percent
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(inserted: u64, rogue: u64) -> PastRun {
        PastRun { inserted, rogue, failed: false }
    }

    fn batch(guard: &mut RejectGuard, logins: usize, rogue: usize) -> bool {
        (0..logins).for_each(|_| guard.login());
        (0..rogue).for_each(|_| guard.rogue(|| "not_json".to_owned()));
        guard.holds_back()
    }

    #[test]
    fn a_batch_is_held_back_above_the_share_and_accused_from_ten_messages_on() {
        let table = [
            ((0, 9), 50, true, false),
            ((0, 10), 50, true, true),
            ((10, 10), 50, false, false),
            ((9, 10), 50, true, true),
            ((90, 10), 9, true, true),
            ((90, 10), 10, false, false),
            ((0, 20), 100, false, false),
            ((500, 1), 0, true, true),
            ((1, 1), 50, false, false),
            ((0, 1), 50, true, false),
        ];
        for ((logins, rogue), percent, held_back, accused) in table {
            let mut guard = RejectGuard::new(percent, Vec::new());
            assert_eq!(batch(&mut guard, logins, rogue), held_back, "{logins} {rogue} {percent} %");
            assert_eq!(guard.verdict().is_some(), accused, "{logins} {rogue} {percent} %");
        }
    }

    #[test]
    fn a_producer_that_changes_after_500_000_good_messages_trips_it_within_1_000() {
        let mut guard = RejectGuard::new(50, Vec::new());
        assert!((0..50_000).all(|_| !batch(&mut guard, 10, 0)));
        let deleted = (1..=100).take_while(|_| !batch(&mut guard, 0, 10)).count() * 10;
        assert_eq!(deleted, 500);
    }

    #[test]
    fn a_changed_producer_whose_messages_trickle_in_by_fives_is_noticed_over_the_runs() {
        let mut earlier = vec![past(20, 0)];
        let mut deleted = 0;
        for run in 0..20 {
            let mut guard = RejectGuard::new(50, earlier.clone());
            let held_back = batch(&mut guard, 0, 5);
            deleted += if held_back { 0 } else { 5 };
            assert_eq!(guard.verdict().is_some(), held_back, "run {run}");
            earlier.insert(0, past(0, 5));
        }
        assert_eq!(deleted, 20);
    }

    #[test]
    fn once_tripped_it_stays_tripped_for_the_run() {
        let mut guard = RejectGuard::new(50, Vec::new());
        assert!(batch(&mut guard, 0, 10));
        assert!(batch(&mut guard, 1000, 1));
        assert!(guard.verdict().is_some());
    }

    #[test]
    fn a_lone_rogue_message_waits_until_logins_come() {
        let mut guard = RejectGuard::new(50, Vec::new());
        assert!(batch(&mut guard, 0, 1));
        assert!(!batch(&mut guard, 3, 1));
        assert_eq!(guard.verdict(), None);
    }

    #[test]
    fn earlier_runs_fill_the_window_up_and_no_more() {
        let earlier = vec![past(0, 400), past(100_000, 0)];
        let mut guard = RejectGuard::new(50, earlier);
        assert!(!batch(&mut guard, 0, 99));
        assert!(batch(&mut guard, 0, 2));
    }

    #[test]
    fn rogue_messages_of_earlier_runs_accuse_nobody_unless_their_run_did() {
        for (failed, accused) in [(false, false), (true, true)] {
            let mut guard = RejectGuard::new(50, vec![PastRun { failed, ..past(3, 30) }]);
            assert!(batch(&mut guard, 5, 0), "they are held back");
            assert_eq!(guard.verdict(), None, "a run of logins alone");
            guard.rogue_again(|| "not_json".to_owned());
            assert!(guard.holds_back());
            assert_eq!(guard.verdict().is_some(), accused);
        }
    }
}
