//! Connection service files: where they lie and which lines belong to a service.

use std::path::{Path, PathBuf};

use super::error::Error;
use super::keywords;
use super::source::Source;
use super::user_file::UserFile;

/// Where Debian's libpq looks when PGSYSCONFDIR does not say.
const SYSTEM_DIRECTORY: &str = "/etc/postgresql-common";

type Pairs = Vec<(String, String)>;

/// The settings of `service`, from the user's file or else the system's.
pub fn read(source: &Source<'_>, service: &str) -> Result<Pairs, Error> {
    for file in files(source) {
        let read = file.read().map_err(|e| broken(&file, &e.to_string()))?;
        let Some(read) = read else {
            if file.named {
                return Err(broken(&file, "it does not exist"));
            }
            continue;
        };
        let text = str::from_utf8(&read.bytes).map_err(|_| broken(&file, "it is not UTF-8"))?;
        if let Some(pairs) = find(text, service).map_err(|cause| broken(&file, &cause))? {
            return Ok(pairs);
        }
    }
    Err(Error::lasting(
        "could not find the connection service: no service file defines what service or PGSERVICE names; \
         correct the name, or set PGSERVICEFILE to the file that does",
    ))
}

/// The user's and the system's.
fn files(source: &Source<'_>) -> impl Iterator<Item = UserFile> {
    let named = source.variable("PGSERVICEFILE").map(PathBuf::from);
    let is_named = named.is_some();
    let users = named.or_else(|| source.home_file(".pg_service.conf"));
    let directory = source.variable("PGSYSCONFDIR").unwrap_or_else(|| SYSTEM_DIRECTORY.into());
    let systems = Path::new(&directory).join("pg_service.conf");
    let file = |path, named, setting: &str| UserFile { path, named, settings: setting.into() };
    let users = users.map(|path| file(path, is_named, "PGSERVICEFILE"));
    users.into_iter().chain([file(systems, false, "PGSYSCONFDIR")])
}

/// The pairs of the first section with that name. Lines of other sections are not looked at.
fn find(text: &str, service: &str) -> Result<Option<Pairs>, String> {
    let mut found: Option<Pairs> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            let name = section.split_once(']').map(|(name, _)| name);
            found = (name == Some(service)).then(Vec::new);
        } else if let Some(pairs) = &mut found {
            let (key, value) = line.split_once('=').ok_or("a line has no `=`")?;
            if keywords::supported(key)? == "service" {
                return Err("a service must not name another service".into());
            }
            if !pairs.iter().any(|(known, _)| known == key) {
                pairs.push((key.to_string(), value.to_string()));
            }
        }
    }
    Ok(found)
}

fn broken(file: &UserFile, cause: &str) -> Error {
    Error::lasting(format!("could not read the service file {file}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# ours\n[other]\nnonsense\n[ logins]\nhost=x\n[logins]\n  host=a \nhost=b\n# c\n\
                        password=p=q #r\n[logins]\nport=1\n[bad]\nline\n[nested]\nservice=logins\n";

    #[test]
    fn a_section_gives_its_own_lines_and_the_first_of_equal_keys() {
        let pairs =
            |list: &[(&str, &str)]| list.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        assert_eq!(find(FILE, "logins"), Ok(Some(pairs(&[("host", "a"), ("password", "p=q #r")]))));
        assert_eq!(find(FILE, "missing"), Ok(None));
    }

    #[test]
    fn broken_sections_are_refused_only_when_they_are_asked_for() {
        assert_eq!(find(FILE, "bad"), Err("a line has no `=`".into()));
        assert_eq!(find(FILE, "nested"), Err("a service must not name another service".into()));
    }

    #[test]
    fn a_service_nobody_defines_and_a_file_that_is_not_there_are_errors() {
        let nothing = |name: &str| (name == "PGSYSCONFDIR").then(|| "/nonexistent".to_string());
        let source = Source { database_url: None, environment: &nothing, application_name: "test" };
        assert!(read(&source, "logins").unwrap_err().text.contains("no service file defines"));
        let named = |name: &str| (name == "PGSERVICEFILE").then(|| "/nonexistent/file".to_string());
        let source = Source { database_url: None, environment: &named, application_name: "test" };
        assert!(read(&source, "logins").unwrap_err().text.contains("`/nonexistent/file`"));
    }
}
