//! A test's own schema in the test database, and looks into it.

use std::cell::RefCell;
use std::process::Command;

use postgres::config::Host;
use postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::surroundings::{database_url, fresh_name, postgres_program};

pub struct Database {
    schema: String,
    client: RefCell<Client>,
    roles: RefCell<Vec<String>>,
    databases: RefCell<Vec<String>>,
}

/// The password of every role that a test makes. No output may hold it.
pub const PASSWORD: &str = "role-password-marker";

impl Database {
    pub fn fresh() -> Database {
        let schema = fresh_name("schema");
        let mut client = Client::connect(&database_url(), NoTls).unwrap();
        client.batch_execute(&format!("CREATE SCHEMA {schema}; SET search_path = {schema}")).unwrap();
        Database {
            schema,
            client: RefCell::new(client),
            roles: RefCell::default(),
            databases: RefCell::default(),
        }
    }

    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// A URL whose search_path is the test's own schema.
    pub fn url(&self) -> String {
        self.in_schema(&database_url())
    }

    fn in_schema(&self, url: &str) -> String {
        let joint = if url.contains('?') { '&' } else { '?' };
        format!("{url}{joint}options=-c%20search_path%3D{}", self.schema)
    }

    /// `127.0.0.1`, the port and the name of the database, as the program's messages tell them.
    pub fn place(&self, user: &str) -> String {
        let (host, port, name) = address();
        format!("host {host} port {port} database {name} user {user}")
    }

    pub fn user(&self) -> String {
        config().get_user().unwrap_or("postgres").to_owned()
    }

    pub fn password(&self) -> String {
        config()
            .get_password()
            .map(|password| String::from_utf8(password.to_vec()).unwrap())
            .unwrap_or_default()
    }

    /// A role that may use the schema and nothing in it, and the URL with which it logs in.
    pub fn role(&self) -> (String, String) {
        let role = fresh_name("role");
        self.run(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; GRANT USAGE ON SCHEMA {} TO {role}",
            self.schema
        ));
        self.roles.borrow_mut().push(role.clone());
        let (host, port, name) = address();
        let url = self.in_schema(&format!("postgres://{role}:{PASSWORD}@{host}:{port}/{name}"));
        (role, url)
    }

    /// A database of another encoding, and the URL of it.
    pub fn in_encoding(&self, encoding: &str) -> (Client, String) {
        let name = fresh_name("database");
        self.run(&format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        ));
        self.databases.borrow_mut().push(name.clone());
        let url = database_url().replace(&format!("/{}", address().2), &format!("/{name}"));
        (Client::connect(&url, NoTls).unwrap(), url)
    }

    pub fn run(&self, sql: &str) {
        self.client.borrow_mut().batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// Rows as psql would show them without decoration: columns joined by `|`, NULL as `~`.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let messages = self.client.borrow_mut().simple_query(sql).unwrap();
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        rows.map(|row| {
            (0..row.len()).map(|place| row.get(place).unwrap_or("~")).collect::<Vec<_>>().join("|")
        })
        .collect()
    }

    pub fn count(&self, table: &str) -> usize {
        self.rows(&format!("SELECT count(*) FROM {table}"))[0].parse().unwrap()
    }

    /// `[logins, ledger entries, rejects]`
    pub fn counts(&self) -> [usize; 3] {
        ["user_logins", "login_drain_ledger", "login_drain_rejects"].map(|table| self.count(table))
    }

    /// Every object and row of the schema, as pg_dump writes them.
    pub fn dump(&self) -> String {
        self.dump_with(&[])
    }

    /// Every object of one table, without rows.
    pub fn definition_of(&self, table: &str) -> String {
        self.dump_with(&["--schema-only", "-t", &format!("{}.{table}", self.schema)])
    }

    fn dump_with(&self, flags: &[&str]) -> String {
        let mut command = Command::new(postgres_program("pg_dump"));
        command.args(["-n", &self.schema, "-d", &database_url()]).args(flags);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        // A dump is fenced by a random word since PostgreSQL 15.14.
        let dump = String::from_utf8(output.stdout).unwrap();
        dump.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let mut sql = format!("DROP SCHEMA {} CASCADE;", self.schema);
        for role in self.roles.borrow().iter() {
            sql += &format!("DROP OWNED BY {role}; DROP ROLE {role};");
        }
        for database in self.databases.borrow().iter() {
            let _ = self.client.get_mut().batch_execute(&format!("DROP DATABASE {database} WITH (FORCE)"));
        }
        // What a failed test leaves behind goes with the server.
        let _ = self.client.get_mut().batch_execute(&sql);
    }
}

fn config() -> Config {
    database_url().parse().unwrap()
}

fn address() -> (String, u16, String) {
    let config = config();
    let host = match config.get_hosts() {
        [Host::Tcp(name)] => name.clone(),
        other => panic!("one TCP host in LOGIN_DRAIN_TEST_DATABASE_URL, not {other:?}"),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    (host, port, config.get_dbname().unwrap_or_default().to_owned())
}
