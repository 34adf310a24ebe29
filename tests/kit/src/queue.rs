//! A test's own queue: a tiny client of the JSON protocol, for either server.

use serde_json::{Value, json};
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

use super::surroundings::{REGION, fresh_name};

pub struct Queue {
    agent: Agent,
    endpoint: String,
    name: String,
    url: String,
}

/// One message as the queue hands it out.
pub struct Received {
    pub body: String,
    pub receipt: String,
    /// Name to text, the producer's own attributes.
    pub attributes: Vec<(String, String)>,
}

impl Queue {
    /// A queue that is there already.
    pub fn at(endpoint: &str, name: &str, url: String) -> Queue {
        Queue { agent: agent(), endpoint: endpoint.to_owned(), name: name.to_owned(), url }
    }

    /// A new queue of this name, with attributes as AWS names them.
    pub fn create(endpoint: &str, name: &str, attributes: &[(&str, &str)]) -> Queue {
        let mut queue = Queue::at(endpoint, name, String::new());
        let attributes: serde_json::Map<String, Value> =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let made = queue.call("CreateQueue", json!({"QueueName": queue.name, "Attributes": attributes}));
        queue.url = made["QueueUrl"].as_str().unwrap().to_owned();
        queue
    }

    /// Another queue on the same server.
    pub fn sibling(&self) -> Queue {
        Queue::create(&self.endpoint, &fresh_name("queue").replace('_', "-"), &[])
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn arn(&self) -> String {
        self.attribute("QueueArn")
            .unwrap_or_else(|| format!("arn:aws:sqs:{REGION}:000000000000:{}", self.name))
    }

    /// The ids that the queue gave to the messages.
    pub fn send(&self, bodies: &[&str]) -> Vec<String> {
        bodies.chunks(10).flat_map(|ten| self.send_ten(ten)).collect()
    }

    fn send_ten(&self, bodies: &[&str]) -> Vec<String> {
        let entry = |(place, body): (usize, &&str)| json!({"Id": place.to_string(), "MessageBody": body});
        let entries: Vec<Value> = bodies.iter().enumerate().map(entry).collect();
        let reply = self.call("SendMessageBatch", json!({"QueueUrl": self.url, "Entries": entries}));
        let sent = reply["Successful"].as_array().unwrap();
        let id = |place: usize| {
            let entry = sent.iter().find(|entry| entry["Id"] == place.to_string().as_str());
            entry.expect("every entry is sent")["MessageId"].as_str().unwrap().to_owned()
        };
        (0..bodies.len()).map(id).collect()
    }

    /// Each body behind the name of its message group, in this order.
    pub fn send_in_groups(&self, messages: &[(String, String)]) {
        for ten in messages.chunks(10) {
            let entry = |(place, (group, body)): (usize, &(String, String))| {
                let id = fresh_name("deduplication");
                json!({"Id": place.to_string(), "MessageBody": body, "MessageGroupId": group,
                       "MessageDeduplicationId": id})
            };
            let entries: Vec<Value> = ten.iter().enumerate().map(entry).collect();
            let reply = self.call("SendMessageBatch", json!({"QueueUrl": self.url, "Entries": entries}));
            assert_eq!(reply["Successful"].as_array().map(Vec::len), Some(ten.len()), "{reply}");
        }
    }

    pub fn send_with_attribute(&self, body: &str, name: &str, value: &str) {
        let attributes = json!({name: {"DataType": "String", "StringValue": value}});
        self.call(
            "SendMessage",
            json!({"QueueUrl": self.url, "MessageBody": body, "MessageAttributes": attributes}),
        );
    }

    /// Up to ten messages, hidden for `seconds` from now on.
    pub fn receive(&self, seconds: u32) -> Vec<Received> {
        let reply = self.call(
            "ReceiveMessage",
            json!({
                "QueueUrl": self.url,
                "MaxNumberOfMessages": 10,
                "VisibilityTimeout": seconds,
                "MessageAttributeNames": ["All"],
            }),
        );
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let attributes = |message: &Value| {
            let found = message["MessageAttributes"].as_object();
            found
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), text(&value["StringValue"])))
                .collect()
        };
        let received = |message: &Value| Received {
            body: text(&message["Body"]),
            receipt: text(&message["ReceiptHandle"]),
            attributes: attributes(message),
        };
        reply["Messages"]
            .as_array()
            .map(|messages| messages.iter().map(received).collect())
            .unwrap_or_default()
    }

    /// Gives a message back at once.
    pub fn give_back(&self, message: &Received) {
        let receipt = &message.receipt;
        self.call(
            "ChangeMessageVisibility",
            json!({"QueueUrl": self.url, "ReceiptHandle": receipt, "VisibilityTimeout": 0}),
        );
    }

    pub fn set_attribute(&self, name: &str, value: &str) {
        self.call("SetQueueAttributes", json!({"QueueUrl": self.url, "Attributes": {name: value}}));
    }

    /// Messages that are received too often go to `target`.
    pub fn redrive_to(&self, target: &Queue, after: u32) {
        let policy = json!({"deadLetterTargetArn": target.arn(), "maxReceiveCount": after});
        self.set_attribute("RedrivePolicy", &policy.to_string());
    }

    pub fn visible(&self) -> u64 {
        self.number("ApproximateNumberOfMessages")
    }

    pub fn in_flight(&self) -> u64 {
        self.number("ApproximateNumberOfMessagesNotVisible")
    }

    pub fn is_empty(&self) -> bool {
        self.visible() + self.in_flight() == 0
    }

    fn number(&self, attribute: &str) -> u64 {
        self.attribute(attribute).unwrap_or_default().parse().unwrap_or_default()
    }

    fn attribute(&self, name: &str) -> Option<String> {
        let asked = json!({"QueueUrl": self.url, "AttributeNames": ["All"]});
        self.call("GetQueueAttributes", asked)["Attributes"][name].as_str().map(str::to_owned)
    }

    /// Puts a secret into the Secrets Manager of the same server, and gives its name.
    pub fn store_secret(&self, text: &str) -> String {
        let name = fresh_name("secret");
        self.post(
            "secretsmanager",
            "secretsmanager.CreateSecret",
            json!({"Name": name, "SecretString": text}),
        );
        name
    }

    /// Gives it a new value, which makes the one before its former one.
    pub fn rotate_secret(&self, name: &str, text: &str) {
        let body = json!({"SecretId": name, "SecretString": text});
        self.post("secretsmanager", "secretsmanager.PutSecretValue", body);
    }

    fn call(&self, action: &str, body: Value) -> Value {
        self.post("sqs", &format!("AmazonSQS.{action}"), body)
    }

    fn post(&self, service: &str, action: &str, body: Value) -> Value {
        let scope = format!("local/20260101/{REGION}/{service}/aws4_request");
        let mut reply = self
            .agent
            .post(format!("{}/", self.endpoint))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", action)
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
            )
            .send(body.to_string())
            .unwrap_or_else(|error| panic!("{action} failed: {error}"));
        let text = reply.body_mut().read_to_string().unwrap();
        assert!(reply.status().is_success(), "{action} was refused: {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }
}

/// The system's own roots: the HTTP library is built without any of its own.
fn agent() -> Agent {
    let tls =
        TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(RootCerts::PlatformVerifier).build();
    Agent::config_builder().tls_config(tls).proxy(None).http_status_as_error(false).build().new_agent()
}
