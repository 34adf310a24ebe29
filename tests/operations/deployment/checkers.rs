//! What the tool or the schema that each text is written for says of it.

use std::process::Command;

/// The tools are pinned packages. Where they cannot be installed, that fails here and is not passed over.
fn check(text: &str) {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/check-deployment");
    let told = Command::new(program).arg(text).output().unwrap();
    let words = [told.stdout, told.stderr].map(|words| String::from_utf8_lossy(&words).into_owned());
    assert!(told.status.success(), "scripts/check-deployment {text}:\n{}{}", words[0], words[1]);
}

#[test]
fn the_compose_file_fits_the_specification() {
    check("compose");
}

#[test]
fn the_workflows_fit_their_schema() {
    check("workflows");
}

#[test]
fn the_stack_has_nothing_that_cfn_lint_would_mend() {
    check("stack");
}

#[test]
fn the_cron_job_is_what_kubernetes_takes() {
    check("kubernetes");
}
