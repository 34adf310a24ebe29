//! What other roles have left in the database: none of it is ever called.

use super::scratch::{Scratch, batch, changed, commit, expected, logins, prune};
use crate::batch::Batch;
use crate::batch::samples::delivery;
use crate::postgres::exclusive_lock::ExclusiveLock;
use crate::postgres::schema;
use crate::store::Ledger;

/// What a role that may create in `public` makes of the names that statements are likely to use: each makes its
/// caller a witness.
const TRAPS: &str = "
    CREATE SEQUENCE public.called;
    GRANT ALL ON SEQUENCE public.called TO PUBLIC;
    CREATE FUNCTION public.trap() RETURNS bool LANGUAGE sql AS $$ SELECT pg_catalog.nextval('public.called') IS NOT NULL $$;
    CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS
        $$ SELECT pg_catalog.unnest($1) WHERE public.trap() $$;
    CREATE FUNCTION public.unnest(uuid[]) RETURNS SETOF uuid LANGUAGE sql AS
        $$ SELECT pg_catalog.unnest($1) WHERE public.trap() $$;
    CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS
        $$ SELECT pg_catalog.now() WHERE public.trap() $$;
    CREATE FUNCTION public.concat(text, text) RETURNS text LANGUAGE sql AS $$ SELECT $1 WHERE public.trap() $$;
    CREATE FUNCTION public.set_config(text, text, bool) RETURNS text LANGUAGE sql AS
        $$ SELECT $2 WHERE public.trap() $$;
    CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT $1 WHERE public.trap() $$;
    CREATE FUNCTION public.has_table_privilege(oid, text) RETURNS bool LANGUAGE sql AS
        $$ SELECT public.trap() $$;
    CREATE FUNCTION public.to_regclass(text) RETURNS regclass LANGUAGE sql AS
        $$ SELECT NULL::regclass WHERE public.trap() $$;
    CREATE FUNCTION public.json_to_recordset(json) RETURNS SETOF record LANGUAGE sql AS
        $$ SELECT 1 WHERE public.trap() $$;
    CREATE FUNCTION public.make_interval(integer) RETURNS interval LANGUAGE sql AS
        $$ SELECT '0'::interval WHERE public.trap() $$;
    CREATE FUNCTION public.oid_is(oid, regclass) RETURNS bool LANGUAGE sql AS $$ SELECT public.trap() $$;
    CREATE FUNCTION public.text_is(text, text) RETURNS bool LANGUAGE sql AS $$ SELECT public.trap() $$;
    CREATE FUNCTION public.uuid_is(uuid, uuid) RETURNS bool LANGUAGE sql AS $$ SELECT public.trap() $$;
    CREATE FUNCTION public.name_is(name, name) RETURNS bool LANGUAGE sql AS $$ SELECT public.trap() $$;
    CREATE FUNCTION public.name_is(name, text) RETURNS bool LANGUAGE sql AS $$ SELECT public.trap() $$;
    CREATE FUNCTION public.joined(text, text) RETURNS text LANGUAGE sql AS $$ SELECT $1 WHERE public.trap() $$;
    CREATE FUNCTION public.before(timestamptz, timestamptz) RETURNS bool LANGUAGE sql AS
        $$ SELECT public.trap() $$;
    CREATE FUNCTION public.number_is(bigint, integer) RETURNS bool LANGUAGE sql AS $$ SELECT public.trap() $$;
    CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = regclass, FUNCTION = public.oid_is);
    CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.text_is);
    CREATE OPERATOR public.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = public.uuid_is);
    CREATE OPERATOR public.= (LEFTARG = name, RIGHTARG = name, FUNCTION = public.name_is);
    CREATE OPERATOR public.= (LEFTARG = name, RIGHTARG = text, FUNCTION = public.name_is);
    CREATE OPERATOR public.= (LEFTARG = bigint, RIGHTARG = integer, FUNCTION = public.number_is);
    CREATE OPERATOR public.> (LEFTARG = bigint, RIGHTARG = integer, FUNCTION = public.number_is);
    CREATE OPERATOR public.< (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = public.before);
    CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = public.joined);";

fn trapped() -> Scratch {
    let scratch = Scratch::empty("");
    scratch.run(TRAPS);
    // Where the server's own schema comes last, every name of a stranger's comes first.
    let name = scratch.rows("SELECT current_database()").remove(0);
    scratch.run(&format!("ALTER DATABASE {name} SET search_path = public, pg_catalog"));
    scratch
}

#[test]
fn the_traps_work() {
    let scratch = trapped();
    scratch.rows("SELECT public.unnest(ARRAY['a']), 'a'::text = 'a'::text");
    assert_ne!(scratch.rows("SELECT is_called FROM public.called"), ["f"]);
}

#[test]
fn nothing_that_another_role_made_is_called_by_anything_that_the_program_does() {
    let scratch = trapped();
    scratch.init_db();
    scratch.judged();
    let mut store = scratch.store();
    commit(&mut store, batch([changed(1, &[]), delivery(2, "rogue")]));
    commit(&mut store, logins([1, 2]));
    store.known(&[(super::scratch::id(1), None)]).unwrap();
    scratch
        .run("ALTER TABLE user_logins ADD CONSTRAINT odd CHECK (user_id OPERATOR(pg_catalog.<>) 'user-3')");
    commit(&mut store, logins([3, 4]));
    let (_, deferred) = commit(&mut store, logins([3]));
    commit(&mut store, Batch::of_second_tries(deferred));
    store.newest_runs("queue", 10).unwrap();
    prune(&mut store);
    let lock = ExclusiveLock::take(scratch.session(&scratch.url()), "queue").unwrap();
    assert!(matches!(lock, ExclusiveLock::Held { .. }));
    assert_eq!(scratch.rows("SELECT is_called FROM public.called"), ["f"]);
    assert_eq!(scratch.counts(), ["3", "3", "1"]);
}

#[test]
fn a_temporary_table_or_the_search_path_of_a_poolers_other_client_gets_no_login() {
    let scratch = Scratch::empty("");
    scratch.init_db();
    scratch.run("CREATE SCHEMA staging; CREATE TABLE staging.user_logins (LIKE user_logins)");
    let mut session = scratch.session(&scratch.url());
    session
        .open()
        .unwrap()
        .run("leaving things behind", |client| {
            client.batch_execute(
                "SET search_path = staging, public; CREATE TEMPORARY TABLE user_logins (LIKE public.user_logins)",
            )
        })
        .unwrap();
    let judged = schema::judge(&mut session, expected()).unwrap();
    assert_eq!(judged.tables.unwrap().schema, "public");
}

#[test]
fn the_tables_are_found_by_the_search_path_and_beside_user_logins() {
    let mut scratch = Scratch::empty("");
    let (role, url) = scratch.role("drain");
    scratch.run(&format!(
        r#"CREATE SCHEMA "odd $one_by_one$ ""name" AUTHORIZATION {role};
        CREATE TABLE "odd $one_by_one$ ""name".user_logins (user_id text, device_type text, masked_ip text,
            masked_device_id text, locale text, app_version integer, create_date date);
        ALTER TABLE "odd $one_by_one$ ""name".user_logins OWNER TO {role};
        ALTER ROLE {role} SET search_path = "odd $one_by_one$ ""name", public"#
    ));
    schema::create(&mut scratch.session(&url), expected()).unwrap();
    let mut store = scratch.store_as(&url);
    commit(&mut store, logins([1, 2]));
    scratch.run(r#"ALTER TABLE "odd $one_by_one$ ""name".user_logins ADD CHECK (user_id <> 'user-3')"#);
    let (outcomes, _) = commit(&mut store, logins([3, 4]));
    assert!(outcomes[0].starts_with("refused") && outcomes[1] == "inserted", "{outcomes:?}");
    prune(&mut store);
    assert_eq!(scratch.rows(r#"SELECT count(*) FROM "odd $one_by_one$ ""name".login_drain_ledger"#), ["3"]);
    assert_eq!(scratch.rows("SELECT to_regclass('public.login_drain_ledger') IS NULL"), ["t"]);
}

#[test]
fn triggers_of_the_table_keep_the_search_path_that_they_rely_on() {
    let scratch = Scratch::with(
        "CREATE TABLE audit (who text);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO audit VALUES (NEW.user_id); RETURN NEW; END $$;
         CREATE TRIGGER note AFTER INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION note()",
    );
    assert_eq!(commit(&mut scratch.store(), logins([1])).0, ["inserted"]);
    assert_eq!(scratch.rows("SELECT who FROM audit"), ["user-1"]);
}
