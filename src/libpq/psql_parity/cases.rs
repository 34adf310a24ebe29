//! The table of settings that psql and this library are both asked to connect with.

/// Words in braces stand for ports and files that each run makes anew.
pub struct Case {
    pub url: &'static str,
    /// `KEY=value` words.
    pub environment: &'static str,
    pub expected: Expected,
}

#[derive(Debug)]
pub enum Expected {
    /// Both get this session.
    Session(&'static str),
    /// Both are refused, by the server or by their own check.
    Refused,
    /// We connect and psql will not, for this reason.
    Kinder(#[allow(dead_code, reason = "read by people")] &'static str),
    /// psql connects and we will not, for this reason.
    Stricter(#[allow(dead_code, reason = "read by people")] &'static str),
}

use Expected::{Kinder, Refused, Session, Stricter};

const TLS: Expected = Session("drain logins \"$user\", public login-drain recovery=false tls=true");
const PLAIN: Expected = Session("drain logins \"$user\", public login-drain recovery=false tls=false");
const STANDBY: Expected = Session("drain logins \"$user\", public login-drain recovery=true tls=false");
const ODD: Expected = Session("odd logins \"$user\", public login-drain recovery=false tls=true");
const CERTIFIED: Expected = Session("certified logins \"$user\", public login-drain recovery=false tls=true");
const TLS_ONLY: Expected = Session("tls_only logins \"$user\", public login-drain recovery=false tls=true");
const PLAIN_ONLY: Expected =
    Session("plain_only logins \"$user\", public login-drain recovery=false tls=false");

const fn case(url: &'static str, environment: &'static str, expected: Expected) -> Case {
    Case { url, environment, expected }
}

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    // URLs and strings.
    case("postgresql://drain:right@127.0.0.1:{port}/logins", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins", "", TLS),
    case("postgres://drain:r%69ght@127.0.0.1:{port}/logins", "", TLS),
    case("postgres://drain:right@/logins?host=127.0.0.1&port={port}", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins?ssl=true", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port}", "", Session("drain drain \"$user\", public login-drain recovery=false tls=true")),
    case("host=127.0.0.1 port={port} user=drain password=right dbname=logins", "", TLS),
    case("host = '127.0.0.1' port= {port} user =drain password='right' dbname=logins", "", TLS),
    case("host=wrong.invalid host=127.0.0.1 port={port} user=drain password=right dbname=logins", "", TLS),
    case(r"host=127.0.0.1 port={port} user=odd password='it\'s @/:% \\ two' dbname=logins", "", ODD),
    case(r"host=127.0.0.1 port={port} user=odd password=it\'s\ @/:%\ \\\ two dbname=logins", "", ODD),
    case("postgres://odd:it's%20%40%2F%3A%25%20%5C%20two@127.0.0.1:{port}/logins", "", ODD),
    case("postgres://drain:right@127.0.0.1:{port}/logins?application_name=a%20b&options=-csearch_path%3Dx", "", Session("drain logins x a b recovery=false tls=true")),
    case("host=127.0.0.1 port={port} user=drain password=right dbname=logins options='-c search_path=x' fallback_application_name=fall application_name=set", "", Session("drain logins x set recovery=false tls=true")),
    case("postgres://drain:right@127.0.0.1:{port}/logins?hots=x", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?application_name", "", Refused),
    case("postgres://drain:r%ght@127.0.0.1:{port}/logins", "", Refused),
    case("host=127.0.0.1 port={port} user=drain password='right dbname=logins", "", Refused),
    case("host=127.0.0.1 port={port} user=drain password=right logins", "", Refused),
    case("host=127.0.0.1 port=port user=drain password=right dbname=logins", "", Refused),
    case("host=127.0.0.1 port=65536 user=drain password=right dbname=logins", "", Refused),
    case("postgres://drain:wrong@127.0.0.1:{port}/logins", "", Refused),
    case("postgres://drain@127.0.0.1:{port}/logins", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/missing", "", Refused),
    case("postgres://nobody:right@127.0.0.1:{port}/logins", "", Refused),
    case("postgres://drain:right@127.0.0.1:{closed}/logins", "", Refused),
    case("postgres://md5_user:right@127.0.0.1:{port}/logins?application_name=x", "", Session("md5_user logins \"$user\", public x recovery=false tls=true")),
    case("postgres://cleartext_user:right@127.0.0.1:{port}/logins?application_name=x", "", Session("cleartext_user logins \"$user\", public x recovery=false tls=true")),
    case("postgres://drain:right@127.0.0.1:{port}/logins?connect_timeout=soon", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?connect_timeout=3&keepalives=1&keepalives_idle=5&keepalives_interval=5&keepalives_count=2&tcp_user_timeout=10000", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins?client_encoding=utf8&gssencmode=disable", "", TLS),
    // Environment.
    case("", "PGHOST=127.0.0.1 PGPORT={port} PGUSER=drain PGPASSWORD=right PGDATABASE=logins", TLS),
    case("", "PGHOSTADDR=127.0.0.1 PGPORT={port} PGUSER=drain PGPASSWORD=right PGDATABASE=logins", TLS),
    case("postgres://drain@127.0.0.1/logins", "PGHOST=wrong.invalid PGUSER=wrong PGDATABASE=wrong PGPORT={port} PGPASSWORD=right", TLS),
    case("dbname=logins", "PGHOST=127.0.0.1 PGPORT={port} PGUSER=drain PGPASSWORD=right PGAPPNAME=cron PGOPTIONS=-csearch_path=x", Session("drain logins x cron recovery=false tls=true")),
    case("dbname=''", "PGHOST=127.0.0.1 PGPORT={port} PGUSER=drain PGPASSWORD=right PGDATABASE=logins", Session("drain drain \"$user\", public login-drain recovery=false tls=true")),
    case("dbname=logins", "PGHOST=127.0.0.1 PGPORT={port} PGUSER=drain PGPASSWORD=right PGSSLMODE=disable", PLAIN),
    case("dbname=logins", "PGHOST=127.0.0.1 PGPORT={port} PGUSER=drain PGPASSWORD=right PGSSLMODE=maybe", Refused),
    case("dbname=logins", "PGHOST=127.0.0.1 PGPORT={port} PGUSER=drain PGPASSWORD=right PGSSLMODE=verify-ca PGSSLROOTCERT={files}/root.crt", TLS),
    case("dbname=logins user=certified", "PGHOST=127.0.0.1 PGPORT={port} PGSSLCERT={files}/client.crt PGSSLKEY={files}/client.key", CERTIFIED),
    case("dbname=logins", "PGHOST=127.0.0.1 PGPORT={port} PGUSER=drain PGPASSWORD=right PGSSLMODE=disable PGCHANNELBINDING=require", Refused),
    case("dbname=logins", "PGHOST=127.0.0.1,127.0.0.1 PGPORT={standby},{port} PGUSER=drain PGPASSWORD=right PGTARGETSESSIONATTRS=read-write", TLS),
    case("dbname=logins", "PGHOST= PGPORT={port} PGHOSTADDR=127.0.0.1 PGUSER=drain PGPASSWORD=right PGPASSFILE=", TLS),
    // Unix socket.
    case("host={socket} port={port} user=drain password=right dbname=logins", "", PLAIN),
    case("postgres:///logins?host={socket}&port={port}&user=drain&password=right&sslmode=verify-full", "", PLAIN),
    case("host={socket} port={closed} user=drain password=right dbname=logins", "", Refused),
    // Password files.
    case("postgres://drain@127.0.0.1:{port}/logins", "HOME={homes}/passfile", TLS),
    case("postgres://drain@127.0.0.1:{port}/logins", "PGPASSFILE={files}/passwords", TLS),
    case("postgres://drain@127.0.0.1:{port}/logins?passfile={files}/passwords", "PGPASSFILE=/nonexistent", TLS),
    case("postgres://drain@127.0.0.1:{port}/drain", "HOME={homes}/passfile", Refused),
    case("postgres://drain@127.0.0.1:{port}/logins", "HOME={homes}/loose", Refused),
    case("postgres://drain:wrong@127.0.0.1:{port}/logins", "HOME={homes}/passfile", Refused),
    case("postgres://drain@127.0.0.1:{port}/logins?password=", "HOME={homes}/passfile PGPASSWORD=wrong", TLS),
    case("postgres://odd@127.0.0.1:{port}/logins", "HOME={homes}/passfile", ODD),
    case("host={socket} port={port} user=drain dbname=logins", "HOME={homes}/passfile", PLAIN),
    case("postgres://tls_only@localhost:{port}/logins", "HOME={homes}/passfile", TLS_ONLY),
    case("host=localhost hostaddr=127.0.0.1 port={port} user=tls_only dbname=logins", "HOME={homes}/passfile", TLS_ONLY),
    case("postgres://tls_only@127.0.0.1:{port}/logins", "HOME={homes}/passfile", Refused),
    // Services.
    case("service=logins", "HOME={homes}/service", PLAIN),
    case("service=logins", "PGSERVICEFILE={files}/services", PLAIN),
    case("", "PGSERVICE=logins PGSERVICEFILE={files}/services PGUSER=wrong", PLAIN),
    case("postgres:///?service=logins&sslmode=require", "HOME={homes}/service", TLS),
    case("service=missing", "HOME={homes}/service", Refused),
    case("service=logins", "PGSERVICEFILE=/nonexistent HOME={homes}/service", Refused),
    case("service=unknown_key", "HOME={homes}/service", Refused),
    case("service=nested", "HOME={homes}/service", Refused),
    case("service=logins", "", Refused),
    // TLS modes.
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=disable", "", PLAIN),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=allow", "", PLAIN),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=prefer", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=require", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=", "", Refused),
    case("postgres://tls_only:right@127.0.0.1:{port}/logins?sslmode=disable", "", Refused),
    case("postgres://tls_only:right@127.0.0.1:{port}/logins?sslmode=allow", "", TLS_ONLY),
    case("postgres://tls_only:right@127.0.0.1:{port}/logins", "", TLS_ONLY),
    case("postgres://plain_only:right@127.0.0.1:{port}/logins", "", PLAIN_ONLY),
    case("postgres://plain_only:right@127.0.0.1:{port}/logins?sslmode=allow", "", PLAIN_ONLY),
    case("postgres://plain_only:right@127.0.0.1:{port}/logins?sslmode=require", "", Refused),
    case("postgres://drain:right@127.0.0.1:{standby}/logins", "", STANDBY),
    case("postgres://drain:right@127.0.0.1:{standby}/logins?sslmode=require", "", Refused),
    // Roots.
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=verify-ca", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=verify-ca", "HOME={homes}/root", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=verify-ca&sslrootcert={files}/root.crt", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=verify-ca&sslrootcert={files}/other.crt", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=verify-ca&sslrootcert={files}/empty.crt", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=verify-full&sslrootcert={files}/root.crt", "", Refused),
    case("postgres://drain:right@localhost:{port}/logins?sslmode=verify-full&sslrootcert={files}/root.crt", "", TLS),
    case("postgres://drain:right@localhost:{port}/logins?sslmode=verify-full&sslrootcert=/nonexistent", "", Refused),
    case("postgres://drain:right@localhost:{port}/logins?sslmode=verify-full&sslrootcert={files}/other.crt", "", Refused),
    case("host=localhost hostaddr=127.0.0.1 port={port} user=drain password=right dbname=logins sslmode=verify-full", "HOME={homes}/root", TLS),
    case("host=db.example hostaddr=127.0.0.1 port={port} user=drain password=right dbname=logins sslmode=verify-full", "HOME={homes}/root", Refused),
    case("host=db.example hostaddr=127.0.0.1 port={port} user=drain password=right dbname=logins sslmode=verify-ca", "HOME={homes}/root", TLS),
    case("hostaddr=127.0.0.1 port={port} user=drain password=right dbname=logins sslmode=verify-full", "HOME={homes}/root", Refused),
    case("hostaddr=127.0.0.1 port={port} user=drain password=right dbname=logins sslmode=verify-ca", "HOME={homes}/root", TLS),
    case("hostaddr=localhost port={port} user=drain password=right dbname=logins", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=require&sslrootcert={files}/root.crt", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=require&sslrootcert={files}/other.crt", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=require&sslrootcert=/nonexistent", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=require", "HOME={homes}/other", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins", "HOME={homes}/root", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins", "HOME={homes}/other", Stricter("prefer does not fall back to plain text after a failed handshake")),
    // Client certificates.
    case("postgres://certified@127.0.0.1:{port}/logins", "HOME={homes}/client", CERTIFIED),
    case("postgres://certified@127.0.0.1:{port}/logins?sslmode=require&sslcert={files}/client.crt&sslkey={files}/client.key", "", CERTIFIED),
    case("postgres://certified@127.0.0.1:{port}/logins?sslmode=require", "", Refused),
    case("postgres://certified@127.0.0.1:{port}/logins?sslmode=require&sslcert=/nonexistent", "", Refused),
    case("postgres://certified@127.0.0.1:{port}/logins?sslmode=require&sslcert={files}/client.crt&sslkey={files}/loose.key", "", Refused),
    case("postgres://certified@127.0.0.1:{port}/logins?sslmode=require&sslcert={files}/client.crt&sslkey={files}/other.key", "", Refused),
    case("postgres://certified@127.0.0.1:{port}/logins?sslmode=require&sslcert={files}/other.crt&sslkey={files}/other.key", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=require&sslcert={files}/other.crt&sslkey={files}/other.key", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=prefer&sslcert={files}/other.crt&sslkey={files}/other.key", "", Refused),
    case("postgres://certified@127.0.0.1:{port}/logins?sslmode=require", "HOME={homes}/keyless", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=require&sslcert={files}/client.crt&sslkey={files}/client.key", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins?sslmode=disable", "HOME={homes}/keyless", PLAIN),
    case("postgres://drain:right@127.0.0.1:{port}/logins", "HOME={homes}/keyless", Stricter("a broken client key is an error even where TLS is only preferred")),
    // Channel binding.
    case("postgres://drain:right@127.0.0.1:{port}/logins?channel_binding=require&sslmode=require", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins?channel_binding=disable", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port}/logins?channel_binding=maybe", "", Refused),
    case("postgres://md5_user:right@127.0.0.1:{port}/logins?channel_binding=require", "", Refused),
    case("postgres://certified@127.0.0.1:{port}/logins?channel_binding=require", "HOME={homes}/client", Refused),
    // Several hosts.
    case("postgres://drain:right@127.0.0.1:{closed},127.0.0.1:{port}/logins", "", TLS),
    case("postgres://drain:right@nowhere.invalid:{port},127.0.0.1:{port}/logins", "", TLS),
    case("postgres://drain:right@127.0.0.1,127.0.0.1/logins?port={port}", "", TLS),
    case("host={files},127.0.0.1 port={port} user=drain password=right dbname=logins", "", TLS),
    case("host=127.0.0.1,127.0.0.1 port={port},{port},{port} user=drain password=right dbname=logins", "", Refused),
    case("host=127.0.0.1,127.0.0.1 hostaddr=127.0.0.1 port={port} user=drain password=right dbname=logins", "", Refused),
    case("postgres://drain:right@127.0.0.1:{standby},127.0.0.1:{port}/logins", "", STANDBY),
    case("postgres://drain:right@127.0.0.1:{standby},127.0.0.1:{port}/logins?target_session_attrs=any", "", STANDBY),
    case("postgres://drain:right@127.0.0.1:{standby},127.0.0.1:{port}/logins?target_session_attrs=read-write", "", TLS),
    case("postgres://drain:right@127.0.0.1:{standby},127.0.0.1:{port}/logins?target_session_attrs=primary", "", TLS),
    case("postgres://drain:right@127.0.0.1:{port},127.0.0.1:{standby}/logins?target_session_attrs=read-only", "", STANDBY),
    case("postgres://drain:right@127.0.0.1:{port},127.0.0.1:{standby}/logins?target_session_attrs=standby", "", STANDBY),
    case("postgres://drain:right@127.0.0.1:{port},127.0.0.1:{standby}/logins?target_session_attrs=prefer-standby", "", STANDBY),
    case("postgres://drain:right@127.0.0.1:{port}/logins?target_session_attrs=prefer-standby", "", TLS),
    case("postgres://drain:right@127.0.0.1:{standby}/logins?target_session_attrs=read-write", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?target_session_attrs=standby", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?target_session_attrs=master", "", Refused),
    case("postgres://drain:right@127.0.0.1:{port}/logins?target_session_attrs=read-only&options=-cdefault_transaction_read_only%3Don", "", TLS),
    // Servers that are not quite there.
    case("postgres://drain:right@127.0.0.1:{starting}/logins", "", Refused),
    case("postgres://drain:right@127.0.0.1:{starting},127.0.0.1:{port}/logins", "", TLS),
    case("postgres://drain:right@127.0.0.1:{closing}/logins", "", Refused),
    case("postgres://drain:right@127.0.0.1:{closing},127.0.0.1:{port}/logins", "", Kinder("a proxy whose server is gone hangs up; the next host may do better")),
    case("postgres://drain:right@127.0.0.1:{web}/logins", "", Refused),
    case("postgres://drain:right@127.0.0.1:{web}/logins?sslmode=require", "", Refused),
    case("postgres://drain:right@127.0.0.1:{web},127.0.0.1:{port}/logins?sslmode=disable", "", Refused),
    // A server that answers and refuses ends the search.
    case("postgres://tls_only:right@127.0.0.1:{standby},127.0.0.1:{port}/logins", "", Refused),
    case("postgres://drain:wrong@127.0.0.1:{port},127.0.0.1:{standby}/logins", "", Refused),
];
