//! The errors that AWS reports, with their spelling and status in both protocols.

/// One refusal. Both protocols give the status 4xx for a sender's error and 500 or 503 for the service's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqsError {
    /// As in `<Code>` of the Query protocol and in the header `x-amzn-query-error`.
    pub query_code: String,
    /// As in `__type` of the JSON protocol.
    pub json_type: String,
    /// HTTP status in the Query protocol.
    pub query_status: u16,
    /// HTTP status in the JSON protocol.
    pub json_status: u16,
    pub message: String,
}

type Row = (&'static str, &'static str, u16, u16, &'static str);

const SQS: &str = "com.amazonaws.sqs#";
const CORAL: &str = "com.amazon.coral.service#";

/// Query code, JSON type, Query status, JSON status, message.
const KNOWN: &[Row] = &[
    (
        "AWS.SimpleQueueService.NonExistentQueue",
        "com.amazonaws.sqs#QueueDoesNotExist",
        400,
        400,
        "The specified queue does not exist.",
    ),
    (
        "AccessDenied",
        "com.amazon.coral.service#AccessDeniedException",
        403,
        400,
        "Access to the resource is denied.",
    ),
    (
        "ExpiredToken",
        "com.amazon.coral.service#ExpiredTokenException",
        403,
        403,
        "The security token included in the request is expired",
    ),
    (
        "InvalidClientTokenId",
        "com.amazon.coral.service#UnrecognizedClientException",
        403,
        403,
        "The security token included in the request is invalid.",
    ),
    (
        "SignatureDoesNotMatch",
        "com.amazon.coral.service#InvalidSignatureException",
        403,
        403,
        "The request signature we calculated does not match the signature you provided.",
    ),
    ("RequestThrottled", "com.amazonaws.sqs#RequestThrottled", 403, 400, "Request is throttled."),
    ("Throttling", "com.amazon.coral.availability#ThrottlingException", 400, 400, "Rate exceeded"),
    ("ThrottlingException", "com.amazon.coral.availability#ThrottlingException", 400, 400, "Rate exceeded"),
    ("KMS.ThrottlingException", "com.amazonaws.sqs#KmsThrottled", 400, 400, "Rate exceeded"),
    (
        "KMS.AccessDeniedException",
        "com.amazonaws.sqs#KmsAccessDenied",
        400,
        400,
        "The ciphertext is refused.",
    ),
    ("OverLimit", "com.amazonaws.sqs#OverLimit", 403, 400, "Too many messages in flight."),
    (
        "ReceiptHandleIsInvalid",
        "com.amazonaws.sqs#ReceiptHandleIsInvalid",
        404,
        400,
        "The input receipt handle is invalid.",
    ),
    (
        "InternalFailure",
        "com.amazon.coral.service#InternalFailure",
        500,
        500,
        "We encountered an internal error.",
    ),
    (
        "ServiceUnavailable",
        "com.amazon.coral.service#ServiceUnavailable",
        503,
        503,
        "Service is unavailable.",
    ),
];

impl SqsError {
    /// An AWS error by its Query code; one that is not in the table gets status 400.
    pub fn named(code: &str) -> SqsError {
        let Some((query, json, query_status, json_status, message)) = KNOWN.iter().find(|row| row.0 == code)
        else {
            return SqsError::sender(code, "refused by the test server");
        };
        SqsError {
            query_code: (*query).to_string(),
            json_type: (*json).to_string(),
            query_status: *query_status,
            json_status: *json_status,
            message: (*message).to_string(),
        }
    }

    /// A sender's error of SQS's own, spelled alike in both protocols.
    pub fn sender(code: &str, message: impl Into<String>) -> SqsError {
        let short = code.rsplit('.').next().unwrap_or(code);
        SqsError {
            query_code: code.to_string(),
            json_type: format!("{SQS}{short}"),
            query_status: 400,
            json_status: 400,
            message: message.into(),
        }
    }

    /// A parameter that AWS refuses before it reaches the queue.
    pub fn parameter(message: impl Into<String>) -> SqsError {
        let json_type = format!("{CORAL}InvalidParameterValueException");
        SqsError { json_type, ..SqsError::sender("InvalidParameterValue", message) }
    }

    pub fn missing(parameter: &str) -> SqsError {
        let message = format!("The request must contain the parameter {parameter}.");
        let json_type = format!("{CORAL}MissingParameterException");
        SqsError { json_type, ..SqsError::sender("MissingParameter", message) }
    }

    pub fn unknown_queue() -> SqsError {
        SqsError::named("AWS.SimpleQueueService.NonExistentQueue")
    }

    /// `Sender` or `Receiver`, as AWS names whose fault it is.
    pub fn fault(&self) -> &'static str {
        if self.query_status < 500 { "Sender" } else { "Receiver" }
    }
}
