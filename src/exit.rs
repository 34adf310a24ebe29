//! Every exit code, and what leads to it.

use std::sync::OnceLock;

use crate::failure::{Failure, FailureKind, scarcity};
use crate::report::{Books, Remark, StopReason};

/// What the program tells the one who started it. clap itself ends with 2 when the usage is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Drained, everything stored and deleted.
    Clean = 0,
    /// Failed for good: configuration, permission, schema. The message says what to do.
    Failed = 1,
    /// Drained, but some messages were rejected or could not be deleted.
    Incomplete = 3,
    /// Stopped early by a limit or a signal; nothing lost.
    Early = 4,
    /// A service was out of reach or mute; nothing lost, the next run goes on. EX_TEMPFAIL of sysexits.h.
    TryLater = 75,
}

impl From<FailureKind> for Exit {
    fn from(kind: FailureKind) -> Exit {
        match kind {
            FailureKind::Lasting => Exit::Failed,
            FailureKind::Temporary => Exit::TryLater,
            FailureKind::Stopped(_) => Exit::Early,
        }
    }
}

impl Exit {
    /// The code of a run that did not fail. A run that stopped early says so, whatever else it met.
    pub fn of_run(stopped_because: StopReason, books: &Books) -> Exit {
        let remarks = remarks(stopped_because, books);
        match stopped_because {
            StopReason::AnotherRun => Exit::Clean,
            StopReason::Failed => Exit::Failed,
            StopReason::MaxMessages | StopReason::MaxSeconds | StopReason::Signal => Exit::Early,
            // What a lost reply held may still be hidden: the queue only looks empty.
            StopReason::Empty if books.lost_receives > 0 => Exit::TryLater,
            StopReason::Empty if !remarks.is_empty() => Exit::Incomplete,
            StopReason::Empty => Exit::Clean,
        }
    }
}

impl Exit {
    /// Of a look at everything that a drain needs, which found so many problems, and so much out of reach.
    pub fn of_check(problems: usize, out_of_reach: usize) -> Exit {
        match (problems, out_of_reach) {
            (0, 0) => Exit::Clean,
            (0, _) => Exit::TryLater,
            _ => Exit::Failed,
        }
    }
}

/// What is to be remarked of a run that did not fail.
pub fn remarks(stopped_because: StopReason, books: &Books) -> Vec<Remark> {
    let early =
        matches!(stopped_because, StopReason::MaxMessages | StopReason::MaxSeconds | StopReason::Signal);
    let held = [
        (Remark::Rejects, books.rejected > books.refused),
        (Remark::Refused, books.refused > 0),
        (Remark::DeleteFailures, books.delete_failures + books.give_back_failures > 0),
        (Remark::Stopped, early),
    ];
    held.into_iter().filter(|(_, held)| *held).map(|(remark, _)| remark).collect()
}

impl Exit {
    /// Of a run that nobody minds: the code 0 where everything that is to be remarked of it is excused.
    pub fn unless_excused(self, remarks: &[Remark], excused: &[Remark]) -> Exit {
        let minor = matches!(self, Exit::Incomplete | Exit::Early);
        if minor && remarks.iter().all(|remark| excused.contains(remark)) { Exit::Clean } else { self }
    }
}

type Deed = Box<dyn Fn(Exit) + Send + Sync>;

static LAST_DEED: OnceLock<Deed> = OnceLock::new();

/// What is done first when the program ends from somewhere else than the end of `main`. Only the first is kept.
pub fn before_now(deed: impl Fn(Exit) + Send + Sync + 'static) {
    let _ = LAST_DEED.set(Box::new(deed));
}

impl Exit {
    /// An error that is no Failure comes from the operating system: nothing a later run would not meet, unless
    /// something has run out.
    pub fn of(error: &anyhow::Error) -> Exit {
        match error.downcast_ref::<Failure>() {
            Some(failure) => failure.kind.into(),
            None if scarcity::advice(&format!("{error:#}")).is_some() => Exit::TryLater,
            None => Exit::Failed,
        }
    }

    /// Whatever the run received is stored or back on the queue, and no service was missing.
    pub fn is_in_good_order(self) -> bool {
        matches!(self, Exit::Clean | Exit::Incomplete | Exit::Early)
    }

    /// Ends the program now, whatever its threads are doing.
    pub fn now(self) -> ! {
        if let Some(deed) = LAST_DEED.get() {
            deed(self);
        }
        std::process::exit(self as i32)
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> std::process::ExitCode {
        std::process::ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_the_contract() {
        let codes = [Exit::Clean, Exit::Failed, Exit::Incomplete, Exit::Early, Exit::TryLater]
            .map(|exit| exit as i32);
        assert_eq!(codes, [0, 1, 3, 4, 75]);
    }

    #[test]
    fn what_leads_to_each_code() {
        let clean = Books { received: 5, inserted: 5, deleted: 5, ..Books::default() };
        let rejects = Books { rejected: 1, ..clean.clone() };
        let undeleted = Books { delete_failures: 1, ..clean.clone() };
        let lost = Books { lost_receives: 1, ..rejects.clone() };
        for (reason, books, exit) in [
            (StopReason::Empty, &clean, Exit::Clean),
            (StopReason::Empty, &rejects, Exit::Incomplete),
            (StopReason::Empty, &undeleted, Exit::Incomplete),
            (StopReason::Empty, &lost, Exit::TryLater),
            (StopReason::MaxMessages, &rejects, Exit::Early),
            (StopReason::MaxSeconds, &clean, Exit::Early),
            (StopReason::Signal, &lost, Exit::Early),
            (StopReason::AnotherRun, &clean, Exit::Clean),
        ] {
            assert_eq!(Exit::of_run(reason, books), exit, "{reason:?} {books:?}");
        }
    }

    #[test]
    fn zero_is_told_only_where_everything_that_happened_is_named() {
        let books = Books { rejected: 3, refused: 1, ..Books::default() };
        let remarks = remarks(StopReason::MaxMessages, &books);
        assert_eq!(remarks, [Remark::Rejects, Remark::Refused, Remark::Stopped]);
        let told = |exit: Exit, excused: &[Remark]| exit.unless_excused(&remarks, excused);
        assert_eq!(told(Exit::Early, &remarks), Exit::Clean);
        for missing in &remarks {
            let others: Vec<Remark> = remarks.iter().copied().filter(|remark| remark != missing).collect();
            assert_eq!(told(Exit::Early, &others), Exit::Early, "without {missing:?}");
        }
        for exit in [Exit::Failed, Exit::TryLater] {
            assert_eq!(told(exit, &remarks), exit, "never excused");
        }
    }
}
