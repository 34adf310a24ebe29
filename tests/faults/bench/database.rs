//! One private database: made for a scene, dropped with it, asked what it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use postgres::config::Host;
use postgres::{Client, Config, NoTls};

const TABLES: [&str; 3] = [
    include_str!("../../../sql/001_user_logins.sql"),
    include_str!("../../../sql/002_login_drain_ledger.sql"),
    include_str!("../../../sql/003_login_drain_rejects.sql"),
];

pub struct Database {
    server: Config,
    name: String,
}

fn test_server() -> Config {
    let url = std::env::var("LOGIN_DRAIN_TEST_DATABASE_URL")
        .expect("LOGIN_DRAIN_TEST_DATABASE_URL is not set: run `scripts/test`");
    Config::from_str(&url).expect("LOGIN_DRAIN_TEST_DATABASE_URL is a PostgreSQL URL")
}

impl Database {
    pub fn create() -> Database {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let database =
            Database { server: test_server(), name: format!("faults_{}_{number}", std::process::id()) };
        database.on_server(&format!("CREATE DATABASE {}", database.name));
        database.run(&TABLES.join("\n"));
        database
    }

    pub fn host(&self) -> &str {
        match self.server.get_hosts().first() {
            Some(Host::Tcp(host)) => host,
            _ => panic!("LOGIN_DRAIN_TEST_DATABASE_URL must name a TCP host"),
        }
    }

    pub fn port(&self) -> u16 {
        self.server.get_ports().first().copied().unwrap_or(5432)
    }

    /// The URL for the program; `port` is the server's own or a proxy's.
    pub fn url(&self, port: u16) -> String {
        let user = self.server.get_user().unwrap_or("postgres");
        let password =
            self.server.get_password().map(|secret| format!(":{}", String::from_utf8_lossy(secret)));
        let host = if port == self.port() { self.host() } else { "127.0.0.1" };
        format!("postgres://{user}{}@{host}:{port}/{}", password.unwrap_or_default(), self.name)
    }

    pub fn connect(&self) -> Client {
        self.server.clone().dbname(&self.name).connect(NoTls).expect("the test database answers")
    }

    /// Runs statements in the database of the scene.
    pub fn run(&self, sql: &str) {
        self.connect().batch_execute(sql).unwrap();
    }

    /// Runs one statement outside of it.
    pub fn on_server(&self, sql: &str) {
        self.server.connect(NoTls).expect("the test server answers").batch_execute(sql).unwrap();
    }

    /// Ends every other connection to the database; returns how many there were.
    pub fn cut_connections(&self) -> i64 {
        let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.connect().query_one(sql, &[]).unwrap().get(0)
    }

    pub fn count(&self, table: &str) -> usize {
        let row = self.connect().query_one(&format!("SELECT count(*) FROM {table}"), &[]).unwrap();
        usize::try_from(row.get::<_, i64>(0)).unwrap()
    }

    /// How often each user_id stands in the rows.
    pub fn rows_by_user(&self) -> BTreeMap<String, i64> {
        let sql = "SELECT user_id, count(*) FROM user_logins GROUP BY user_id";
        self.connect().query(sql, &[]).unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// The message ids of the ledger or of the rejects, as text.
    pub fn message_ids(&self, table: &str) -> BTreeSet<String> {
        let sql = format!("SELECT message_id::text FROM {table}");
        self.connect().query(&sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// The user_ids in the order in which their rows were written.
    pub fn users_in_order(&self) -> Vec<String> {
        let sql = "SELECT user_id FROM user_logins ORDER BY ctid";
        self.connect().query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
    }

    pub fn deadlocks(&self) -> i64 {
        let sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        self.connect().query_one(sql, &[]).unwrap().get(0)
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
        self.on_server(&format!(
            "ALTER DATABASE {} SET default_transaction_read_only = {read_only}",
            self.name
        ));
    }

    /// Every row of every table, as text.
    pub fn dump(&self) -> String {
        let mut client = self.connect();
        let mut dump = String::new();
        for table in ["user_logins", "login_drain_ledger", "login_drain_rejects"] {
            let rows = client.query(&format!("SELECT row_to_json({table})::text FROM {table}"), &[]).unwrap();
            rows.iter().for_each(|row| dump += row.get::<_, &str>(0));
        }
        dump
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(mut server) = self.server.connect(NoTls) {
            let _ = server.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}
