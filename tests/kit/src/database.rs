//! What a test has for itself in PostgreSQL: a schema of the test database or a database, and looks into it.

mod psql;
mod troubles;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use postgres::config::Host;
use postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::surroundings::{database_url, fresh_name, postgres_program};

pub struct Database {
    server: Config,
    name: String,
    schema: String,
    client: Mutex<Client>,
    roles: Mutex<Vec<String>>,
    databases: Mutex<Vec<String>>,
}

/// The password of every role that a test makes. No output may hold it.
pub const PASSWORD: &str = "role-password-marker";

impl Database {
    /// A schema of the test database.
    pub fn with_own_schema() -> Database {
        let server = server();
        let database =
            Database::open(&server, server.get_dbname().unwrap_or_default().to_owned(), fresh_name("schema"));
        database.run(&format!("CREATE SCHEMA {0}; SET search_path = {0}", database.schema));
        database
    }

    /// A whole database, for tests that cut off everyone in it, or change its settings.
    pub fn whole() -> Database {
        let (server, name) = (server(), fresh_name("database"));
        server.connect(NoTls).unwrap().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        let database = Database::open(&server, name.clone(), "public".to_owned());
        database.databases.lock().unwrap().push(name);
        database
    }

    fn open(server: &Config, name: String, schema: String) -> Database {
        Database {
            client: Mutex::new(server.clone().dbname(&name).connect(NoTls).expect("the test server answers")),
            server: server.clone(),
            name,
            schema,
            roles: Mutex::default(),
            databases: Mutex::default(),
        }
    }

    pub fn schema(&self) -> &str {
        &self.schema
    }

    pub fn host(&self) -> &str {
        match self.server.get_hosts() {
            [Host::Tcp(name)] => name,
            other => panic!("one TCP host in LOGIN_DRAIN_TEST_DATABASE_URL, not {other:?}"),
        }
    }

    pub fn port(&self) -> u16 {
        self.server.get_ports().first().copied().unwrap_or(5432)
    }

    pub fn user(&self) -> String {
        self.server.get_user().unwrap_or("postgres").to_owned()
    }

    pub fn password(&self) -> String {
        String::from_utf8(self.server.get_password().unwrap_or_default().to_vec()).unwrap()
    }

    /// A URL whose search_path is the test's own schema.
    pub fn url(&self) -> String {
        self.url_of(&self.login(), self.host(), self.port())
    }

    /// The same by way of a proxy on this port of 127.0.0.1.
    pub fn url_through(&self, port: u16) -> String {
        self.url_of(&self.login(), "127.0.0.1", port)
    }

    /// The same as another role, on a server that trusts.
    pub fn url_as(&self, role: &str) -> String {
        self.url_of(role, self.host(), self.port())
    }

    fn login(&self) -> String {
        match self.password() {
            password if password.is_empty() => self.user(),
            password => format!("{}:{password}", self.user()),
        }
    }

    fn url_of(&self, login: &str, host: &str, port: u16) -> String {
        format!("postgres://{login}@{host}:{port}/{}?options=-c%20search_path%3D{}", self.name, self.schema)
    }

    /// Host, port, database and user, as the program's messages tell them.
    pub fn place(&self, user: &str) -> String {
        format!("host {} port {} database {} user {user}", self.host(), self.port(), self.name)
    }

    /// A role that may use the schema and nothing in it, and the URL with which it logs in.
    pub fn role(&self) -> (String, String) {
        let role = fresh_name("role");
        self.run(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; GRANT USAGE ON SCHEMA {} TO {role}",
            self.schema
        ));
        self.roles.lock().unwrap().push(role.clone());
        let url = self.url_of(&format!("{role}:{PASSWORD}"), self.host(), self.port());
        (role, url)
    }

    /// A database of another encoding, and the URL of it.
    pub fn in_encoding(&self, encoding: &str) -> (Client, String) {
        let name = fresh_name("database");
        self.run(&format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        ));
        self.databases.lock().unwrap().push(name.clone());
        let url = format!("postgres://{}@{}:{}/{name}", self.login(), self.host(), self.port());
        (Client::connect(&url, NoTls).unwrap(), url)
    }

    /// A test that panicked while it asked leaves a client that still answers.
    fn client(&self) -> MutexGuard<'_, Client> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn run(&self, sql: &str) {
        self.client().batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// Rows as psql would show them without decoration: columns joined by `|`, NULL as `~`.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let messages = self.client().simple_query(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        rows.map(|row| {
            (0..row.len()).map(|place| row.get(place).unwrap_or("~")).collect::<Vec<_>>().join("|")
        })
        .collect()
    }

    /// The only row, written as `rows` writes it.
    pub fn row(&self, sql: &str) -> String {
        let rows = self.rows(sql);
        assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
        rows[0].clone()
    }

    pub fn count(&self, table: &str) -> usize {
        self.row(&format!("SELECT count(*) FROM {table}")).parse().unwrap()
    }

    /// `[logins, ledger entries, rejects]`
    pub fn counts(&self) -> [usize; 3] {
        ["user_logins", "login_drain_ledger", "login_drain_rejects"].map(|table| self.count(table))
    }

    /// How often each user_id stands in the rows.
    pub fn rows_by_user(&self) -> BTreeMap<String, i64> {
        let sql = "SELECT user_id, count(*) FROM user_logins GROUP BY user_id";
        self.client().query(sql, &[]).unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Every object and row of the schema, as pg_dump writes them.
    pub fn dump(&self) -> String {
        self.dump_with(&[])
    }

    /// Every row of the schema, likewise.
    pub fn data(&self) -> String {
        self.dump_with(&["--data-only"])
    }

    /// Every object of one table, without rows.
    pub fn definition_of(&self, table: &str) -> String {
        self.dump_with(&["--schema-only", "-t", &format!("{}.{table}", self.schema)])
    }

    fn dump_with(&self, flags: &[&str]) -> String {
        let mut command = postgres_program("pg_dump");
        command.args(["-n", &self.schema, "-d", &self.url()]).args(flags);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        // A dump is fenced by a random word since PostgreSQL 15.14.
        let dump = String::from_utf8(output.stdout).unwrap();
        dump.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Database {
    /// What a failed test leaves behind goes with the server.
    fn drop(&mut self) {
        let roles = self.roles.get_mut().unwrap_or_else(PoisonError::into_inner);
        let roles = roles.iter().map(|role| format!("DROP OWNED BY {role}; DROP ROLE {role};"));
        let schema = format!("SET client_min_messages = warning; DROP SCHEMA {} CASCADE;", self.schema);
        let sql: String = std::iter::once(schema).chain(roles).collect();
        // A database of our own goes whole, with whoever still holds a lock in it.
        if self.schema != "public" {
            let _ = self.client().batch_execute(&sql);
        }
        let databases = self.databases.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Ok(mut server) = self.server.connect(NoTls) else { return };
        for database in databases.iter() {
            let _ = server.batch_execute(&format!("DROP DATABASE {database} WITH (FORCE)"));
        }
    }
}

fn server() -> Config {
    database_url().parse().expect("LOGIN_DRAIN_TEST_DATABASE_URL is a PostgreSQL URL")
}
