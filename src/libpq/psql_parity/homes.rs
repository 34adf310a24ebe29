//! The home directories and service files that the tables speak of.

use std::collections::BTreeMap;
use std::path::Path;

use super::file::write;

/// Makes `homes/...` under `directory` and hands back the words that name the files.
pub fn build(directory: &Path, port: u16) -> BTreeMap<&'static str, String> {
    let homes = directory.join("homes");
    let read = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap();
    let passwords = format!(
        "# ours\nlocalhost:1:*:*:wrong\n127.0.0.1:{port}:logins:drain:right\n*:*:*:odd:it's @/\\:% \\\\ two\n\
         {}/main:*:*:drain:right\nlocalhost:*:*:tls_only:right\n*:*:*:tls_only:wrong\n",
        directory.display()
    );
    let services = format!(
        "[logins]\nhost=127.0.0.1\nport={port}\ndbname=logins\nuser=drain\npassword=right\nsslmode=disable\n\
         [unknown_key]\nhots=127.0.0.1\n[nested]\nservice=logins\n"
    );
    std::fs::create_dir_all(homes.join("empty")).unwrap();
    write(&homes.join("passfile/.pgpass"), &passwords, 0o600);
    write(&homes.join("loose/.pgpass"), &passwords, 0o644);
    write(&homes.join("service/.pg_service.conf"), &services, 0o644);
    write(&homes.join("root/.postgresql/root.crt"), &read("root.crt"), 0o644);
    write(&homes.join("other/.postgresql/root.crt"), &read("other.crt"), 0o644);
    write(&homes.join("client/.postgresql/postgresql.crt"), &read("client.crt"), 0o644);
    write(&homes.join("client/.postgresql/postgresql.key"), &read("client.key"), 0o600);
    write(&homes.join("keyless/.postgresql/postgresql.crt"), &read("client.crt"), 0o644);
    write(&directory.join("services"), &services, 0o644);
    write(&directory.join("passwords"), &passwords, 0o600);
    BTreeMap::from([("{homes}", homes.display().to_string())])
}
