//! The tables that show which region and endpoint come out of which inputs.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::failure::FailureKind;

const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/q";
const LOCAL: &str = "http://127.0.0.1:4566/000000000000/q";

fn ask(
    queue_url: Option<&str>,
    endpoint_url: Option<&str>,
    region: Option<&str>,
    profile: Option<&str>,
) -> Result<EndpointChoice, Failure> {
    let profile_region = || profile.map(str::to_owned);
    choose(&EndpointInputs {
        queue_url,
        endpoint_url,
        region,
        usual_region: None,
        variant: Variant::default(),
        profile_region: &profile_region,
    })
}

type Given = Option<&'static str>;

/// Queue URL, endpoint URL, region, the profile's region; the region and the endpoint that come of them.
const SOURCES: &[(Given, Given, Given, Given, &str, &str)] = &[
    // A real queue URL says everything, and a profile is not asked.
    (Some(QUEUE), None, None, Some("eu-west-1"), "us-east-1", "https://sqs.us-east-1.amazonaws.com"),
    (Some(QUEUE), None, Some("us-east-1"), None, "us-east-1", "https://sqs.us-east-1.amazonaws.com"),
    // Old names are dialled at the name that works from everywhere.
    (
        Some("https://queue.amazonaws.com/1/q"),
        None,
        None,
        None,
        "us-east-1",
        "https://sqs.us-east-1.amazonaws.com",
    ),
    (
        Some("http://cn-north-1.queue.amazonaws.com.cn/1/q"),
        None,
        None,
        None,
        "cn-north-1",
        "https://sqs.cn-north-1.amazonaws.com.cn",
    ),
    // Private endpoints and ports are dialled as they stand.
    (
        Some("https://vpce-1-a.sqs.us-east-2.vpce.amazonaws.com:8443/1/q"),
        None,
        None,
        None,
        "us-east-2",
        "https://vpce-1-a.sqs.us-east-2.vpce.amazonaws.com:8443",
    ),
    // Emulators.
    (Some(LOCAL), None, Some("eu-south-2"), None, "eu-south-2", "http://127.0.0.1:4566"),
    (Some(LOCAL), None, None, Some("il-central-1"), "il-central-1", "http://127.0.0.1:4566"),
    (Some("http://[::1]:4566/0/q"), None, Some("elasticmq"), None, "elasticmq", "http://[::1]:4566"),
    (
        Some("http://sqs.us-east-1.localhost.localstack.cloud:4566/0/q"),
        None,
        None,
        None,
        "us-east-1",
        "http://sqs.us-east-1.localhost.localstack.cloud:4566",
    ),
    // An endpoint URL is dialled whatever the queue URL says, and keeps its path.
    (Some(QUEUE), Some("http://127.0.0.1:1/p/"), None, None, "us-east-1", "http://127.0.0.1:1/p"),
    (
        None,
        Some("https://v.sqs.us-east-2.vpce.amazonaws.com"),
        None,
        None,
        "us-east-2",
        "https://v.sqs.us-east-2.vpce.amazonaws.com",
    ),
    // A queue name alone.
    (None, None, Some("us-gov-west-1"), None, "us-gov-west-1", "https://sqs.us-gov-west-1.amazonaws.com"),
    (None, None, None, Some("us-isob-east-1"), "us-isob-east-1", "https://sqs.us-isob-east-1.sc2s.sgov.gov"),
    // Blank settings, as container files leave them, are none.
    (Some(QUEUE), Some(""), Some(" "), None, "us-east-1", "https://sqs.us-east-1.amazonaws.com"),
];

#[test]
fn region_and_endpoint_follow_the_most_direct_source() {
    for (queue, endpoint_url, region, profile, want_region, want_endpoint) in SOURCES {
        let choice = ask(*queue, *endpoint_url, *region, *profile).unwrap();
        assert_eq!((choice.region.as_str(), choice.endpoint.as_str()), (*want_region, *want_endpoint));
    }
}

#[test]
fn a_failure_is_lasting_and_names_the_cure() {
    let table = [
        (ask(Some(LOCAL), None, None, None), ["--region", "AWS_REGION"]),
        (ask(None, None, None, None), ["--region", "AWS_REGION"]),
        (ask(Some(QUEUE), None, Some("eu-west-1"), None), ["`eu-west-1`", "`us-east-1`"]),
        (
            ask(Some(QUEUE), Some("https://sqs.eu-west-1.amazonaws.com"), None, None),
            ["`us-east-1`", "`eu-west-1`"],
        ),
        (ask(Some(LOCAL), None, Some("US East"), None), ["`US East`", "us-east-1"]),
        (ask(Some(LOCAL), None, None, Some("x/../y")), ["`x/../y`", "us-east-1"]),
        (ask(Some("login-queue"), None, Some("us-east-1"), None), ["queue URL `login-queue`", "https://"]),
        (ask(Some("ftp://host/1/q"), None, Some("us-east-1"), None), ["queue URL", "https://"]),
        (ask(Some("https://ho st/1/q"), None, Some("us-east-1"), None), ["queue URL", "not a URL"]),
        (
            ask(Some("https://sqs.us-east-1.amazonaws.com/"), None, None, None),
            ["names no queue", "login-queue"],
        ),
        (ask(None, Some("::"), Some("us-east-1"), None), ["endpoint URL", "`::`"]),
    ];
    for (outcome, words) in table {
        let failure = outcome.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Lasting);
        for word in words {
            assert!(failure.text.contains(word), "{} lacks {word}", failure.text);
        }
    }
}

#[test]
fn no_failure_repeats_a_password_from_a_url() {
    for url in
        ["https://me:hunter2@host/1/q", "https://me:hunter2@ho st/1/q", "ftp://me:hunter2@host", "x?hunter2"]
    {
        for outcome in [ask(Some(url), None, None, None), ask(None, Some(url), None, None)] {
            let text = outcome.unwrap_err().text;
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}

#[test]
fn the_profile_is_asked_only_when_nothing_else_names_a_region() {
    let profile_region = || -> Option<String> { panic!("the profile was asked") };
    let inputs = EndpointInputs {
        queue_url: Some(QUEUE),
        endpoint_url: None,
        region: None,
        usual_region: None,
        variant: Variant::default(),
        profile_region: &profile_region,
    };
    assert_eq!(choose(&inputs).unwrap().region, "us-east-1");
}

#[test]
fn the_region_of_the_cluster_gives_way_to_that_of_the_queue_and_is_named() {
    let inputs = EndpointInputs {
        queue_url: Some(QUEUE),
        endpoint_url: None,
        region: None,
        usual_region: Some("eu-west-1"),
        variant: Variant::default(),
        profile_region: &|| None,
    };
    let choice = choose(&inputs).unwrap();
    assert_eq!(
        (choice.region.as_str(), choice.endpoint.as_str()),
        ("us-east-1", "https://sqs.us-east-1.amazonaws.com")
    );
    let remark = choice.remark.unwrap();
    assert!(remark.contains("us-east-1") && remark.contains("AWS_REGION is eu-west-1"), "{remark}");
    let agreed = choose(&EndpointInputs { usual_region: Some("us-east-1"), ..inputs }).unwrap();
    assert_eq!(agreed.remark, None);
}

#[test]
fn a_variant_of_aws_own_endpoints_is_called_unless_somebody_names_another_address() {
    let variant = Variant { fips: true, dual_stack: true };
    let endpoint = |queue_url, endpoint_url| {
        let inputs = EndpointInputs {
            queue_url,
            endpoint_url,
            region: Some("us-east-1"),
            usual_region: None,
            variant,
            profile_region: &|| None,
        };
        choose(&inputs).unwrap().endpoint
    };
    assert_eq!(endpoint(Some(QUEUE), None), "https://sqs-fips.us-east-1.api.aws");
    assert_eq!(endpoint(None, None), "https://sqs-fips.us-east-1.api.aws");
    assert_eq!(endpoint(Some(QUEUE), Some("http://127.0.0.1:1")), "http://127.0.0.1:1");
    assert_eq!(endpoint(Some(LOCAL), None), "http://127.0.0.1:4566");
    let private = "https://vpce-1-a.sqs.us-east-1.vpce.amazonaws.com";
    assert_eq!(endpoint(Some(&format!("{private}/1/q")), None), private);
}
