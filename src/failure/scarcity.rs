//! What is said where the system gives no more files, threads or memory.

/// Words of the system and of libraries that end the program where they meet them, with what to do.
const SIGNS: [(&[&str], &str); 3] = [
    (
        &["Too many open files"],
        "raise the limit on open files (ulimit -n, LimitNOFILE of systemd, or the container's)",
    ),
    (
        &["failed to spawn thread", "Resource temporarily unavailable"],
        "raise the limit on processes and threads (ulimit -u, TasksMax of systemd, or the container's)",
    ),
    (
        &["Cannot allocate memory", "memory allocation of"],
        "raise the limit on memory (ulimit -v, or the container's), or lower --memory",
    ),
];

/// Begins what a database server tells of itself, its own shortages too.
const TOLD_BY_A_SERVER: &str = "SQLSTATE";

/// What to do about an error whose text tells of something that has run out here.
pub fn advice(text: &str) -> Option<&'static str> {
    let text = text.split(TOLD_BY_A_SERVER).next().unwrap_or_default();
    let (_, advice) = SIGNS.iter().find(|(signs, _)| signs.iter().any(|sign| text.contains(sign)))?;
    Some(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_own_words_are_recognised_and_others_are_not() {
        for (number, word) in [(24, "open files"), (23, "open files"), (11, "processes"), (12, "memory")] {
            let text = std::io::Error::from_raw_os_error(number).to_string();
            assert!(advice(&text).is_some_and(|advice| advice.contains(word)), "{text}");
        }
        assert_eq!(advice(&std::io::Error::from_raw_os_error(2).to_string()), None);
        for servers_own in
            ["out of file descriptors: Too many open files; release and retry", "out of memory"]
        {
            assert_eq!(advice(&format!("the server cannot serve now (SQLSTATE 53000, {servers_own})")), None);
        }
    }
}
