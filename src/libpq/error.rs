//! Why a connection cannot be had: one sentence that says what to do, without the value of any secret.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Somebody must change something first; otherwise trying again later may help.
    pub lasting: bool,
    /// The whole sentence.
    pub text: String,
}

impl Error {
    pub fn lasting(text: impl Into<String>) -> Error {
        Error { lasting: true, text: text.into() }
    }

    pub fn temporary(text: impl Into<String>) -> Error {
        Error { lasting: false, text: text.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}
