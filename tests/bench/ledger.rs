//! The drain on ledgers of several sizes, with and without ids that have expired: its rate, and what it costs the
//! database.

use anyhow::ensure;
use postgres::Client;

use crate::one_run::run;
use crate::parts::sample;
use crate::scene::{Program, Scene};
use crate::table::{Sample, Table, thousands};
use crate::turns::in_turn;

/// Of each run, and ids that have expired before it, where some have: so many come and go in a cron's steady state.
const MESSAGES: u32 = 100_000;
/// After a time in which no run has pruned.
const BACKLOG: u32 = 1_000_000;
const MESSAGES_BESIDE_A_BACKLOG: u32 = 200_000;

/// A ledger in one state.
struct State<'a> {
    program: &'a Program,
    ids: u32,
    expired: u32,
}

pub fn measure(scene: &Scene, runs: u32, large: bool, table: &mut Table) -> anyhow::Result<()> {
    let sizes: &[u32] = if large { &[0, 1_000_000, 20_000_000] } else { &[0, 1_000_000] };
    let programs = sizes.iter().map(|ids| scene.measured_on(&format!("ledger_of_{ids}")));
    let programs: Vec<Program> = programs.collect::<anyhow::Result<_>>()?;
    let mut states = Vec::new();
    for (program, ids) in programs.iter().zip(sizes.iter().copied()) {
        fill(&mut program.database.borrow_mut(), ids)?;
        let expired: &[u32] = if ids == 0 { &[0] } else { &[0, MESSAGES] };
        states.extend(expired.iter().map(|expired| State { program, ids, expired: *expired }));
    }
    let samples = in_turn(&states, runs, |state| drain(scene, state, MESSAGES))?;
    let empty = samples.first().cloned().unwrap_or_default();
    for (State { ids, expired, .. }, mut samples) in states.iter().zip(samples) {
        for (sample, empty) in samples.iter_mut().zip(&empty) {
            sample.noted.push(sample.rate.unwrap_or_default() / empty.rate.unwrap_or_default());
        }
        let [messages, ids, expired] = [MESSAGES, *ids, *expired].map(|number| thousands(number.into()));
        let name = format!("{messages} messages, ledger of {ids} ids, {expired} more expired");
        table.add(&name, &[samples], |noted, _| {
            let [wal, growth, dead, share] = noted else { return String::new() };
            format!(
                "{:.0}% of the rate on an empty ledger; a message: {wal:.0} bytes of WAL, the ledger grows by \
                 {growth:.0} and has {dead:.2} dead rows",
                share * 100.0
            )
        })?;
    }
    drop(states);
    keep_up(scene, &programs, runs, table)
}

/// Runs until a backlog of expired ids is gone.
fn keep_up(scene: &Scene, programs: &[Program], runs: u32, table: &mut Table) -> anyhow::Result<()> {
    let [program, ..] = programs else { return Ok(()) };
    let samples = in_turn(std::slice::from_ref(program), runs, |program| {
        forget(&mut program.database.borrow_mut(), true)?;
        let mut drained = 0.0;
        let mut state = State { program, ids: 0, expired: BACKLOG };
        loop {
            let sample = drain_once(scene, &state, MESSAGES_BESIDE_A_BACKLOG)?;
            drained += 1.0;
            if expired(&mut program.database.borrow_mut())? == 0 {
                return Ok(Sample { noted: vec![drained], ..sample });
            }
            ensure!(drained < 20.0, "expired ids are left after {drained} runs");
            state.expired = 0;
        }
    })?;
    let [messages, ids] = [MESSAGES_BESIDE_A_BACKLOG, BACKLOG].map(|number| thousands(number.into()));
    table.add(
        &format!("{messages} messages a run, {ids} ids expired before, the last run"),
        &samples,
        |noted, _| {
            let [runs] = noted else { return String::new() };
            format!("none is left after {runs:.0} runs")
        },
    )
}

/// A run that must leave no expired id.
fn drain(scene: &Scene, state: &State<'_>, messages: u32) -> anyhow::Result<Sample> {
    forget(&mut state.program.database.borrow_mut(), state.ids == 0)?;
    let sample = drain_once(scene, state, messages)?;
    let left = expired(&mut state.program.database.borrow_mut())?;
    ensure!(left == 0, "{left} expired ids are left");
    Ok(sample)
}

/// Notes bytes of WAL, bytes that the ledger grew by with its indexes, and its dead rows, each for one message.
fn drain_once(scene: &Scene, state: &State<'_>, messages: u32) -> anyhow::Result<Sample> {
    let database = || state.program.database.borrow_mut();
    expire(&mut database(), state.expired)?;
    // From here on the first change to each page is written to the WAL with the whole page: what can be worst.
    database().batch_execute("CHECKPOINT")?;
    let queue = scene.queue(messages, &[])?;
    let mut command = state.program.command(&["drain", "--max-messages", &messages.to_string()]);
    queue.lead(&mut command);
    let before = Held::now(&mut database())?;
    let done = run(command)?;
    let after = Held::now(&mut database())?;
    let each = |before: i64, after: i64| (after - before) as f64 / f64::from(messages);
    let noted = vec![
        each(before.wal, after.wal),
        each(before.ledger_bytes, after.ledger_bytes),
        each(before.dead_rows, after.dead_rows),
    ];
    Ok(Sample { noted, ..sample(&done, messages, 0.0) })
}

/// What the database holds at one time.
struct Held {
    /// All bytes of WAL until now.
    wal: i64,
    ledger_bytes: i64,
    dead_rows: i64,
}

impl Held {
    fn now(database: &mut Client) -> anyhow::Result<Held> {
        let row = database.query_one(
            "SELECT (pg_current_wal_lsn() - '0/0')::int8,
                    pg_total_relation_size('login_drain_ledger'),
                    pg_stat_get_dead_tuples('login_drain_ledger'::regclass)",
            &[],
        )?;
        Ok(Held { wal: row.try_get(0)?, ledger_bytes: row.try_get(1)?, dead_rows: row.try_get(2)? })
    }
}

/// Ids of messages that were sent evenly over the last 14 days and stored a second later, in the order in which they
/// came. All of them may still be met again.
fn fill(database: &mut Client, ids: u32) -> anyhow::Result<()> {
    database.batch_execute(&format!(
        "INSERT INTO login_drain_ledger (sent_at, message_id, drained_at)
             SELECT sent_at, gen_random_uuid(), sent_at + interval '1 second'
             FROM (SELECT now() - interval '14 days' * (1 - number::float8 / {ids}) AS sent_at
                   FROM generate_series(1, {ids}) AS number) AS sent"
    ))?;
    // Otherwise the server does so while something is measured.
    Ok(database.batch_execute("VACUUM (FREEZE, ANALYZE) login_drain_ledger")?)
}

/// Adds ids that no message can meet any more.
fn expire(database: &mut Client, ids: u32) -> anyhow::Result<()> {
    Ok(database.batch_execute(&format!(
        "INSERT INTO login_drain_ledger (sent_at, message_id, drained_at)
             SELECT sent_at, gen_random_uuid(), sent_at + interval '1 second'
             FROM (SELECT now() - interval '16 days' - interval '1 day' * (1 - number::float8 / {ids}) AS sent_at
                   FROM generate_series(1, {ids}) AS number) AS sent"
    ))?)
}

fn expired(database: &mut Client) -> anyhow::Result<i64> {
    let sql = "SELECT count(*) FROM login_drain_ledger WHERE sent_at < now() - interval '15 days'";
    Ok(database.query_one(sql, &[])?.try_get(0)?)
}

/// Empties the table of logins, and the ledger too where it began empty.
fn forget(database: &mut Client, ledger_too: bool) -> anyhow::Result<()> {
    database.batch_execute("TRUNCATE user_logins, login_drain_runs")?;
    if ledger_too {
        database.batch_execute("TRUNCATE login_drain_ledger")?;
    }
    Ok(())
}
