//! One test for each source that credentials can come from.

use std::time::Duration;

use super::scene::{Found, Scene, scene, with_instance};

const KEYS: &str = "aws_access_key_id = AKFILE\naws_secret_access_key = secret/FILE\n";

fn keys_in_environment(scene: Scene) -> Scene {
    let scene = scene.set("AWS_ACCESS_KEY_ID", "AKENV").set("AWS_SECRET_ACCESS_KEY", "secret/ENV");
    scene.set("AWS_SESSION_TOKEN", "token==ENV==")
}

#[test]
fn keys_in_the_environment_go_first() {
    let scene = keys_in_environment(scene()).config(&format!("[default]\n{KEYS}")).imds();
    assert_eq!(scene.found(), Found::from("ENV"));
    assert_eq!(scene.standin.log.all(), "");
}

#[test]
fn a_profile_named_on_the_command_line_goes_before_the_environment() {
    let scene = keys_in_environment(scene()).config(&format!("[profile other]\n{KEYS}"));
    let Found::Keys { id, token, .. } = scene.found_with(Some("other")) else { panic!() };
    assert_eq!((id.as_str(), token.as_str()), ("AKFILE", ""));
}

#[test]
fn blank_variables_count_as_unset() {
    let scene = scene().set("AWS_ACCESS_KEY_ID", "").set("AWS_SECRET_ACCESS_KEY", " ").set("AWS_PROFILE", "");
    let scene = scene.set("AWS_WEB_IDENTITY_TOKEN_FILE", "").set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "");
    let scene = scene.config(&format!("[default]\n{KEYS}aws_session_token = a==b==\nregion = eu-south-2\n"));
    let Found::Keys { id, token, .. } = scene.found() else { panic!() };
    assert_eq!((id.as_str(), token.as_str()), ("AKFILE", "a==b=="));
    assert_eq!(scene.profile_region(None).unwrap(), "eu-south-2");
}

#[test]
fn a_role_is_assumed_from_its_source_profile() {
    let scene = scene().config(&format!(
        "[profile base]\n{KEYS}region = il-central-1\n\
         [profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n"
    ));
    assert_eq!(scene.found_with(Some("role")), Found::from("ROLE"));
    assert_eq!(scene.profile_region(Some("role")).unwrap(), "il-central-1");
    assert_eq!(scene.standin.log.count("Credential=AKFILE/"), 2, "{}", scene.standin.log.all());
}

#[test]
fn a_role_is_assumed_with_the_keys_of_the_environment_when_the_profile_says_so() {
    let scene = keys_in_environment(scene()).config(
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Environment\n",
    );
    assert_eq!(scene.found_with(Some("role")), Found::from("ROLE"));
}

#[test]
fn a_credential_process_is_run_with_quoted_arguments() {
    let scene = scene();
    let script = scene.file(
        "my keys.sh",
        r#"printf '{"Version":1,"AccessKeyId":"AK%s","SecretAccessKey":"secret/%s","SessionToken":"token==%s=="}' "$1" "$1" "$1""#,
    );
    let scene = scene.config(&format!("[default]\ncredential_process = sh \"{script}\" \"P S\"\n"));
    assert_eq!(scene.found(), Found::from("P S"));
}

#[test]
fn a_role_is_assumed_with_the_keys_of_a_credential_process() {
    let keys = r#"credential_process = printf '{"version":1,"accesskeyid":"AKP","secretaccesskey":"s"}'"#;
    for profile in ["", "[profile base]\n"] {
        let source = if profile.is_empty() { "role" } else { "base" };
        let scene = scene().config(&format!(
            "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = {source}\n{profile}{keys}\n"
        ));
        assert_eq!(scene.found_with(Some("role")), Found::from("ROLE"), "{source}");
    }
}

#[test]
fn sso_with_a_start_url_in_the_profile() {
    let scene = scene().config(
        "[profile sso]\nsso_start_url = https://d.example/start\nsso_region = eu-west-1\n\
         sso_account_id = 123456789012\nsso_role_name = r\n",
    );
    let token = r#"{"accessToken":"sso-token","expiresAt":"2099-01-01T00:00:00Z"}"#;
    scene.sso_login("https://d.example/start", token);
    assert_eq!(scene.set("AWS_PROFILE", "sso").found(), Found::from("SSO"));
}

#[test]
fn sso_with_a_session_whose_token_has_to_be_renewed() {
    let scene = scene().config(
        "[sso-session s]\nsso_start_url = https://d.example/start\nsso_region = eu-west-1\n\
         [profile sso]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n",
    );
    let token = r#"{"accessToken":"old","expiresAt":"2020-01-01T00:00:00Z","refreshToken":"refresh-me",
        "clientId":"c","clientSecret":"c","registrationExpiresAt":"2099-01-01T00:00:00Z",
        "region":"eu-west-1","startUrl":"https://d.example/start"}"#;
    scene.sso_login("s", token);
    assert_eq!(scene.found_with(Some("sso")), Found::from("SSO"));
    assert_eq!(scene.standin.log.count("POST /token"), 1);
}

#[test]
fn web_identity_as_kubernetes_sets_it_up() {
    let scene = scene();
    let file = scene.file("jwt", "a-jwt");
    let scene = scene.set("AWS_WEB_IDENTITY_TOKEN_FILE", &file);
    let scene = scene.set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r");
    assert_eq!(scene.found(), Found::from("IRSA"));
}

#[test]
fn a_container_with_a_full_uri() {
    let scene = scene();
    let uri = format!("{}/v2/container", scene.standin.url);
    let scene = scene.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri);
    assert_eq!(scene.found(), Found::from("CONTAINER"));
}

#[test]
fn a_pod_identity_with_a_token_file() {
    let scene = scene();
    let (uri, file) = (format!("{}/pod", scene.standin.url), scene.file("token", "pod-token"));
    let scene = scene.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri);
    assert_eq!(scene.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file).found(), Found::from("POD"));
}

#[test]
fn an_instance_with_imds_version_2() {
    let scene = scene().imds().set("HTTP_PROXY", "http://127.0.0.1:1");
    assert_eq!(scene.found(), Found::from("IMDS"));
    assert!(scene.standin.log.count("PUT /latest/api/token") >= 1);
}

#[test]
fn an_instance_whose_metadata_service_is_slow_or_comes_up_late_is_waited_for() {
    for (late, slow) in [(0, 1500), (3000, 0)] {
        let scene = with_instance(Duration::from_millis(late), Duration::from_millis(slow));
        assert_eq!(scene.found(), Found::from("IMDS"), "{late} {slow}");
    }
}

#[test]
fn a_named_profile_without_keys_lets_the_instance_answer() {
    let scene = scene().imds().config("[profile plain]\nregion = eu-west-1\n");
    assert_eq!(scene.found_with(Some("plain")), Found::from("IMDS"));
}
