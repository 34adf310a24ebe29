//! What goes wrong in a database when a test says so.

use super::Database;

impl Database {
    /// Ends every other connection to the database; returns how many there were.
    pub fn cut_connections(&self) -> i64 {
        let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.client().query_one(sql, &[]).unwrap().get(0)
    }

    pub fn deadlocks(&self) -> i64 {
        let sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        self.client().query_one(sql, &[]).unwrap().get(0)
    }

    /// Each insert into user_logins takes this many seconds longer, until the trigger `slow` is dropped.
    pub fn slow_down_inserts(&self, seconds: &str) {
        self.run(&format!(
            "CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END';
             CREATE TRIGGER slow AFTER INSERT ON user_logins EXECUTE FUNCTION sleep()"
        ));
    }

    /// The first `times` inserts into user_logins fail with this SQLSTATE.
    pub fn fail_inserts(&self, code: &str, times: u32) {
        self.run(&format!(
            "CREATE SEQUENCE tries;
             CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN
                     IF nextval('tries') <= {times} THEN
                         RAISE EXCEPTION 'told to fail' USING ERRCODE = '{code}';
                     END IF;
                     RETURN NULL;
                 END $$;
             CREATE TRIGGER fail BEFORE INSERT ON user_logins EXECUTE FUNCTION fail()"
        ));
    }

    /// For connections made from now on, as after a failover.
    pub fn set_read_only(&self, read_only: bool) {
        self.run(&format!("ALTER DATABASE {} SET default_transaction_read_only = {read_only}", self.name));
    }
}
