//! The list of actions and their names.

/// An SQS action; `Any` stands for all of them in a fault plan, and for an unknown one in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    Any,
    CreateQueue,
    GetQueueUrl,
    GetQueueAttributes,
    SetQueueAttributes,
    SendMessage,
    SendMessageBatch,
    ReceiveMessage,
    DeleteMessage,
    DeleteMessageBatch,
    ChangeMessageVisibility,
    ChangeMessageVisibilityBatch,
    PurgeQueue,
}

use Action::*;

impl Action {
    /// In the order of the enum, so that `action as usize` finds it.
    pub const ALL: [Action; 13] = [
        Any,
        CreateQueue,
        GetQueueUrl,
        GetQueueAttributes,
        SetQueueAttributes,
        SendMessage,
        SendMessageBatch,
        ReceiveMessage,
        DeleteMessage,
        DeleteMessageBatch,
        ChangeMessageVisibility,
        ChangeMessageVisibilityBatch,
        PurgeQueue,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Any => "Any",
            CreateQueue => "CreateQueue",
            GetQueueUrl => "GetQueueUrl",
            GetQueueAttributes => "GetQueueAttributes",
            SetQueueAttributes => "SetQueueAttributes",
            SendMessage => "SendMessage",
            SendMessageBatch => "SendMessageBatch",
            ReceiveMessage => "ReceiveMessage",
            DeleteMessage => "DeleteMessage",
            DeleteMessageBatch => "DeleteMessageBatch",
            ChangeMessageVisibility => "ChangeMessageVisibility",
            ChangeMessageVisibilityBatch => "ChangeMessageVisibilityBatch",
            PurgeQueue => "PurgeQueue",
        }
    }

    pub fn from_name(name: &str) -> Option<Action> {
        Action::ALL.into_iter().skip(1).find(|action| action.name() == name)
    }
}
