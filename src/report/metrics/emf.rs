//! The Embedded Metric Format of CloudWatch: one line of JSON that a log becomes metrics by.

use serde_json::{Map, Value, json};

use super::{Gauge, Run, gauges};

const NAMESPACE: &str = "login-drain";

/// One line without its line feed. Labels other than the queue are summed up.
pub fn render(run: &Run) -> String {
    let gauges: Vec<Gauge> = gauges(run).into_iter().filter(|gauge| !is_a_time(gauge)).collect();
    let metrics: Vec<Value> =
        gauges.iter().map(|gauge| json!({ "Name": name(gauge), "Unit": unit(gauge) })).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": (run.ended_at.unix_timestamp_nanos() / 1_000_000) as i64,
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [["queue"]], "Metrics": metrics }],
        }),
    );
    line.insert("queue".to_owned(), json!(run.queue));
    line.extend(gauges.iter().map(|gauge| (name(gauge).to_owned(), json!(gauge.total()))));
    Value::Object(line).to_string()
}

/// CloudWatch keeps a time of its own with every value.
fn is_a_time(gauge: &Gauge) -> bool {
    gauge.name.ends_with("timestamp_seconds")
}

/// Every line is a run, so that no name need say so.
fn name(gauge: &Gauge) -> &'static str {
    gauge.name.strip_prefix("last_run_").unwrap_or(gauge.name)
}

fn unit(gauge: &Gauge) -> &'static str {
    match gauge.name {
        name if name.ends_with("_seconds") => "Seconds",
        name if name.ends_with("_code") => "None",
        _ => "Count",
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::run;
    use super::*;

    #[test]
    fn every_metric_that_is_declared_has_a_number_beside_it() {
        let text = render(&run());
        assert!(!text.contains('\n'));
        let line: Value = serde_json::from_str(&text).unwrap();
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!(metrics.len() > 15 && metrics.len() <= 100, "CloudWatch takes a hundred");
        for metric in metrics {
            assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric}");
        }
        assert_eq!(directive["Dimensions"], json!([["queue"]]));
        assert_eq!(line["queue"], "login-queue");
        assert_eq!(line["_aws"]["Timestamp"], json!(1_764_000_004_000_i64));
    }

    #[test]
    fn labels_are_summed_up_and_units_follow_the_names() {
        let line: Value = serde_json::from_str(&render(&run())).unwrap();
        assert_eq!(line["rejected_messages"], json!(3.0));
        assert_eq!(line["sqs_calls"], json!(2473.0));
        let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        assert!(metrics.contains(&json!({ "Name": "duration_seconds", "Unit": "Seconds" })));
        assert!(metrics.contains(&json!({ "Name": "exit_code", "Unit": "None" })));
    }
}
