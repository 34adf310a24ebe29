//! The table of database URLs and what they mean.

use super::*;

fn read(url: &str) -> Result<String, Failure> {
    let pairs = parse(after_scheme(url).expect("a postgres scheme"))?;
    Ok(pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" "))
}

#[test]
fn urls_mean_what_libpq_reads_in_them() {
    for (url, expected) in [
        ("postgresql://", ""),
        ("postgres://", ""),
        ("postgresql://localhost", "host=localhost"),
        ("postgresql://localhost:5433", "host=localhost port=5433"),
        ("postgresql://localhost/mydb", "host=localhost dbname=mydb"),
        ("postgresql://user@localhost", "user=user host=localhost"),
        ("postgresql://user:secret@localhost", "user=user password=secret host=localhost"),
        ("postgresql://user:se%40c%2Fr%3Aet@h/db", "user=user password=se@c/r:et host=h dbname=db"),
        ("postgresql://user:pa?ss@h", "user=user password=pa?ss host=h"),
        ("postgresql://u:p:q@h", "user=u password=p:q host=h"),
        ("postgresql://:p@h", "password=p host=h"),
        ("postgresql://u:@h/", "user=u host=h"),
        ("postgresql://a:1,b:2/d", "host=a,b port=1,2 dbname=d"),
        ("postgresql://a,b:2/d", "host=a,b port=,2 dbname=d"),
        ("postgresql://a,b", "host=a,b port=,"),
        ("postgresql://[::1]:5433,h/db", "host=::1,h port=5433, dbname=db"),
        ("postgresql://[fe80::1%25eth0]/db", "host=fe80::1%eth0 dbname=db"),
        ("postgresql:///db?host=/var/run/postgresql", "dbname=db host=/var/run/postgresql"),
        ("postgresql://%2Fvar%2Frun/db", "host=/var/run dbname=db"),
        ("postgresql:///?user=u&port=1", "user=u port=1"),
        ("postgresql://?user=u&", "user=u"),
        ("postgresql://h?ssl=true", "host=h sslmode=require"),
        ("postgresql://h?ssl=false", "host=h ssl=false"),
        ("postgresql://h/d?options=-c%20x%3Dy+z", "host=h dbname=d options=-c x=y+z"),
        ("postgresql://h/a/b", "host=h dbname=a/b"),
        ("postgresql://u@h/a@b", "user=u host=h dbname=a@b"),
        ("postgres://u:%C3%A9@h", "user=u password=é host=h"),
    ] {
        assert_eq!(read(url).as_deref(), Ok(expected), "{url}");
    }
}

#[test]
fn broken_urls_are_refused_without_repeating_them() {
    for url in [
        "postgresql://u:hunter2%@h",
        "postgresql://u:hunter2%zz@h",
        "postgresql://u:hunter2%00@h",
        "postgresql://u:%ffhunter2@h",
        "postgresql://u:x@hunter2@h",
        "postgresql://u:12/hunter2@h/db",
        "postgresql://h?password=hunter2@x",
        "postgresql://[hunter2",
        "postgresql://[]hunter2",
        "postgresql://[::1]hunter2",
        "postgresql://h?hunter2",
        "postgresql://h?a=hunter2=b",
        "postgresql://h?a=b&&c=d",
    ] {
        let text = read(url).unwrap_err().text;
        assert!(text.starts_with("could not read the database URL: "), "{url}: {text}");
        assert!(!text.contains("hunter2"), "{url}: {text}");
    }
}

#[test]
fn only_the_two_postgres_schemes_are_urls() {
    for text in ["mysql://h", "POSTGRES://h", "postgres:/h", "host=postgres://h", "logins"] {
        assert_eq!(after_scheme(text), None, "{text}");
    }
}
