//! Whether the table, and not single logins, is at fault: then the run ends, and every message stays.

use crate::failure::Failure;
use crate::reject::Rejection;

/// So many new logins must have been tried, and have failed alike, before the table is accused.
const FEWEST_TO_ACCUSE: u64 = 10;
/// After so many the run ends at once: the rest would only fill login_drain_rejects.
const ENOUGH: u64 = 1000;

/// What the database made of the logins of this run that no earlier run had recorded as refused.
#[derive(Debug, Default)]
pub struct TableFault {
    stored: bool,
    refused: u64,
    /// The first refusal; `None` once another was of another kind.
    alike: Option<Rejection>,
    differ: bool,
}

impl TableFault {
    pub fn stored(&mut self) {
        self.stored = true;
    }

    pub fn refused(&mut self, rejection: &Rejection) {
        self.refused += 1;
        match &self.alike {
            None => self.alike = Some(rejection.clone()),
            Some(first) => self.differ |= first != rejection,
        }
    }

    /// Whether so many have failed alike that trying more is pointless.
    pub fn is_hopeless(&self) -> bool {
        self.refused >= ENOUGH && self.verdict().is_some()
    }

    /// Why the run has failed: at least ten new logins were tried, none was stored, and all failed alike.
    pub fn verdict(&self) -> Option<Failure> {
        let alike = self.alike.as_ref().filter(|_| !self.differ && !self.stored)?;
        (self.refused >= FEWEST_TO_ACCUSE).then(|| {
            Failure::lasting(format!(
                "PostgreSQL refused all {} logins that were tried, each alike ({}): none was deleted, and the next \
                 run tries them again. Mend user_logins; `login-drain init-db` tells what does not fit",
                self.refused, alike.detail
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reject::Reason;

    fn verdict(stored: u64, refusals: &[(&str, u64)]) -> bool {
        let mut fault = TableFault::default();
        (0..stored).for_each(|_| fault.stored());
        for (detail, count) in refusals {
            let rejection = Rejection::new(Reason::RefusedByDatabase, *detail);
            (0..*count).for_each(|_| fault.refused(&rejection));
        }
        fault.verdict().is_some()
    }

    #[test]
    fn the_table_is_accused_only_of_ten_new_logins_that_all_failed_alike() {
        let (unique, frozen) = ("SQLSTATE 23505", "SQLSTATE P0001");
        for (stored, refusals, accused) in [
            (99, vec![(unique, 1)], false),
            (0, vec![(unique, 1)], false),
            (0, vec![(frozen, 9)], false),
            (0, vec![(frozen, 10)], true),
            (1, vec![(frozen, 500)], false),
            (0, vec![(frozen, 9), (unique, 1)], false),
            (0, vec![], false),
        ] {
            assert_eq!(verdict(stored, &refusals), accused, "{stored} stored, {refusals:?}");
        }
    }
}
