//! The reading of `postgresql://` URLs, by libpq's rules for logins, host lists and percent signs.

use super::error::Error;

/// What follows `postgres://` or `postgresql://`, or nothing when `text` is not such a URL.
pub fn after_scheme(text: &str) -> Option<&str> {
    text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"))
}

/// The URL's parts as the pairs that a `key=value` string would have given. Empty parts give no pair,
/// so that the environment may fill them.
pub fn parse(after_scheme: &str) -> Result<Vec<(String, String)>, Error> {
    let (login, rest) = split_login(after_scheme)?;
    let (rest, query) = split_optional(rest, '?');
    let (places, database) = split_optional(rest, '/');
    if login.is_none_or(|login| login.contains(':')) && database.is_some_and(|name| name.contains('@')) {
        // libpq would take pieces of the password for host, port and database; these are shown to people.
        return Err(broken("an `@` follows a `/`; inside the password write an `@` as %40 and a `/` as %2F"));
    }
    let (user, password) = login.map_or((None, None), |login| {
        let (user, password) = split_optional(login, ':');
        (Some(user), password)
    });
    let (hosts, ports) = split_places(places)?;
    let mut pairs = Vec::new();
    for (key, part) in [
        ("user", user),
        ("password", password),
        ("host", Some(hosts.as_str())),
        ("port", Some(ports.as_str())),
        ("dbname", database),
    ] {
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            pairs.push((key.to_string(), decode(part)?));
        }
    }
    pairs.extend(read_query(query.unwrap_or_default())?);
    Ok(pairs)
}

/// The login ends at the first `@`, provided that no `/` comes before it.
fn split_login(text: &str) -> Result<(Option<&str>, &str), Error> {
    let Some((login, rest)) = text.split_once('@').filter(|(login, _)| !login.contains('/')) else {
        return Ok((None, text));
    };
    let (user, password) = split_optional(login, ':');
    if user.contains('?')
        || split_optional(password.unwrap_or_default(), '?').1.is_some_and(|p| p.contains('='))
    {
        // Without this check `//host?password=a@b` would show pieces of the password as user and host.
        return Err(broken(
            "a `?` comes before the `@`; write an `@` inside a parameter as %40, a `?` as %3F",
        ));
    }
    if rest.split(['/', '?']).next().is_some_and(|places| places.contains('@')) {
        return Err(broken("there are two `@`; write an `@` inside the password as %40"));
    }
    Ok((Some(login), rest))
}

/// `a:1,[::1]:2,c` becomes the lists `a,::1,c` and `1,2,`.
fn split_places(places: &str) -> Result<(String, String), Error> {
    let pairs: Vec<(&str, &str)> = places.split(',').map(split_place).collect::<Result<_, _>>()?;
    let join = |list: Vec<&str>| list.join(",");
    Ok((join(pairs.iter().map(|p| p.0).collect()), join(pairs.iter().map(|p| p.1).collect())))
}

fn split_place(place: &str) -> Result<(&str, &str), Error> {
    let Some(bracketed) = place.strip_prefix('[') else {
        let (host, port) = split_optional(place, ':');
        return Ok((host, port.unwrap_or_default()));
    };
    match bracketed.split_once(']') {
        Some((host, "")) if !host.is_empty() => Ok((host, "")),
        Some((host, after)) if !host.is_empty() => match after.strip_prefix(':') {
            Some(port) => Ok((host, port)),
            None => Err(broken("after the `]` of an IPv6 address only `:` and a port may follow")),
        },
        _ => Err(broken("an IPv6 address stands between `[` and `]` and is not empty")),
    }
}

fn read_query(query: &str) -> Result<Vec<(String, String)>, Error> {
    // One empty parameter at the end is nothing: `?a=b&` is as good as `?a=b`.
    let query = query.strip_suffix('&').unwrap_or(query);
    if query.is_empty() {
        return Ok(Vec::new());
    }
    query.split('&').map(read_parameter).collect()
}

fn read_parameter(parameter: &str) -> Result<(String, String), Error> {
    let (key, value) =
        parameter.split_once('=').ok_or_else(|| broken("a parameter after the `?` has no `=`"))?;
    if value.contains('=') {
        return Err(broken("a parameter after the `?` has two `=`; write the second as %3D"));
    }
    match (decode(key)?, decode(value)?) {
        // The spelling of JDBC URLs, which libpq takes too.
        (key, value) if key == "ssl" && value == "true" => Ok(("sslmode".into(), "require".into())),
        pair => Ok(pair),
    }
}

fn decode(part: &str) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { decode_hex(rest.next(), rest.next())? } else { byte });
    }
    String::from_utf8(bytes).map_err(|_| broken("its percent signs do not spell UTF-8"))
}

fn decode_hex(high: Option<u8>, low: Option<u8>) -> Result<u8, Error> {
    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
    match (digit(high), digit(low)) {
        (Some(0), Some(0)) => Err(broken("%00 is not allowed")),
        (Some(high), Some(low)) => u8::try_from(high * 16 + low).map_err(|_| broken("a byte is too large")),
        _ => Err(broken("a `%` is not followed by two hexadecimal digits; write `%` itself as %25")),
    }
}

fn split_optional(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn broken(cause: &str) -> Error {
    Error::lasting(format!("could not read the database URL: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<String, Error> {
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
}
