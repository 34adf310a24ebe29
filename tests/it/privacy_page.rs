//! The proof that PRIVACY.md tells the truth: its tables and commands are compared with the program, its story is run.

use kit::{Cluster, Program, Scene, login_with};
use openssl::pkey::PKey;
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../PRIVACY.md");

#[test]
fn each_table_and_column_of_ours_is_on_the_page() {
    let sql = Program::new("init-db --print").prints("CREATE TABLE").run().stdout;
    let tables =
        sql.split("CREATE TABLE IF NOT EXISTS ").skip(1).map(|table| table.split_once(" (\n").unwrap());
    for (name, rest) in tables {
        let row = PAGE.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("{name} is not on the page"));
        let (columns, _) = rest.split_once("\n)").unwrap();
        let columns = columns.lines().map(|line| line.split_whitespace().next().unwrap());
        let columns = columns.filter(|word| *word != "PRIMARY");
        // Of runs it is enough that they hold nothing of a person.
        let missing: Vec<&str> = columns
            .filter(|column| !name.ends_with("_runs") && !row.contains(&format!("`{column}`")))
            .collect();
        assert_eq!(missing, [""; 0], "{name}");
    }
}

#[test]
fn each_command_of_the_page_is_one_that_the_program_takes() {
    let commands = PAGE.lines().filter(|line| line.starts_with("    ") && line.contains("login-drain "));
    let mut seen = 0;
    for line in commands {
        let words: Vec<&str> = line.split("login-drain ").nth(1).unwrap().split_whitespace().collect();
        let help = Program::new(&format!("{} --help", words[0])).prints("Usage").run().stdout;
        for flag in words.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(flag), "{flag} of {line}");
        }
        seen += 1;
    }
    assert!(seen >= 6, "{seen} commands");
}

#[test]
fn each_role_that_grants_makes_is_on_the_page() {
    let grants = include_str!("../../sql/operator/grants.sql");
    let (_, list) = grants.split_once("ARRAY[").unwrap();
    let made: Vec<&str> =
        list.split(']').next().unwrap().split(", ").map(|role| role.trim_matches('\'')).collect();
    assert!(made.contains(&"login_drain"), "{made:?}");
    for role in &made {
        assert!(PAGE.contains(&format!("\n| `{role}` |")), "{role} is not on the page");
    }
}

const ANNA: &str = "anna-marker-77";
const IP: &str = "203.0.113.77";
const DEVICE: &str = "dev-8675309-marker";

/// Every row of every table.
fn rows(cluster: &Cluster) -> String {
    let tables = cluster.texts("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'");
    let rows = |table: &String| cluster.texts(&format!("SELECT held::text FROM {table} AS held"));
    tables.iter().flat_map(rows).collect::<Vec<_>>().join("\n")
}

#[test]
fn from_a_login_to_its_erasure_nothing_is_readable_that_the_page_does_not_tell_of() {
    let (scene, cluster) = (Scene::scripted(), Cluster::start());
    let program = |command: &str| scene.program(command).env("DATABASE_URL", &cluster.right_url());
    let pair = PKey::generate_x25519().unwrap();
    let private = scene.file("officer.key", &pair.private_key_to_pem_pkcs8().unwrap(), 0o600);
    let public = scene.file("officer.pub", &pair.public_key_to_pem().unwrap(), 0o644);
    let key = scene.file("mask.key", b"5f0c9a7be1d24483b6e79c0d1a2f3e4b5c6d7e8f90a1b2c3", 0o600);
    let key = key.display().to_string();
    let mut told = program("init-db").may_say_anything().run().words();

    // Stored, and sealed.
    let anna = login_with(ANNA, &[("ip", json!(IP)), ("device_id", json!(DEVICE))]);
    let ids = scene.queue.send(&[&anna, &login_with("boris", &[])]);
    let drain = program("drain --wait-seconds 0 --seal-to").flags(&public.display().to_string());
    told += &drain.flags("--mask-key-file").flags(&key).prints("2 stored").run().words();
    let stored = rows(&cluster);
    assert!(stored.contains(ANNA) && !stored.contains(IP) && !stored.contains("8675309"), "{stored}");

    // Found by mask.
    let mask = program("mask ip --mask-key-file").flags(&key).reads(IP).prints("").run().stdout;
    let found = format!("SELECT user_id::text FROM user_logins WHERE masked_ip = '{}'", mask.trim());
    assert_eq!(cluster.texts(&found), [ANNA]);

    // Unsealed by the officer.
    let unseal = || program("unseal --key").flags(&private.display().to_string()).reads(ANNA);
    let opened: Value = serde_json::from_str(&unseal().prints("").run().stdout).unwrap();
    assert_eq!((&opened["ip"], &opened["device_id"]), (&json!(IP), &json!(DEVICE)));
    assert_eq!(cluster.texts("SELECT ids_asked || ' ' || values_read FROM login_drain_unsealed"), ["1 1"]);

    // Erased.
    told += &program("erase --dry-run").reads(ANNA).prints("dry run").run().words();
    told += &program("erase --format json").reads(ANNA).prints(r#""complete":true"#).run().words();
    told += &unseal().complains("nothing is sealed").run().words();
    let left = rows(&cluster);
    for text in [&told, &left, &cluster.log()] {
        for value in [ANNA, IP, DEVICE, "8675309", mask.trim()] {
            assert!(!text.contains(value), "{value} in:\n{text}");
        }
    }
    assert!(left.contains(&ids[0]), "the ledger knows the message, as the page says");
    assert!(left.contains("boris"));
}
