//! The places to try: how the lists of hosts, addresses and ports belong together.

use std::net::{IpAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::settings::Settings;

/// libpq as Debian builds it looks in the first; libpq as PostgreSQL ships it in the second.
const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];
const DEFAULT_PORT: u16 = 5432;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub place: Place,
    pub port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The directory of a Unix socket.
    Socket(PathBuf),
    /// A name to look up, or, with an address, only to check certificates against.
    Named { name: String, address: Option<IpAddr> },
    /// An address without any name.
    Address(IpAddr),
}

impl Endpoint {
    /// The places in the order they are to be tried.
    pub fn list(settings: &Settings) -> Result<Vec<Endpoint>, Error> {
        let (hosts, addresses) = (split(settings.text("host")), split(settings.text("hostaddr")));
        let count = if addresses.is_empty() { hosts.len().max(1) } else { addresses.len() };
        if !hosts.is_empty() && hosts.len() != count {
            return Err(broken("`host` and `hostaddr` list different numbers of places; make them equal"));
        }
        let ports = split(settings.text("port"));
        if ports.len() > 1 && ports.len() != count {
            return Err(broken("`port` must list one port, or one for each host"));
        }
        (0..count)
            .map(|i| {
                let port = ports.get(i).or_else(|| ports.first());
                Ok(Endpoint { place: place(hosts.get(i), addresses.get(i))?, port: read_port(port)? })
            })
            .collect()
    }

    /// What a password file calls this place.
    pub fn passfile_host(&self) -> String {
        match &self.place {
            Place::Socket(directory) if *directory == default_directory() => "localhost".into(),
            _ => self.host(),
        }
    }

    /// All addresses, found before the driver looks for them, so that a refused password is not tried on each.
    pub fn addresses(&self) -> std::io::Result<Vec<IpAddr>> {
        match &self.place {
            Place::Socket(_) => Ok(Vec::new()),
            Place::Address(address) | Place::Named { address: Some(address), .. } => Ok(vec![*address]),
            Place::Named { name, address: None } => {
                Ok((name.as_str(), self.port).to_socket_addrs()?.map(|address| address.ip()).collect())
            }
        }
    }

    /// The name that TLS speaks of. Where there is none the address stands in, since the driver insists on one.
    pub fn certificate_name(&self, address: IpAddr) -> String {
        match &self.place {
            Place::Named { name, .. } if !name.starts_with('/') => name.clone(),
            _ => address.to_string(),
        }
    }

    /// What people call this place.
    pub fn host(&self) -> String {
        match &self.place {
            Place::Socket(directory) => directory.display().to_string(),
            Place::Named { name, .. } => name.clone(),
            Place::Address(address) => address.to_string(),
        }
    }
}

fn split(list: Option<&str>) -> Vec<&str> {
    list.map(|list| list.split(',').collect()).unwrap_or_default()
}

fn place(host: Option<&&str>, address: Option<&&str>) -> Result<Place, Error> {
    let host = host.copied().filter(|host| !host.is_empty());
    let address = address.copied().filter(|address| !address.is_empty());
    let address = address.map(str::parse).transpose();
    let address = address.map_err(|_| broken("`hostaddr` takes numeric addresses; put names into `host`"))?;
    match (host, address) {
        // Mostly the tail of a password with a bare `@`; so the word is not repeated.
        (Some(host), _) if host.contains('@') => Err(broken(
            "a host holds an `@`; write an `@` inside a password as %40 (abstract sockets are not supported)",
        )),
        (Some(name), Some(address)) => Ok(Place::Named { name: name.into(), address: Some(address) }),
        (Some(directory), None) if directory.starts_with('/') => Ok(Place::Socket(directory.into())),
        (Some(name), None) => Ok(Place::Named { name: name.into(), address: None }),
        (None, Some(address)) => Ok(Place::Address(address)),
        (None, None) => Ok(Place::Socket(default_directory())),
    }
}

/// The first that exists, so that both kinds of server are found.
fn default_directory() -> PathBuf {
    let [debian, upstream] = SOCKET_DIRECTORIES;
    let exists = Path::new(debian).is_dir();
    PathBuf::from(if exists { debian } else { upstream })
}

/// The port is not repeated in the error: in a URL with a bare `/` in its password it is a part of it.
fn read_port(port: Option<&&str>) -> Result<u16, Error> {
    match port.map(|port| port.trim()) {
        None | Some("") => Ok(DEFAULT_PORT),
        Some(port) => match port.parse() {
            Ok(0) | Err(_) => Err(broken("a port is not a number from 1 to 65535")),
            Ok(port) => Ok(port),
        },
    }
}

fn broken(cause: &str) -> Error {
    Error::lasting(format!("could not read the connection settings: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> Result<String, Error> {
        let list = Endpoint::list(&Settings::from_text(text)?)?;
        let show = |e: &Endpoint| match &e.place {
            Place::Socket(_) => format!("socket {}:{}", e.host(), e.port),
            Place::Named { address: Some(a), .. } => format!("{}({a}):{}", e.host(), e.port),
            _ => format!("{}:{}", e.host(), e.port),
        };
        Ok(list.iter().map(show).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn lists_of_hosts_addresses_and_ports_are_matched_up() {
        for (text, expected) in [
            ("host=a", "a:5432"),
            ("host=a,b port=1,2", "a:1 b:2"),
            ("host=a,b port=7", "a:7 b:7"),
            ("host=a,b port=,2", "a:5432 b:2"),
            ("host=a hostaddr=127.0.0.1", "a(127.0.0.1):5432"),
            ("host=a,b hostaddr=,::1", "a:5432 b(::1):5432"),
            ("hostaddr=::1 port=' 6 '", "::1:6"),
            ("host=/s,b", "socket /s:5432 b:5432"),
            ("host=/s hostaddr=127.0.0.1", "/s(127.0.0.1):5432"),
        ] {
            assert_eq!(listed(text).as_deref(), Ok(expected), "{text}");
        }
        assert!(listed("").unwrap().starts_with("socket /"));
        assert!(listed("host=,a").unwrap().ends_with(" a:5432"));
    }

    #[test]
    fn lists_that_do_not_fit_are_refused_without_repeating_them() {
        for text in [
            "host=a,b port=1,2,3",
            "host=a,b hostaddr=127.0.0.1",
            "hostaddr=hunter2",
            "host=x@hunter2",
            "port=hunter2",
            "port=0",
            "port=65536",
            "port=-1",
        ] {
            let text = listed(text).unwrap_err().text;
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn password_files_call_the_default_socket_localhost() {
        let list = |text| Endpoint::list(&Settings::from_text(text).unwrap()).unwrap();
        let names: Vec<_> =
            ["", "host=/elsewhere", "host=a"].map(|text| list(text)[0].passfile_host()).into();
        assert_eq!(names, ["localhost", "/elsewhere", "a"]);
    }
}
