//! What is told of the tables before a login is tried, and what the table then does.

use super::scratch::{Scratch, commit, expected, logins, tally};
use crate::postgres::schema::{self, Expected, Judged, Weight};

/// The findings with their weights, without notes of the whole database.
fn findings(scratch: &Scratch) -> Vec<(Weight, String)> {
    let judged = scratch.judged();
    judged.judgement.findings.into_iter().map(|finding| (finding.weight, finding.text)).collect()
}

/// After `sql` there is one finding of this weight, with this text, and its cure leaves none.
fn finding(sql: &str, weight: Weight, text: &str) {
    let scratch = Scratch::with(sql);
    let judged = scratch.judged();
    assert_eq!(findings(&scratch), [(weight, text.to_owned())], "{sql}");
    if let Some(cure) = judged.judgement.findings[0].cure.clone() {
        scratch.run(&cure);
        assert_eq!(findings(&scratch), [], "{sql}; {cure}");
    }
}

#[test]
fn tables_as_init_db_makes_them_fit() {
    let scratch = Scratch::with("");
    assert_eq!(findings(&scratch), []);
    assert!(scratch.judged().judgement.fits());
}

#[test]
fn what_would_refuse_some_logins_is_told_with_the_statement_that_mends_it() {
    let some = Weight::RefusesSome;
    finding(
        "ALTER TABLE user_logins ADD CONSTRAINT one UNIQUE (user_id, create_date)",
        some,
        "user_logins has the unique key one (user_id, create_date): logins that agree in it are refused but for \
         the first",
    );
    finding(
        "CREATE UNIQUE INDEX one ON user_logins (lower(user_id))",
        some,
        "user_logins has the unique key one (an expression): logins that agree in it are refused but for the first",
    );
    finding(
        "ALTER TABLE user_logins ADD EXCLUDE USING btree (user_id WITH =)",
        some,
        "user_logins has the exclusion key user_logins_user_id_excl (user_id): logins that agree in it are refused \
         but for the first",
    );
    finding(
        "ALTER TABLE user_logins ALTER locale SET NOT NULL",
        some,
        "column user_logins.locale is NOT NULL, and many logins have no locale",
    );
    finding(
        "ALTER TABLE user_logins ALTER device_type TYPE varchar(7)",
        some,
        "column user_logins.device_type holds 7 characters, and a login may have 32",
    );
    finding(
        "ALTER TABLE user_logins ALTER app_version TYPE numeric(6, 2)",
        some,
        "column user_logins.app_version holds numbers of 4 digits, and a login may have larger ones",
    );
    finding(
        "ALTER TABLE user_logins ALTER app_version TYPE smallint",
        some,
        "column user_logins.app_version holds numbers up to 32767, and a login may have larger ones",
    );
}

#[test]
fn what_would_refuse_all_logins_is_told_with_the_statement_that_mends_it() {
    let all = Weight::RefusesAll;
    finding("ALTER TABLE user_logins DROP locale", all, "table user_logins has no column locale");
    finding(
        "ALTER TABLE user_logins ALTER app_version TYPE date USING NULL",
        all,
        "column user_logins.app_version is of type date, it must be int4 or int8 or numeric or int2 or varchar or text or bpchar or citext",
    );
    finding(
        "ALTER TABLE user_logins ADD tenant text NOT NULL",
        all,
        "column user_logins.tenant is NOT NULL without a default, and login-drain does not fill it",
    );
    finding(
        "ALTER TABLE user_logins DROP create_date;
         ALTER TABLE user_logins ADD create_date date GENERATED ALWAYS AS ('2026-01-01'::date) STORED",
        all,
        "column user_logins.create_date is filled by the server alone, and login-drain must fill it",
    );
    finding(
        "ALTER TABLE user_logins ALTER masked_ip TYPE varchar(63)",
        all,
        "column user_logins.masked_ip holds 63 characters, and each mask of this run has 64",
    );
    finding(
        "CREATE TABLE parted (LIKE user_logins) PARTITION BY RANGE (create_date);
         DROP TABLE user_logins; ALTER TABLE parted RENAME TO user_logins;
         CREATE TABLE june PARTITION OF user_logins FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
         CREATE TABLE july PARTITION OF user_logins FOR VALUES FROM ('2026-07-02') TO ('2026-08-01')",
        all,
        "user_logins is partitioned and has no partition for 2026-07-01",
    );
    finding(
        "DROP TABLE login_drain_ledger",
        all,
        "table login_drain_ledger does not exist: run `login-drain init-db`",
    );
}

#[test]
fn a_domain_is_taken_for_what_it_is_made_of_through_any_number_of_domains() {
    let domains = "CREATE DOMAIN short AS varchar(7); CREATE DOMAIN shorter AS short NOT NULL; ";
    let scratch = Scratch::with(&format!("{domains}ALTER TABLE user_logins ALTER device_type TYPE shorter"));
    assert_eq!(
        findings(&scratch),
        [(
            Weight::RefusesSome,
            "column user_logins.device_type holds 7 characters, and a login may have 32".to_owned()
        )]
    );
    let scratch = Scratch::with(&format!("{domains}ALTER TABLE user_logins ADD tenant shorter"));
    assert_eq!(findings(&scratch)[0].0, Weight::RefusesAll);
}

#[test]
fn a_mask_key_asks_for_wider_columns() {
    let scratch = Scratch::with("ALTER TABLE user_logins ALTER masked_ip TYPE varchar(64)");
    assert_eq!(findings(&scratch), []);
    let keyed = Expected { mask_width: 73, ..expected() };
    let judged = schema::judge(&mut scratch.session(&scratch.url()), keyed).unwrap();
    assert_eq!(judged.judgement.worst(), Some(Weight::RefusesAll));
}

#[test]
fn what_nobody_can_foretell_is_a_note() {
    let note = Weight::Note;
    finding(
        "ALTER TABLE user_logins ADD CONSTRAINT odd CHECK (user_id <> 'x')",
        note,
        "check odd of user_logins may refuse logins",
    );
    finding(
        "CREATE TABLE people (id varchar PRIMARY KEY);
         ALTER TABLE user_logins ADD CONSTRAINT known FOREIGN KEY (user_id) REFERENCES people",
        note,
        "foreign key known of user_logins may refuse logins",
    );
    finding(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER tr BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f()",
        note,
        "trigger tr of user_logins may change, refuse or drop logins",
    );
    finding(
        "CREATE RULE ru AS ON INSERT TO user_logins WHERE NEW.user_id = 'x' DO INSTEAD NOTHING",
        note,
        "rule ru of user_logins may store logins elsewhere, or nowhere",
    );
    finding(
        "ALTER TABLE user_logins SET UNLOGGED",
        note,
        "table user_logins is UNLOGGED: a crash of the server empties it",
    );
    finding(
        "DROP TABLE login_drain_runs",
        note,
        "table login_drain_runs does not exist: run `login-drain init-db`",
    );
    finding(
        "ALTER TABLE login_drain_ledger SET UNLOGGED",
        note,
        "table login_drain_ledger is UNLOGGED: a crash of the server empties it",
    );
    // Told on the day before, when nobody has lost anything yet.
    finding(
        "CREATE TABLE parted (LIKE user_logins) PARTITION BY RANGE (create_date);
         DROP TABLE user_logins; ALTER TABLE parted RENAME TO user_logins;
         CREATE TABLE today PARTITION OF user_logins FOR VALUES FROM ('2026-07-01') TO ('2026-07-02')",
        note,
        "user_logins is partitioned and has no partition for 2026-07-02",
    );
    finding(
        "CREATE TABLE parted (LIKE user_logins) PARTITION BY RANGE (create_date);
         DROP TABLE user_logins; ALTER TABLE parted RENAME TO user_logins;
         CREATE UNLOGGED TABLE july PARTITION OF user_logins FOR VALUES FROM ('2026-07-01') TO ('2026-08-01')",
        note,
        "table july is UNLOGGED: a crash of the server empties it",
    );
    finding(
        "CREATE UNLOGGED TABLE child () INHERITS (user_logins)",
        note,
        "table child is UNLOGGED: a crash of the server empties it",
    );
}

#[test]
fn a_ledger_with_another_key_is_named_with_the_statements_that_replace_it() {
    for sql in [
        "ALTER TABLE login_drain_ledger DROP CONSTRAINT login_drain_ledger_pkey, ADD PRIMARY KEY (message_id)",
        "ALTER TABLE login_drain_ledger DROP CONSTRAINT login_drain_ledger_pkey",
    ] {
        let scratch = Scratch::with(sql);
        scratch.run("DROP INDEX login_drain_ledger_of_1970");
        let hopeless = |judged: Judged| -> Vec<String> {
            judged.judgement.of_weight(Weight::RefusesAll).map(ToString::to_string).collect()
        };
        let told = hopeless(scratch.judged());
        let (text, cure) = told[0].split_once(" (to mend it: ").unwrap();
        assert!(text.starts_with("the key of login_drain_ledger is not (sent_at, message_id)"), "{told:?}");
        scratch.run(cure.trim_end_matches(')'));
        assert!(hopeless(scratch.judged()).is_empty());
        assert_eq!(scratch.rows("SELECT to_regclass('login_drain_ledger_of_1970') IS NOT NULL"), ["t"]);
    }
}

#[test]
fn what_harms_no_login_is_not_told() {
    for sql in [
        "ALTER TABLE user_logins ADD id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        "ALTER TABLE user_logins ADD note text, ADD seen timestamptz NOT NULL DEFAULT now()",
        "ALTER TABLE user_logins ALTER user_id SET NOT NULL, ALTER create_date SET NOT NULL",
        "CREATE TABLE parted (LIKE user_logins) PARTITION BY RANGE (create_date);
         DROP TABLE user_logins; ALTER TABLE parted RENAME TO user_logins;
         CREATE TABLE july PARTITION OF user_logins FOR VALUES FROM ('2026-07-01') TO ('2026-08-01')",
        "CREATE TABLE parted (LIKE user_logins) PARTITION BY RANGE (create_date);
         DROP TABLE user_logins; ALTER TABLE parted RENAME TO user_logins;
         CREATE TABLE other PARTITION OF user_logins DEFAULT",
        "CREATE TABLE parted (LIKE user_logins) PARTITION BY HASH (user_id);
         DROP TABLE user_logins; ALTER TABLE parted RENAME TO user_logins;
         CREATE TABLE one PARTITION OF user_logins FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
        "ALTER TABLE user_logins RENAME TO held; CREATE VIEW user_logins AS SELECT * FROM held",
    ] {
        let scratch = Scratch::with(sql);
        assert_eq!(findings(&scratch), [], "{sql}");
        let (outcomes, _) = commit(&mut scratch.store(), logins(1..=3));
        assert_eq!(tally(&outcomes), [("inserted".to_owned(), 3)], "{sql}");
    }
}

#[test]
fn a_database_without_unicode_is_told() {
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let scratch =
            Scratch::empty(&format!("TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"));
        scratch.init_db();
        let [(weight, text)] = &findings(&scratch)[..] else { panic!("{encoding}") };
        assert_eq!(*weight, Weight::RefusesSome);
        assert!(text.contains(encoding), "{text}");
    }
}

#[test]
fn init_db_does_well_for_a_role_that_may_create_nothing_where_all_tables_are_ready() {
    let mut scratch = Scratch::with("");
    let (role, url) = scratch.role("drain");
    let all = "user_logins, login_drain_ledger, login_drain_rejects, login_drain_runs";
    scratch.run(&format!("GRANT ALL ON {all} TO {role}"));
    let judged = schema::create(&mut scratch.session(&url), expected()).unwrap();
    assert_eq!(judged.judgement.findings, []);
    scratch.run("DROP TABLE login_drain_runs");
    let failure = schema::create(&mut scratch.session(&url), expected()).err().unwrap();
    assert!(failure.text.contains("may create none there"), "{failure}");
}

#[test]
fn each_missing_right_is_told_with_its_grant() {
    let mut scratch = Scratch::with("");
    let (_, url) = scratch.role("drain");
    let judged = |scratch: &Scratch| schema::judge(&mut scratch.session(&url), expected()).unwrap().judgement;
    let found = judged(&scratch);
    assert_eq!(found.worst(), Some(Weight::RefusesAll));
    for finding in &found.findings {
        scratch.run(finding.cure.as_ref().unwrap_or_else(|| panic!("{finding}")));
    }
    assert_eq!(judged(&scratch).findings, []);
    let (outcomes, _) = commit(&mut scratch.store_as(&url), logins(1..=3));
    assert_eq!(tally(&outcomes), [("inserted".to_owned(), 3)]);
}

#[test]
fn a_role_without_pl_pgsql_is_told_and_its_refused_logins_are_found_all_the_same() {
    let mut scratch = Scratch::empty("");
    scratch.init_db();
    scratch.run(
        "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
         ALTER TABLE user_logins ADD CONSTRAINT odd CHECK (user_id NOT IN ('user-3', 'user-7'))",
    );
    let (role, url) = scratch.role("drain");
    scratch.run(&format!("GRANT ALL ON ALL TABLES IN SCHEMA {} TO {role}", scratch.schema()));
    let judged = schema::judge(&mut scratch.session(&url), expected()).unwrap();
    let cure = format!("GRANT USAGE ON LANGUAGE plpgsql TO \"{role}\"");
    assert!(judged.judgement.findings.iter().any(|finding| finding.cure.as_ref() == Some(&cure)));
    let (outcomes, _) = commit(&mut scratch.store_as(&url), logins(1..=10));
    let refused = "refused_by_database: SQLSTATE 23514, table user_logins, constraint odd";
    assert_eq!(tally(&outcomes), [("inserted".to_owned(), 8), (refused.to_owned(), 2)]);
    assert_eq!(scratch.counts(), ["8", "8", "2"]);
}

#[test]
fn a_schema_that_this_role_may_not_use_is_told_and_no_second_table_is_made() {
    let mut scratch = Scratch::empty("");
    let (role, url) = scratch.role("drain");
    scratch.run(&format!(
        "CREATE SCHEMA app; CREATE TABLE app.user_logins (user_id text);
         GRANT ALL ON SCHEMA public TO {role}; ALTER ROLE {role} SET search_path = app, public"
    ));
    let told = format!("GRANT USAGE ON SCHEMA \"app\" TO \"{role}\"");
    let failure = schema::create(&mut scratch.session(&url), expected()).err().unwrap();
    assert!(failure.text.contains(&told), "{failure}");
    let judged = schema::judge(&mut scratch.session(&url), expected()).unwrap();
    assert!(judged.tables.is_none() && judged.judgement.findings[0].text.contains(&told));
    assert_eq!(scratch.rows("SELECT to_regclass('public.user_logins') IS NULL"), ["t"]);
}

#[test]
fn what_bears_the_name_of_the_table_and_is_none_is_told_and_nothing_is_made() {
    for (sql, kind) in [
        ("MATERIALIZED VIEW user_logins AS SELECT 1", "a materialized view"),
        ("SEQUENCE user_logins", "a sequence"),
        ("TYPE user_logins AS (a integer)", "a type"),
        ("TYPE user_logins AS ENUM ('a')", "a type"),
        ("TABLE other (a integer); CREATE INDEX user_logins ON other (a)", "an index"),
    ] {
        let scratch = Scratch::empty("");
        scratch.run(&format!("CREATE {sql}"));
        let told = format!("user_logins is {kind}, and login-drain needs a table of that name");
        let failure = schema::create(&mut scratch.session(&scratch.url()), expected()).err().unwrap();
        assert!(failure.text.contains(&told), "{failure}");
        let text = &findings(&scratch)[0].1;
        assert!(text.contains(&told), "{text}");
    }
}

#[test]
fn tables_that_belong_to_somebody_strange_are_told() {
    let mut scratch = Scratch::with("");
    let (role, _) = scratch.role("stranger");
    let (drain, url) = scratch.role("drain");
    scratch.run(&format!(
        "ALTER TABLE login_drain_ledger OWNER TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA {} TO {drain}",
        scratch.schema()
    ));
    let told = format!(
        "table login_drain_ledger belongs to {role}, who could run code with the rights of this user"
    );
    for url in [url, scratch.url()] {
        let judged = schema::judge(&mut scratch.session(&url), expected()).unwrap();
        let texts: Vec<String> = judged.judgement.findings.iter().map(ToString::to_string).collect();
        assert_eq!(texts, [told.as_str()]);
    }
}
