//! Which messages are recorded as rejects: known by heart where they are few, so that no batch need look for them.

use std::collections::HashSet;

use tokio_postgres::Error;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::statements::Statements;
use crate::libpq::Client;

/// So many ids are read once a run, in a few milliseconds; where there are more, each batch looks its own up.
const MOST: usize = 10_000;

/// What another run records meanwhile is missed, and does no harm: such a login fails in the batch of the others,
/// and is then found to be known.
#[derive(Debug, Default)]
pub enum EarlierRejects {
    #[default]
    NotRead,
    Few(HashSet<Uuid>),
    Many,
}

impl EarlierRejects {
    pub fn read(client: &mut Client, statements: &Statements) -> Result<EarlierRejects, Error> {
        let rows = client.query_typed(&statements.some_rejects, &[(&(MOST as i64 + 1), Type::INT8)])?;
        let ids: HashSet<Uuid> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        Ok(if ids.len() > MOST { EarlierRejects::Many } else { EarlierRejects::Few(ids) })
    }

    pub fn is_read(&self) -> bool {
        !matches!(self, EarlierRejects::NotRead)
    }

    /// Those of the ids that may be recorded.
    pub fn among(&self, ids: &[Uuid]) -> Vec<Uuid> {
        match self {
            EarlierRejects::Few(recorded) => ids.iter().filter(|id| recorded.contains(id)).copied().collect(),
            EarlierRejects::NotRead | EarlierRejects::Many => ids.to_vec(),
        }
    }

    /// This run has recorded these.
    pub fn add(&mut self, ids: &[Uuid]) {
        let EarlierRejects::Few(recorded) = self else { return };
        recorded.extend(ids);
        if recorded.len() > 2 * MOST {
            *self = EarlierRejects::Many;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn only_ids_that_may_be_recorded_are_looked_for() {
        let asked = [id(1), id(2), id(3)];
        assert_eq!(EarlierRejects::NotRead.among(&asked), asked);
        assert_eq!(EarlierRejects::Many.among(&asked), asked);
        let mut few = EarlierRejects::Few([id(2)].into());
        assert_eq!(few.among(&asked), [id(2)]);
        few.add(&[id(3)]);
        assert_eq!(few.among(&asked), [id(2), id(3)]);
    }

    #[test]
    fn a_run_that_records_very_many_keeps_no_list_of_them() {
        let mut few = EarlierRejects::Few(HashSet::new());
        few.add(&(0..=2 * MOST as u128).map(id).collect::<Vec<_>>());
        assert!(matches!(few, EarlierRejects::Many));
    }
}
