//! The table of runs.

use super::scratch::{Scratch, noon, prune};
use crate::store::{PastRun, RunRecord};

fn run_at(hour: u8, inserted: u64, rogue_new: u64) -> RunRecord {
    let started_at = noon() + time::Duration::hours(i64::from(hour));
    RunRecord {
        queue: "https://sqs.eu-central-1.amazonaws.com/1/logins".to_owned(),
        started_at,
        ended_at: started_at,
        exit_code: 75,
        stopped_because: "failed",
        received: inserted + rogue_new,
        inserted,
        duplicates: 0,
        rejected: rogue_new,
        rogue_new,
        refused: 0,
        kept: 0,
        delete_failures: 0,
        oldest_message_seconds: None,
        queue_visible: Some(12),
        host: "host".to_owned(),
        version: "0.1.0",
    }
}

#[test]
fn the_newest_runs_of_a_queue_are_read_until_they_stand_for_enough_messages() {
    let scratch = Scratch::with("");
    let mut store = scratch.store();
    let queue = run_at(0, 0, 0).queue;
    let failed = RunRecord { exit_code: 1, ..run_at(2, 900, 100) };
    for run in [run_at(1, 500, 0), failed, run_at(3, 0, 0), run_at(4, 3, 7)] {
        store.record_run(&run).unwrap();
    }
    store.record_run(&RunRecord { queue: "another".to_owned(), ..run_at(5, 1, 1) }).unwrap();
    assert_eq!(
        store.newest_runs(&queue, 1000).unwrap(),
        [
            PastRun { inserted: 3, rogue: 7, failed: false },
            PastRun { inserted: 900, rogue: 100, failed: true }
        ]
    );
    assert_eq!(store.newest_runs("unknown", 1000).unwrap(), []);
    assert_eq!(
        scratch.rows(
            "SELECT exit_code, stopped_because, queue_visible, oldest_message_seconds
            FROM login_drain_runs WHERE inserted = 3"
        ),
        ["75|failed|12|~"]
    );
}

#[test]
fn runs_are_kept_for_400_days() {
    let scratch = Scratch::with("");
    let mut store = scratch.store();
    store.record_run(&run_at(1, 1, 0)).unwrap();
    store.record_run(&run_at(2, 1, 0)).unwrap();
    scratch.run(
        "UPDATE login_drain_runs SET started_at = now() - interval '399 days';
        UPDATE login_drain_runs SET started_at = now() - interval '401 days'
        WHERE run_id = (SELECT min(run_id::text)::uuid FROM login_drain_runs)",
    );
    prune(&mut store);
    assert_eq!(scratch.rows("SELECT count(*) FROM login_drain_runs"), ["1"]);
}
