//! The proof that a failed search says what was tried and what to do, and tells no secret.

use super::scene::{Found, Scene, broken, scene};

const KEYS: &str = "aws_access_key_id = AKFILE\naws_secret_access_key = hunter2\n";
const ROLE: &str = "role_arn = arn:aws:iam::123456789012:role/";

/// The failure's text, after checking its kind and the words that every failure must and must not hold.
fn refused(scene: &Scene, profile: Option<&str>, kind: &str, words: &[&str]) {
    let (found_kind, text) = scene.found_with(profile).failure();
    assert_eq!(found_kind, kind, "{text}");
    assert!(!text.contains("hunter2") && !text.contains('\n'), "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

#[test]
fn without_any_credentials_one_line_names_every_source() {
    let words =
        ["environment (AWS_ACCESS_KEY_ID", "profile `default`", "SSO", "web identity", "ECS/EKS", "IMDSv2"];
    refused(&scene(), None, "Lasting", &words);
    refused(&scene(), None, "Lasting", &["AWS_EC2_METADATA_DISABLED", "set AWS_ACCESS_KEY_ID", "--profile"]);
}

#[test]
fn half_a_pair_of_keys_is_pointed_out() {
    let scene = scene().set("AWS_ACCESS_KEY_ID", "AK");
    refused(&scene, None, "Lasting", &["environment (AWS_SECRET_ACCESS_KEY is not set)"]);
}

#[test]
fn a_profile_that_does_not_exist_is_not_passed_over() {
    refused(&scene().imds(), Some("nosuch"), "Lasting", &["profile `nosuch`", "no such profile"]);
    let scene = scene().imds().config("[default]\nregion = x\n").set("AWS_PROFILE", "nosuch");
    refused(&scene, None, "Lasting", &["profile `nosuch`", "no such profile"]);
}

#[test]
fn a_role_that_may_not_be_assumed_is_a_lasting_failure() {
    let config = format!("[default]\n{ROLE}forbidden\nsource_profile = base\n[profile base]\n{KEYS}");
    refused(&scene().config(&config), None, "Lasting", &["AccessDenied: not allowed to assume it"]);
}

#[test]
fn a_config_file_that_cannot_be_read_is_pointed_out_with_its_line() {
    let scene = scene().imds().config("[default]\nhunter2\n");
    refused(&scene, None, "Lasting", &["profile `default`", ".aws/config on line 2"]);
}

#[test]
fn what_a_failing_credential_process_prints_stays_secret() {
    let scene =
        scene().config("[default]\ncredential_process = sh -c \"echo hunter2 | tee /dev/stderr; exit 3\"\n");
    refused(&scene, None, "Lasting", &["credential_process ended with", "3", "by hand"]);
    let scene = scene.config("[default]\ncredential_process = echo hunter2\n");
    refused(&scene, None, "Lasting", &["credential_process printed no JSON object"]);
}

#[test]
fn a_token_file_that_is_not_there_is_named_with_its_setting() {
    let gone = "/nonexistent/token";
    let role = "arn:aws:iam::123456789012:role/r";
    let irsa = scene().set("AWS_WEB_IDENTITY_TOKEN_FILE", gone).set("AWS_ROLE_ARN", role);
    refused(&irsa, None, "Lasting", &[gone, "No such file", "AWS_WEB_IDENTITY_TOKEN_FILE"]);
    let profile =
        scene().config(&format!("[default]\nrole_arn = {role}\nweb_identity_token_file = {gone}\n"));
    refused(&profile, None, "Lasting", &[gone, "No such file", "web_identity_token_file of the profile"]);
    let url = scene().standin.url.clone();
    let pod = scene().set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{url}/pod"));
    let pod = pod.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", gone);
    refused(&pod, None, "Lasting", &[gone, "No such file", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]);
}

#[test]
fn a_key_or_a_token_of_several_lines_is_named_and_not_shown() {
    let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    for broken in names {
        let value = |name| if name == broken { "hunter2\nhunter2" } else { "sound" };
        let scene = names.into_iter().fold(scene(), |scene, name| scene.set(name, value(name)));
        refused(&scene, None, "Lasting", &["the environment", broken, "in one line"]);
    }
    let url = scene().standin.url.clone();
    let pod = scene().set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{url}/pod"));
    let pod = pod.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2\nhunter2");
    refused(&pod, None, "Lasting", &["AWS_CONTAINER_AUTHORIZATION_TOKEN", "must be one line"]);
}

#[test]
fn a_credential_process_that_prints_without_end_is_ended() {
    for profile in [
        "",
        "role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = default\n",
        "role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n[profile base]\n",
    ] {
        let scene = scene().config(&format!("[default]\n{profile}credential_process = yes hunter2\n"));
        refused(&scene, None, "Lasting", &["more than 64 KiB"]);
    }
}

#[test]
fn a_login_that_only_the_aws_tools_read_is_told_with_what_to_run() {
    let scene = scene().config("[default]\nlogin_session = arn:aws:sts::123456789012:assumed-role/r/me\n");
    refused(&scene, None, "Lasting", &["`aws login`", "export-credentials"]);
}

#[test]
fn an_sso_login_that_is_missing_names_the_command() {
    let scene = scene().config(
        "[default]\nsso_start_url = https://d.example/start\nsso_region = eu-west-1\n\
         sso_account_id = 123456789012\nsso_role_name = r\n",
    );
    refused(&scene, None, "Lasting", &["aws sso login"]);
}

#[test]
fn an_sso_login_that_has_run_out_names_the_command() {
    let settings = "sso_account_id = 123456789012\nsso_role_name = r\n";
    let session = "[sso-session s]\nsso_start_url = https://d.example/start\nsso_region = eu-west-1\n";
    let scene = scene().config(&format!("{session}[default]\nsso_session = s\n{settings}"));
    scene.sso_login("s", r#"{"accessToken":"hunter2","expiresAt":"2020-01-01T00:00:00Z"}"#);
    refused(&scene, None, "Lasting", &["aws sso login"]);
    let legacy = "[default]\nsso_start_url = https://d.example/start\nsso_region = eu-west-1\n";
    let scene = scene.config(&format!("{legacy}{settings}"));
    scene.sso_login(
        "https://d.example/start",
        r#"{"accessToken":"hunter2","expiresAt":"2099-01-01T00:00:00Z"}"#,
    );
    refused(&scene, None, "Lasting", &["UnauthorizedException", "aws sso login"]);
}

#[test]
fn a_proxy_is_asked_and_its_refusal_told() {
    let config = format!("[default]\n{ROLE}r\nsource_profile = base\n[profile base]\n{KEYS}");
    let scene = scene().config(&config).unset("AWS_ENDPOINT_URL");
    let url = scene.standin.url.clone();
    let scene = scene.set("HTTPS_PROXY", &url);
    refused(
        &scene,
        None,
        "Temporary",
        &["could not reach `sts.eu-west-1.amazonaws.com`: the proxy in HTTPS_PROXY", "HTTP 403"],
    );
    assert!(scene.standin.log.count("CONNECT sts.eu-west-1.amazonaws.com:443") >= 1);
    let scene = scene.set("HTTPS_PROXY", "socks5://me:hunter2@127.0.0.1:1");
    refused(&scene, None, "Lasting", &["`HTTPS_PROXY`", "http://proxy.example:3128"]);
}

#[test]
fn a_role_without_a_region_says_which_setting_is_missing() {
    let config = format!("[default]\n{ROLE}r\nsource_profile = base\n[profile base]\n{KEYS}");
    let scene = scene().config(&config).unset("AWS_REGION").unset("AWS_ENDPOINT_URL");
    refused(&scene, None, "Lasting", &["AWS_REGION"]);
}

#[test]
fn an_endpoint_variable_set_to_nothing_is_named_where_it_would_be_used() {
    let config = format!("[default]\n{KEYS}[profile role]\n{ROLE}r\nsource_profile = default\n");
    let scene = scene().config(&config).set("AWS_ENDPOINT_URL", "");
    refused(&scene, Some("role"), "Lasting", &["`AWS_ENDPOINT_URL` is set to nothing"]);
    assert!(matches!(scene.found(), Found::Keys { .. }));
}

#[test]
fn a_container_endpoint_out_of_reach_is_worth_another_try() {
    let scene = scene().set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/creds");
    refused(&scene, None, "Temporary", &["ECS/EKS", "could not reach `127.0.0.1`"]);
}

#[test]
fn a_metadata_service_that_was_named_and_is_out_of_reach_is_worth_another_try() {
    let scene = scene().imds().set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1");
    refused(&scene, None, "Temporary", &["IMDSv2", "could not reach `127.0.0.1`"]);
}

#[test]
fn a_token_service_out_of_reach_is_worth_another_try() {
    let config = format!("[default]\n{ROLE}r\nsource_profile = base\n[profile base]\n{KEYS}");
    let scene = scene().config(&config).set("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    refused(&scene, None, "Temporary", &["profile `default`", "could not reach `127.0.0.1`"]);
}

#[test]
fn a_container_endpoint_that_is_ill_is_worth_another_try() {
    let scene = broken(503);
    let uri = format!("{}/v2/container", scene.standin.url);
    let scene = scene.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri);
    refused(&scene, None, "Temporary", &["`127.0.0.1` answered HTTP 503"]);
}

#[test]
fn a_metadata_service_that_is_ill_is_worth_another_try() {
    refused(&broken(500).imds(), None, "Temporary", &["`127.0.0.1` answered HTTP 500"]);
}

#[test]
fn a_container_uri_with_a_password_is_not_repeated() {
    let scene = scene().set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://me:hunter2@8.8.8.8/x");
    refused(&scene, None, "Lasting", &["ECS/EKS", "allowed IP"]);
}

#[test]
fn a_container_host_that_cannot_be_looked_up_is_worth_another_try() {
    let scene = scene().set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://host.invalid/x");
    refused(&scene, None, "Temporary", &["ECS/EKS", "DNS lookup"]);
}
