//! The proof that each variable is understood, and that what they say leads to the right credentials.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod refusals;
mod scene;
mod sources;
mod standin;

use super::*;

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn from(variables: &[(&str, &str)]) -> Settings {
    read(&environment(variables), None, None)
}

fn proxy_for(url: &str, environment: &[(&str, &str)]) -> Option<String> {
    let proxy = from(environment).proxies.for_url(&url.parse().unwrap()).unwrap();
    proxy.map(|between| between.proxy.host().to_owned())
}

#[test]
fn the_flag_goes_before_the_variable_and_the_specific_variable_before_the_general() {
    let both = from(&[("AWS_DEFAULT_REGION", "b"), ("AWS_REGION", "a")]);
    assert_eq!(both.region.as_deref(), Some("a"));
    assert_eq!(from(&[("AWS_DEFAULT_REGION", "b"), ("AWS_REGION", " ")]).region.as_deref(), Some("b"));
    let variables = environment(&[("AWS_REGION", "variable"), ("AWS_PROFILE", "variable")]);
    let flagged = read(&variables, Some("p".to_owned()), Some("r".to_owned()));
    assert_eq!((flagged.region.as_deref(), flagged.profile.as_deref()), (Some("r"), Some("p")));
    assert_eq!(flagged.usual_profile.as_deref(), Some("variable"));
}

#[test]
fn a_variable_set_to_nothing_counts_as_unset_and_is_remembered_where_it_does_harm() {
    let settings = from(&[("AWS_ACCESS_KEY_ID", ""), ("AWS_ENDPOINT_URL_STS", " "), ("AWS_PROFILE", "")]);
    assert_eq!((settings.access_key_id, settings.usual_profile), (None, None));
    assert_eq!(settings.endpoint_urls.blank, Some("AWS_ENDPOINT_URL_STS"));
    assert_eq!(from(&[]).endpoint_urls.blank, None);
}

#[test]
fn the_scheme_picks_the_proxy() {
    let both = [("HTTPS_PROXY", "http://secure:1"), ("http_proxy", "http://plain:1")];
    assert_eq!(proxy_for("https://sqs.x/", &both).unwrap(), "secure");
    assert_eq!(proxy_for("http://sqs.x/", &both).unwrap(), "plain");
    assert_eq!(proxy_for("http://sqs.x/", &[("HTTPS_PROXY", "http://secure:1")]), None);
    assert_eq!(proxy_for("http://sqs.x/", &[("ALL_PROXY", "http://all:1")]).unwrap(), "all");
    assert_eq!(proxy_for("https://sqs.x/", &[("HTTPS_PROXY", ""), ("ALL_PROXY", " ")]), None);
    assert_eq!(proxy_for("https://sqs.x/", &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "x")]), None);
}
