//! Logins that the table refuses: each one's fate is its own.

use super::scratch::{Scratch, batch, changed, commit, logins, tally};
use crate::batch::samples::delivery;
use crate::batch::{Batch, Delivery};
use crate::mask::{Masker, Personal};
use crate::postgres::PostgresStore;
use crate::store::Store;

const NULL_LOCALE: (&str, &str) = (r#""RU""#, "null");

/// The table of a system in which a user had one row, and every column a value.
const ONE_ROW_A_USER: &str = "CREATE TABLE user_logins (
    user_id varchar(128) PRIMARY KEY, device_type varchar(32) NOT NULL, masked_ip varchar(256) NOT NULL,
    masked_device_id varchar(256) NOT NULL, locale varchar(32) NOT NULL, app_version integer NOT NULL,
    create_date date NOT NULL)";

/// 100 logins of 80 users, a quarter without a locale.
fn hundred() -> Batch {
    batch((0..100).map(|number| {
        let user = format!("user-{number}");
        let same = format!("user-{}", number % 80);
        let changes = [(user.as_str(), same.as_str()), NULL_LOCALE];
        changed(number, if number % 4 == 0 { &changes } else { &changes[..1] })
    }))
}

#[test]
fn none_is_lost_by_a_table_with_a_row_a_user_and_all_are_stored_after_it_is_mended() {
    let scratch = Scratch::around(ONE_ROW_A_USER);
    let mut store = scratch.store();
    let (outcomes, deferred) = commit(&mut store, hundred());
    assert!(deferred.is_empty());
    assert_eq!(
        tally(&outcomes),
        [
            ("inserted".to_owned(), 60),
            ("refused_by_database: SQLSTATE 23502, table user_logins, column locale".to_owned(), 25),
            (
                "refused_by_database: SQLSTATE 23505, table user_logins, constraint user_logins_pkey"
                    .to_owned(),
                15
            )
        ]
    );
    assert_eq!(scratch.counts(), ["60", "60", "40"]);

    // The next run finds them recorded, leaves them out, and tries them apart.
    let mut store = scratch.store();
    let (outcomes, deferred) = commit(&mut store, hundred());
    assert_eq!((tally(&outcomes), deferred.len()), (vec![("duplicate".to_owned(), 60)], 40));
    let (outcomes, none) = commit(&mut store, Batch::of_second_tries(deferred));
    assert!(outcomes.iter().all(|outcome| outcome.starts_with("known refused")) && none.is_empty());
    assert_eq!(scratch.counts(), ["60", "60", "40"]);

    scratch.run(
        "ALTER TABLE user_logins DROP CONSTRAINT user_logins_pkey, ALTER user_id DROP NOT NULL,
        ALTER locale DROP NOT NULL",
    );
    let mut store = scratch.store();
    let (_, deferred) = commit(&mut store, hundred());
    let (outcomes, _) = commit(&mut store, Batch::of_second_tries(deferred));
    assert_eq!(tally(&outcomes), [("inserted".to_owned(), 40)]);
    assert_eq!(scratch.counts(), ["100", "100", "0"], "what is stored at last is no reject any more");
}

#[test]
fn what_is_recorded_of_a_refused_login_holds_none_of_its_values() {
    let scratch = Scratch::with("ALTER TABLE user_logins ADD CHECK (locale <> 'RU')");
    commit(&mut scratch.store(), logins([1]));
    let recorded = scratch.rows("SELECT login_drain_rejects::text FROM login_drain_rejects").join("\n");
    assert!(recorded.contains("text of 6 characters"), "{recorded}");
    let mask = Masker::Plain.mask(Personal::Ip, Some("199.172.111.135"));
    let start_of_mask = mask.as_str().get(..8).unwrap();
    for value in ["user-1", "android", "RU", "199.172", "593-47", start_of_mask] {
        assert!(!recorded.contains(value), "{recorded} holds {value}");
    }
}

/// One of twenty logins is refused by what `sql` makes of user 7, with this detail.
fn one_of_twenty(sql: &str, rejection: &str) {
    let scratch = Scratch::with(sql);
    let mut store = scratch.store();
    let (outcomes, _) = commit(&mut store, logins(1..=20));
    assert_eq!(tally(&outcomes), [("inserted".to_owned(), 19), (rejection.to_owned(), 1)], "{sql}");
    assert_eq!(scratch.counts(), ["19", "19", "1"], "{sql}");
    // Batches that follow are not disturbed by it.
    assert_eq!(tally(&commit(&mut store, logins(21..=40)).0), [("inserted".to_owned(), 20)], "{sql}");
}

fn trigger(timing: &str, action: &str) -> String {
    format!(
        "CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN IF NEW.user_id = 'user-7' THEN {action}; END IF; RETURN NEW; END $$;
         CREATE {timing} ON user_logins FOR EACH ROW EXECUTE FUNCTION guard()"
    )
}

#[test]
fn a_row_that_is_refused_with_whatever_code_stays_alone() {
    let before = "TRIGGER guard BEFORE INSERT";
    for (action, code) in [
        ("RAISE EXCEPTION 'no'", "P0001"),
        ("RAISE EXCEPTION 'no' USING ERRCODE = 'LD123'", "LD123"),
        ("RAISE EXCEPTION 'no' USING ERRCODE = '42501'", "42501"),
        ("RAISE EXCEPTION 'no' USING ERRCODE = '42P01'", "42P01"),
        ("ASSERT false", "P0004"),
        ("PERFORM 1 / 0", "22012"),
        ("INSERT INTO nowhere VALUES (1)", "42P01"),
    ] {
        one_of_twenty(&trigger(before, action), &format!("refused_by_database: SQLSTATE {code}"));
    }
    one_of_twenty(
        &trigger(
            "CONSTRAINT TRIGGER guard AFTER INSERT",
            "RAISE EXCEPTION 'too late' USING ERRCODE = 'check_violation'",
        )
        .replace("FOR EACH ROW", "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"),
        "refused_by_database: SQLSTATE 23514",
    );
    one_of_twenty(
        "ALTER TABLE user_logins ADD CHECK (user_id <> 'user-7')",
        "refused_by_database: SQLSTATE 23514, table user_logins, constraint user_logins_user_id_check",
    );
    one_of_twenty(
        "CREATE DOMAIN person AS text CHECK (VALUE <> 'user-7');
         ALTER TABLE user_logins ALTER user_id TYPE person",
        "refused_by_database: SQLSTATE 23514, constraint person_check",
    );
}

/// What `commit` tells of a batch that the server was in trouble over at first, as the writer tries it.
fn commit_through_trouble(store: &mut PostgresStore, batch: Batch) -> (Vec<String>, Vec<Delivery>) {
    for _ in 0..2 {
        let failure = store.commit(&batch).err().unwrap();
        assert!(failure.is_temporary(), "{failure}");
    }
    commit(store, batch)
}

#[test]
fn a_row_whose_code_stands_for_a_trouble_of_the_server_stays_alone() {
    let raising = |code: &str| format!("RAISE EXCEPTION 'no' USING ERRCODE = '{code}'");
    for code in ["XX000", "XX001", "53400", "58030"] {
        let sql = trigger("TRIGGER guard BEFORE INSERT", &raising(code));
        one_of_twenty(&sql, &format!("refused_by_database: SQLSTATE {code}"));
    }
    for code in ["08006", "25006", "40001", "40P01", "53100", "53200", "53300", "55P03", "57014", "57P01"] {
        let at_once = trigger("TRIGGER guard BEFORE INSERT", &raising(code));
        let at_commit = trigger("CONSTRAINT TRIGGER guard AFTER INSERT", &raising(code))
            .replace("FOR EACH ROW", "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW");
        for sql in [at_once, at_commit] {
            let scratch = Scratch::with(&sql);
            let refused = format!("refused_by_database: SQLSTATE {code}");
            let (outcomes, _) = commit_through_trouble(&mut scratch.store(), logins(1..=20));
            assert_eq!(tally(&outcomes), [("inserted".to_owned(), 19), (refused.clone(), 1)], "{sql}");
            // A later run finds it recorded, also where nothing else is there to tell it from a trouble.
            let mut store = scratch.store();
            let (_, deferred) = commit(&mut store, logins(1..=20));
            let (outcomes, _) = commit_through_trouble(&mut store, Batch::of_second_tries(deferred));
            assert_eq!(outcomes, [format!("known {refused}")], "{sql}");
            assert_eq!(scratch.counts(), ["19", "19", "1"], "{sql}");
        }
    }
}

#[test]
fn many_rows_whose_code_stands_for_a_trouble_stay_and_are_known_to_the_next_run() {
    let sql = trigger("TRIGGER guard BEFORE INSERT", "RAISE EXCEPTION 'no' USING ERRCODE = '40001'")
        .replace("= 'user-7'", "LIKE '%7'");
    let scratch = Scratch::with(&sql);
    let (outcomes, _) = commit_through_trouble(&mut scratch.store(), logins(1..=150));
    assert_eq!(tally(&outcomes)[0], ("inserted".to_owned(), 135));
    let mut store = scratch.store();
    let (_, deferred) = commit(&mut store, logins(1..=150));
    let (outcomes, _) = commit_through_trouble(&mut store, Batch::of_second_tries(deferred));
    assert_eq!(tally(&outcomes), [("known refused_by_database: SQLSTATE 40001".to_owned(), 15)]);
}

#[test]
fn a_trouble_of_the_server_is_held_against_no_row() {
    for condition in ["true", "(SELECT count(*) FROM user_logins) >= 5"] {
        let sql = trigger("TRIGGER guard BEFORE INSERT", "RAISE EXCEPTION 'full' USING ERRCODE = '53100'")
            .replace("NEW.user_id = 'user-7'", condition);
        let scratch = Scratch::with(&sql);
        let mut store = scratch.store();
        for _ in 0..4 {
            let failure = store.commit(&logins(1..=20)).err().unwrap();
            assert!(failure.is_temporary() && failure.text.contains("its disk is full"), "{failure}");
        }
        assert_eq!(scratch.counts(), ["0", "0", "0"], "{condition}");
        scratch.run("DROP TRIGGER guard ON user_logins");
        assert_eq!(tally(&commit(&mut store, logins(1..=20)).0), [("inserted".to_owned(), 20)]);
    }
}

#[test]
fn a_row_that_takes_longer_than_a_statement_may_stays_alone() {
    let scratch = Scratch::with(&trigger("TRIGGER guard BEFORE INSERT", "PERFORM pg_sleep(3600)"));
    let mut store = scratch.hasty_store();
    let (outcomes, _) = commit_through_trouble(&mut store, logins(1..=20));
    let refused = ("refused_by_database: SQLSTATE 57014".to_owned(), 1);
    assert_eq!(tally(&outcomes), [("inserted".to_owned(), 19), refused]);
}

#[test]
fn a_trigger_that_puts_off_what_is_checked_hides_no_guilty_row() {
    let sql = format!(
        "ALTER TABLE user_logins ADD UNIQUE (user_id) DEFERRABLE; INSERT INTO user_logins (user_id) VALUES ('user-7'); {}",
        trigger("TRIGGER guard BEFORE INSERT", "NULL")
            .replace("RETURN NEW", "SET CONSTRAINTS ALL DEFERRED; RETURN NEW")
    );
    let scratch = Scratch::with(&sql);
    let (outcomes, _) = commit(&mut scratch.store(), logins(1..=20));
    assert_eq!(tally(&outcomes)[0], ("inserted".to_owned(), 19));
}

#[test]
fn a_row_that_the_server_drops_without_a_word_is_not_taken_for_stored() {
    let dropped = "not_stored: the server says that it stored no row";
    one_of_twenty(&trigger("TRIGGER guard BEFORE INSERT", "RETURN NULL"), dropped);
    one_of_twenty(
        "CREATE RULE guard AS ON INSERT TO user_logins WHERE NEW.user_id = 'user-7' DO INSTEAD NOTHING",
        dropped,
    );
}

#[test]
fn a_table_whose_triggers_store_rows_elsewhere_may_say_that_it_stored_none() {
    let scratch = Scratch::with(
        "CREATE TABLE elsewhere (LIKE user_logins);
         CREATE FUNCTION route() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN INSERT INTO elsewhere SELECT NEW.*; RETURN NULL; END $$;
         CREATE TRIGGER route BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION route()",
    );
    let (outcomes, _) = commit(&mut scratch.store_that(&scratch.url(), true), logins(1..=20));
    assert_eq!(tally(&outcomes), [("inserted".to_owned(), 20)]);
    assert_eq!(scratch.rows("SELECT count(*) FROM elsewhere"), ["20"]);
}

#[test]
fn a_row_that_row_security_refuses_stays_and_the_others_go_on() {
    let mut scratch = Scratch::with("");
    let (role, url) = scratch.role("drain");
    scratch.run(&format!(
        "GRANT INSERT ON user_logins TO {role}; GRANT INSERT, SELECT ON login_drain_ledger TO {role};
         GRANT INSERT, SELECT, DELETE ON login_drain_rejects TO {role};
         ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY;
         CREATE POLICY most ON user_logins FOR INSERT WITH CHECK (user_id <> 'user-7')"
    ));
    let (outcomes, _) = commit(&mut scratch.store_as(&url), logins(1..=20));
    assert_eq!(
        tally(&outcomes),
        [("inserted".to_owned(), 19), ("refused_by_database: SQLSTATE 42501".to_owned(), 1)]
    );
}

#[test]
fn a_fault_of_the_whole_table_leaves_every_login_where_it_is() {
    for (sql, code) in [
        (
            "CREATE TABLE parted (LIKE user_logins) PARTITION BY RANGE (create_date);
             DROP TABLE user_logins; ALTER TABLE parted RENAME TO user_logins",
            "23514",
        ),
        (
            "ALTER TABLE user_logins ADD id smallint GENERATED BY DEFAULT AS IDENTITY (START 32767);
             SELECT nextval(pg_get_serial_sequence('user_logins', 'id'))",
            "2200H",
        ),
        // As a restore leaves a sequence whose value it has not brought back.
        (
            "INSERT INTO user_logins (user_id) SELECT 'restored' FROM generate_series(1, 100);
             ALTER TABLE user_logins ADD id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY;
             SELECT setval(pg_get_serial_sequence('user_logins', 'id'), 1)",
            "23505",
        ),
        ("CREATE DOMAIN tenant AS text NOT NULL; ALTER TABLE user_logins ADD tenant tenant", "23502"),
        ("ALTER TABLE user_logins ALTER masked_ip TYPE varchar(20)", "22001"),
        (
            "CREATE FUNCTION frozen() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'frozen for migration'; END $$;
             CREATE TRIGGER frozen BEFORE INSERT ON user_logins EXECUTE FUNCTION frozen()",
            "P0001",
        ),
    ] {
        let scratch = Scratch::with(sql);
        let (outcomes, _) = commit(&mut scratch.store(), logins(1..=12));
        let refused = format!("refused_by_database: SQLSTATE {code}");
        assert!(outcomes.iter().all(|outcome| outcome.starts_with(&refused)), "{sql}: {outcomes:?}");
        assert_eq!(scratch.counts()[1..], ["0", "12"], "{sql}");
    }
}

#[test]
fn a_column_that_goes_away_is_no_logins_fault() {
    let scratch = Scratch::with("");
    let mut store = scratch.store();
    scratch.run("ALTER TABLE user_logins DROP COLUMN locale");
    let failure = store.commit(&logins(1..=3)).err().unwrap();
    assert!(failure.text.contains("SQLSTATE 42703"), "{failure}");
    assert_eq!(scratch.counts(), ["0", "0", "0"]);
}

#[test]
fn rejects_and_refused_logins_and_good_ones_are_told_apart_in_one_batch() {
    let scratch = Scratch::with("ALTER TABLE user_logins ADD CHECK (user_id <> 'user-5')");
    let mixed = batch(
        (1..=6).map(|number| if number % 2 == 0 { delivery(number, "rogue") } else { changed(number, &[]) }),
    );
    let (outcomes, _) = commit(&mut scratch.store(), mixed);
    let words: Vec<&str> = outcomes.iter().map(|outcome| outcome.split(':').next().unwrap()).collect();
    assert_eq!(words, ["inserted", "not_json", "inserted", "not_json", "refused_by_database", "not_json"]);
    assert_eq!(scratch.counts(), ["2", "2", "4"]);
}

#[test]
fn a_message_kept_as_a_reject_that_is_stored_later_is_in_one_table_alone() {
    let scratch = Scratch::with("");
    commit(&mut scratch.store(), batch([delivery(1, "rogue")]));
    assert_eq!(scratch.counts(), ["0", "0", "1"]);
    // A later version of the program reads what an earlier one could not.
    assert_eq!(commit(&mut scratch.store(), logins([1])).0, ["inserted"]);
    assert_eq!(scratch.counts(), ["1", "1", "0"]);
}

#[test]
fn a_refused_login_that_another_run_stored_is_a_duplicate_and_no_reject_any_more() {
    let scratch = Scratch::with("ALTER TABLE user_logins ADD CONSTRAINT never CHECK (user_id IS NULL)");
    let mut store = scratch.store();
    commit(&mut store, logins([1]));
    scratch.run("INSERT INTO login_drain_ledger (message_id, sent_at) SELECT message_id, 'epoch' FROM login_drain_rejects");
    let (_, deferred) = commit(&mut store, logins([1]));
    assert_eq!(commit(&mut store, Batch::of_second_tries(deferred)).0, ["duplicate"]);
    assert_eq!(scratch.counts(), ["0", "1", "0"]);
}

#[test]
fn letters_that_the_database_lacks_refuse_their_own_login_alone() {
    let scratch = Scratch::empty("TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
    scratch.init_db();
    let device = |number, letters| changed(number, &[("android", letters)]);
    let (outcomes, _) =
        commit(&mut scratch.store(), batch([device(1, "téléphone"), device(2, "телефон"), changed(3, &[])]));
    assert_eq!(outcomes, ["inserted", "refused_by_database: SQLSTATE 22P05", "inserted"]);
    assert_eq!(scratch.rows("SELECT device_type FROM user_logins ORDER BY 1"), ["android", "téléphone"]);

    let scratch = Scratch::empty("TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'");
    scratch.init_db();
    scratch.run("ALTER TABLE user_logins ADD CHECK (user_id <> 'user-3')");
    let wide = "телефон".repeat(4);
    let (outcomes, _) =
        commit(&mut scratch.store(), batch([device(1, "телефон"), device(2, &wide), changed(3, &[])]));
    assert_eq!(outcomes[0], "inserted");
    assert!(outcomes[1].contains("22001") && outcomes[2].contains("23514"), "{outcomes:?}");
}

#[test]
fn several_runs_on_a_table_with_a_unique_key_never_lock_each_other_out() {
    let scratch = Scratch::with("CREATE UNIQUE INDEX one_login ON user_logins (user_id)");
    let inserted: usize = std::thread::scope(|scope| {
        let run = |first: u128, step: u128| {
            let mut store = scratch.store();
            (0..5)
                .map(|round| {
                    // The same users, in another order for each run.
                    let users = (0..40).map(|place| (place * step + round) % 40);
                    let messages = users.map(|user| {
                        let number = first * 10_000 + round * 100 + user;
                        changed(
                            number,
                            &[(&format!("user-{number}"), &format!("user-{}", round * 100 + user))],
                        )
                    });
                    let (outcomes, _) = commit(&mut store, batch(messages.collect::<Vec<_>>()));
                    outcomes.iter().filter(|outcome| *outcome == "inserted").count()
                })
                .sum::<usize>()
        };
        let running: Vec<_> = [3, 7, 9, 11]
            .into_iter()
            .zip(0..)
            .map(|(step, first)| scope.spawn(move || run(first, step)))
            .collect();
        running.into_iter().map(|running| running.join().unwrap()).sum()
    });
    assert_eq!(inserted, 200);
    assert_eq!(scratch.counts(), ["200", "200", "600"]);
}
